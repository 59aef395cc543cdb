"""A reply moves the case. Pure: the same reply on the same case always gives the same case."""

from datetime import date, datetime, timedelta

from bot.domain.case import Block, Case, CaseState, Commitment
from bot.domain.reply import BlockedBy, NextStep, NotMe, OnTrack, Reply, SnoozeUntil, StepDone, StopAsking

FURTHEST = timedelta(days=366)
"""Nothing is promised or snoozed for longer than a year."""


def objection(reply: Reply, case: Case, now: datetime) -> str | None:
    """Return why this answer can't be taken now, in words for its author, or None when it can."""
    if case.id != reply.case_id or case.is_closed:
        return "This one is closed, so nothing changes. Thank you all the same."
    answer = reply.answer
    if isinstance(answer, NextStep):
        return _out_of_range(answer.at, now)
    if isinstance(answer, SnoozeUntil) or (isinstance(answer, BlockedBy) and answer.until):
        until = answer.until
        return _day_out_of_range(until, now) if until else None
    return None


def _out_of_range(at: datetime, now: datetime) -> str | None:
    if at <= now:
        return "That moment has passed. Which day and time from now on?"
    if at > now + FURTHEST:
        return "That is more than a year away. Which day within a year?"
    return None


def _day_out_of_range(day: date, now: datetime) -> str | None:
    # Chats ask in the person's own time; here a day may be a day off, as UTC is from it.
    today = now.date()
    if day < today:
        return "That day has passed. Which day from tomorrow on?"
    if day > today + FURTHEST:
        return "That is more than a year away. Which day within a year?"
    return None


def apply_reply(case: Case, reply: Reply, now: datetime) -> Case:
    """Return the case after the reply; one that was applied before, or can't be taken, changes nothing."""
    if reply.key in case.applied or objection(reply, case, now) is not None:
        return case
    moved = case.model_copy(update={**_moves(case, reply, now), "applied": (*case.applied, reply.key)})
    return Case.model_validate(moved.model_dump())


def _moves(case: Case, reply: Reply, now: datetime) -> dict[str, object]:
    """Return the fields that the answer changes."""
    fresh: dict[str, object] = {
        "answered_at": now,
        "listed_on": None,
        "listed_why": None,
        "snoozed_until": None,
        "commitment": None,
        "block": None,
    }
    book = case.playbook
    match reply.answer:
        case OnTrack() | StepDone():
            until = now.date() + timedelta(days=book.on_track_days)
            return fresh | {"state": CaseState.SNOOZED, "snoozed_until": until}
        case SnoozeUntil(until=until):
            return fresh | {"state": CaseState.SNOOZED, "snoozed_until": until}
        case BlockedBy(cause=cause, person=person, until=said):
            until = said or now.date() + timedelta(days=book.blocked_default_days)
            block = Block(cause=cause, person=person, until=until, said_by=reply.person, said_at=now)
            return fresh | {"state": CaseState.BLOCKED, "block": block}
        case NextStep(action=action, at=at):
            moves = case.commitment.moves + 1 if case.commitment else 0
            step = Commitment(action=action, due_at=at, said_by=reply.person, made_at=now, moves=moves)
            return fresh | {"state": CaseState.COMMITTED, "commitment": step}
        case NotMe():
            return fresh | {
                "state": CaseState.WAITING,
                "listed_on": now.date(),
                "listed_why": "owner to be confirmed",
                "disowned": (*case.disowned, reply.person),
            }
        case StopAsking():
            return fresh | {
                "state": CaseState.WAITING,
                "listed_on": now.date(),
                "listed_why": "needs a person to look in",
            }
