"""The stories of the loop lived through in the terminal chat, each by everybody in it, in words."""

import pytest
from sitting import sit
from stories import DAY, Story, pilot_of, to, waits_for

from bot.domain.case import CaseState
from bot.domain.decision import Verdict
from bot.domain.people import Preferences

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


async def test_access_is_asked_for_and_granted(story: Story) -> None:
    """(a) The owner names who can grant it and sees the text, it is granted in a word, use returns: both are thanked, then silence."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(to("dana", "nudge"))
    shown = await sit(story, "dana", "blocked by data, Kim could clear it", "yes")
    assert "Kim gets this on" in shown
    await story.until(to("kim", "unblock_ask"), most=7)
    assert "you hear of it once more, when use has followed" in await sit(story, "kim", "it is done", "yes")
    story.back["tax"] = story.today + 3 * DAY
    after = await story.days(50)
    assert (await story.case()).state is CaseState.RECOVERED
    assert sorted((s.to, s.kind) for s in after if s.to != "lee") == [("dana", "recovery"), ("kim", "thanks")]
    assert "Thank you for looking after it" in await sit(story, "dana")


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


async def test_four_owners_and_one_gatekeeper(story: Story) -> None:
    """(c) Four owners name the same; one message, one answer, and all four cases follow it."""
    names = "abcd"
    await story.begin(
        *(
            pilot_of(n, f"owner-{n}", dependencies=[waits_for("data_access", "kim", name="d7").model_dump()])
            for n in names
        ),
        people=("kim",),
    )
    await story.until(to("owner-d", "nudge"))
    for n in names:
        await sit(story, f"owner-{n}", "blocked by data", "yes", "kim")
    ask = await story.until(to("kim", "unblock_ask"))
    assert "4 pilots wait for the same thing" in ask.text
    assert "Noted for" in await sit(story, "kim", "I can do it by Friday", "yes")
    for n in names:
        assert [r.state.value for r in (await story.case(n)).requests] == ["promised"]


async def test_on_track_in_a_word(story: Story) -> None:
    """(d), (e) "On track" is two weeks of quiet; said again while use stays low it goes to a person, and not up."""
    await story.begin(pilot_of("tax"))
    await story.until(to("dana", "nudge"))
    assert "left alone until" in await sit(story, "dana", "on track", "yes")
    quiet = await story.days(13)
    assert [s for s in quiet if s.to == "dana"] == []
    await story.until(to("dana", "nudge"), most=14)
    await sit(story, "dana", "it is on track", "yes")
    await story.days(60)
    case = await story.case()
    assert case.decision is None
    assert [s for s in story.said() if s.kind == "decision"] == []


async def test_a_delegate_takes_over(story: Story) -> None:
    """(h) The owner has left: their delegate answers in the chat, and the loop goes on in the delegate's name."""
    await story.begin(pilot_of("tax", owner_left=story.today), people=("kim", "jo"))
    people = story.world.ports.people
    await people.prefer(people.identify("dana"), Preferences(delegate=people.identify("jo")))
    await story.until(to("jo", "nudge"))
    assert "kim gets this on" in await sit(story, "jo", "blocked by data", "yes", "kim")
    ask = await story.until(to("kim", "unblock_ask"), most=7)
    assert "jo thinks that you can clear it" in ask.text
