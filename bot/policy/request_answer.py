"""What people say about a wish: its owner before it leaves, and whoever was asked."""

from datetime import date, datetime, timedelta

from bot.domain.ask import Ask, AskState, Request, RequestState, Thing
from bot.domain.case import Case, CaseState
from bot.domain.decision import OpenDecision
from bot.domain.outreach import Step
from bot.domain.reply import (
    ChangeRequest,
    Cleared,
    Elsewhere,
    HoldRequest,
    NeedsFirst,
    NotMe,
    Object,
    Promise,
    Reply,
    RequestAnswer,
    SnoozeUntil,
)
from bot.policy.decisions import cleared

SATURDAY = 5
FURTHEST = timedelta(days=366)
"""Nothing is promised for longer than a year."""

STATES = {
    Cleared: (AskState.DONE, RequestState.DONE),
    Promise: (AskState.PROMISED, RequestState.PROMISED),
    NeedsFirst: (AskState.NEEDS, RequestState.NEEDS),
    Elsewhere: (AskState.ELSEWHERE, RequestState.ELSEWHERE),
    NotMe: (AskState.ELSEWHERE, RequestState.ELSEWHERE),
    Object: (AskState.OBJECTED, RequestState.OBJECTED),
}


def held_request(case: Case) -> Request | None:
    """Return the wish that has not left yet and that its owner can hold, change or take back: the last one."""
    shown = [r for r in case.requests if r.state is RequestState.SHOWN or _is_on_its_way(case, r)]
    return shown[-1] if shown else None


def _is_on_its_way(case: Case, request: Request) -> bool:
    """Whether it was decided to leave and has not: in a night, or a full week, there is time to change it."""
    asked = case.asked_at(Step.UNBLOCK, request.person, request.thing.key)
    is_out = request.state is RequestState.OUT and request.out_at is None
    return is_out and asked is not None and asked.sent_at is None


def apply_to_requests(case: Case, reply: Reply, now: datetime, onward: Request | OpenDecision | None) -> Case:
    """Return the case after an answer about a wish; `onward` is the wish, or the decision, that follows it."""
    answer = reply.answer
    if type(answer) in STATES:
        return _answered(case, reply, now, onward)
    if isinstance(answer, SnoozeUntil):
        return _later(case, reply, answer.until, now)
    if not isinstance(answer, RequestAnswer):
        return case
    shown = held_request(case)
    if shown is None:
        return case
    if isinstance(answer, HoldRequest):
        return case.with_request(_held(case, shown, answer, now))
    if isinstance(answer, ChangeRequest):
        return _changed(case, shown, answer, reply.person)
    return case.with_request(shown.model_copy(update={"state": RequestState.WITHDRAWN}))


def _held(case: Case, request: Request, answer: HoldRequest, now: datetime) -> Request:
    """Hold it once, to the day that was said or for the longest time; held before, its day stays.

    What was to leave comes back, and the day it is asked for moves on by as much.
    """
    if request.hold_reason is not None:
        return request
    longest = weekdays_after(now.date(), case.playbook.longest_hold_wd)
    until = min(answer.until or longest, longest)
    due = max(request.due, weekdays_after(until, case.playbook.ask_window_wd))
    kept = {"held_until": until, "hold_reason": answer.reason, "state": RequestState.SHOWN, "due": due}
    return request.model_copy(update=kept)


