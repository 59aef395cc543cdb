"""Items in the store: what follows a reply is asked once, answered by whoever was asked, and does what it says."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files

import pytest
import yaml
from stories import DAY, Story, pilot_of, to

from bot.app.follow_ups import answer_feedback, answer_item, next_section
from bot.app.replies import work_off_replies
from bot.domain.ask import RequestState
from bot.domain.audit import AuditEntry
from bot.domain.case import Case, CaseState
from bot.domain.finding import Kind
from bot.domain.outreach import Outreach, Role
from bot.domain.people import Person
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    Cleared,
    Feedback,
    ItemAnswer,
    NeedsFirst,
    OnTrack,
    Reply,
    SnoozeUntil,
    StepDone,
)
from bot.domain.survey import FeedbackOption, ItemId, Standing
from bot.errors import Conflict
from bot.messages.item_texts import ItemTexts
from bot.messages.model import Section
from bot.policy.lead_list import DATA_CHECK
from bot.ports import Cases, StoredCase

SAID = ItemTexts.model_validate(
    yaml.safe_load((files("bot") / "content" / "follow_ups.yaml").read_text(encoding="utf-8"))
)
NUDGE = to("dana", "nudge")
DATA = BlockedBy(cause=Cause.DATA, thing="read access to the ledger", person="kim")


async def begin(story: Story, *pilots: str) -> None:
    """Live until Dana has got the first question about each pilot, and is known to be answerable."""
    names = pilots or ("tax",)
    await story.begin(*(pilot_of(n) for n in names), people=("kim", "jo"))
    await story.until(NUDGE)
    for name in names:
        while not (await story.case(name)).asked:
            await story.days(1)


async def by(
    story: Story,
    answer: Answer,
    person: str = "dana",
    pilot: str = "tax",
    role: Role = Role.OWNER,
    thing: str | None = None,
) -> Reply:
    """Return a reply of somebody about a pilot's case."""
    story.replies += 1
    return Reply(
        key=f"i{story.replies}",
        person=story.world.ports.people.identify(person),
        case_id=(await story.case(pilot)).id,
        pilot=pilot,
        answer=answer,
        received_at=story.world.clock.at,
        role=role,
        thing=thing,
    )


async def say(story: Story, answer: Answer, person: str = "dana", pilot: str = "tax", **given: object) -> Reply:
    """Say something and have it worked off."""
    made = await by(story, answer, person, pilot)
    reply = Reply.model_validate(made.model_dump() | given)
    await story.world.ports.inbox.receive(reply)
    await work_off_replies(story.world.ports, story.world.rules)
    return reply


async def follows(story: Story, reply: Reply) -> Section | None:
    """Return what is asked after a reply."""
    return await next_section(story.world.ports, story.world.rules, reply, SAID)


async def answered(story: Story, reply: Reply) -> str | None:
    """Return what is said to an answer to an item."""
    return await answer_item(story.world.ports, story.world.rules, reply, SAID)


async def fed(story: Story, reply: Reply) -> str | None:
    """Return what is said to feedback."""
    return await answer_feedback(story.world.ports, story.world.rules, reply, SAID)


async def person(story: Story, name: str = "dana") -> Person:
    """Return somebody as they stand now."""
    found = await story.world.ports.people.get(story.world.ports.people.identify(name))
    assert found is not None
    return found


def item(which: ItemId, option: str, **given: object) -> ItemAnswer:
    """Return an answer to an item."""
    return ItemAnswer.model_validate({"item": which, "option": option, **given})


async def test_a_cause_is_followed_by_one_item_and_its_answer_is_kept(story: Story) -> None:
    """Dana names data and is asked how far they are; the answer stands in the case with its block and the wish as they were."""
    await begin(story)
    first = await say(story, DATA)
    section = await follows(story, first)
    assert section is not None
    assert section.asks is ItemId.DATA
    assert "programme admins see the answer" in section.footer
    before = await story.case()
    assert [(p.item, p.in_reply, p.after) for p in before.posed] == [(ItemId.DATA, True, first.key)]
    note = await answered(story, await by(story, item(ItemId.DATA, "sample", second="the ledger")))
    assert note == SAID.receipts.recorded
    kept = await story.case()
    assert [(a.item, a.option, a.second) for a in kept.answers] == [
        (ItemId.HOLDS_BACK, "data", "kim"),
        (ItemId.DATA, "sample", "the ledger"),
    ]
    assert (kept.state, kept.block, kept.requests) == (CaseState.BLOCKED, before.block, before.requests)
    trail = [entry.what for entry in await story.world.ports.audit.of_pilot("tax")]
    assert trail[-2:] == ["asked in reply: OWN-02", "replied: item"]


