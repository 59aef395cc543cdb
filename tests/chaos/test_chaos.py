"""Whatever is killed, stopped or overloaded: every message arrives exactly once, or is listed with the reason why not.

The short form runs with the other tests: a thousand messages over one server; STICKSHAKER_TEST_STORE=cluster or sentinel
has a fifth of them over a Cluster or through failovers of a Sentinel, redis62 all over Redis 6.2. `make chaos` is the long one.
"""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest
from chat import workspace_of
from chat_server import ChatServer, Faults
from firm import Books, firm_of, owner_of, utc
from jumping import JumpingClock
from real_ends import end_of
from replica import EVERYBODY
from scene import service_of
from slack_end import SlackEnd
from stores import LAYOUTS, Store, one_server
from teams_end import TeamsEnd

from bot.domain.outreach import DeliveryState

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

OUTREACH: Final = int(os.environ.get("STICKSHAKER_CHAOS_OUTREACH", "1000"))
STRIKES: Final = int(os.environ.get("STICKSHAKER_CHAOS_STRIKES", "2"))
REAL: Final = int(os.environ.get("STICKSHAKER_CHAOS_REAL", "60"))
"""Messages by the adapter of a real chat, Slack or Teams."""
REAL_STRIKES: Final = int(os.environ.get("STICKSHAKER_CHAOS_REAL_STRIKES", "0"))
"""Times that something else happens in each of these parts: a process stands still, the store is killed."""
KILLS: Final = int(os.environ.get("STICKSHAKER_CHAOS_KILLS", "2"))
"""Processes that are killed in each of seven parts of the storm by a real chat."""
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
CHOSEN: Final = {"cluster": ["a cluster"], "sentinel": ["a sentinel"], "all": list(LAYOUTS)}.get(
    os.environ.get("STICKSHAKER_TEST_STORE", ""), ["one server"]
)
"""The layouts of the store: one server, unless the environment asks for another or for all."""
LESS: Final = int(os.environ.get("STICKSHAKER_CHAOS_LESS", "5"))
"""How many times fewer messages there are over a Cluster and under a Sentinel."""


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    """Return the clock of this test, set to the first start."""
    one = JumpingClock(tmp_path / "clock")
    one.jump_to(SEASONS[0][0])
    return one


@pytest.fixture(params=CHOSEN)
def layout(request: pytest.FixtureRequest) -> str:
    """Return the name of each layout."""
    return str(request.param)


@pytest.fixture
def outreach(layout: str) -> int:
    """Return how many messages there are."""
    return OUTREACH if layout == "one server" else OUTREACH // LESS


@pytest.fixture
def store(layout: str, tmp_path: Path) -> Iterator[Store]:
    """Return a running store of the layout."""
    (tmp_path / "store").mkdir()
    with LAYOUTS[layout](tmp_path / "store") as one:
        yield one


# The engine leaves the connections of a store that died while it connected to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_in_a_storm_each_message_arrives_once_or_is_listed(
    tmp_path: Path, clock: JumpingClock, store: Store, outreach: int
) -> None:
    """Kills, pauses, a flood of refusals, answers that never come and two changes of clocks break no promise."""
    pilots = outreach // 4  # of a season: each asks its owner once and, in vain, once more
    dice = Random(SEED)  # noqa: S311  a storm that can be repeated
    people = await firm_of(range(pilots), store.url, clock)
    gone = frozenset(dice.sample(people, max(1, len(people) // 100)))
    chat = ChatServer(clock, dice, silent=frozenset({"team-0"}), gone=gone)
    assert {workspace_of(p) for p in people} >= chat.silent
    async with service_of(tmp_path, store, clock, chat, EVERYBODY, dice) as scene:
        for number, season in enumerate(SEASONS):
            scene.jump_to(season[0])
            await firm_of(range(number * pilots, (number + 1) * pilots), store.url, clock)
            for start in season:
                chat.faults = stormy(dice)
                scene.jump_to(start)
                await scene.ask("sweep")
                for _ in range(STRIKES):
                    await asyncio.sleep(dice.uniform(0.5, 2.0))
                    await asyncio.to_thread(scene.storm.strike)
            chat.faults = Faults()
            await scene.calm_down(season, least=int(1.95 * pilots))
        codes = await asyncio.to_thread(scene.storm.service.end)
        books = await scene.books()
    tell(books)
    gc.collect()
    assert books.faults() == []
    assert len(books.deliveries) >= outreach * 0.95
    assert set(codes.values()) == {0}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("by", ["slack", "teams"])
async def test_by_a_real_chat_each_message_arrives_once_or_is_listed(
    tmp_path: Path, clock: JumpingClock, by: str
) -> None:
    """The same by each real adapter: killed between outbox and chat, with answers that never come; a history settles what is in doubt, and where there is none it is listed."""
    pilots = REAL // 4
    dice = Random(SEED)  # noqa: S311  a storm that can be repeated
    people = [owner_of(n) for n in range(2 * pilots)]
    gone = frozenset(dice.sample(people, max(1, len(people) // 100)))
    chat = end_of(by, tmp_path, clock, dice, people, gone)
    (tmp_path / "store").mkdir()
    with one_server(tmp_path / "store") as store:
        async with service_of(tmp_path, store, clock, chat, EVERYBODY, dice) as scene:
            await chat.settle_in()
            for number, season in enumerate(SEASONS):
                scene.jump_to(season[0])
                await firm_of(range(number * pilots, (number + 1) * pilots), store.url, clock)
                for start in season:
                    chat.faults = replace(stormy(dice), latency=timedelta(seconds=dice.choice([0.01, 0.05, 0.2])))
                    scene.jump_to(start)
                    await scene.ask("sweep")
                    for _ in range(KILLS):
                        await some_more(chat, dice.randint(1, 9))
                        await asyncio.to_thread(scene.storm.kill_worker)
                    for _ in range(REAL_STRIKES):
                        await some_more(chat, dice.randint(1, 9))
                        await asyncio.to_thread(scene.storm.strike)
                chat.faults = Faults()
                await scene.calm_down(season, least=int(1.9 * pilots))
            codes = await asyncio.to_thread(scene.storm.service.end)
            async with scene.connected() as process:
                left = {process.ports.people.identify(name) for name in gone}
            books = await scene.books()
    tell(books)
    gc.collect()
    assert books.faults() == []
    assert len(books.deliveries) >= REAL * 0.9
    assert set(codes.values()) == {0}
    if by == "slack":  # of somebody who has left there is no history to look into, and in Teams of nobody
        assert {d.recipient for d in books.deliveries if d.state is DeliveryState.UNKNOWN} <= left


async def some_more(chat: SlackEnd | TeamsEnd, count: int) -> None:
    """Return once so many more calls to post were made, or nobody makes any: by progress, whatever the machine."""
    before = chat.weather.posts
    with suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            while chat.weather.posts < before + count:  # noqa: ASYNC110  other processes make them
                await asyncio.sleep(0.002)


def stormy(dice: Random) -> Faults:
    """Return a chat that refuses a fifth, answers a few never or with an error, and is slow at times."""
    return Faults(limited=0.2, hanging=0.02, broken=0.02, latency=timedelta(seconds=dice.choice([0.01, 0.1, 1.0])))


def tell(books: Books) -> None:
    """Say what happened, for whoever reads the output of a long storm."""
    states = Counter(d.state.value for d in books.deliveries)
    print(f"deliveries: {dict(states)}; the chat: {dict(books.chat.answers)}")  # noqa: T201  a storm speaks
    print("; ".join(f"{t.what} ({t.end - t.begin - 1:.1f} s)" for t in books.troubles))  # noqa: T201  as above
