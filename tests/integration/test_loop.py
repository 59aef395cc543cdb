"""The loop lived through: who can unblock is asked, what they say is checked, and only what nobody else can settle goes up."""

import re
from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from stories import DAY, Said, Story, pilot_of, to, waits_for

from bot.app.forgetting import forget_words
from bot.app.weekly import waiting
from bot.domain.case import CaseState
from bot.domain.decision import OpenedBy, Verdict
from bot.domain.outreach import Role
from bot.domain.people import Preferences
from bot.domain.reply import (
    BlockedBy,
    Cause,
    ChangeRequest,
    Cleared,
    Concern,
    Decide,
    NextStep,
    NotMe,
    Object,
    OnTrack,
    Promise,
    ProposeStop,
    PutUp,
    ReleaseWeekly,
    SnoozeUntil,
    WithdrawRequest,
)

pytestmark = pytest.mark.no_cover
"""Lives of weeks and years: counting lines would double the time, and other tests cover them."""

ONCE = (12,)
"""One pass a day is enough for a year."""
NUDGE, ASK = to("dana", "nudge"), to("kim", "unblock_ask")
DATA = BlockedBy(cause=Cause.DATA, thing="read access to the ledger", person="kim")


async def test_data_access_is_asked_for_granted_used_and_thanked_for(story: Story) -> None:
    """The owner names who can grant access and sees the text; a day later it leaves, is granted, and use comes back: thanks, silence."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    preview = await story.answer("dana", "tax", DATA)
    assert "kim gets this on" in preview
    assert "read access to the ledger" in preview
    assert "'hold' with a reason" in preview
    ask = await story.until(ASK, most=7)
    quoted = ask.message.sections[0].fact
    assert quoted in preview.replace("\n", " ")
    thing = ask.message.sections[0].thing
    noted = await story.answer("kim", "tax", Cleared(), Role.UNBLOCKER, thing)
    assert "you hear of it once more" in noted
    story.back["tax"] = story.today + 3 * DAY
    after = await story.days(50)
    assert (await story.case()).state is CaseState.RECOVERED
    assert sorted((s.to, s.kind) for s in after if s.to != "lee") == [("dana", "recovery"), ("kim", "thanks")]
    assert "read access to the ledger" in next(s.text for s in after if s.to == "kim")


async def test_four_pilots_and_one_gatekeeper_are_one_ask(story: Story) -> None:
    """Four owners name the same person for the same thing: one message tells of all four, one answer frees them all."""
    pilots = [
        pilot_of(n, f"owner-{n}", dependencies=[waits_for("data_access", "kim", name="d7").model_dump()])
        for n in "abcd"
    ]
    await story.begin(*pilots, people=("kim",))
    await story.until(to("owner-d", "nudge"))
    for n in "abcd":
        await story.answer(f"owner-{n}", n, BlockedBy(cause=Cause.DATA, person="kim"))
    ask = await story.until(ASK)
    assert "4 pilots wait for the same thing: data access" in ask.text
    assert all(f"Pilot {n}" in ask.text for n in "abcd")
    assert [s for s in await story.days(3) if s.to == "kim"] == []
    day = story.today + timedelta(days=9)
    await story.answer("kim", "a", Promise(on=day), Role.UNBLOCKER, ask.message.sections[0].thing)
    for n in "abcd":
        (request,) = (await story.case(n)).requests
        assert (request.promised_for, request.state.value) == (day, "promised")
    assert [s for s in await story.days(8) if s.to == "kim"] == []


async def test_on_track_and_right_is_left_alone(story: Story) -> None:
    """The owner says "on track", and use comes back: no message for two weeks, then one word of thanks at the end."""
    await story.begin(pilot_of("tax"))
    await story.until(NUDGE)
    await story.answer("dana", "tax", OnTrack())
    story.back["tax"] = story.today + 2 * DAY
    after = await story.days(45)
    assert [(s.to, s.kind) for s in after if s.to != "lee"] == [("dana", "recovery")]


async def released(story: Story, person: str = "lee") -> None:
    """Let the reader of a sponsor's weekly messages release the one that was shown last."""
    shown = [s for s in story.said() if (s.to, s.kind) == (person, "review")][-1]
    note = await story.world.review(person, shown.message.sections[0].case_id, ReleaseWeekly())
    assert "Released" in note


