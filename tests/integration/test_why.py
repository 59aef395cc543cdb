"""Why did I get this? Whoever got a message is told its rule, facts, role, readers and budget; nobody else is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
import yaml
from stories import DAY, FALL, Said, Story, pilot_of, to, waits_for
from world import RULES, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.dispatch import relay
from bot.app.why import why
from bot.domain.audit import AuditEntry
from bot.domain.case import Asked, Case
from bot.domain.decision import Verdict
from bot.domain.outreach import Delivery, Outreach, Role, Step
from bot.domain.people import Preferences
from bot.domain.pilot import Pilot
from bot.domain.reply import Answer, BlockedBy, Cause, Cleared, Decide, Elsewhere, NextStep, Promise, ProposeStop
from bot.messages.texts import Texts
from bot.messages.why_texts import WhyTexts
from bot.ports import Cases, Pilots

WHY = WhyTexts.model_validate(yaml.safe_load((files("bot") / "content" / "why.yaml").read_text(encoding="utf-8")))


class _Wired(Texts):
    """All texts with those of why, whether or not they are joined already."""

    why: WhyTexts


RULES_WITH_WHY = replace(RULES, texts=_Wired.model_validate({**dict(RULES.texts), "why": WHY}))
NUDGE, ASK = to("dana", "nudge"), to("kim", "unblock_ask")
DATA = BlockedBy(cause=Cause.DATA, thing="read access to the ledger", person="kim")
LATER = datetime(2026, 2, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOST_WORDS = 120


async def delivery_of(story: Story, said: Said) -> Delivery:
    """Return the delivery by which something was said."""
    person = story.world.ports.people.identify(said.to)
    found = [d for d in await story.world.ports.outbox.of(person) if d.message == said.message.to_stored()]
    return found[-1]


async def asked_why(story: Story, said: Said, reader: str | None = None, case: str | None = None) -> str:
    """Return what is told to whoever asks why something was said."""
    ports, delivery = story.world.ports, await delivery_of(story, said)
    case_id = case or said.message.sections[0].case_id
    text = await why(
        ports, RULES_WITH_WHY, ports.people.identify(reader or said.to), delivery.id, case_id, story.world.clock.at
    )
    assert len(text.split()) <= MOST_WORDS, text
    return text


def line(text: str, word: str) -> str:
    """Return the line of an answer that begins with a word."""
    return next((one for one in text.splitlines() if one.startswith(word)), "")


async def save(story: Story, case: Case, *outreach: Outreach) -> None:
    """Store a case as if a sweep had moved it."""
    stored = await story.world.ports.cases.get(case.pilot)
    assert stored is not None
    entry = AuditEntry(at=story.world.clock.at, who="test", what="moved")
    await story.world.ports.cases.save(case, expected=stored.revision, outreach=outreach, entry=entry)


async def test_a_first_question_tells_the_facts_it_rested_on(story: Story) -> None:
    """The evidence is that of the message, judged up to the day before it left; weeks later the same is told."""
    await story.begin(pilot_of("tax"))
    nudge = await story.until(NUDGE)
    text = await asked_why(story, nudge)
    rule, facts, *others = text.splitlines()
    assert rule == (
        "Rule: an owner is asked when two looks on different days show use below its own usual pattern, first on "
        "Thu 5 February."
    )
    told = facts.removeprefix("Facts: ").partition(" Source")[0]
    assert told[1:] in nudge.message.sections[0].fact
    assert facts.endswith("Source: chat, team totals only, judged up to Sun 8 February.")
    assert others == [
        "Role: the registry names you as owner of Pilot tax.",
        "Your answer: seen by you and the programme admins; the sponsor sees what you release.",
        "Budget: 1 of 2 messages as owner in the last seven days; up to 2 in the next.",
    ]
    await story.days(4)
    assert (await asked_why(story, nudge)).splitlines()[:2] == [rule, facts]


async def test_a_follow_up_tells_since_when_it_is_open(story: Story) -> None:
    """It names the playbook's working days and the day of the first question, and nobody's silence."""
    await story.begin(pilot_of("tax"))
    nudge = await story.until(NUDGE)
    text = await asked_why(story, await story.until(to("dana", "follow_up")))
    assert line(text, "Rule") == (
        f"Rule: a question that is open for 3 working days gets one follow-up. This one has been open since {nudge.day:%a} "
        f"{nudge.day.day} February."
    )
    assert "answered" not in text


async def test_whoever_is_asked_to_clear_it_is_told_who_named_them(story: Story) -> None:
    """By the owner's word: the owner is named, what is waited for, and who sees the answer; then the check and the thanks."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    said_on = story.today
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK, most=7)
    text = await asked_why(story, ask)
    assert "read access to the ledger, open since" in line(text, "Facts")
    assert f"{said_on.day} February by the owner's word." in line(text, "Facts")
    assert line(text, "Role") == "Role: dana named you as who can clear it."
    assert line(text, "Your answer") == "Your answer: seen by you, dana and the sponsor of Pilot tax."
    assert "1 of 1 requests to clear something" in line(text, "Budget")
    thing = ask.message.sections[0].thing
    day = story.today + 3 * DAY
    await story.answer("kim", "tax", Promise(on=day), Role.UNBLOCKER, thing)
    check = await story.until(to("kim", "unblock_check"))
    assert f"the day that you named for read access to the ledger, here {day:%a} {day.day}" in await asked_why(
        story, check
    )
    await story.answer("kim", "tax", Promise(on=story.today + 30 * DAY), Role.UNBLOCKER, thing)
    assert line(await asked_why(story, check), "Rule") == "Rule: one check follows a day that was named."
    await story.answer("kim", "tax", Cleared(), Role.UNBLOCKER, thing)
    story.back["tax"] = story.today
    thanks = await story.until(to("kim", "thanks"))
    assert line(await asked_why(story, thanks), "Your answer") == "Your answer: none is asked for."
    recovery = next(one for one in story.said() if one.kind == "recovery")
    text = await asked_why(story, recovery)
    assert "nothing has been open for 21 days" in line(text, "Rule")
    assert line(text, "Facts").startswith("Facts: nothing has been open since")


