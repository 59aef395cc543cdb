"""Where a message stops on its way, as sentences: each part of the way, how it stands, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.outreach import Delivery, DeliveryState
from bot.domain.playbook import Budgets
from bot.policy.budget import Budget
from bot.policy.decisions import Quiet
from bot.policy.departure import Desk

OVERDUE: Final = timedelta(minutes=10)
"""What is due for longer than this nobody works on."""

LOOK_AND_END: Final = "Look into the chat, then `stickshaker retry {id}` or `stickshaker drop {id} --why TEXT`."
RUN: Final = "Start `stickshaker run` (or `stickshaker sweep` once an hour)."


class Mark(StrEnum):
    """How a part of the way stands: passed, waiting for something that comes by itself, or in need of somebody."""

    OK = "ok"
    WAITS = "waits"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Stop:
    """One part of the way."""

    what: str
    mark: Mark
    says: str
    remedy: str = ""


QUIET: Final[Mapping[Quiet, tuple[Mark, str]]] = {
    Quiet.CLOSED: (Mark.WAITS, "Nothing: it begins anew when something is found again."),
    Quiet.CLEAR: (Mark.WAITS, "Nothing: it ends as recovered when it stays so."),
    Quiet.DATA_LATE: (Mark.STUCK, "Load newer days of its source; `stickshaker check` names the late ones."),
    Quiet.UNCONFIRMED: (Mark.WAITS, "Nothing: a look at a later day of use confirms it or lets it go."),
    Quiet.SNOOZED: (Mark.WAITS, "Nothing: the owner has said when."),
    Quiet.COMMITTED: (Mark.WAITS, "Nothing: it is asked about once its day has passed."),
    Quiet.BLOCKED: (Mark.WAITS, "Nothing, or help to clear what is in the way."),
    Quiet.NO_OWNER: (Mark.STUCK, "Name an owner in the registry and load it."),
    Quiet.QUESTION_ONLY: (Mark.WAITS, "Nothing, or speak to the owner yourself."),
    Quiet.QUEUED: (Mark.WAITS, "Nothing: see the message itself."),
    Quiet.ASKED: (Mark.WAITS, "Nothing: an answer, or the follow-up, comes next."),
    Quiet.BUDGET: (Mark.WAITS, "Nothing: it is decided anew when there is room."),
    Quiet.ONE_A_WEEK: (Mark.WAITS, "Nothing: it is decided anew next week."),
    Quiet.LISTED: (Mark.STUCK, "Speak to the owner yourself: nothing more is sent by itself."),
    Quiet.PARKED: (Mark.WAITS, "Speak to the owner yourself if it should not rest."),
    Quiet.SHOWN: (Mark.WAITS, "Nothing: it leaves unless the owner holds it."),
    Quiet.HELD: (Mark.WAITS, "Nothing: it leaves when the hold ends."),
    Quiet.AWAY: (Mark.WAITS, "Nothing, or name somebody who stands in."),
    Quiet.OUT: (Mark.WAITS, "Nothing: an answer comes next, or it becomes a decision of the sponsor."),
    Quiet.PROMISED: (Mark.WAITS, "Nothing: it is checked once its day has passed."),
    Quiet.DECISION: (Mark.WAITS, "Nothing, or speak to the sponsor yourself."),
    Quiet.WORKING: (Mark.WAITS, "Nothing: use is coming back."),
}
"""For every reason of policy to say nothing: whether it passes by itself, and what can be done."""


def local(at: datetime, desk: Desk) -> str:
    """Write a moment by a person's own clock."""
    return f"{at.astimezone(to_zone(desk.timezone)):%a %d %b %Y %H:%M} ({desk.timezone})"


def quiet_stop(case: Case, quiet: Quiet, desk: Desk) -> Stop:
    """Say why policy says nothing about a case now, and until when where it was said."""
    mark, remedy = QUIET[quiet]
    until = _until(case, quiet, desk)
    why = f": {case.listed_why}" if quiet is Quiet.LISTED and case.listed_why else ""
    return Stop("policy", mark, f"Quiet because: {quiet.value}{why}{until}.", remedy)


