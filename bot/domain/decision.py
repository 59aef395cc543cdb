"""A decision only a sponsor can take: why it is open, by when it is hoped for, and what it became."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bot.domain.value import Value


class Verdict(StrEnum):
    """What a sponsor can decide: all are equal, and none is the expected one."""

    SCALE = "scale"
    FIX = "fix"
    STOP = "stop"


class OpenedBy(StrEnum):
    """What made a decision necessary; none of it is about what somebody did not do."""

    MISSED = "missed"
    """What the pilot waits for had a date twice."""
    REFUSED = "refused"
    """Whoever holds it has a reason against it."""
    EXPIRED = "expired"
    """What the pilot waits for has been open for long."""
    STAGE_OLD = "stage_old"
    """The pilot has been in one stage for a year."""
    OWNER_PROPOSES_STOP = "owner_proposes_stop"
    SPONSOR_HOLDS_IT = "sponsor_holds_it"
    """What the pilot waits for is the sponsor's own to give."""
    OPEN_LONG = "open_long"
    """What was found has been on the programme lead's list for its days and goes on."""
    LEAD_RAISES = "lead_raises"
    """The programme lead finds that it is the sponsor's to decide."""


class OpenDecision(Value):
    """A decision that is open since `opened_at` and hoped for by `due`; `thing` is what the pilot waits for."""

    opened_by: OpenedBy
    opened_at: datetime
    due: date
    thing: str = ""
    lesson: Annotated[str, Field(max_length=280)] | None = None
    """What an owner who proposes to stop has learned."""


class Decided(Value):
    """What was decided, by which person (id) and when; `until` is the date that goes with it."""

    verdict: Verdict
    by: str
    at: datetime
    until: date | None = None
    lesson: Annotated[str, Field(max_length=280)] | None = None