async def test_a_date_missed_twice_becomes_the_sponsors_decision(story: Story) -> None:
    """A moved date is fine once, the second goes to the owner and then up: the sponsor reads it in the digest, decides fix, and the case follows the new date."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK, most=7)
    thing = ask.message.sections[0].thing
    await story.answer("kim", "tax", Promise(on=story.today + 6 * DAY), Role.UNBLOCKER, thing)
    again = await story.until(to("kim", "unblock_check"), most=20)
    assert "the day you named" in again.text
    await story.answer("kim", "tax", Promise(on=story.today + 6 * DAY), Role.UNBLOCKER, thing)
    check = await story.until(to("dana", "commitment_check"), most=25)
    assert "kim expected read access to the ledger" in check.text
    await story.answer("dana", "tax", BlockedBy(cause=Cause.DATA, person="kim"))
    await story.days(1)
    assert (await story.case()).decision is not None
    assert [s for s in story.said() if s.to == "sam"] == []
    for _ in range(2):
        await story.until(to("lee", "review"), most=10)
        await released(story)
    digests = [await story.until(to("sam", "digest"), most=4)]
    assert "had a date twice" in digests[0].text
    assert "kim" not in digests[0].text
    note = await story.answer("sam", "tax", Decide(verdict=Verdict.FIX, until=story.today + 20 * DAY), Role.SPONSOR)
    assert "Recorded: fix it by" in note
    case = await story.case()
    assert (case.state, case.commitment and case.commitment.by_sponsor) == (CaseState.COMMITTED, True)
    told = await story.until(to("dana", "told"), most=10)
    assert "the decision is to fix it by" in told.text
    due = await story.until(to("dana", "commitment_check"), most=40)
    assert "the decision was to fix it by" in due.text


async def test_on_track_while_use_falls_on_is_asked_once_more_and_then_left_to_a_person(story: Story) -> None:
    """Said to be on track while use stays low: two weeks of quiet, one more question, and the same answer again goes to a person, not up."""
    await story.begin(pilot_of("tax"))
    first = await story.until(NUDGE)
    await story.answer("dana", "tax", OnTrack())
    second = await story.until(NUDGE, most=40)
    assert second.day - first.day >= timedelta(days=14)
    await story.answer("dana", "tax", OnTrack())
    after = await story.days(40)
    assert [s for s in after if s.to in {"dana", "sam"} and s.kind != "digest"] == []
    case = await story.case()
    assert case.listed_why is not None
    assert case.decision is None
    assert any("tax" in s.text for s in after if (s.to, s.kind) == ("lee", "lead_list"))


async def test_an_objection_reaches_those_its_author_was_told_of(story: Story) -> None:
    """A legal reason against is recorded in its author's words for owner and sponsor, becomes a decision, and names nobody in the digest."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK, most=7)
    assert "Your answer goes to dana and the sponsor of Pilot tax" in ask.text
    words = "The works agreement allows the ledger for invoices only."
    note = await story.answer(
        "kim", "tax", Object(concern=Concern.LEGAL, words=words), Role.UNBLOCKER, ask.message.sections[0].thing
    )
    assert "deleted 30 days after this ends" in note
    told = await story.until(to("dana", "told"), most=10)
    assert words in told.text
    case = await story.case()
    assert case.decision is not None
    assert case.decision.opened_by.value == "refused"
    await released(story)
    await story.until(to("lee", "review"), most=10)
    await released(story)
    digest = await story.until(to("sam", "digest"), most=4)
    assert "there are reasons against read access to the ledger" in digest.text
    assert "kim" not in digest.text


async def test_a_stop_is_a_result_and_its_lesson_is_kept(story: Story) -> None:
    """The owner proposes to stop and says what was learned; the sponsor stops it, the owner is thanked, and the next digest has the lesson."""
    await story.begin(pilot_of("tax"), pilot_of("hr", "maria"))
    await story.until(NUDGE)
    learned = "Start with the team that has the pain."
    note = await story.answer("dana", "tax", ProposeStop(lesson=learned))
    assert "sam is asked to decide by" in note
    for _ in range(2):
        await story.until(to("lee", "review"), most=10)
        await released(story)
    digest = await story.until(to("sam", "digest"), most=4)
    assert "its owner proposes to stop it" in digest.text
    await story.answer("sam", "tax", Decide(verdict=Verdict.STOP), Role.SPONSOR)
    case = await story.case()
    assert (case.state, case.decided[-1].lesson) == (CaseState.DECIDED, learned)
    told = await story.until(to("dana", "told"), most=10)
    assert "stopping is a result too" in told.text
    later = await story.until(to("sam", "digest"), most=10)
    assert learned in later.text
    assert [s for s in await story.days(40) if s.to == "dana"] == []


