"""The terminal chat: a person reads what was sent to them and answers by number or in words."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from adapters.terminal.chat import Chat
from adapters.terminal.messenger import TerminalMessenger
from bot.domain.case import CaseState
from bot.domain.outreach import DeliveryState
from bot.domain.people import Person
from bot.domain.reply import Cause
from bot.domain.rhythm import Rhythm
from bot.outgoing import Found

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation whose owner dana was asked about two pilots by way of the terminal."""
    one = world_of(store)
    one.use_chat(TerminalMessenger())
    await one.register(old_pilot("a"), old_pilot("b", stage_since=date(2025, 3, 1)))
    await one.live()
    await one.sweep()
    await one.work()
    one.clock.at = OPEN
    return one


async def sit(world: World, *lines: str, person: str = "dana") -> str:
    """Sit down as a person, type these lines, leave, and return what was shown."""
    typed = iter(lines)
    shown = io.StringIO()

    def read(prompt: str) -> str:
        try:
            line = next(typed)
        except StopIteration:
            raise EOFError from None
        shown.write(f"{prompt}{line}\n")
        return line

    found = await world.ports.people.get(world.ports.people.identify(person))
    assert found is not None
    console = Console(file=shown, width=100)
    await Chat(world.ports, world.rules, found, world.work, console, read).run()
    return shown.getvalue()


async def state(world: World, pilot: str) -> CaseState:
    """Return the state of a pilot's case."""
    stored = await world.ports.cases.get(pilot)
    assert stored is not None
    return stored.case.state


async def test_answers_by_number_and_in_words_move_the_cases(world: World) -> None:
    """The first question is answered by its number and details, the second in words and a yes."""
    shown = await sit(world, "2", "2", "Priya", "2026-04-01", "", "on track", "yes")
    assert shown.count("Stickshaker") == 2
    assert await state(world, "b") is CaseState.BLOCKED
    assert await state(world, "a") is CaseState.SNOOZED
    block = (await world.ports.cases.get("b")).case.block  # type: ignore[union-attr]  # it was just asked about
    assert block is not None
    assert (block.cause, block.person, block.until) == (Cause.APPROVAL, "Priya", date(2026, 4, 1))
    assert "1 April" in shown
    again = await sit(world)
    assert "Nothing waits" in again
    assert "Pilot a" in again


async def test_what_was_not_understood_or_not_confirmed_changes_nothing(world: World) -> None:
    """Nonsense, a number too high and a no leave the case; Enter leaves the question for later, q ends."""
    shown = await sit(world, "banana", "99", "on track", "no", "", "q")
    assert await state(world, "a") is await state(world, "b") is CaseState.WAITING
    assert "Left for later" in shown
    assert "Until next time" in shown


async def test_a_detail_that_cannot_be_taken_is_asked_again(world: World) -> None:
    """A day in the past is refused with the reason, and the next try counts; words may lack a detail too."""
    shown = await sit(world, "4", "2020-01-01", "2026-04-01", "snooze", "in two weeks")
    assert await state(world, "b") is CaseState.SNOOZED
    assert await state(world, "a") is CaseState.SNOOZED
    assert "Which day" in shown


async def test_an_answer_given_elsewhere_or_too_late_explains_itself(world: World) -> None:
    """A question that was answered meanwhile is not asked again; who was sent nothing reads that."""
    await sit(world, "1")
    assert "Pilot b" in await sit(world)
    await world.register(old_pilot("c", "maria"))
    assert "Nothing waits" in await sit(world, person="maria")


async def test_a_message_is_there_with_the_record_of_its_delivery(world: World) -> None:
    """A send that was cut off has shown nothing, so it is sent again, once."""
    await world.work()
    (delivery,) = await world.ports.outbox.all()
    assert (delivery.state, delivery.ref) == (DeliveryState.SENT, f"terminal:{delivery.id}")
    person = Person(id="p", name="P")
    assert await TerminalMessenger().find(person, "d") == (Found.ABSENT, "")
    assert (delivery.claimed_at or OPEN) - OPEN < timedelta(seconds=1)


async def test_a_number_turns_to_the_other_pilot_of_a_message(world: World) -> None:
    """The number after the answers opens the other pilot; once answered, it is not offered again."""
    shown = await sit(world, "8", "1", "1")
    first, second, third = (part for part in shown.split("Stickshaker")[1:])
    assert "Pilot b:" in first
    assert first.index("Pilot b:") < first.index("8  Pilot a:")
    assert second.index("Pilot a:") < second.index("8  Pilot b:")
    assert "Pilot a" not in third.split("left alone")[0]
    assert await state(world, "a") is await state(world, "b") is CaseState.SNOOZED


async def test_who_could_clear_it_is_asked_where_words_did_not_say(world: World) -> None:
    """A block told in words without a certain person leads to one more question, and the name is kept."""
    shown = await sit(world, "blocked by legal approval until 10 April", "yes", "Tom Berg")
    assert "Who could clear it" in shown
    block = (await world.ports.cases.get("b")).case.block  # type: ignore[union-attr]  # it was just asked about
    assert block is not None
    assert (block.cause, block.person, block.until) == (Cause.APPROVAL, "Tom Berg", date(2026, 4, 10))


async def test_why_feedback_and_settings_leave_the_question_open(world: World) -> None:
    """Why, what the message was to them, a stand-in and an absence are taken at once; then the question is answered."""
    await world.add_people("jo")
    shown = await sit(
        world,
        *("why", "feedback", "1", "delegate to nobody-here", "delegate to jo"),
        *("digest on Someday", "digest on Thursday at 9", "away until 2026-04-01", "1", "1"),
    )
    assert "Rule: " in shown
    assert "Nobody we can write to is called nobody-here" in shown
    assert "jo stands in for you" in shown
    dana = await world.ports.people.get(world.ports.people.identify("dana"))
    assert dana is not None
    assert dana.preferences.delegate == world.ports.people.identify("jo")
    assert dana.preferences.away_until == date(2026, 4, 1)
    assert dana.preferences.digest == Rhythm(weekday=3, hour=9)
    assert "On which day and hour?" in shown
    assert await state(world, "b") is CaseState.SNOOZED


async def test_what_follows_an_answer_is_asked_in_the_same_breath(world: World) -> None:
    """After "access to data is in the way" where the data stands is asked, once, and kept with the case."""
    shown = await sit(world, "2", "1", "", "", "", "1")
    assert "How far has that come?" in shown
    stored = await world.ports.cases.get("b")
    assert stored is not None
    assert [(a.item.value, a.option) for a in stored.case.answers] == [("OWN-01", "data"), ("OWN-02", "live")]
