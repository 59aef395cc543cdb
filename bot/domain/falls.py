"""Days on which all pilots of a source fell together: kept from a look at everything for looks at a few."""

from datetime import date

from pydantic import Field

from bot.domain.record import Record
from bot.domain.value import Value


class Fall(Value):
    """One time in which all pilots of a source fell: how many they were, and from when to when it was told."""

    onset: date
    pilots: int
    opened_on: date
    closed_on: date | None = None


class SourceFalls(Value):
    """What was seen of one source as a whole, oldest first."""

    fell: tuple[date, ...] = ()
    ended: tuple[date, ...] = ()
    """Days on which a fall ended."""
    falls: tuple[Fall, ...] = ()


class CommonFalls(Record):
    """By source; sources of which nothing was seen are left out."""

    by_source: dict[str, SourceFalls] = Field(default_factory=dict)