async def test_when_the_owner_is_gone_whoever_stands_in_takes_over(story: Story) -> None:
    """An owner who left is not written to: their delegate gets the question, answers it, and the loop goes on."""
    await story.begin(pilot_of("tax", owner_left=story.today), people=("kim", "jo"))
    people = story.world.ports.people
    await people.prefer(people.identify("dana"), Preferences(delegate=people.identify("jo")))
    await story.until(to("jo", "nudge"))
    preview = await story.answer("jo", "tax", DATA)
    assert "kim gets this on" in preview
    await story.until(ASK, most=7)
    assert [s for s in story.said() if s.to == "dana"] == []


async def test_when_nobody_answers_at_all_little_is_said_and_the_case_is_visible(story: Story) -> None:
    """A year of silence: two questions to the owner, nothing to a sponsor nobody released a digest for; the lead gets what has not changed once in four weeks, and the digest to release once in three."""
    await story.begin(pilot_of("tax"))
    said = await story.days(365, ONCE)
    to_owner = [s for s in said if s.to == "dana"]
    assert [s.kind for s in to_owner] == ["nudge", "follow_up"]
    assert [s for s in said if s.to == "sam"] == []
    lists = [s for s in said if (s.to, s.kind) == ("lee", "lead_list")]
    assert 10 <= len(lists) <= 16
    reviews = [s for s in said if (s.to, s.kind) == ("lee", "review")]
    assert 10 <= len(reviews) <= 18
    assert len([s for s in said if s.to == "lee"]) == len(lists) + len(reviews)
    case = await story.case()
    assert case.listed_on is not None
    assert case.decision is not None
    assert case.decision.opened_by is OpenedBy.OPEN_LONG


async def test_a_year_in_which_a_sponsor_reads_and_nobody_answers(story: Story) -> None:
    """With digests released, what nobody moves is an open decision that tells no silence; one message apart in each of two rounds, then rest: the whole year is a few messages to each."""
    await story.begin(pilot_of("tax"))
    for _ in range(2):
        await story.until(to("lee", "review"), most=60)
        await released(story)
    said = await story.days(365, ONCE)
    by = Counter((s.to, s.kind) for s in [*story.said()])
    assert by["dana", "nudge"] + by["dana", "follow_up"] <= 8
    digests = [s for s in said if (s.to, s.kind) == ("sam", "digest")]
    decisions = [s for s in said if (s.to, s.kind) == ("sam", "decision")]
    assert "its use is below its own usual pattern, and that goes on" in digests[0].text
    assert 1 <= len(decisions) <= 4
    assert all(
        not re.search(r"dana|silen|answer(ed)? by|repl(y|ied)", s.text.split("Why me?")[0]) for s in digests + decisions
    )
    assert by["sam", "digest"] <= 16


async def listed(story: Story) -> Said:
    """Live on until the case is on a list that the lead got, and return that."""
    for _ in range(8):
        found = await story.until(to("lee", "lead_list"), most=40)
        if any(s.looks for s in found.message.sections):
            return found
    msg = "no list told of a case"
    raise AssertionError(msg)


async def test_a_lead_looks_into_it_and_it_is_theirs_until_their_day(story: Story) -> None:
    """Whoever takes a case from the list keeps it until the day they named: nobody is asked about it before, and then the ladder begins once more."""
    await story.begin(pilot_of("tax"))
    await listed(story)
    day = story.today + 20 * DAY
    note = await story.answer("lee", "tax", SnoozeUntil(until=day), Role.LEAD)
    assert note.startswith("Thank you. It is with you until")
    assert (await story.case()).listed_on is None
    quiet = await story.days(19)
    assert [s for s in quiet if s.to == "dana" or s.kind in {"decision", "digest"}] == []
    again = await story.until(to("dana", "nudge"), most=10)
    assert again.day >= day


