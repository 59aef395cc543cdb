"""What somebody gets once a week: a sponsor's digest, a programme lead's list. Made once, kept, and read first where it must be."""

from datetime import date, datetime
from enum import StrEnum

from bot.domain.record import Record


class WeeklyKind(StrEnum):
    """For whom a weekly message is."""

    SPONSOR = "sponsor"
    LEAD = "lead"
    OWNER = "owner"
    """What the registry lacks of an owner's pilots, as far as they can say it."""


class WeeklyState(StrEnum):
    """How a weekly message stands. What became of a ready one its delivery tells."""

    DRAFT = "draft"
    """It waits for somebody to release it, and for nothing else."""
    READY = "ready"
    HELD = "held"
    SKIPPED = "skipped"
    """There was nothing to say."""


class Weekly(Record):
    """One person's message of one week; `week` is its Monday, `message` the text (JSON of a Message) as it was made.

    It tells what happened since `since`. `reviewer` is the id of whoever reads it first, `released_at` when they
    released it, `note` their correction, shown in it.
    """

    person: str
    kind: WeeklyKind
    week: date
    state: WeeklyState
    since: datetime
    made_at: datetime
    message: str = ""
    reviewer: str | None = None
    released_at: datetime | None = None
    held_until: date | None = None
    settled_by: str | None = None
    """The admin who released or held it in the reader's place."""
    note: str | None = None
    applied: tuple[str, ...] = ()
    """Keys of the replies that already moved it."""

    @property
    def id(self) -> str:
        """Identity: for whom it is, who, and the week."""
        return weekly_id(self.kind, self.person, self.week)

    @property
    def waits(self) -> bool:
        """Whether somebody has to release it."""
        return self.state in {WeeklyState.DRAFT, WeeklyState.HELD}


def weekly_id(kind: WeeklyKind, person: str, week: date) -> str:
    """Return the identity of a weekly message."""
    return f"{kind.value}:{person}:{week.isoformat()}"


def parse_weekly_id(text: str) -> tuple[WeeklyKind, str, date] | None:
    """Return kind, person and week of an identity, or None where it is none."""
    kind, _, rest = text.partition(":")
    person, _, week = rest.rpartition(":")
    try:
        return WeeklyKind(kind), person, date.fromisoformat(week)
    except ValueError:
        return None
