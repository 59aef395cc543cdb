"""Whatever is killed, stopped or overloaded: every message arrives exactly once, or is listed with the reason why not.

The short form runs with the other tests, on Redis 6.2 with STICKSHAKER_TEST_STORE=redis62; `make chaos` is the long one.
"""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest
from chat import workspace_of
from chat_server import ChatServer, Faults
from firm import Books, settle_down, utc
from jumping import JumpingClock
from replica import EVERYBODY
from scene import service_of
from servers import Server
from storm import KEY, store_server
from world import world_of

from adapters.redis_store.store import RedisStore, client_for

OUTREACH: Final = int(os.environ.get("STICKSHAKER_CHAOS_OUTREACH", "1000"))
STRIKES: Final = int(os.environ.get("STICKSHAKER_CHAOS_STRIKES", "2"))
SEED: Final = int(os.environ.get("STICKSHAKER_CHAOS_SEED", "1"))
SEASONS: Final = (
    (
        utc(2026, 3, 27, 14),  # the Friday before Berlin changes its clocks
        utc(2026, 3, 30, 14, 10),  # the Monday after: New York has had summer time for three weeks
        utc(2026, 4, 2, 14, 10),  # three working days later nobody has answered
    ),
    (
        utc(2026, 10, 23, 14),  # the same in autumn
        utc(2026, 10, 26, 15, 10),
        utc(2026, 10, 29, 15, 10),
        utc(2026, 11, 3, 15, 10),  # New York has changed its clocks too
    ),
)
"""Moments in the hours of both Berlin and New York."""
PER_SEASON: Final = OUTREACH // 4
"""Pilots of a season: each asks its owner once and, in vain, once more."""


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    """Return the clock of this test, set to the first start."""
    one = JumpingClock(tmp_path / "clock")
    one.jump_to(SEASONS[0][0])
    return one


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Return a running store."""
    (tmp_path / "store").mkdir()
    with store_server(tmp_path / "store") as one:
        yield one


# The engine leaves the connections of a store that died while it connected to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_in_a_storm_each_message_arrives_once_or_is_listed(
    tmp_path: Path, clock: JumpingClock, server: Server
) -> None:
    """Kills, pauses, a flood of refusals, answers that never come and two changes of clocks break no promise."""
    dice = Random(SEED)  # noqa: S311  a storm that can be repeated
    people = await firm_of(range(PER_SEASON), server, clock)
    gone = frozenset(dice.sample(people, max(1, len(people) // 100)))
    chat = ChatServer(clock, dice, silent=frozenset({"team-0"}), gone=gone)
    assert {workspace_of(p) for p in people} >= chat.silent
    async with service_of(tmp_path, server, clock, chat, EVERYBODY, dice) as scene:
        for number, season in enumerate(SEASONS):
            scene.jump_to(season[0])
            await firm_of(range(number * PER_SEASON, (number + 1) * PER_SEASON), server, clock)
            for start in season:
                chat.faults = stormy(dice)
                scene.jump_to(start)
                await scene.ask("sweep")
                for _ in range(STRIKES):
                    await asyncio.sleep(dice.uniform(0.5, 2.0))
                    await asyncio.to_thread(scene.storm.strike)
            chat.faults = Faults()
            await scene.calm_down(season, least=int(1.95 * PER_SEASON))
        codes = await asyncio.to_thread(scene.storm.service.end)
        books = await scene.books()
    tell(books)
    gc.collect()
    assert books.faults() == []
    assert len(books.deliveries) >= OUTREACH * 0.95
    assert set(codes.values()) == {0}


async def firm_of(pilots: range, server: Server, clock: JumpingClock) -> list[str]:
    """Make a firm that is live, or add to it, and return the ids of its owners."""
    store = RedisStore(client_for(server.url), KEY.encode())
    try:
        await store.open()
        ports = world_of(store, clock.now()).ports
        await settle_down(ports, clock, pilots)
        return sorted(await ports.people.all())
    finally:
        await store.close()


def stormy(dice: Random) -> Faults:
    """Return a chat that refuses a fifth, answers a few never or with an error, and is slow at times."""
    return Faults(limited=0.2, hanging=0.02, broken=0.02, latency=timedelta(seconds=dice.choice([0.01, 0.1, 1.0])))


def tell(books: Books) -> None:
    """Say what happened, for whoever reads the output of a long storm."""
    states = Counter(d.state.value for d in books.deliveries)
    print(f"deliveries: {dict(states)}; the chat: {dict(books.chat.answers)}")  # noqa: T201  a storm speaks
    print("; ".join(f"{t.what} ({t.end - t.begin - 1:.1f} s)" for t in books.troubles))  # noqa: T201  as above
