"""How people are taken to answer in a replay of history: a stated model, and no more than that (docs/backtest.md).

Who answers what is drawn from a hash of the case and the question. So the same history is answered the
same way whenever it is replayed, and two settings are compared under the same draws.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bot.domain.calendar import to_zone
from bot.domain.outreach import Outreach, Step, identity
from bot.domain.reply import Answer, BlockedBy, Cause, NextStep, OnTrack, Reply, SnoozeUntil, StepDone
from bot.domain.value import Value
from bot.policy.departure import Desk

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]

ANSWERED: Final = frozenset({Step.NUDGE, Step.FOLLOW_UP, Step.CHECK})
"""Steps that ask something."""
ANSWERED_AT: Final = time(11)
"""Local hour of an answer."""
STEP_AT: Final = time(10)
"""Local hour of a step that is promised."""
SOON: Final = timedelta(hours=1)
_ALL: Final = 16**20
"""Numbers that an identity can be."""


class Replying(Value):
    """Shares, weights and delays of the model; round choices, not measured."""

    share: Share = 0.6
    """Share of first questions that are answered; the rest meets silence."""
    reminder: Share = 0.7
    """What is left of that share for a follow-up or a question about a promise."""
    days: Annotated[int, Field(ge=0, le=60)] = 2
    """The owner's working days until an answer."""
    on_track: Weight = 25
    step: Weight = 35
    blocked: Weight = 25
    snooze: Weight = 15
    """Weights of what is answered: all is well, a step with a day, something is in the way, later."""
    done: Share = 0.5
    """Share of answered questions about a promise that say it was kept; the others are answered as above."""
    step_days: Annotated[int, Field(ge=1, le=200)] = 10
    """The owner's working days from the answer to the day of a step."""
    snooze_days: Annotated[int, Field(ge=1, le=365)] = 14
    """Days from the answer until which to be left alone."""

    @model_validator(mode="after")
    def _something_is_answered(self) -> Self:
        """Refuse weights of which none is left."""
        if self.on_track + self.step + self.blocked + self.snooze <= 0:
            msg = "one of on_track, step, blocked and snooze must be above 0"
            raise ValueError(msg)
        return self


def reply_to(outreach: Outreach, loop: int, sent_at: datetime, desk: Desk, replying: Replying) -> Reply | None:
    """Return how the recipient answers a message that was sent, and when; None is silence.

    `loop` is that of the case. The same question of the same case is always answered alike.
    """
    asked = (outreach.case_id, loop, outreach.step)
    share = replying.share if outreach.step is Step.NUDGE else replying.share * replying.reminder
    if outreach.step not in ANSWERED or _draw("answers", *asked) >= share:
        return None
    day = desk.calendar.add_working_days(desk.country, desk.day(sent_at), replying.days)
    at = max(_moment(day, ANSWERED_AT, desk), sent_at + SOON)
    is_done = outreach.step is Step.CHECK and _draw("done", *asked) < replying.done
    return Reply(
        key=identity("replay", *asked),
        person=outreach.recipient,
        case_id=outreach.case_id,
        pilot=outreach.pilot,
        answer=StepDone() if is_done else _answer(_draw("what", *asked), desk.day(at), desk, replying),
        received_at=at,
    )


def _answer(draw: float, day: date, desk: Desk, replying: Replying) -> Answer:
    """Return the answer that a number from 0 to 1 stands for, given on a local day."""
    until = desk.calendar.add_working_days(desk.country, day, replying.step_days)
    answers: tuple[tuple[float, Answer], ...] = (
        (replying.on_track, OnTrack()),
        (replying.step, NextStep(action="The step that was named in the replay", at=_moment(until, STEP_AT, desk))),
        (replying.blocked, BlockedBy(cause=Cause.OTHER)),
        (replying.snooze, SnoozeUntil(until=day + timedelta(days=replying.snooze_days))),
    )
    left = draw * sum(weight for weight, _ in answers)
    for weight, answer in answers:
        left -= weight
        if left < 0:
            return answer
    return next(answer for weight, answer in reversed(answers) if weight > 0)


def _moment(day: date, hour: time, desk: Desk) -> datetime:
    return datetime.combine(day, hour, tzinfo=to_zone(desk.timezone)).astimezone(UTC)


def _draw(*parts: str | int) -> float:
    """Return a number from 0 to 1, without 1, that these parts always give."""
    return int(identity(*parts), 16) / _ALL