async def test_a_holder_and_a_stand_in_are_told_apart(story: Story) -> None:
    """The registry names the one; the other was named by whoever was asked first; the owner is told of each."""
    waits = waits_for("data_access", "kim").model_dump()
    await story.begin(pilot_of("tax", dependencies=[waits]), people=("kim", "max"))
    ask = await story.until(ASK)
    text = await asked_why(story, ask)
    assert line(text, "Role") == "Role: the registry names you as who holds it."
    assert "data access, open since Mon 5 January by the registry." in line(text, "Facts")
    thing = ask.message.sections[0].thing
    await story.answer("kim", "tax", Elsewhere(person="max"), Role.UNBLOCKER, thing)
    told = await story.until(to("dana", "told"), most=9)
    assert "when kim answers what they were asked, here about data access" in await asked_why(story, told)
    other = await story.until(to("max", "unblock_ask"))
    assert line(await asked_why(story, other), "Role") == (
        "Role: whoever was asked first named you, or you stand in for them."
    )


async def test_one_ask_for_several_pilots_tells_all_its_readers(story: Story) -> None:
    """Where several pilots wait, the owners and sponsors of all are told to see the answer."""
    waits = waits_for("data_access", "kim").model_dump()
    await story.begin(*(pilot_of(n, f"owner-{n}", dependencies=[waits]) for n in "ab"), people=("kim",))
    await story.until(to("owner-b", "nudge"))
    for name in "ab":
        await story.answer(f"owner-{name}", name, BlockedBy(cause=Cause.DATA, person="kim"))
    text = await asked_why(story, await story.until(ASK))
    assert line(text, "Your answer") == (
        "Your answer: seen by you, and by the owners and sponsors of all pilots that wait for it."
    )


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (
            NextStep(action="call two teams", at=LATER),
            "a working day after the day of an agreed step, here Fri 20 February",
        ),
        (
            BlockedBy(cause=Cause.PEOPLE, until=LATER.date()),
            "a working day after the day named for what is in the way, here Fri 20 February",
        ),
    ],
)
async def test_a_check_tells_the_day_that_has_passed(story: Story, answer: Answer, what: str) -> None:
    """A step or a block that was agreed is named with its day; what is agreed later is not taken for it."""
    await story.begin(pilot_of("tax"))
    await story.until(NUDGE)
    await story.answer("dana", "tax", answer)
    check = await story.until(to("dana", "commitment_check"))
    assert line(await asked_why(story, check), "Rule") == f"Rule: one check follows {what}."
    await story.answer("dana", "tax", NextStep(action="another", at=story.world.clock.at + 9 * DAY))
    assert line(await asked_why(story, check), "Rule") == "Rule: one check follows a day that was named."