async def test_a_lead_names_who_can_clear_it_and_the_owner_sees_the_text_first(story: Story) -> None:
    """The person named is asked a working day after the owner has seen the text, and reads that the programme lead named them."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await listed(story)
    named = BlockedBy(cause=Cause.OTHER, person="kim", thing="read access to the ledger")
    note = await story.answer("lee", "tax", named, Role.LEAD)
    assert "The owner sees this first; kim gets it a working day later" in note
    told = await story.until(to("dana", "told"), most=10)
    assert "the programme lead thinks that kim can clear read access to the ledger" in told.text
    ask = await story.until(ASK, most=7)
    assert ask.day > told.day
    assert "The programme lead thinks that you can clear it" in ask.text
    assert ask.message.sections[0].fact in told.text.replace("\n", " ")
    await story.answer("kim", "tax", Cleared(), Role.UNBLOCKER, ask.message.sections[0].thing)
    story.back["tax"] = story.today + 2 * DAY
    after = await story.days(50)
    assert ("kim", "thanks") in [(s.to, s.kind) for s in after]


async def test_a_lead_names_somebody_where_the_owner_said_it_is_not_theirs(story: Story) -> None:
    """Nobody is there to read it first: the lead is told the day, and it leaves on it."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", NotMe())
    await listed(story)
    named = BlockedBy(cause=Cause.OTHER, person="kim", thing="the ledger")
    note = await story.answer("lee", "tax", named, Role.LEAD)
    assert note.startswith("Thank you. kim gets this on")
    ask = await story.until(ASK, most=4)
    assert "The programme lead thinks that you can clear it" in ask.text
    assert [s for s in story.said() if (s.to, s.kind) == ("dana", "told")] == []


async def test_the_day_that_is_told_is_the_day_on_which_it_leaves(story: Story) -> None:
    """However long the telling waited, what the owner reads of the day holds; better words are theirs and are not told back."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await listed(story)
    await story.answer("lee", "tax", BlockedBy(cause=Cause.OTHER, person="kim", thing="the ledger"), Role.LEAD)
    told = await story.until(to("dana", "told"), most=10)
    note = await story.answer("dana", "tax", ChangeRequest(thing="the invoices of May"))
    assert "Changed. kim gets this on" in note
    ask = await story.until(ASK, most=7)
    assert f"{ask.day.day} {ask.day:%B}" in told.text
    assert "the invoices of May" in ask.text
    assert "dana thinks that you can clear it" in ask.text
    assert len([s for s in story.said() if (s.to, s.kind) == ("dana", "told")]) == 1


async def test_an_owner_who_answers_after_all_is_left_alone(story: Story) -> None:
    """A decision that time has opened is taken back by a word of the owner: quiet until their day, for the sponsor too."""
    await story.begin(pilot_of("tax"))
    for _ in range(2):
        await story.until(to("lee", "review"), most=60)
        await released(story)
    while not (await story.case()).decision:
        await story.days(1)
    day = story.today + 40 * DAY
    at = datetime.combine(day, time(9), UTC)
    assert "Silence until" in await story.answer("dana", "tax", NextStep(action="call two teams", at=at))
    quiet = await story.days(39)
    assert [s for s in quiet if s.to == "dana" or s.kind == "decision"] == []
    assert all("Decisions waiting" not in s.text for s in quiet if s.kind == "digest")


async def test_a_digest_that_is_released_late_leaves_all_the_same(story: Story) -> None:
    """Whoever releases one that has waited for three weeks is told that it leaves, and it does."""
    await story.begin(pilot_of("tax"))
    await story.until(NUDGE)
    while not ((await story.case()).decision and await waiting(story.world.ports)):
        await story.days(1)
    (draft,) = await waiting(story.world.ports)
    story.world.clock.at = draft.made_at + 20 * DAY + timedelta(hours=23)
    note = await story.world.review("lee", draft.id, ReleaseWeekly())
    assert "Released" in note
    await story.days(2)
    (digest,) = [s for s in story.said() if (s.to, s.kind) == ("sam", "digest")]
    assert "its use is below its own usual pattern, and that goes on" in digest.text


async def test_a_reader_who_is_gone_is_followed_by_another(story: Story) -> None:
    """When whoever was to release it wants no messages, the next one is asked within a week."""
    await story.begin(pilot_of("tax"), pilot_of("hr", programme_lead="lou"), people=("kim",))
    await story.until(to("lou", "review"), most=60)
    while not (await story.case()).decision:
        await story.days(1)
    await story.world.ports.people.opt_out(story.world.ports.people.identify("lou"))
    await story.until(to("lee", "review"), most=9)


async def test_an_owner_can_take_back_what_a_lead_would_ask(story: Story) -> None:
    """An owner who knows better says so before it leaves, and nobody is asked."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await listed(story)
    named = BlockedBy(cause=Cause.OTHER, person="kim", thing="read access to the ledger")
    await story.answer("lee", "tax", named, Role.LEAD)
    await story.until(to("dana", "told"), most=10)
    assert await story.answer("dana", "tax", WithdrawRequest()) == "Taken back: nobody is asked."
    assert [s for s in await story.days(10) if s.to == "kim"] == []


