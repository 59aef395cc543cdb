"""People answer in Slack while the processes that listen and answer are killed: each answer counts once, and is seen."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest
from chat_server import Faults
from firm import firm_of, owner_of, utc
from jumping import JumpingClock
from replica import EVERYBODY
from scene import Scene, service_of
from slack_end import SlackEnd
from slack_story import to_text
from stores import one_server

from adapters.playground.slack_hands import Answer, Hands
from bot.domain.case import CaseState

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

OWNERS: Final = 40
KILLS: Final = 4
LABEL: Final = "It is on track"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_each_answer_counts_once_whoever_is_killed(tmp_path: Path) -> None:
    """Forty owners tap, some twice, while sockets and workers die: what was acknowledged is noted once, and each message shows it."""
    clock, dice = JumpingClock(tmp_path / "clock"), Random(3)  # noqa: S311  a storm that can be repeated
    clock.jump_to(utc(2026, 3, 25, 14))
    people = [owner_of(n) for n in range(OWNERS)]
    (tmp_path / "store").mkdir()
    with one_server(tmp_path / "store") as store:
        await firm_of(range(OWNERS), store.url, clock)
        end = SlackEnd(clock, dice, people, faults=Faults())
        async with service_of(tmp_path, store, clock, end, EVERYBODY, dice) as scene:
            await scene.ask("sweep")
            await _until(lambda: len(end.got) == OWNERS, 60, "every owner was asked")
            before = {email: end.slack.hands(email).posts[0]["ts"] for email in people}
            killing = asyncio.create_task(_kill(scene, dice))
            await asyncio.gather(*(_answer(end.slack.hands(email), dice) for email in people))
            await killing
            await _until(lambda: all(_is_answered(end.slack.hands(email)) for email in people), 60, "each is shown")
            async with scene.connected() as process:
                cases = await process.ports.cases.all()
                assert await process.ports.turns.due(clock.now()) == []
            codes = await asyncio.to_thread(scene.storm.service.end)
    assert {stored.case.state for stored in cases.values()} == {CaseState.SNOOZED}
    assert [len(stored.case.applied) for stored in cases.values()] == [1] * OWNERS
    assert {email: [p["ts"] for p in end.slack.hands(email).posts] for email in people} == {
        email: [ts] for email, ts in before.items()
    }
    assert end.slack.state.private == []
    assert set(codes.values()) == {0}


async def _kill(scene: Scene, dice: Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 0.6))
        await asyncio.to_thread(scene.storm.kill_replica)


async def _answer(hands: Hands, dice: Random) -> None:
    """Tap until Slack has an acknowledgement, and at times once more: the same tap, as Slack delivers it again."""
    await asyncio.sleep(dice.uniform(0.0, 2.0))
    post, stamp = hands.posts[0], hands.state.stamp()
    answer = Answer(0)
    while answer.status != 200:
        answer = await hands.tap(LABEL, post, at=stamp)
        if answer.status != 200:
            await asyncio.sleep(0.5)
    if dice.random() < 0.3 and LABEL in hands.labels(post):
        await hands.tap(LABEL, post, at=stamp)


def _is_answered(hands: Hands) -> bool:
    return f"\u2713 {LABEL}" in to_text(hands.posts[0]) and LABEL not in hands.labels()


async def _until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once something is so; fail after so many seconds, saying what was hoped for."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  other processes make it so
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {seconds} s: {what}")
