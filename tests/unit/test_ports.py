"""Ports: what every adapter and every caller may rely on."""

from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock
from bot.intake import PutCounts
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.ports import Clock


def test_the_system_clock_is_a_clock_in_utc() -> None:
    """The real clock gives the present as aware UTC."""
    clock: Clock = SystemClock()
    now = clock.now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_counts_of_two_writes_add_up() -> None:
    """A load in parts reports the same as a load at once."""
    assert PutCounts(1, 2, 3) + PutCounts(4, 5, 6) == PutCounts(5, 7, 9)


def test_a_message_survives_its_store() -> None:
    """The frozen text of a delivery comes back with its choices and forms."""
    form = (FormField(key="until", label="Until when?", kind=FieldKind.DAY),)
    section = Section(
        case_id="tax#1",
        pilot="tax",
        title="Tax letters",
        fact="31 of 64 people used it last week.",
        question="What is holding it back right now?",
        choices=(Choice(key="snooze", label="Ask me later", form=form),),
    )
    message = Message(kind="nudge", sections=(section,), footer="You own this pilot in the registry.")
    assert Message.from_stored(message.to_stored()) == message