def weekdays_after(day: date, count: int) -> date:
    """Return the so many-th weekday after a day; holidays are no concern here, since a hold may as well be shorter."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def _changed(case: Case, request: Request, answer: ChangeRequest, owner: str) -> Case:
    """Correct what is asked for; words of the owner's own stand for no dependency of the registry, and for nobody's else."""
    changes: dict[str, object] = {}
    if answer.thing is not None and answer.thing != request.thing.words:
        changes["thing"] = Thing(kind=request.thing.kind, words=answer.thing)
        changes |= {"from_registry": False, "passed_on": False, "by_lead": False, "said_by": owner}
    if answer.line is not None:
        changes["line"] = answer.line
    if answer.due is not None:
        changes["due"] = answer.due
    changed = request.model_copy(update=changes)
    kept = tuple(r for r in case.requests if r is not request)
    if any(r.is_live and r.key == changed.key for r in kept):
        return case.model_copy(update={"requests": kept})  # that is asked for already
    return case.model_copy(update={"requests": (*kept, changed)})


def _later(case: Case, reply: Reply, until: date, now: datetime) -> Case:
    """Leave somebody alone until a day; the days for an answer are counted from there."""
    request = next((r for r in case.requests if r.key == (reply.person, reply.thing) and r.is_live), None)
    if request is None:
        return case
    at = datetime(until.year, until.month, until.day, tzinfo=now.tzinfo)
    return case.with_request(request.model_copy(update={"out_at": at}))


def _answered(case: Case, reply: Reply, now: datetime, onward: Request | OpenDecision | None) -> Case:
    """Move the wish that was answered; one that has ended meanwhile stays as it is."""
    request = next((r for r in case.requests if r.key == (reply.person, reply.thing) and may_be_answered(r)), None)
    if request is None:
        return case
    moved = _closed_again(case.with_request(request.model_copy(update=_said(request, reply, now))), request, reply)
    if isinstance(reply.answer, Promise) and case.block:
        block = case.block.model_copy(update={"until": reply.answer.on})
        moved = moved.model_copy(update={"block": block})
    if isinstance(reply.answer, Cleared):
        moved = cleared(moved, now)
    if isinstance(onward, OpenDecision):
        is_free = moved.decision is None
        return (
            moved.model_copy(update={"decision": onward, "state": CaseState.WAITING, "block": None})
            if is_free
            else moved
        )
    return moved.model_copy(update={"requests": (*moved.requests, onward)}) if onward is not None else moved


def _closed_again(case: Case, request: Request, reply: Reply) -> Case:
    """Take back a decision that had opened because of this wish, when the answer comes after all."""
    opened = case.decision
    is_late = request.state in {RequestState.EXPIRED, RequestState.MISSED} and isinstance(
        reply.answer, Cleared | Promise
    )
    if opened is None or not is_late or opened.thing != request.thing.words:
        return case
    return case.model_copy(update={"decision": None, "listed_on": None, "listed_why": None})


def _said(request: Request, reply: Reply, now: datetime) -> dict[str, object]:
    """Return what an answer changes of a wish."""
    changes: dict[str, object] = {"state": STATES[type(reply.answer)][1], "said_at": now, "said": None}
    match reply.answer:
        case Promise(on=on):
            # The same day once more, or an earlier one, is no move.
            again = request.promised_for is not None and on > request.promised_for
            changes |= {"promised_for": on, "moves": request.moves + again}
        case Elsewhere(person=person):
            changes["said"] = person
        case NeedsFirst(what=what):
            changes["said"] = what
        case Object(words=words, concern=concern):
            changes |= {"said": words, "concern": concern.value}
    return changes


def may_be_answered(request: Request) -> bool:
    """Whether an answer to this wish still changes something: also when it needs something, or was open for long."""
    return request.is_live or request.state in {RequestState.NEEDS, RequestState.EXPIRED, RequestState.MISSED}


def answer_ask(ask: Ask, reply: Reply, now: datetime) -> Ask:
    """Return the Ask after an answer; one that was applied before, or came after its end, changes nothing."""
    if reply.key in ask.applied or ask.is_closed or type(reply.answer) not in STATES:
        return ask
    if isinstance(reply.answer, Promise) and not now.date() <= reply.answer.on <= now.date() + FURTHEST:
        return ask
    changes: dict[str, object] = {
        "state": STATES[type(reply.answer)][0],
        "answered_at": now,
        "applied": (*ask.applied, reply.key),
    }
    if isinstance(reply.answer, Promise):
        changes["promised_for"] = reply.answer.on
    return ask.model_copy(update=changes)