async def test_an_item_is_put_once_for_one_reply(story: Story) -> None:
    """Asked by two at once, and again, it is one item put once; once answered, nothing follows that reply any more."""
    await begin(story)
    reply = await say(story, DATA)
    shown = await asyncio.gather(*(follows(story, reply) for _ in range(3)))
    assert len({s.asks for s in shown if s}) == 1
    assert all(shown)
    assert await follows(story, reply) == shown[0]
    assert len((await story.case()).posed) == 1
    await answered(story, await by(story, item(ItemId.DATA, Standing.DONT_KNOW)))
    assert await follows(story, reply) is None


async def test_what_is_known_or_was_never_taken_is_followed_by_nothing(story: Story) -> None:
    """No item follows a reply that was not applied, one of another role, one that wants quiet, or what the registry tells."""
    await begin(story)
    untold = await by(story, DATA)
    assert await follows(story, untold) is None
    assert await follows(story, await say(story, OnTrack())) is None
    taken = await say(story, DATA)
    assert await follows(story, taken.model_copy(update={"role": Role.UNBLOCKER})) is None
    assert await follows(story, taken.model_copy(update={"case_id": "tax#9"})) is None
    assert await follows(story, taken.model_copy(update={"pilot": "none"})) is None
    mode = {"data_mode": "curated", "data_mode_since": story.today - 5 * DAY}
    await story.change(pilot_of("tax", **mode))
    assert await follows(story, taken) is None
    await story.world.ports.people.opt_out(taken.person)
    await story.change(pilot_of("tax"))
    assert await follows(story, taken) is None


async def test_two_items_in_two_weeks_whichever_pilots_they_are_about(story: Story) -> None:
    """Dana has three pilots and names data for each: the third time nothing more is asked of her."""
    await begin(story, "tax", "hr", "it")
    shown = [await follows(story, await say(story, DATA, pilot=n)) for n in ("tax", "hr", "it")]
    assert [s.asks if s else None for s in shown] == [ItemId.DATA, ItemId.DATA, None]
    story.world.clock.at += timedelta(days=15)
    again = await follows(story, await say(story, BlockedBy(cause=Cause.QUALITY), pilot="it"))
    assert again is not None
    assert again.asks is ItemId.QUALITY


async def needed(story: Story) -> Section:
    """Live until Dana was told that Kim needs a list first, does not know further, and is asked for a next step."""
    await begin(story)
    await say(story, DATA)
    ask = await story.until(to("kim", "unblock_ask"), most=7)
    thing = ask.message.sections[0].thing
    await say(story, NeedsFirst(what="a list of names"), "kim", role=Role.UNBLOCKER, thing=thing)
    await story.until(to("dana", "told"))
    section = await follows(story, await say(story, BlockedBy(cause=Cause.OTHER)))
    assert section is not None
    assert section.asks is ItemId.NEXT_STEP
    assert "get kim what they need first" in (section.question or "")
    return section


async def test_a_suggested_step_is_kept_as_shown_with_its_if_then(story: Story) -> None:
    """Kim needs something first; Dana takes the step up with day, time and what she does if something comes between."""
    await needed(story)
    at = story.world.clock.at + 3 * DAY
    note = await answered(story, await by(story, item(ItemId.NEXT_STEP, "when", at=at, second="sponsor")))
    assert note is not None
    assert "'get kim what they need first'. Silence until" in note
    assert note.endswith(SAID.receipts.otherwise["sponsor"])
    step = (await story.case()).commitment
    assert step is not None
    assert (step.due_at, step.otherwise) == (at, "sponsor")
    assert [s for s in await story.days(3) if s.to == "dana"] == []


async def test_somebody_else_has_to_move_first_and_is_asked(story: Story) -> None:
    """The one whom Dana names is asked for what she needs, shown to her before it leaves."""
    await needed(story)
    note = await answered(story, await by(story, item(ItemId.NEXT_STEP, "first", words="the org chart", person="jo")))
    assert note is not None
    assert "jo gets this on" in note
    ask = await story.until(to("jo", "unblock_ask"), most=7)
    assert "the org chart" in ask.text


async def test_cleared_without_use_leads_to_a_step(story: Story) -> None:
    """Kim says it is there and use has not followed: when Dana says the way is free, a next step is suggested."""
    await begin(story)
    await say(story, DATA)
    ask = await story.until(to("kim", "unblock_ask"), most=7)
    await say(story, Cleared(), "kim", role=Role.UNBLOCKER, thing=ask.message.sections[0].thing)
    await story.until(to("dana", "commitment_check"), most=40)
    section = await follows(story, await say(story, StepDone()))
    assert section is not None
    assert section.asks is ItemId.NEXT_STEP
    assert "talk with two people who used it before" in (section.question or "")


