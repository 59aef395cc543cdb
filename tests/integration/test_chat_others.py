"""The terminal chat of whoever is asked to clear the way, of a sponsor, of a reader and of a programme lead, in words and by number."""

import pytest
from sitting import sit
from stories import Story, pilot_of, to

from bot.domain.case import CaseState
from bot.domain.decision import OpenedBy, Verdict

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


async def asked(story: Story) -> None:
    """Live until kim was asked for read access to the ledger, on the owner's word."""
    await story.begin(pilot_of("tax"), people=("kim", "zoe"))
    await story.until(to("dana", "nudge"))
    # The number of the answer, then cause, person, no day, and the thing.
    shown = await sit(story, "dana", "2", "1", "kim", "", "read access to the ledger")
    assert "kim gets this on" in shown
    await story.until(to("kim", "unblock_ask"), most=7)


async def test_whoever_is_asked_says_by_when(story: Story) -> None:
    """A day in words is shown back, and a yes makes it a promise."""
    await asked(story)
    shown = await sit(story, "kim", "by Friday", "yes")
    assert "Understood: 'I can name a day'" in shown
    assert "we are quiet until then" in shown
    (request,) = (await story.case()).requests
    assert (request.state.value, request.promised_for and request.promised_for.weekday()) == ("promised", 4)


async def test_whoever_is_asked_says_no_and_why(story: Story) -> None:
    """'No, because' leads to the kind of concern and is recorded in their words."""
    await asked(story)
    shown = await sit(story, "kim", "no, because the agreement allows it for invoices only", "1", "yes")
    assert "What speaks against it?" in shown
    assert "recorded as a risk, in your words" in shown
    (request,) = (await story.case()).requests
    assert (request.concern, request.said) == ("legal", "the agreement allows it for invoices only")


async def test_whoever_is_asked_wants_no_messages(story: Story) -> None:
    """'Stop asking', as the footer says, holds at once."""
    await asked(story)
    assert "you get no more messages" in await sit(story, "kim", "stop asking", "yes")
    kim = await story.world.ports.people.get(story.world.ports.people.identify("kim"))
    assert kim is not None
    assert kim.opted_out


async def test_a_reader_releases_and_the_sponsor_decides(story: Story) -> None:
    """The lead releases the digest twice in a word; the sponsor says 'fix it by' a day, and the case follows it."""
    await asked(story)
    await sit(story, "kim", "no", "1", "yes")
    for _ in range(2):
        await story.until(to("lee", "review"), most=20)
        assert "Released" in await sit(story, "lee", "release", "yes")
    await story.until(to("sam", "digest"), most=10)
    shown = await sit(story, "sam", "fix it", "in three weeks", "yes")
    assert "Recorded: fix it by" in shown
    case = await story.case()
    assert (case.state, [d.verdict for d in case.decided]) == (CaseState.COMMITTED, [Verdict.FIX])


async def test_a_sponsor_stops_and_says_what_was_learned(story: Story) -> None:
    """A stop asks what was learned, never requires it, and keeps it with the decision."""
    await asked(story)
    await sit(story, "kim", "no", "1", "yes")
    for _ in range(2):
        await story.until(to("lee", "review"), most=20)
        await sit(story, "lee", "1")
    await story.until(to("sam", "digest"), most=10)
    shown = await sit(story, "sam", "3", "Ask the works council before the pilot begins.")
    assert "What was learned from it?" in shown
    assert "Recorded: stop it" in shown
    (decided,) = (await story.case()).decided
    assert (decided.verdict, decided.lesson) == (Verdict.STOP, "Ask the works council before the pilot begins.")


async def test_a_sponsor_wants_no_messages(story: Story) -> None:
    """'Stop asking' to a weekly message is about the messages, and never about the pilot."""
    await asked(story)
    for _ in range(2):
        await story.until(to("lee", "review"), most=20)
        await sit(story, "lee", "1")
    await sit(story, "kim", "no", "1", "yes")
    await story.until(to("sam", "digest"), most=20)
    assert "you get no more messages" in await sit(story, "sam", "stop asking", "yes")
    assert (await story.case()).decided == ()


