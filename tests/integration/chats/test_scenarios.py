"""The scenarios of the loop in each chat, by everybody in it: by taps and forms, or by words."""

import pytest
from office import Office, at_firm, firm_pilot
from parity import capability
from stories import DAY, to, waits_for

from bot.domain.ask import RequestState
from bot.domain.case import CaseState
from bot.domain.decision import OpenedBy, Verdict

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""

AREA = "The loop"


@capability(AREA, "(a) Access is asked for, granted and thanked for, by taps and by words")
@pytest.mark.parametrize("by_words", [False, True])
async def test_access_is_asked_for_granted_and_thanked_for(office: Office, *, by_words: bool) -> None:
    """(a) Named, asked, granted, used again: both are thanked once, then silence."""
    story = office.story
    await office.ask("kim")
    if by_words:
        await office.say("dana", f"blocked by data, {office.named('kim')} could clear it", "yes")
    else:
        await office.blocked_by("kim")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    if by_words:
        said = await office.say("kim", "it is done", "yes")
    else:
        said = await office.tap("kim", "It is done")
    assert "you hear of it once more, when use has followed" in said
    story.back["tax"] = story.today + 3 * DAY
    after = await story.days(50)
    assert (await story.case()).state is CaseState.RECOVERED
    thanked = sorted((s.to, s.kind) for s in after if s.to != at_firm("lee"))
    assert thanked == [(at_firm("dana"), "recovery"), (at_firm("kim"), "thanks")]


@capability(AREA, "(c) Four pilots wait for one person: one message, one answer")
async def test_four_owners_and_one_gatekeeper(office: Office) -> None:
    """(c) Four owners name the same; one message, one tap, and all four cases follow it."""
    story, names = office.story, "abcd"
    waiting = [waits_for("data_access", at_firm("kim"), name="d7").model_dump()]
    pilots = [firm_pilot(n, f"owner-{n}", dependencies=waiting) for n in names]
    for n in names:
        await office.join(f"owner-{n}")
    await story.begin(*pilots, people=(at_firm("kim"),))
    await story.until(to(at_firm("owner-d"), "nudge"))
    for n in names:
        await office.blocked_by("kim", f"owner-{n}")
    ask = await story.until(to(at_firm("kim"), "unblock_ask"))
    assert "4 pilots wait for the same thing" in ask.text
    await office.tap("kim", "I can name a day")
    assert not await office.fill("kim", day=(story.today + 4 * DAY).isoformat())
    assert "Noted for" in office.reads("kim")
    for n in names:
        assert [r.state for r in (await story.case(n)).requests] == [RequestState.PROMISED]


@capability(AREA, '(d), (e) "It is on track" is believed, and never goes up to the sponsor')
async def test_on_track_is_believed_and_never_goes_up(office: Office) -> None:
    """(d), (e) Two weeks of quiet; said again while use stays low it goes to a person, and not to the sponsor."""
    story = office.story
    await office.ask()
    assert "left alone until" in await office.tap("dana", "It is on track")
    assert [s for s in await story.days(13) if s.to == at_firm("dana")] == []
    await story.until(to(at_firm("dana"), "nudge"), most=14)
    await office.say("dana", "it is on track", "yes")
    await story.days(60)
    assert (await story.case()).decision is None
    assert [s for s in story.said() if s.kind == "decision"] == []


@capability(AREA, "(f) An objection reaches the owner in its own words")
async def test_an_objection_reaches_the_owner_in_its_words(office: Office) -> None:
    """(f) "I would advise against it", with the kind of concern and words: the owner is told, and it is open with the sponsor."""
    story = office.story
    await office.ask("kim")
    await office.blocked_by("kim")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.tap("kim", "I would advise against it")
    assert not await office.fill("kim", second="legal", words="the agreement allows it for invoices only")
    told = await story.until(to(at_firm("dana"), "told"), most=10)
    assert "the agreement allows it for invoices only" in told.text
    assert (await story.case()).requests[-1].state is RequestState.OBJECTED


@capability(AREA, "(g) A stop is a result: proposed by the owner, decided by the sponsor, its lesson kept")
async def test_a_stop_is_a_result(office: Office) -> None:
    """(g) The owner would end it and says what was learned; the sponsor stops it: the pilot is left alone, the lesson kept."""
    story = office.story
    await office.ask()
    await office.tap("dana", "I would end this pilot")
    assert not await office.fill("dana", lesson="letters change too seldom")
    case = await story.case()
    assert case.decision is not None
    assert case.decision.opened_by is OpenedBy.OWNER_PROPOSES_STOP
    for _ in range(2):
        await story.until(to(at_firm("lee"), "review"), most=20)
        await office.say("lee", "release", "yes")
        if any(s.to == at_firm("sam") for s in story.said()):
            break
    if not any(s.to == at_firm("sam") for s in story.said()):
        await story.until(to(at_firm("sam"), "digest"), most=10)
    await office.tap("sam", "Stop")
    if office.form("sam"):
        assert not await office.fill("sam")
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.DECIDED, Verdict.STOP)
    assert [s for s in await story.days(30) if s.to == at_firm("dana") and s.kind == "nudge"] == []


@capability(AREA, "(h) The owner is gone: whoever stands in takes over")
async def test_when_the_owner_is_gone_whoever_stands_in_takes_over(office: Office) -> None:
    """(h) The owner can't be reached any more and had named jo: the loop goes on in jo's name."""
    story = office.story
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"), at_firm("jo")))
    assert "jo@n.example" in await office.typed("dana", f"delegate {office.named('jo')}")
    await office.leave("dana")
    await story.until(to(at_firm("jo"), "nudge"))
    await office.blocked_by("kim", "jo")
    ask = await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    assert "jo@n.example thinks that you can clear it" in ask.text


@capability(AREA, "(i) Nobody answers: two questions, then a list for the programme lead, nothing to the sponsor")
async def test_when_nobody_answers_little_is_said(office: Office) -> None:
    """(i) Two questions to the owner, a list for the lead, nothing to the sponsor before somebody has read it."""
    story, before = office.story, len(office.at("dana").posts)
    await story.begin(firm_pilot("tax"))
    await story.days(60)
    counts = {who: [s.kind for s in story.said() if s.to == at_firm(who)] for who in ("dana", "sam")}
    assert sorted(counts["dana"]) == ["follow_up", "nudge"]
    assert counts["sam"] == []
    assert (await story.case()).listed_on is not None
    assert len(office.at("dana").posts) == before + 2