async def test_what_was_said_to_be_done_is_checked_with_the_owner(story: Story) -> None:
    """Done by somebody else's word, and use has not followed: the check names that word and its day."""
    await story.begin(pilot_of("tax"), people=("kim",))
    await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK)
    await story.answer("kim", "tax", Cleared(), Role.UNBLOCKER, ask.message.sections[0].thing)
    check = await story.until(to("dana", "commitment_check"))
    assert "what was said about read access to the ledger, last on" in await asked_why(story, check)


async def test_nobody_else_is_told(story: Story) -> None:
    """The owner, the sponsor and a stranger learn nothing of a message to somebody else, not even that there is one."""
    await story.begin(pilot_of("tax"), people=("kim",))
    nudge = await story.until(NUDGE)
    await story.answer("dana", "tax", DATA)
    ask = await story.until(ASK)
    for said, readers in ((ask, ("dana", "sam", "lee", "mallory")), (nudge, ("kim", "sam", "lee"))):
        assert {await asked_why(story, said, reader) for reader in readers} == {WHY.not_yours}
    dana, now = story.world.ports.people.identify("dana"), story.world.clock.at
    assert await why(story.world.ports, RULES_WITH_WHY, dana, "nothing", "tax#1", now) == WHY.not_yours
    assert await asked_why(story, nudge, case="hr#1") == WHY.not_in_it


async def test_what_has_not_left_is_not_explained(story: Story) -> None:
    """A message that waits for its hour is not among those its recipient got."""
    await story.begin(pilot_of("tax"))
    ports, dana = story.world.ports, story.world.ports.people.identify("dana")
    while not (queued := await ports.outbox.queued()):
        await story.days(1)
        await story.load(story.today - DAY, story.today - DAY)
        await story.world.sweep()
        await relay(ports, story.world.rules)
    (waiting,) = [d for d in queued if d.recipient == dana]
    case_id = waiting.active[0].case_id
    told = await why(ports, RULES_WITH_WHY, dana, waiting.id, case_id, story.world.clock.at)
    assert told == WHY.not_yours


async def test_a_role_that_the_registry_gave_to_somebody_else(story: Story) -> None:
    """Stand-in, programme lead and former owner are each told by whom they came to it."""
    await story.begin(pilot_of("tax"), people=("max",))
    nudge = await story.until(NUDGE)
    await story.change(pilot_of("tax", owner="max"))
    assert line(await asked_why(story, nudge), "Role") == (
        "Role: by the registry you were owner of Pilot tax then, or stood in; it names somebody else now."
    )
    people = story.world.ports.people
    await people.prefer(people.identify("max"), Preferences(delegate=people.identify("dana")))
    assert line(await asked_why(story, nudge), "Role") == (
        "Role: the registry names max as owner of Pilot tax, and you stand in."
    )
    await story.change(pilot_of("tax", owner="nobody", programme_lead="dana", owner_left=date(2026, 2, 1)))
    assert line(await asked_why(story, nudge), "Role") == (
        "Role: the registry names you as programme lead of Pilot tax, whose owner has left."
    )


async def test_a_sponsor_is_told_why_a_decision_is_open(story: Story) -> None:
    """The reason, since when it is open and its day; once it is decided, that it is not open any more. The owner is told who decided."""
    await story.begin(pilot_of("tax"))
    await story.until(NUDGE)
    await story.answer("dana", "tax", ProposeStop())
    case, sam, at = await story.case(), story.world.ports.people.identify("sam"), story.world.clock.at
    one = Outreach(id="decision", case_id=case.id, pilot="tax", step=Step.DECISION, recipient=sam, decided_at=at + HOUR)
    asked = Asked(outreach=one.id, step=one.step, loop=1, occurrence=0, person=sam, decided_at=one.decided_at)
    await save(story, case.model_copy(update={"asked": (*case.asked, asked)}), one)
    said = await story.until(to("sam", "decision"), most=4)
    text = await asked_why(story, said)
    assert "its owner proposes to stop it." in line(text, "Rule")
    assert line(text, "Facts").startswith("Facts: the decision has been open since")
    assert line(text, "Role") == "Role: the registry names you as sponsor of Pilot tax."
    assert line(text, "Your answer") == "Your answer: seen by you, the owner, the programme lead and the admins."
    until = story.today + 20 * DAY
    await story.answer("sam", "tax", Decide(verdict=Verdict.FIX, until=until), Role.SPONSOR)
    assert line(await asked_why(story, said), "Rule").endswith("This one is not open any more.")
    told = await asked_why(story, await story.until(to("dana", "told")))
    assert "a decision is taken about Pilot tax" in told
    assert line(told, "Your answer") == "Your answer: none is asked for."
    check = await story.until(to("dana", "commitment_check"))
    assert "by which a decision was to be carried out" in await asked_why(story, check)


