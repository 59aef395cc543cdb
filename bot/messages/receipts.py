"""What is answered to a reply: what was understood, and what happens next."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.calendar import to_zone
from bot.domain.case import Block, Case, Commitment
from bot.domain.reply import BlockedBy, OnTrack, Reply, SnoozeUntil, StepDone, StopAsking
from bot.messages.model import Receipt
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_NAME, LONGEST_QUOTE, name_day, name_moment, shorten


def receipt(
    before: Case, after: Case, reply: Reply, texts: Texts, *, now: datetime, timezone: str, objection: str | None = None
) -> Receipt:
    """Return what is said to a reply that moved a case from `before` to `after`, in the person's own time.

    A reply that changed nothing (`after` equals `before`) is told why: noted before, closed,
    `objection` (why it can't be taken, in words for its author), else asked of somebody else. "Stop
    asking" counts whatever the case says, for it is about the person.
    """
    if isinstance(reply.answer, StopAsking):
        return Receipt(text=texts.receipts.stop_asking)
    if reply.key in before.applied:
        return Receipt(text=texts.receipts.duplicate)
    if after == before:
        return Receipt(text=_why_not(before, reply, texts, objection))
    return Receipt(text=_noted(after, reply, texts, now, to_zone(timezone)))


def _why_not(case: Case, reply: Reply, texts: Texts, objection: str | None) -> str:
    """Say why nothing changed."""
    if case.id != reply.case_id or case.is_closed:
        return texts.receipts.closed
    return objection or texts.receipts.not_asked


def _noted(case: Case, reply: Reply, texts: Texts, now: datetime, zone: ZoneInfo) -> str:
    """Say what the case holds now and what follows from it."""
    said = texts.receipts
    if case.block:
        return _blocked(case.block, reply, texts, now, zone)
    if case.commitment:
        return _step(case.commitment, texts, now, zone)
    day = name_day(case.snoozed_until, now.astimezone(zone).date()) if case.snoozed_until else ""
    match reply.answer:
        case OnTrack():
            return said.on_track.format(day=day)
        case StepDone():
            return said.done.format(day=day)
        case SnoozeUntil():
            return said.snooze.format(day=day)
        case _:
            return said.not_me


def _blocked(block: Block, reply: Reply, texts: Texts, now: datetime, zone: ZoneInfo) -> str:
    """Name cause, person and day; the day may be the usual one when none was said."""
    said = texts.receipts
    day = name_day(block.until, now.astimezone(zone).date())
    is_dated = isinstance(reply.answer, BlockedBy) and reply.answer.until is not None
    return said.blocked.format(
        cause=texts.causes[block.cause],
        person=said.person_part.format(person=shorten(block.person, LONGEST_NAME)) if block.person else "",
        again=(said.again if is_dated else said.again_undated).format(day=day),
    )


def _step(step: Commitment, texts: Texts, now: datetime, zone: ZoneInfo) -> str:
    """Name the step and its moment."""
    said = texts.receipts.step_moved if step.moves else texts.receipts.step
    return said.format(action=shorten(step.action, LONGEST_QUOTE), at=name_moment(step.due_at, now, zone))