async def test_a_lead_moves_a_case_on(story: Story) -> None:
    """A case on the list can be taken, handed to somebody who can clear it, or put to the sponsor; then it waits no more."""
    await story.begin(pilot_of("tax"), people=("kim",))
    for _ in range(8):
        found = await story.until(to("lee", "lead_list"), most=40)
        if any(s.looks for s in found.message.sections):
            break
    shown = await sit(story, "lee", "its sponsor has to decide", "yes")
    assert "What would move it on?" in shown
    assert "Noted. sam is asked to decide by" in shown
    case = await story.case()
    assert case.decision is not None
    assert case.decision.opened_by is OpenedBy.LEAD_RAISES
    assert "What would move it on?" not in await sit(story, "lee", "")


async def test_an_owner_proposes_to_stop_in_words_and_hands_over_by_number(story: Story) -> None:
    """'End this pilot' asks what was learned and goes to the sponsor; 'Not my pilot' asks who has it."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(to("dana", "nudge"))
    shown = await sit(story, "dana", "end this pilot", "yes", "Nobody needed it.")
    assert "What was learned from it?" in shown
    assert "sam is asked to decide by" in shown
    case = await story.case()
    assert case.decision is not None
    assert (case.decision.opened_by, case.decision.lesson) == (OpenedBy.OWNER_PROPOSES_STOP, "Nobody needed it.")


async def test_an_owner_hands_over(story: Story) -> None:
    """By number and with a name, the case says who has it now."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(to("dana", "nudge"))
    assert "asked to confirm kim" in await sit(story, "dana", "6", "kim")
    assert (await story.case()).handed_to == "kim"


async def named(story: Story) -> None:
    """Live until dana has named kim, which makes a wish that leaves the next working day."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(to("dana", "nudge"))
    await sit(story, "dana", "2", "1", "kim", "", "read access to the ledger")


async def test_an_owner_holds_what_is_on_its_way(story: Story) -> None:
    """What is to be asked in their name is shown until it leaves, and 'hold' with a day and a reason keeps it back."""
    await named(story)
    shown = await sit(story, "dana", "hold it until Friday, because Kim is away", "yes")
    assert "kim gets this on Wed 11 February, unless you say otherwise" in shown
    assert "> Pilot tax waits for read access to the ledger" in shown
    for fact in (
        "Is it right as it is, or should it wait, change, or not be asked?",
        "which you answer for",
        "You and the programme admins see your answer",
        "a hold counts against nobody",
    ):
        assert fact in shown
    assert "Held until Fri 13 February" in shown
    (request,) = (await story.case()).requests
    assert request.hold_reason == "Kim is away"
    assert [s for s in await story.days(2) if s.to == "kim"] == []
    assert "Held until Fri 13 February" in await sit(story, "dana", "")


async def test_an_owner_changes_and_takes_back_what_is_on_its_way(story: Story) -> None:
    """Better words are shown at once, and 'do not ask' ends it; then nothing is on its way."""
    await named(story)
    shown = await sit(story, "dana", "change it to the invoices of May", "yes")
    assert "Changed. kim gets this on" in shown
    assert "waits for the invoices of May" in shown
    assert "Taken back: nobody is asked." in await sit(story, "dana", "do not ask", "yes")
    assert "Nothing waits for an answer from you." in await sit(story, "dana")
    assert [s for s in await story.days(5) if s.to == "kim"] == []


async def test_what_is_on_its_way_is_nobody_elses(story: Story) -> None:
    """Neither the person who is to be asked nor the sponsor sees it before it leaves."""
    await named(story)
    for person in ("kim", "sam", "lee"):
        assert "read access to the ledger" not in await sit(story, person, "")