async def test_figures_of_few_people_go_to_the_owner_alone(store: RedisStore) -> None:
    """What is a question to the owner of a small pilot is not told to whoever clears the way for it."""
    story = Story(world_of(store))
    waits = waits_for("data_access", "kim").model_dump()
    await story.world.register(old_pilot("tax", seats=8, dependencies=[waits]))
    await story.world.add_people("kim")
    story.names = {story.world.ports.people.identify(n): n for n in ("dana", "kim")}
    await story.world.live()
    for _ in range(10):
        await story.world.day()
    nudge = next(one for one in story.said() if NUDGE(one))
    ask = next(one for one in story.said() if ASK(one))
    assert "Source: the registry, as of Tue 10 March." in line(await asked_why(story, nudge), "Facts")
    assert line(await asked_why(story, ask), "Facts") == "Facts: data access, open since Mon 5 January by the registry."


async def test_corrected_figures_are_told_as_such(story: Story) -> None:
    """After a correction the apology names it, and the first question is told as it stood in its case."""
    await story.begin(pilot_of("tax"))
    nudge = await story.until(NUDGE)
    before = line(await asked_why(story, nudge), "Facts").partition(" Source")[0]
    story.back["tax"] = FALL
    await story.load(FALL - 7 * DAY, story.today - DAY)
    retraction = await story.until(to("dana", "retraction"))
    text = await asked_why(story, retraction)
    assert line(text, "Facts").startswith("Facts: the figures were corrected after the question. Source: chat")
    assert line(await asked_why(story, nudge), "Facts").startswith(before[:40])


async def test_a_message_about_an_earlier_case_is_explained(story: Story) -> None:
    """When another case of the pilot has followed, the earlier one is found; one that is kept nowhere is said so."""
    await story.begin(pilot_of("tax"))
    nudge = await story.until(NUDGE)
    before, case = await asked_why(story, nudge), await story.case()
    await save(story, case.model_copy(update={"ordinal": 2, "asked": ()}))
    assert await asked_why(story, nudge) == before
    forgetful = replace(story.world.ports, cases=_Forgetful(story.world.ports.cases))
    dana, delivery = story.world.ports.people.identify("dana"), await delivery_of(story, nudge)
    told = await why(forgetful, RULES_WITH_WHY, dana, delivery.id, case.id, story.world.clock.at)
    assert told == WHY.not_in_it


async def test_a_pilot_that_left_the_registry_and_a_reader_who_left(story: Story) -> None:
    """Without the pilot its id is told in the place of its name; whoever said 'stop asking' hears that no more come."""
    await story.begin(pilot_of("tax"))
    nudge = await story.until(NUDGE)
    await story.world.ports.people.opt_out(story.world.ports.people.identify("dana"))
    assert line(await asked_why(story, nudge), "Budget") == "Budget: you said 'stop asking', so no more come."
    empty = replace(story.world.ports, pilots=_Nothing(story.world.ports.pilots))
    dana, delivery = story.world.ports.people.identify("dana"), await delivery_of(story, nudge)
    text = await why(empty, RULES_WITH_WHY, dana, delivery.id, nudge.message.sections[0].case_id, story.world.clock.at)
    assert "owner of tax then" in line(text, "Role")


async def test_a_weekly_message_tells_its_own_rule(story: Story) -> None:
    """A programme lead's list is explained whichever of its pilots is asked about."""
    await story.begin(pilot_of("tax"))
    said = await story.until(to("lee", "lead_list"))
    text = await asked_why(story, said, case="any")
    assert line(text, "Rule") == "Rule: a programme lead gets one list a week of what needs a person."
    assert line(text, "Role") == "Role: the registry names you as programme lead of the pilots in it, or you stand in."
    assert (
        line(text, "Your answer")
        == "Your answer: seen by you and the programme admins; whoever you name is told that you did."
    )
    assert "1 of 1 weekly messages" in line(text, "Budget")


class _Forgetful:
    """Cases of which earlier ones are not kept."""

    def __init__(self, real: Cases) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def past(self, pilot: str) -> list[Case]:  # noqa: ARG002  the port's own name
        return []


class _Nothing:
    """A registry that has lost its pilots."""

    def __init__(self, real: Pilots) -> None:
        self._real = real

    async def some(self, ids: Sequence[str]) -> list[Pilot]:  # noqa: ARG002  the port's own name
        return []