def _until(case: Case, quiet: Quiet, desk: Desk) -> str:
    if quiet is Quiet.SNOOZED and case.snoozed_until:
        return f", until {case.snoozed_until}"
    if quiet is Quiet.COMMITTED and case.commitment:
        return f", due {local(case.commitment.due_at, desk)}"
    if quiet is Quiet.BLOCKED and case.block:
        return f", {case.block.until}"
    return ""


def delivery_stop(delivery: Delivery, desk: Desk, budget: Budget, limits: Budgets, now: datetime) -> Stop:
    """Say how a message stands, by the clock of whom it is for."""
    state, which = delivery.state, f"Message {delivery.id}"
    if state is DeliveryState.QUEUED:
        return _queued(delivery, desk, budget, limits, now)
    if state is DeliveryState.SENDING:
        return _sending(delivery, desk, now)
    if state is DeliveryState.SENT:
        at = delivery.claimed_at or delivery.due_at
        return Stop("message", Mark.OK, f"{which} was sent on {local(at, desk)}; the chat took it.")
    if state is DeliveryState.DROPPED:
        why = delivery.reason or "no reason is kept"
        if delivery.withdrawn:
            return Stop("message", Mark.WAITS, f"{which} was taken back: {why}.", "Nothing: it is decided anew.")
        return Stop("message", Mark.STUCK, f"{which} was given up: {why}.", "Speak to the person yourself.")
    told = "nobody knows whether it arrived" if state is DeliveryState.UNKNOWN else "it did not get through"
    says = f"{which} is {state.value}, {told}: {delivery.reason or 'no reason is kept'}."
    return Stop("message", Mark.STUCK, says, LOOK_AND_END.format(id=delivery.id))


def _sending(delivery: Delivery, desk: Desk, now: datetime) -> Stop:
    since = local(delivery.claimed_at or delivery.due_at, desk)
    says = f"Message {delivery.id} is being sent since {since}."
    if now > delivery.due_at + OVERDUE:
        return Stop("message", Mark.STUCK, f"{says} It was cut off, and nobody looks after it.", RUN)
    return Stop("message", Mark.WAITS, says, f"Nothing: somebody looks after it on {local(delivery.due_at, desk)}.")


def _queued(delivery: Delivery, desk: Desk, budget: Budget, limits: Budgets, now: datetime) -> Stop:
    refused = f" The chat refused it {delivery.attempt} times, last: {delivery.reason}." if delivery.reason else ""
    if delivery.due_at > now:
        why = "" if refused else f" {_put_off(desk, budget, limits, now)}"
        says = f"Message {delivery.id} leaves on {local(delivery.due_at, desk)}.{why}{refused}"
        return Stop("message", Mark.WAITS, says, "Nothing: it leaves then.")
    says = f"Message {delivery.id} is due since {local(delivery.due_at, desk)}.{refused}"
    if now > delivery.due_at + OVERDUE:
        return Stop("message", Mark.STUCK, f"{says} Nobody takes it.", RUN)
    return Stop("message", Mark.WAITS, says, "Nothing: it is next.")


def _put_off(desk: Desk, budget: Budget, limits: Budgets, now: datetime) -> str:
    """Say why a message nobody refused can't leave this moment."""
    earliest = budget.earliest(now, limits)
    if earliest > now:
        got = len(budget.within_week(now))
        return f"They got {got} messages in seven days, and the next one may come from {local(earliest, desk)} on."
    if desk.next_open(now) <= now:
        return f"Today's places for first questions ({limits.ramp_owners_per_day}) are taken, or today's message was."
    day = desk.day(now)
    if desk.calendar.is_public_holiday(desk.country, day):
        return "There it is a public holiday."
    return "There it is outside working hours." if desk.window(now) else "There it is no working day."