@dataclass(slots=True)
class Racing:
    """Cases that somebody else moves between a read and a write, so many times."""

    inner: Cases
    left: int

    async def get(self, pilot: str) -> StoredCase | None:
        """Read through."""
        return await self.inner.get(pilot)

    async def some(self, pilots: list[str]) -> dict[str, StoredCase]:
        """Read through."""
        return await self.inner.some(pilots)

    async def save(self, case: Case, *, expected: int, outreach: list[Outreach], entry: AuditEntry) -> int:
        """Refuse the first writes."""
        if self.left:
            self.left -= 1
            raise Conflict("moved by somebody else")
        return await self.inner.save(case, expected=expected, outreach=outreach, entry=entry)


@pytest.mark.parametrize(("races", "is_told"), [(3, True), (99, False)])
async def test_of_two_writers_one_reads_again_or_waits(story: Story, races: int, *, is_told: bool) -> None:
    """A case that others move is read again; when that does not end, the answer waits for the next pass and nothing is lost."""
    await begin(story)
    reply = await say(story, DATA)
    ports, rules = story.world.ports, story.world.rules
    racing = Racing(ports.cases, races)
    section = await next_section(replace(ports, cases=racing), rules, reply, SAID)  # type: ignore[arg-type]  it has what is used
    assert (section is not None) == is_told
    await follows(story, reply)
    racing.left = races
    given = await by(story, item(ItemId.DATA, "live"))
    note = await answer_item(replace(ports, cases=racing), rules, given, SAID)  # type: ignore[arg-type]  as above
    assert (note == SAID.receipts.recorded) == is_told
    racing.left = races
    useful = await by(story, Feedback(option=FeedbackOption.USEFUL))
    note = await answer_feedback(replace(ports, cases=racing), rules, useful, SAID)  # type: ignore[arg-type]  as above
    assert (note == SAID.receipts.useful) == is_told
    assert len((await story.case()).answers) == (3 if is_told else 1)


async def test_an_answer_counts_once_and_from_whoever_was_asked(story: Story) -> None:
    """The same answer again is noted already; Kim, another case and what was never asked change nothing."""
    await begin(story)
    await follows(story, await say(story, DATA))
    mine = await by(story, item(ItemId.DATA, "live"))
    receipts = story.world.rules.texts.receipts
    assert await answered(story, await by(story, item(ItemId.DATA, "live"), "kim")) == receipts.not_asked
    assert await answered(story, await by(story, item(ItemId.QUALITY, "missed", second="small"))) == receipts.not_asked
    assert await answered(story, mine.model_copy(update={"case_id": "tax#9"})) == receipts.closed
    assert await answered(story, mine.model_copy(update={"pilot": "none"})) == receipts.closed
    assert len((await story.case()).answers) == 1  # the owner's own, to the first question
    assert await answered(story, mine) == SAID.receipts.recorded
    assert await answered(story, mine) == receipts.duplicate
    assert len((await story.case()).answers) == 2


async def test_the_ways_out_of_an_item(story: Story) -> None:
    """Later is about the question and leaves the block as it was told; to stop asking holds at once and is told to nobody."""
    await begin(story)
    await follows(story, await say(story, DATA))
    day = story.today + 9 * DAY
    note = await answered(story, await by(story, item(ItemId.DATA, Standing.LATER, day=day)))
    assert "noted" in (note or "")
    assert (await story.case()).state is CaseState.BLOCKED
    note = await answered(story, await by(story, item(ItemId.DATA, Standing.STOP_ASKING)))
    assert note == story.world.rules.texts.receipts.stop_asking
    assert (await person(story)).opted_out
    trail = [entry.what for entry in await story.world.ports.audit.of_pilot("tax")]
    assert trail[-1] == "replied"
    assert not any("stop" in what for what in trail)
    nowhere = (await by(story, item(ItemId.DATA, Standing.STOP_ASKING), "kim")).model_copy(update={"pilot": "none"})
    assert await answered(story, nowhere) == story.world.rules.texts.receipts.stop_asking
    assert (await person(story, "kim")).opted_out


async def test_a_moment_that_has_passed_is_asked_back(story: Story) -> None:
    """A step that can't be promised any more leaves the case alone, and its author is told why."""
    await needed(story)
    before = await story.case()
    late = item(ItemId.NEXT_STEP, "when", at=story.world.clock.at - DAY, second="move")
    assert "has passed" in (await answered(story, await by(story, late)) or "")
    assert await story.case() == before


