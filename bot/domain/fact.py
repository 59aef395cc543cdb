"""What one person, robot or group did in one period, as a source tells it: the contract for data teams.

Senders write a WireFact, which names the user as the vendor does. It lives in memory only: before
anything is stored it becomes a UsageFact, whose actor is a keyed pseudonym, and that becomes a Cell of a
pilot. No text, name, file name, address or URL ever enters: fields that are not listed here are refused.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Final, NamedTuple, Self

from pydantic import Field, model_validator

from bot.domain.record import Record
from bot.domain.telemetry import SOURCE_PATTERN, Count16, Count32

SURFACE_PATTERN: Final = re.compile(r"^(chat|code|office|agent|api)(\.[a-z0-9_-]{1,40}){1,3}$")
"""Where something was done, as kind and name: `code.chat_panel`, `office.word`."""
EVERYBODY: Final = "*"
"""The actor of an aggregate."""
ACTOR_BYTES: Final = 10
"""Length of a pseudonym: 80 bits, so that two people of one organisation never meet (model.md)."""

Count64 = Annotated[int, Field(ge=0, le=2**63 - 1)]
Revision = Annotated[int, Field(ge=0, le=2**40 - 1)]
"""When the vendor last refreshed a figure, in seconds since 1970 UTC; else when it was fetched."""
Group = Annotated[str, Field(min_length=1, max_length=200)]


class ActorKind(StrEnum):
    """Who acted. A service (an API key, a robot) is never counted as a person."""

    PERSON = "person"
    SERVICE = "service"
    AGGREGATE = "aggregate"


class Period(StrEnum):
    """The grain in which a source delivers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SNAPSHOT = "snapshot"


LENGTH: Final = {Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7)}
"""Periods that can be judged, and how long they are; a longer one is never spread over days."""


class Quality(StrEnum):
    """How much a figure is worth."""

    EXACT = "exact"
    DERIVED = "derived"
    ESTIMATED = "estimated"
    SYNTHETIC = "synthetic"


class _Fact(Record):
    """What wire and usage facts share. Periods are half-open, [start, end), in UTC days; empty is unknown."""

    source: Annotated[str, Field(pattern=SOURCE_PATTERN)]
    actor_kind: ActorKind = ActorKind.PERSON
    period: Period = Period.DAY
    start: date
    end: date
    surface: Annotated[str, Field(pattern=SURFACE_PATTERN)]
    group: Group | None = None
    """The vendor's team, group, project or tag, by which a fact is routed to a pilot."""
    active: bool | None = None
    actions: Count32 | None = None
    """Acts started by the person; empty where the source gives only a date."""
    sessions: Count32 | None = None
    accepted: Count32 | None = None
    tokens: Count64 | None = None
    cost_micros: Count64 | None = None
    """Millionths of the currency unit."""
    people: Count16 | None = None
    """Distinct people; of aggregates only."""
    licensed: bool | None = None
    revision: Revision = 0
    quality: Quality = Quality.EXACT

    @model_validator(mode="after")
    def _period_fits(self) -> Self:
        """Refuse a period that is not as long as its name says."""
        if self.end <= self.start:
            msg = "end must lie after start; a period is [start, end), so a day ends with the next day"
            raise ValueError(msg)
        length = LENGTH.get(self.period)
        if length is not None and self.end - self.start != length:
            msg = f"a {self.period.value} has {length.days} days, and start and end give {(self.end - self.start).days}"
            raise ValueError(msg)
        return self

    @property
    def is_active(self) -> bool | None:
        """Whether the actor did anything: as the source says it, else by the counts of acts."""
        if self.active is not None:
            return self.active
        known = [n for n in (self.actions, self.sessions) if n is not None]
        return any(known) if known else None

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.end - timedelta(days=1)


class WireFact(_Fact):
    """A fact as a sender writes it. `user` is the vendor's own id of the person or robot, never stored."""

    user: Annotated[str, Field(min_length=1, max_length=320)] | None = None

    @model_validator(mode="after")
    def _somebody_acted(self) -> Self:
        """Refuse a person without an id, and an aggregate with one or without a head count."""
        if self.actor_kind is ActorKind.AGGREGATE:
            if self.user is not None or self.people is None:
                msg = "an aggregate gives people, the number of distinct people, and no user"
                raise ValueError(msg)
        elif self.user is None or not self.user.strip():
            msg = "user is missing: the vendor's id of the person; for totals write actor_kind aggregate and people"
            raise ValueError(msg)
        return self


class UsageFact(_Fact):
    """A fact under a pseudonym: `u_` and the actor in base32, or `*` for an aggregate."""

    actor: Annotated[str, Field(pattern=r"^(u_[a-z2-7]{16}|\*)$")]
    import_id: str = ""

    @property
    def key(self) -> bytes:
        """What makes two facts the same fact: 96 bits of source, actor, period, start, surface and group."""
        named = (self.source, self.actor, self.period, self.start.isoformat(), self.surface, self.group or "")
        return blake2b("|".join(named).encode(), digest_size=12).digest()


class Cell(NamedTuple):
    """One person's use of one surface on one day (or in the week that ends with it), as one pilot sees it.

    A cell of the same pilot, day, actor, source and surface replaces an earlier one of the same or a
    lower revision; it is never added to it.
    """

    pilot: str
    day: date
    actor: bytes
    source: str
    surface: str
    revision: int
    active: bool | None
    actions: int | None
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class Partition:
    """Everything a source says of some days, for some pilots: what is not in it is not so (any more).

    With a revision below the one stored for a day it changes nothing on that day.
    """

    source: str
    first: date
    last: date
    pilots: tuple[str, ...]
    revision: int
    weekly: bool = False
    """Whether the days stand for weeks: only every seventh, counted back from `last`, has a row."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Access of one person to one pilot's tool, [since, until); empty is from the beginning, and for ever."""

    pilot: str
    source: str
    actor: bytes
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which a person is known to be away, both included; why is not asked."""

    actor: bytes
    first: date
    last: date
