"""The whole story of the loop in each chat, by taps and by words: what everybody reads, and whose answer counts."""

import pytest
from office import Office, at_firm, firm_pilot
from offices import SOCKET
from parity import capability
from stories import DAY, to

from bot.domain.ask import RequestState
from bot.domain.case import CaseState
from bot.domain.decision import Verdict

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""

AREA = "Conversations"


def day_of(office: Office, days: int) -> str:
    """Return a day so many days from now, as a picker gives it."""
    return (office.story.today + days * DAY).isoformat()


@capability(AREA, "The whole story by taps and forms", also=(SOCKET,))
async def test_the_whole_story_by_taps(office: Office) -> None:
    """Question, form, named blocker, shown wish, a day that passes twice, a check, the digest, a decision: and each message shows what became of it."""
    story = office.story
    await office.ask("kim")
    dana, kim, sam = (office.at(name) for name in ("dana", "kim", "sam"))

    await office.blocked_by("kim", thing="the ledger")
    assert "\u2713 Something is in the way Recorded: in the way is access to data" in office.reads("dana")
    assert "Something is in the way" not in dana.labels()
    assert "How far has that come?" in office.reads("dana")

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    assert "the ledger" in office.reads("kim")
    for _ in range(2):
        await office.tap("kim", "I can name a day", office.last("kim"))
        assert "from tomorrow on" in await office.fill("kim", day=day_of(office, -1))
        assert not await office.fill("kim", day=day_of(office, 4))
        assert "\u2713 I can name a day Thank you. Noted for" in office.reads("kim")
        assert kim.labels(office.last("kim")) == []
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)

    await office.tap("dana", "Not yet, something is in the way")
    assert not await office.fill("dana", cause="data", person=office.picked("kim"))
    await story.days(1)
    assert (await story.case()).decision is not None
    await office.tap("lee", "Release")
    await story.until(to(at_firm("lee"), "review"), most=14)
    assert "Released" in await office.tap("lee", "Release")
    await story.until(to(at_firm("sam"), "digest"), most=10)
    assert sam.labels(office.last("sam")) == ["Scale", "Fix", "Stop", "Need something"]
    await office.tap("sam", "Fix")
    assert not await office.fill("sam", **{next(iter(office.form("sam"))): day_of(office, 21)})
    assert "\u2713 Fix Recorded: fix it by" in office.reads("sam")
    assert "Months on the way" in office.reads("sam")
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.COMMITTED, Verdict.FIX)


@capability(AREA, "The whole story by words, each shown back before it counts", also=(SOCKET,))
async def test_the_whole_story_by_words(office: Office) -> None:
    """The same without a form: what is understood is shown back, and nothing is noted before a yes."""
    story = office.story
    await office.ask("kim")
    asked, blocked = office.last("dana"), f"blocked by data, {office.named('kim')} could clear it"

    shown = await office.say("dana", blocked)
    assert shown.startswith("Understood: something is in the way: access to data")
    assert at_firm("kim") in shown
    assert (await story.case()).block is None
    assert "Recorded: in the way is access to data" in await office.say("dana", "yes")
    assert "Something is in the way" not in office.at("dana").labels(asked)

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for _ in range(2):
        await office.say("kim", "by Friday")
        await office.tap("kim", "Yes")
        assert "Thank you. Noted for" in office.reads("kim")
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    await office.say("dana", blocked, "yes")
    await story.days(1)
    assert "Released" in await office.say("lee", "release", "yes")
    await story.until(to(at_firm("sam"), "digest"), most=14)
    assert "Recorded: fix it by" in await office.say("sam", "fix it in three weeks", "yes")
    assert (await story.case()).decided[-1].verdict is Verdict.FIX


@capability(AREA, "An ask that is done is said in two words")
async def test_it_is_done_by_words(office: Office) -> None:
    """Who was asked to clear the way says that they have, and it is checked from then on."""
    story = office.story
    await office.ask("kim")
    await office.blocked_by("kim")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.say("kim", "done", "yes")
    assert (await story.case()).requests[-1].state is RequestState.DONE


@capability(
    AREA,
    "Who can't be reached any more is not written to; the programme lead is asked, and an admin sees the gap",
    slack="deactivated, or unknown to the workspace",
    teams="took the app away, blocked it, or never had it",
)
async def test_who_has_left_is_not_written_to(office: Office) -> None:
    """An owner who has left gets nothing more: the programme lead is asked, and the gap is told."""
    story, before = office.story, len(office.at("dana").posts)
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    await office.leave("dana")
    asked = await story.until(to(at_firm("lee"), "nudge"), most=20)
    assert asked.to == at_firm("lee")
    assert len(office.at("dana").posts) == before
    report = await story.world.sweep()
    assert ("an owner whom the chat does not know", ("tax",)) in {(gap.what, gap.pilots) for gap in report.gaps}


