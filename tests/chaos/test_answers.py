"""People answer in a chat while the processes that listen and answer are killed: each answer counts once, and is seen."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest
from firm import firm_of, owner_of, utc
from jumping import JumpingClock
from office import Hands
from real_ends import end_of
from replica import EVERYBODY
from scene import Scene, service_of
from slack_end import SlackEnd
from stores import one_server
from teams_end import TeamsEnd

from adapters.playground.slack_state import Body
from bot.domain.case import CaseState

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

OWNERS: Final = 24
KILLS: Final = 4
AGAIN: Final = 0.3
"""How often a tap that was acknowledged is delivered once more."""
OK: Final = 200
HOUR: Final = timedelta(hours=1)
LABEL: Final = "It is on track"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("by", ["slack", "teams"])
async def test_each_answer_counts_once_whoever_is_killed(tmp_path: Path, by: str) -> None:
    """Two dozen owners tap, some twice, while those die who listen and who work: what was acknowledged is noted once, and each message shows it."""
    clock, dice = JumpingClock(tmp_path / "clock"), Random(3)  # noqa: S311  a storm that can be repeated
    clock.jump_to(utc(2026, 3, 25, 14))
    people = [owner_of(n) for n in range(OWNERS)]
    (tmp_path / "store").mkdir()
    with one_server(tmp_path / "store") as store:
        end = end_of(by, tmp_path, clock, dice, people)
        owners = [Owner(end, email) for email in people]
        async with service_of(tmp_path, store, clock, end, EVERYBODY, dice) as scene:
            await end.settle_in()
            await firm_of(range(OWNERS), store.url, clock)
            await scene.ask("sweep")
            await _until(lambda: len(end.got) == OWNERS, 60, "every owner was asked")
            for one in owners:
                one.look()
            killing = asyncio.create_task(_kill(scene, dice))
            await asyncio.gather(*(one.answer(dice) for one in owners))
            await killing
            await _until(lambda: all(one.is_shown for one in owners), 60, "each is shown")
            async with scene.connected() as process:
                async with asyncio.timeout(60):  # what was shown by one who died is shown once more by another
                    while await process.ports.turns.due(clock.now() + HOUR):  # noqa: ASYNC110  other processes answer
                        await asyncio.sleep(0.1)
                cases = await process.ports.cases.all()
            codes = await asyncio.to_thread(scene.storm.service.end)
    assert {stored.case.state for stored in cases.values()} == {CaseState.SNOOZED}
    assert [len(stored.case.applied) for stored in cases.values()] == [1] * OWNERS
    assert [one.posts for one in owners] == [one.before for one in owners]
    assert isinstance(end, TeamsEnd) or end.slack.state.private == []
    assert set(codes.values()) == {0}


async def _kill(scene: Scene, dice: Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 0.6))
        await asyncio.to_thread(scene.storm.kill_replica)


@dataclass(slots=True)
class Owner:
    """Somebody who was asked once."""

    end: SlackEnd | TeamsEnd
    email: str
    before: int = 0
    asked: Body = field(default_factory=dict)

    @property
    def hands(self) -> Hands:
        """Return what they do in front of their screen."""
        return self.end.teams.hands(self.email) if isinstance(self.end, TeamsEnd) else self.end.slack.hands(self.email)

    @property
    def posts(self) -> int:
        """Return how many messages stand in their chat."""
        return len(self.hands.posts)

    def look(self) -> None:
        """Find the question."""
        self.before = self.posts
        (self.asked,) = [one for one in self.hands.posts if LABEL in self.hands.labels(one)]

    async def answer(self, dice: Random) -> None:
        """Tap until it is acknowledged, and at times once more: the same tap, as it is delivered again."""
        await asyncio.sleep(dice.uniform(0.0, 2.0))
        as_asked, stamp = dict(self.asked), self.end.stamp()
        while (await self.hands.tap(LABEL, as_asked, at=stamp)).status != OK:  # noqa: ASYNC110  it is killed, and comes back
            await asyncio.sleep(0.5)
        if dice.random() < AGAIN:
            await self.hands.tap(LABEL, as_asked, at=stamp)

    @property
    def is_shown(self) -> bool:
        """Whether the message itself says what was answered, to everybody who opens it."""
        return f"\u2713 {LABEL}" in self.end.text_of(self.asked)


async def _until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once something is so; fail after so many seconds, saying what was hoped for."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  other processes make it so
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {seconds} s: {what}")
