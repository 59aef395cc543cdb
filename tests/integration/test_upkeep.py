"""What the registry lacks is asked of whoever can say it, once a week at most, and filled by their answer."""

from datetime import date

from stories import DAY, Story, pilot_of, to

from bot.domain.outreach import Role
from bot.domain.pilot import Dependency
from bot.domain.reply import Answer, DontKnow, FillGap, Reply
from bot.domain.upkeep import Field, Gap, gaps_of, parse_gap, with_filled


async def fill(story: Story, person: str, gap: str, answer: Answer) -> str:
    """Answer about something that the registry lacks, and return what is said to that."""
    ports = story.world.ports
    reply = Reply(
        key=f"fill:{person}:{gap}",
        person=ports.people.identify(person),
        case_id=gap,
        pilot=parse_gap(gap).pilot,  # type: ignore[union-attr]  # it is one
        answer=answer,
        received_at=story.world.clock.at,
        role=Role.WEEKLY,
    )
    await ports.inbox.receive(reply)
    await story.world.work()
    return await ports.inbox.note(reply) or ""


async def test_a_lead_names_an_owner_who_is_then_asked(story: Story) -> None:
    """A pilot without an owner stands on the lead's list with a question; the name they give is written to about its fall."""
    await story.begin(pilot_of("tax", owner=None))
    listed = await story.until(to("lee", "lead_list"), most=10)
    (question,) = [s for s in listed.message.sections if s.fills is Field.OWNER]
    assert question.question == "Who looks after it?"
    note = await fill(story, "lee", question.case_id, FillGap(value="dana"))
    assert note == "Noted for Pilot tax: dana. Where the registry itself says something else one day, that counts."
    story.names[story.world.ports.people.identify("dana")] = "dana"
    await story.until(to("dana", "nudge"), most=25)


async def test_an_owner_says_a_day_and_who_holds_what_they_wait_for(story: Story) -> None:
    """Once something was found, the owner is asked in one message for the missing day and holder; a stranger's answer changes nothing."""
    waits = Dependency(id="d1", kind="data_access", since=date(2026, 1, 5))
    await story.begin(pilot_of("tax", target_date=None, dependencies=[waits.model_dump()]))
    asked = await story.until(to("dana", "upkeep"), most=30)
    assert [s.fills for s in asked.message.sections] == [Field.TARGET_DATE, Field.HOLDER]
    day, holder = (s.case_id for s in asked.message.sections)
    assert "asked of somebody else" in await fill(story, "sam", day, FillGap(value="2026-09-01"))
    await fill(story, "dana", day, FillGap(value="2026-09-01"))
    await fill(story, "dana", holder, FillGap(value="kim"))
    (pilot,) = await story.world.ports.pilots.all()
    assert (pilot.target_date, pilot.dependencies[0].holder) == (date(2026, 9, 1), "kim")
    assert gaps_of(pilot, story.today) == []
    assert [s for s in await story.days(40) if s.kind == "upkeep"] == []


async def test_what_is_not_known_is_asked_again_after_four_weeks_at_the_soonest(story: Story) -> None:
    """To "I don't know" nothing changes, and the same question does not come every week."""
    await story.begin(pilot_of("tax", target_date=None))
    asked = await story.until(to("dana", "upkeep"), most=30)
    assert "an answer too" in await fill(story, "dana", asked.message.sections[0].case_id, DontKnow())
    again = [s for s in await story.days(40) if s.kind == "upkeep"]
    assert all(s.day - asked.day >= 28 * DAY for s in again)


def test_what_the_registry_says_counts() -> None:
    """Where the registry has a value, or names somebody who is there, what was said in its place is left aside."""
    said = {Gap(pilot="tax", field=f).id: v for f, v in ((Field.OWNER, "jo"), (Field.TARGET_DATE, "2026-09-01"))}
    told = pilot_of("tax", target_date=date(2026, 5, 1))
    assert with_filled(told, said) == told
    gone = pilot_of("tax", owner_left=date(2026, 1, 1), target_date=None)
    filled = with_filled(gone, said)
    assert (filled.owner, filled.owner_left, filled.target_date) == ("jo", None, date(2026, 9, 1))
