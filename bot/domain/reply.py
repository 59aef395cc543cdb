"""What a person did about a message: a closed set of answers, each with what it needs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.record import Record


class Cause(StrEnum):
    """What holds a pilot back, in the words of the person who knows."""

    DATA = "data"
    APPROVAL = "approval"
    PEOPLE = "people"
    TARGETS = "targets"
    DECISION = "decision"
    QUALITY = "quality"
    OTHER = "other"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OnTrack(_Answer):
    """Nothing is wrong: leave the pilot alone for two weeks."""

    kind: Literal["on_track"] = "on_track"


class SnoozeUntil(_Answer):
    """Not now: come back on this day."""

    kind: Literal["snooze"] = "snooze"
    until: date


class BlockedBy(_Answer):
    """Something or somebody is in the way; person and date are optional and recorded as said."""

    kind: Literal["blocked"] = "blocked"
    cause: Cause
    person: Annotated[str, Field(max_length=200)] | None = None
    until: date | None = None


class NextStep(_Answer):
    """A step with a day and a time: silence until then, then it is checked."""

    kind: Literal["step"] = "step"
    action: Annotated[str, Field(min_length=1, max_length=280)]
    at: datetime


class StepDone(_Answer):
    """The step was taken."""

    kind: Literal["done"] = "done"


class NotMe(_Answer):
    """The registry names the wrong person."""

    kind: Literal["not_me"] = "not_me"


class StopAsking(_Answer):
    """No more messages to this person, at once and without a report about them."""

    kind: Literal["stop_asking"] = "stop_asking"


Answer = Annotated[
    OnTrack | SnoozeUntil | BlockedBy | NextStep | StepDone | NotMe | StopAsking,
    Field(discriminator="kind"),
]


class Reply(Record):
    """One answer of one person about one case. `key` is the chat's business key: said once, done once."""

    key: str
    person: str
    case_id: str
    pilot: str
    answer: Answer
    received_at: datetime
