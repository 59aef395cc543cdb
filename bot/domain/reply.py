"""What a person did about a message: a closed set of answers, each with what it needs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from bot.domain.decision import Verdict
from bot.domain.outreach import Role
from bot.domain.record import Record
from bot.domain.survey import ItemId, Key, Standing, StepOption
from bot.domain.value import Value


class Cause(StrEnum):
    """What holds a pilot back, in the words of the person who knows."""

    DATA = "data"
    APPROVAL = "approval"
    PEOPLE = "people"
    TARGETS = "targets"
    DECISION = "decision"
    QUALITY = "quality"
    OTHER = "other"


Said = Annotated[str, Field(min_length=1, max_length=280)]
"""Words of a person, shown as they wrote them."""


class OnTrack(Value):
    """Nothing is wrong: leave the pilot alone for two weeks."""

    kind: Literal["on_track"] = "on_track"


class SnoozeUntil(Value):
    """Not now: come back on this day."""

    kind: Literal["snooze"] = "snooze"
    until: date


class BlockedBy(Value):
    """Something or somebody is in the way; `thing` is what is needed, all but the cause optional and as said."""

    kind: Literal["blocked"] = "blocked"
    cause: Cause
    thing: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    person: Annotated[str, Field(max_length=200)] | None = None
    until: date | None = None


class NextStep(Value):
    """A step with a day and a time: silence until then, then it is checked."""

    kind: Literal["step"] = "step"
    action: Annotated[str, Field(min_length=1, max_length=280)]
    at: datetime


class StepDone(Value):
    """The step was taken."""

    kind: Literal["done"] = "done"


class ProposeStop(Value):
    """The owner thinks the pilot should end: the sponsor is asked, and what was learned is kept."""

    kind: Literal["propose_stop"] = "propose_stop"
    lesson: Said | None = None


class HandOver(Value):
    """Somebody else looks after the pilot now; whoever keeps the registry is asked to confirm it."""

    kind: Literal["hand_over"] = "hand_over"
    person: Annotated[str, Field(min_length=1, max_length=200)]


class HoldRequest(Value):
    """What was to be asked of somebody waits, once, with a reason and for five working days at most."""

    kind: Literal["hold"] = "hold"
    reason: Said
    until: date | None = None


class ChangeRequest(Value):
    """The owner corrects what is asked for, or adds a sentence of their own."""

    kind: Literal["change"] = "change"
    thing: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    line: Said | None = None
    due: date | None = None


class WithdrawRequest(Value):
    """Nobody is to be asked after all."""

    kind: Literal["withdraw"] = "withdraw"


class Cleared(Value):
    """Whoever was asked says that it is done."""

    kind: Literal["cleared"] = "cleared"


class Promise(Value):
    """Whoever was asked names the day by which it will be done."""

    kind: Literal["promise"] = "promise"
    on: date


class NeedsFirst(Value):
    """Whoever was asked needs something before they can clear it."""

    kind: Literal["needs"] = "needs"
    what: Said


class Elsewhere(Value):
    """Somebody else holds it."""

    kind: Literal["elsewhere"] = "elsewhere"
    person: Annotated[str, Field(min_length=1, max_length=200)]


class DontKnow(Value):
    """They don't know, which is an answer: it is noted, and nothing moves."""

    kind: Literal["dont_know"] = "dont_know"


class Concern(StrEnum):
    """Of which kind a reason against is."""

    LEGAL = "legal"
    SECURITY = "security"
    CAPACITY = "capacity"
    PRIORITY = "priority"
    RISK = "risk"


class Object(Value):
    """Whoever was asked thinks that it should not be done.

    `words` are shown as written to the owner and the sponsor of the pilot, of whom the author was told before;
    without words they are told the kind of concern alone.
    """

    kind: Literal["object"] = "object"
    concern: Concern
    words: Said | None = None


class Decide(Value):
    """A sponsor's decision; scale and fix have a date, a stop may have what was learned."""

    kind: Literal["decide"] = "decide"
    verdict: Verdict
    until: date | None = None
    lesson: Said | None = None


class PutUp(Value):
    """The programme lead finds that the sponsor has to decide."""

    kind: Literal["put_up"] = "put_up"