async def test_wrong_facts_are_listed_and_not_repeated(story: Story) -> None:
    """The kind that was told is muted for two weeks, and a person of the programme is to look at the figures, in neutral words."""
    await begin(story)
    note = await fed(story, await by(story, Feedback(option=FeedbackOption.WRONG_FACTS, words="we moved")))
    assert "Nothing more is said about this until" in (note or "")
    case = await story.case()
    assert case.muted == {Kind.DROP_OFF: story.today + 14 * DAY}
    assert (case.listed_why, [a.words for a in case.answers]) == (DATA_CHECK, ["we moved"])


async def test_what_somebody_sets_for_themselves_holds_for_them_alone(story: Story) -> None:
    """A bad time and too many are settings of their author, whatever the message was about; a case they have no part in stays."""
    await begin(story)
    noon = Feedback(option=FeedbackOption.BAD_TIME, second="noon")
    assert "from 12:00 on" in (await fed(story, await by(story, noon)) or "")
    assert (await person(story)).preferences.hour == 12
    before = await story.case()
    many = await by(story, Feedback(option=FeedbackOption.TOO_MANY), "kim")
    assert "half as many messages until" in (await fed(story, many) or "")
    assert (await person(story, "kim")).preferences.few_until == story.today + 30 * DAY
    digest = (await by(story, noon, "sam")).model_copy(update={"pilot": "", "case_id": "w:1", "role": Role.WEEKLY})
    assert "from 12:00 on" in (await fed(story, digest) or "")
    assert await story.case() == before
    unknown = await by(story, noon, "nobody")
    assert await fed(story, unknown) == story.world.rules.texts.receipts.not_asked
    assert await story.world.ports.people.get(unknown.person) is None


async def test_feedback_without_a_case_does_what_it_can(story: Story) -> None:
    """Under a message about no pilot thanks are said, to stop holds, and what would need a pilot changes nothing."""
    await begin(story)
    receipts = story.world.rules.texts.receipts
    told = {
        FeedbackOption.USEFUL: SAID.receipts.useful,
        FeedbackOption.WRONG_FACTS: receipts.closed,
        FeedbackOption.WRONG_PERSON: receipts.closed,
        Standing.STOP_ASKING: receipts.stop_asking,
    }
    for option, expected in told.items():
        reply = await by(story, Feedback(option=option), "sam")
        reply = reply.model_copy(update={"pilot": "", "case_id": "w:1", "role": Role.WEEKLY})
        assert await fed(story, reply) == expected
    assert (await person(story, "sam")).opted_out


async def test_feedback_counts_once_and_moves_nothing_for_strangers(story: Story) -> None:
    """Useful is noted once; of Kim, who was never written to, nothing is."""
    await begin(story)
    receipts = story.world.rules.texts.receipts
    useful = await by(story, Feedback(option=FeedbackOption.USEFUL))
    assert await fed(story, useful) == SAID.receipts.useful
    assert await fed(story, useful) == receipts.duplicate
    assert await fed(story, await by(story, Feedback(option="wrong_facts"), "kim")) == receipts.not_asked
    assert [a.option for a in (await story.case()).answers] == ["useful"]


async def test_the_wrong_person_hands_over(story: Story) -> None:
    """An owner names who should get it, and one who was asked to clear the way names who holds it, who is asked next."""
    await begin(story)
    await say(story, DATA)
    ask = await story.until(to("kim", "unblock_ask"), most=7)
    thing = ask.message.sections[0].thing
    wrong = await by(
        story, Feedback(option=FeedbackOption.WRONG_PERSON, person="jo"), "kim", role=Role.UNBLOCKER, thing=thing
    )
    assert "jo is asked instead" in (await fed(story, wrong) or "")
    assert [r.state for r in (await story.case()).requests] == [RequestState.ELSEWHERE, RequestState.SHOWN]
    note = await fed(story, await by(story, Feedback(option=FeedbackOption.WRONG_PERSON, person="jo")))
    assert "asked to confirm jo" in (note or "")
    assert (await story.case()).handed_to == "jo"


async def test_another_kind_of_answer_is_refused(story: Story) -> None:
    """What is neither an answer to an item nor feedback is not taken for one."""
    await begin(story)
    other = await by(story, SnoozeUntil(until=story.today + DAY))
    with pytest.raises(ValueError, match="no answer to an item"):
        await answered(story, other)
    with pytest.raises(ValueError, match="no feedback"):
        await fed(story, other)