async def test_a_lead_puts_it_to_the_sponsor(story: Story) -> None:
    """What the lead finds to be the sponsor's is an open decision at once; put up twice, or by somebody else, nothing changes."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await listed(story)
    assert "went to somebody else" in await story.answer("kim", "tax", PutUp(), Role.LEAD)
    note = await story.answer("lee", "tax", PutUp(), Role.LEAD)
    assert note.startswith("Noted. sam is asked to decide by")
    case = await story.case()
    assert (case.decision and case.decision.opened_by, case.listed_on) == (OpenedBy.LEAD_RAISES, None)
    assert "off the list by now" in await story.answer("lee", "tax", PutUp(), Role.LEAD)


async def test_a_lead_who_names_nobody_we_know_or_the_owner_is_told(story: Story) -> None:
    """A name we can't write to, and the owner who was asked already, are said back, and the case stays on the list."""
    await story.begin(pilot_of("tax"))
    await listed(story)
    unknown = BlockedBy(cause=Cause.OTHER, person="zoe", thing="the ledger")
    assert "Nobody we can write to is called zoe" in await story.answer("lee", "tax", unknown, Role.LEAD)
    owner = BlockedBy(cause=Cause.OTHER, person="dana", thing="the ledger")
    assert "Who else could clear it?" in await story.answer("lee", "tax", owner, Role.LEAD)
    assert (await story.case()).listed_on is not None
    sponsor = BlockedBy(cause=Cause.OTHER, person="sam", thing="the ledger")
    assert "sam is asked to decide by" in await story.answer("lee", "tax", sponsor, Role.LEAD)


async def test_a_block_that_nobody_is_named_for_goes_to_the_lead(story: Story) -> None:
    """An owner who does not know who could clear it is told that somebody from the programme is asked; the list tells that, and not what they said."""
    await story.begin(pilot_of("tax"))
    await story.until(NUDGE)
    note = await story.answer("dana", "tax", BlockedBy(cause=Cause.APPROVAL))
    assert "Somebody from the programme is asked who could clear it" in note
    found = await listed(story)
    assert "who could clear its way is not known" in found.text
    assert "approval" not in found.text


async def test_words_against_something_are_deleted_thirty_days_after_the_case_has_closed(story: Story) -> None:
    """An objection in its author's words is gone from case, reply and message a month after the end; its kind remains."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK, most=7)
    words = "The works agreement allows the ledger for invoices only."
    await story.answer(
        "kim", "tax", Object(concern=Concern.LEGAL, words=words), Role.UNBLOCKER, ask.message.sections[0].thing
    )
    await story.until(to("dana", "told"), most=10)
    await story.days(1)
    await story.answer("sam", "tax", Decide(verdict=Verdict.STOP), Role.SPONSOR)
    ports, closed = story.world.ports, story.world.clock.at
    assert await forget_words(ports, closed + 29 * DAY) == 0
    assert words in await everything(story)
    assert await forget_words(ports, closed + 31 * DAY) == 1
    assert words not in await everything(story)
    assert (await story.case()).requests[0].concern == "legal"


async def everything(story: Story) -> str:
    """Return whatever the store holds, as text."""
    client, found = story.world.store.client, []
    async for key in client.scan_iter(match=f"{story.world.store.keys.root}*"):
        kind = (await client.type(key)).decode()
        if kind == "hash":
            found += [str(value, "utf-8", "replace") for value in (await client.hgetall(key)).values()]
        elif kind == "list":
            found += [str(value, "utf-8", "replace") for value in await client.lrange(key, 0, -1)]
        elif kind == "stream":
            found += [str(fields) for _, fields in await client.xrange(key)]
    return "\n".join(found)


async def test_an_answer_that_comes_late_takes_the_decision_back(story: Story) -> None:
    """The days for an answer passed and a decision opened; then the way is cleared after all, and no sponsor is asked."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK, most=7)
    for _ in range(12):
        await story.days(1)
        if (await story.case()).decision:
            break
    assert (await story.case()).decision is not None
    await story.answer("kim", "tax", Cleared(), Role.UNBLOCKER, ask.message.sections[0].thing)
    assert (await story.case()).decision is None
    after = await story.days(10)
    assert [s for s in after if s.to == "sam" or s.kind == "decision"] == []
