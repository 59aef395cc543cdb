"""Days on which all pilots of a source fell together: kept from a look at everything for looks at a few."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.record import Record


class Fall(BaseModel):
    """One time in which all pilots of a source fell: how many they were, and from when to when it was told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    onset: date
    pilots: int
    opened_on: date
    closed_on: date | None = None


class SourceFalls(BaseModel):
    """What was seen of one source as a whole, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fell: tuple[date, ...] = ()
    ended: tuple[date, ...] = ()
    """Days on which a fall ended."""
    falls: tuple[Fall, ...] = ()


class CommonFalls(Record):
    """By source; sources of which nothing was seen are left out."""

    by_source: dict[str, SourceFalls] = Field(default_factory=dict)
