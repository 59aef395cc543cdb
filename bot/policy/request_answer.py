"""What people say about a wish: its owner before it leaves, and whoever was asked."""

from datetime import date, datetime, timedelta

from bot.domain.ask import Ask, AskState, Request, RequestState, Thing
from bot.domain.case import Case
from bot.domain.reply import (
    ChangeRequest,
    Cleared,
    Elsewhere,
    HoldRequest,
    NeedsFirst,
    Object,
    Promise,
    Reply,
    RequestAnswer,
    SnoozeUntil,
)
from bot.policy.decisions import cleared

HELD_DAYS = timedelta(days=7)
"""Five working days and a weekend: for no longer a wish is held back."""

STATES = {
    Cleared: (AskState.DONE, RequestState.DONE),
    Promise: (AskState.PROMISED, RequestState.PROMISED),
    NeedsFirst: (AskState.NEEDS, RequestState.NEEDS),
    Elsewhere: (AskState.ELSEWHERE, RequestState.ELSEWHERE),
    Object: (AskState.OBJECTED, RequestState.OBJECTED),
}


def held_request(case: Case) -> Request | None:
    """Return the wish that has not left yet and that its owner can hold, change or take back: the last one."""
    shown = [r for r in case.requests if r.state is RequestState.SHOWN]
    return shown[-1] if shown else None


def apply_to_requests(case: Case, reply: Reply, now: datetime, onward: Request | None) -> Case:
    """Return the case after an answer about a wish; `onward` is the one that follows it."""
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
        return case.with_request(_held(shown, answer, now))
    if isinstance(answer, ChangeRequest):
        return _changed(case, shown, answer)
    return case.with_request(shown.model_copy(update={"state": RequestState.WITHDRAWN}))


def _held(request: Request, answer: HoldRequest, now: datetime) -> Request:
    """Hold it once, to the day that was said or for the longest time; held before, its day stays."""
    if request.hold_reason is not None:
        return request
    longest: date = now.date() + HELD_DAYS
    until = min(answer.until or longest, longest)
    return request.model_copy(update={"held_until": until, "hold_reason": answer.reason})


def _changed(case: Case, request: Request, answer: ChangeRequest) -> Case:
    """Correct what is asked for; words of the owner's own stand for no dependency of the registry."""
    changes: dict[str, object] = {}
    if answer.thing is not None and answer.thing != request.thing.words:
        changes["thing"] = Thing(kind=request.thing.kind, words=answer.thing)
    if answer.line is not None:
        changes["line"] = answer.line
    if answer.due is not None:
        changes["due"] = answer.due
    kept = tuple(r for r in case.requests if r is not request)
    return case.model_copy(update={"requests": (*kept, request.model_copy(update=changes))})


def _later(case: Case, reply: Reply, until: date, now: datetime) -> Case:
    """Leave somebody alone until a day; the days for an answer are counted from there."""
    request = next((r for r in case.requests if r.key == (reply.person, reply.thing) and r.is_live), None)
    if request is None:
        return case
    at = datetime(until.year, until.month, until.day, tzinfo=now.tzinfo)
    return case.with_request(request.model_copy(update={"out_at": at}))


def _answered(case: Case, reply: Reply, now: datetime, onward: Request | None) -> Case:
    """Move the wish that was answered; one that has ended meanwhile stays as it is."""
    request = next((r for r in case.requests if r.key == (reply.person, reply.thing) and may_be_answered(r)), None)
    if request is None:
        return case
    changes: dict[str, object] = {"state": STATES[type(reply.answer)][1], "said_at": now, "said": None}
    if isinstance(reply.answer, Promise):
        again = request.promised_for is not None
        changes |= {"promised_for": reply.answer.on, "moves": request.moves + again}
    if isinstance(reply.answer, NeedsFirst):
        changes["said"] = reply.answer.what
    if isinstance(reply.answer, Object):
        changes |= {"said": reply.answer.words, "concern": reply.answer.concern.value}
    moved = case.with_request(request.model_copy(update=changes))
    if isinstance(reply.answer, Promise) and case.block:
        block = case.block.model_copy(update={"until": reply.answer.on})
        moved = moved.model_copy(update={"block": block})
    if isinstance(reply.answer, Cleared):
        moved = cleared(moved, now)
    return moved.with_request(onward) if onward is not None else moved


def may_be_answered(request: Request) -> bool:
    """Whether an answer to this wish still changes something: also when it needs something, or was open for long."""
    return request.is_live or request.state in {RequestState.NEEDS, RequestState.EXPIRED, RequestState.MISSED}


def answer_ask(ask: Ask, reply: Reply, now: datetime) -> Ask:
    """Return the Ask after an answer; one that was applied before, or came after its end, changes nothing."""
    if reply.key in ask.applied or ask.is_closed or type(reply.answer) not in STATES:
        return ask
    changes: dict[str, object] = {
        "state": STATES[type(reply.answer)][0],
        "answered_at": now,
        "applied": (*ask.applied, reply.key),
    }
    if isinstance(reply.answer, Promise):
        changes["promised_for"] = reply.answer.on
    return ask.model_copy(update=changes)