class FillGap(Value):
    """What the registry lacks: a person's name, or a day as YYYY-MM-DD."""

    kind: Literal["fill"] = "fill"
    value: Annotated[str, Field(min_length=1, max_length=200)]


class ReleaseWeekly(Value):
    """Whoever reads a weekly message first lets it leave."""

    kind: Literal["release"] = "release"


class CorrectWeekly(Value):
    """They correct it: their words stand in it, and it is shown to them once more."""

    kind: Literal["correct"] = "correct"
    words: Said


class HoldWeekly(Value):
    """They hold it back until a day."""

    kind: Literal["hold_weekly"] = "hold_weekly"
    until: date
    reason: Said | None = None


class NotMe(Value):
    """The registry names the wrong person."""

    kind: Literal["not_me"] = "not_me"


class StopAsking(Value):
    """No more messages to this person, at once and without a report about them."""

    kind: Literal["stop_asking"] = "stop_asking"


Named = Annotated[str, Field(min_length=1, max_length=200)]
"""A name as it was said, or the key or words of a second question."""


class ItemAnswer(Value):
    """What was chosen at a survey item, with what its form asked for.

    `second` is the key or the words given at the second question, `words` what was said besides: of a step what it
    is, of somebody who has to move first what is needed. `at` is aware UTC, `day` one of the person's own.
    """

    kind: Literal["item"] = "item"
    item: ItemId
    option: Key
    second: Named | None = None
    words: Said | None = None
    person: Named | None = None
    at: AwareDatetime | None = None
    day: date | None = None

    @model_validator(mode="after")
    def _holds_what_it_needs(self) -> Self:
        """Refuse a promise without its moment, a need without words, and a delay without a day."""
        needed: dict[str, tuple[str, ...]] = {Standing.LATER.value: ("day",)}
        if self.item is ItemId.NEXT_STEP:
            needed |= {
                StepOption.WHEN.value: ("at",),
                StepOption.OTHER.value: ("at", "words"),
                StepOption.FIRST.value: ("words",),
            }
        missing = [name for name in needed.get(self.option, ()) if getattr(self, name) is None]
        if missing:
            msg = f"{self.item}, {self.option}: it lacks {missing[0]}"
            raise ValueError(msg)
        return self


class Feedback(Value):
    """What somebody says of a message that they did not ask for.

    `second` is the part of the day that was picked, `words` what is different, `person` who should get it instead,
    `day` until when to be left alone.
    """

    kind: Literal["feedback"] = "feedback"
    option: Key
    second: Named | None = None
    words: Said | None = None
    person: Named | None = None
    day: date | None = None

    @model_validator(mode="after")
    def _holds_its_day(self) -> Self:
        """Refuse a delay without a day."""
        if self.option == Standing.LATER and self.day is None:
            msg = f"{self.option}: it lacks a day"
            raise ValueError(msg)
        return self


OwnerAnswer = OnTrack | SnoozeUntil | BlockedBy | NextStep | StepDone | ProposeStop | HandOver
RequestAnswer = HoldRequest | ChangeRequest | WithdrawRequest
"""What an owner may do about what is asked of others in their pilot's name."""
UnblockerAnswer = Cleared | Promise | NeedsFirst | Elsewhere | Object
"""What somebody may answer who was asked to clear the way."""
LeadAnswer = SnoozeUntil | BlockedBy | PutUp
"""What a programme lead may do about a case on their list: look into it, name who can clear the way, or put it to the sponsor."""
WeeklyAnswer = ReleaseWeekly | CorrectWeekly | HoldWeekly
"""What somebody may do about a weekly message that they read first."""
Answer = Annotated[
    OwnerAnswer
    | RequestAnswer
    | UnblockerAnswer
    | WeeklyAnswer
    | FillGap
    | PutUp
    | Decide
    | DontKnow
    | NotMe
    | StopAsking
    | ItemAnswer
    | Feedback,
    Field(discriminator="kind"),
]


class Reply(Record):
    """One answer of one person about one case. `key` is the chat's business key: said once, done once.

    `role` is as what they were asked, `thing` the key of what was asked for (bot.domain.ask.Thing) where the answer is one to an Ask: it then holds
    for every case that waits for it.
    """

    key: str
    person: str
    case_id: str
    pilot: str
    answer: Answer
    received_at: datetime
    role: Role = Role.OWNER
    thing: str | None = None
