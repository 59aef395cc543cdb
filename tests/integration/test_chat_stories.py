"""The whole story lived through in the terminal chat, in words; the others are lived in the chats of firms (`chats`)."""

import pytest
from sitting import sit
from stories import Story, pilot_of, to

from bot.domain.case import CaseState
from bot.domain.decision import Verdict

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


async def test_a_day_that_passes_twice_goes_up(story: Story) -> None:
    """(b) A day, a second one, the owner's "not yet", then the sponsor's "fix it", whose day the case follows."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(to("dana", "nudge"))
    await sit(story, "dana", "blocked by data", "yes", "kim")
    await story.until(to("kim", "unblock_ask"), most=7)
    for _ in range(2):
        await sit(story, "kim", "by Friday", "yes")
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    assert "in the way" in await sit(story, "dana", "blocked by data", "yes", "kim")
    await story.days(1)
    assert (await story.case()).decision is not None
    assert "Released" in await sit(story, "lee", "release", "yes")
    await story.until(to("lee", "review"), most=14)
    assert "Released" in await sit(story, "lee", "release", "yes")
    await story.until(to("sam", "digest"), most=10)
    assert "Recorded: fix it by" in await sit(story, "sam", "fix it in three weeks", "yes")
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.COMMITTED, Verdict.FIX)
