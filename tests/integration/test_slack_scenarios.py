"""The scenarios of the loop in a local Slack, each by everybody in it: by taps and forms, or by words."""

from collections.abc import AsyncIterator

import pytest
from slack_story import Office, at_firm, office_of, slack_pilot
from stories import DAY, Story, to, waits_for

from bot.domain.ask import RequestState
from bot.domain.case import CaseState
from bot.domain.decision import OpenedBy, Verdict

PEOPLE = ("dana", "kim", "sam", "lee", "jo", "owner-a", "owner-b", "owner-c", "owner-d")

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


@pytest.fixture
async def office(story: Story) -> AsyncIterator[Office]:
    """Return the office of a firm without a pilot."""
    async with office_of(story, *PEOPLE) as opened:
        yield opened


async def say(office: Office, who: str, *words: str) -> str:
    """Write words as somebody, one after the other, and return what comes back to the last of them."""
    for one in words:
        assert (await office.act(office.at(who).write(one))).status == 200
    return office.reads(who)


async def blocked_by_kim(office: Office, who: str = "dana", **more: str) -> None:
    """Name kim as the one who can clear the way, in the form."""
    await office.act(office.at(who).tap("Something is in the way"))
    answer = await office.act(office.at(who).send(cause="data", person=office.at("kim").user, **more))
    assert answer.body == {}


@pytest.mark.parametrize("by_words", [False, True])
async def test_access_is_asked_for_granted_and_thanked_for(office: Office, *, by_words: bool) -> None:
    """(a) Named, asked, granted, used again: both are thanked once, then silence."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    if by_words:
        await say(office, "dana", f"blocked by data, <@{office.at('kim').user}> could clear it", "yes")
    else:
        await blocked_by_kim(office)
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    if by_words:
        said = await say(office, "kim", "it is done", "yes")
    else:
        await office.act(office.at("kim").tap("It is done"))
        said = office.reads("kim")
    assert "you hear of it once more, when use has followed" in said
    story.back["tax"] = story.today + 3 * DAY
    after = await story.days(50)
    assert (await story.case()).state is CaseState.RECOVERED
    thanked = sorted((s.to, s.kind) for s in after if s.to != at_firm("lee"))
    assert thanked == [(at_firm("dana"), "recovery"), (at_firm("kim"), "thanks")]


async def test_four_owners_and_one_gatekeeper(office: Office) -> None:
    """(c) Four owners name the same; one message, one tap, and all four cases follow it."""
    story, names = office.story, "abcd"
    waiting = [waits_for("data_access", at_firm("kim"), name="d7").model_dump()]
    pilots = [slack_pilot(n, f"owner-{n}", dependencies=waiting) for n in names]
    await story.begin(*pilots, people=(at_firm("kim"),))
    await story.until(to(at_firm("owner-d"), "nudge"))
    for n in names:
        await blocked_by_kim(office, f"owner-{n}")
    ask = await story.until(to(at_firm("kim"), "unblock_ask"))
    assert "4 pilots wait for the same thing" in ask.text
    await office.act(office.at("kim").tap("I can name a day"))
    await office.act(office.at("kim").send(day=(story.today + 4 * DAY).isoformat()))
    assert "Noted for" in office.reads("kim")
    for n in names:
        assert [r.state for r in (await story.case(n)).requests] == [RequestState.PROMISED]


async def test_on_track_is_believed_and_never_goes_up(office: Office) -> None:
    """(d), (e) Two weeks of quiet; said again while use stays low it goes to a person, and not to the sponsor."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(office.at("dana").tap("It is on track"))
    assert "left alone until" in office.reads("dana")
    assert [s for s in await story.days(13) if s.to == at_firm("dana")] == []
    await story.until(to(at_firm("dana"), "nudge"), most=14)
    await say(office, "dana", "it is on track", "yes")
    await story.days(60)
    assert (await story.case()).decision is None
    assert [s for s in story.said() if s.kind == "decision"] == []


async def test_an_objection_reaches_the_owner_in_its_words(office: Office) -> None:
    """(f) "I would advise against it", with the kind of concern and words: the owner is told, and it is open with the sponsor."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    await blocked_by_kim(office)
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    kim = office.at("kim")
    await office.act(kim.tap("I would advise against it"))
    answer = await office.act(kim.send(second="legal", words="the agreement allows it for invoices only"))
    assert answer.body == {}
    told = await story.until(to(at_firm("dana"), "told"), most=10)
    assert "the agreement allows it for invoices only" in told.text
    assert (await story.case()).requests[-1].state is RequestState.OBJECTED


async def test_a_stop_is_a_result(office: Office) -> None:
    """(g) The owner would end it and says what was learned; the sponsor stops it: the pilot is left alone, the lesson kept."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(office.at("dana").tap("I would end this pilot"))
    await office.act(office.at("dana").send(lesson="letters change too seldom"))
    case = await story.case()
    assert case.decision is not None
    assert case.decision.opened_by is OpenedBy.OWNER_PROPOSES_STOP
    for _ in range(2):
        await story.until(to(at_firm("lee"), "review"), most=20)
        await say(office, "lee", "release", "yes")
        if any(s.to == at_firm("sam") for s in story.said()):
            break
    if not office.at("sam").posts:
        await story.until(to(at_firm("sam"), "digest"), most=10)
    sam = office.at("sam")
    await office.act(sam.tap("Stop"))
    if sam.state.views:
        await office.act(sam.send())
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.DECIDED, Verdict.STOP)
    assert [s for s in await story.days(30) if s.to == at_firm("dana") and s.kind == "nudge"] == []


async def test_when_the_owner_is_gone_whoever_stands_in_takes_over(office: Office) -> None:
    """(h) The owner has left the workspace and had named jo: the loop goes on in jo's name."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"), at_firm("jo")))
    answer = await office.act(office.at("dana").command(f"delegate <@{office.at('jo').user}>"))
    assert "jo@n.example" in str(answer.body)
    await office.act(office.at("dana").leave())
    await story.until(to(at_firm("jo"), "nudge"))
    await blocked_by_kim(office, "jo")
    ask = await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    assert "jo@n.example thinks that you can clear it" in ask.text


async def test_when_nobody_answers_little_is_said(office: Office) -> None:
    """(i) Two questions to the owner, a list for the lead, nothing to the sponsor before somebody has read it."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    await story.days(60)
    counts = {who: [s.kind for s in story.said() if s.to == at_firm(who)] for who in ("dana", "sam")}
    assert sorted(counts["dana"]) == ["follow_up", "nudge"]
    assert counts["sam"] == []
    assert (await story.case()).listed_on is not None
    assert len(office.at("dana").posts) == 2