@capability(AREA, "An owner whom the chat does not know is found out by sending, and listed with the reason")
async def test_an_owner_whom_the_chat_does_not_know(office: Office) -> None:
    """Nobody told us: the first message finds it, is listed as not sent, and the programme lead is asked instead."""
    story = office.story
    await story.begin(firm_pilot("tax", owner="nora"), people=(at_firm("kim"),))
    await story.until(to(at_firm("lee"), "nudge"), most=30)
    (dead,) = await story.world.ports.dead_letters.all()
    assert dead.reason in {
        "Slack can't reach this person (users_not_found)",
        "they have not installed the app in Teams",
    }


@capability(AREA, "Only who was asked may answer; anybody else, or a stranger, is told so alone")
async def test_others_are_told_that_it_is_not_theirs(office: Office) -> None:
    """A tap of somebody else, and one of a stranger, changes nothing and is explained to them alone; a form does not open."""
    story = office.story
    await office.ask("kim")
    before, seen = await story.case(), office.last("dana")
    words = office.reads("dana")
    for who, said in (("kim", "was put to somebody else"), ("eve", "I don't know you yet")):
        await office.act(office.at(who).tap("It is on track", seen))
        assert said in office.besides(who)
        assert (await office.act(office.at(who).tap("Something is in the way", seen))).status == 200
        assert not office.form(who)
    assert await story.case() == before
    assert office.reads("dana") == words


@capability(AREA, "A late tap changes nothing and explains itself, and the buttons go")
async def test_a_late_tap_explains_itself(office: Office) -> None:
    """At a message whose matter is over a tap changes nothing and is told why in its place; its buttons are gone then."""
    story = office.story
    await office.ask()
    old = office.last("dana")
    story.back["tax"] = story.today
    await story.days(40)
    before = await story.case()
    assert before.is_closed
    await office.act(office.at("dana").tap("It is on track", old))
    assert await story.case() == before
    assert "This one is closed" in office.said("dana", old)
    assert office.at("dana").labels(old) == []


@capability(AREA, "A form says beside its field what can't be taken, and keeps the rest")
async def test_a_form_says_what_it_can_not_take(office: Office) -> None:
    """A day that has passed is refused beside its field, and nothing is noted before it is mended."""
    story = office.story
    await office.ask()
    await office.tap("dana", "Ask me later")
    before, (day,) = await story.case(), office.form("dana")
    assert "Which day from tomorrow on?" in await office.fill("dana", **{day: day_of(office, -1)})
    assert await story.case() == before
    assert not await office.fill("dana", **{day: day_of(office, 14)})
    assert (await story.case()).state is CaseState.SNOOZED


@capability(
    AREA,
    "Each sees what is theirs: questions that wait, pilots, what is asked in their name",
    teams="by the word `home`, and on the day of installing",
    slack="on the home tab",
)
async def test_everybody_sees_what_is_theirs(office: Office) -> None:
    """An owner sees what waits, their pilots and what is asked in their name; the sponsor nothing of that; an admin how all is; a stranger nothing."""
    await office.ask("kim")
    seen = {who: await office.home(who) for who in ("dana", "sam", "ada", "eve")}
    assert seen["dana"].startswith("Waiting for your answer Pilot tax: ")
    assert "Your pilots Pilot tax (tax): stage pilot since" in seen["dana"]
    assert "Waiting for your answer Nothing waits" in seen["sam"]
    assert "How Stickshaker is Live: messages leave." in seen["ada"]
    assert "Pilot tax" not in seen["eve"]
    await office.blocked_by("kim", thing="the ledger")
    seen = {who: await office.home(who) for who in ("dana", "sam")}
    assert "Pilot tax: Asked of kim@n.example for the ledger" in seen["dana"]
    assert "ledger" not in seen["sam"]


@capability(AREA, "Nobody's words ping, link or mark up anything")
async def test_nobodys_words_ping_or_fake_anything(office: Office) -> None:
    """Names and words with mentions, links and marks of every kind arrive as they were written, and as nothing else."""
    story = office.story
    evil = "<!channel> <at>everyone</at> [safe](https://evil.example) *bold* `code`"
    await story.begin(firm_pilot("tax").model_copy(update={"name": evil}), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    await office.blocked_by("kim", thing=evil)
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for name in ("dana", "kim"):
        assert "evil.example" in office.reads(name)
        assert "evil" not in office.markup(name)
