"""A reply moves the case. Pure: the same reply on the same case always gives the same case."""

from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.ask import Request, RequestState
from bot.domain.case import Block, Case, CaseState, Commitment
from bot.domain.decision import Decided, OpenDecision, OpenedBy, Verdict
from bot.domain.outreach import Role
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    ChangeRequest,
    Decide,
    DontKnow,
    HandOver,
    HoldRequest,
    NeedsFirst,
    NextStep,
    NotMe,
    OnTrack,
    OwnerAnswer,
    Promise,
    ProposeStop,
    Reply,
    RequestAnswer,
    SnoozeUntil,
    StepDone,
    StopAsking,
)
from bot.domain.survey import MOST_SAID, Answered, ItemId
from bot.policy.lead_list import (
    NEEDS_LOOK,
    NOBODY_NAMED,
    ON_TRACK_TWICE,
    OWNER_UNSURE,
    SPONSOR_NEEDS,
    SPONSOR_UNSURE,
    lead_objection,
    said_by_lead,
)
from bot.policy.request_answer import FURTHEST, apply_to_requests, held_request
from bot.policy.wishes import MOST_OPEN

FIX_WITHIN: Final = timedelta(days=92)
"""A sponsor's "fix" has a date in about a quarter."""
MORNING: Final = 9
"""Hour (UTC) of the day by which a fix is to be done."""
CLOSED: Final = "This one is closed, so nothing changes. Thank you all the same."

NAMING: Final = frozenset({Role.OWNER, Role.LEAD})
"""As what somebody may name who can clear the way."""

Follows = Request | OpenDecision | None
"""What follows from an answer (bot.policy.wishes)."""


def objection(reply: Reply, case: Case, now: datetime, follows: Follows = None) -> str | None:
    """Return why this answer can't be taken now, in words for its author, or None when it can."""
    if case.id != reply.case_id or case.is_closed:
        return CLOSED
    answer = reply.answer
    if isinstance(answer, NextStep):
        return _out_of_range(answer.at, now)
    if isinstance(answer, Decide):
        return _of_decision(answer, now) if case.decision else CLOSED
    if isinstance(answer, RequestAnswer) and held_request(case) is None:
        return "Nothing of this pilot waits to leave any more, so nothing changes."
    refused = day_objection(answer, now)
    if refused is None and reply.role is Role.LEAD:
        refused = lead_objection(case, reply, follows)
    if refused is not None:
        return refused
    if reply.role in NAMING and isinstance(follows, Request) and len(_others_asked(case, follows)) >= MOST_OPEN:
        return f"{MOST_OPEN} people are being asked for this pilot already. Once one has answered, name the next."
    return None


def day_objection(answer: Answer, now: datetime) -> str | None:
    """Return why the day that an answer names can't be taken, or None where it can or names none."""
    day = _day_of(answer)
    return None if day is None else _day_out_of_range(day, now)


def _day_of(answer: object) -> date | None:
    """Return the day that an answer names, if it names one."""
    if isinstance(answer, SnoozeUntil | BlockedBy | HoldRequest):
        return answer.until
    if isinstance(answer, Promise):
        return answer.on
    return answer.due if isinstance(answer, ChangeRequest) else None


def _others_asked(case: Case, follows: Request) -> list[Request]:
    return [r for r in case.live_requests if r.key != follows.key]


def _of_decision(answer: Decide, now: datetime) -> str | None:
    if answer.verdict is not Verdict.FIX:
        return _day_out_of_range(answer.until, now) if answer.until else None
    if answer.until is None:
        return "By which day is it to be fixed?"
    if answer.until > now.date() + FIX_WITHIN:
        return "That is more than a quarter away. Which day within a quarter?"
    return _day_out_of_range(answer.until, now)


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


def apply_reply(case: Case, reply: Reply, now: datetime, follows: Follows = None) -> Case:
    """Return the case after the reply; one that was applied before, or can't be taken, changes nothing.

    `follows` is what comes of it: a wish to somebody else, or a decision. Of an answer to an Ask it is the
    wish to whoever owns the thing instead.
    """
    if reply.key in case.applied or objection(reply, case, now, follows) is not None:
        return case
    is_of_ask = reply.role is Role.UNBLOCKER and reply.thing is not None
    if is_of_ask or isinstance(reply.answer, RequestAnswer):
        moved = apply_to_requests(case, reply, now, follows)
    else:
        moved = case.model_copy(update=_moves(case, reply, now, follows))
    told = _what_holds_it_back(reply, now)
    kept = moved.model_copy(
        update={"applied": (*case.applied, reply.key), "answers": (*moved.answers, *([told] if told else []))}
    )
    return Case.model_validate(kept.model_dump())


def _what_holds_it_back(reply: Reply, now: datetime) -> Answered | None:
    """Return an owner's answer to a question as one to OWN-01, which is what every question to an owner asks."""
    if reply.role is not Role.OWNER:
        return None
    second = None
    match reply.answer:
        case BlockedBy(cause=cause, person=person):
            option, second = cause.value, person[:MOST_SAID] if person else None
        case OnTrack():
            option = "on_track"
        case ProposeStop():
            option = "stop"
        case _:
            return None
    return Answered(item=ItemId.HOLDS_BACK, option=option, second=second, at=now, by=reply.person)


def _moves(case: Case, reply: Reply, now: datetime, follows: Follows) -> dict[str, object]:
    """Return the fields that the answer changes."""
    answer = reply.answer
    if reply.role is Role.SPONSOR:
        return _said_by_sponsor(case, reply, now)
    if reply.role is Role.LEAD:
        return said_by_lead(case, reply, now, follows)
    if isinstance(answer, DontKnow):
        return {"answered_at": now}
    fresh: dict[str, object] = {
        "answered_at": now,
        "listed_on": None,
        "listed_why": None,
        "snoozed_until": None,
        "commitment": None,
        "block": None,
    }
    if isinstance(answer, OwnerAnswer) and case.decision and case.decision.opened_by is OpenedBy.OPEN_LONG:
        fresh["decision"] = None  # it was open for want of a word, which has come
    return fresh | (
        _said_by_owner(case, reply, now, follows) if isinstance(answer, OwnerAnswer) else _left(case, reply, now)
    )


def _said_by_owner(case: Case, reply: Reply, now: datetime, follows: Follows) -> dict[str, object]:
    """Return what an owner's answer about the pilot changes."""
    book = case.playbook
    match reply.answer:
        case OnTrack():
            until = now.date() + timedelta(days=book.on_track_days)
            moved = {"state": CaseState.SNOOZED, "snoozed_until": until, "contested": case.contested + 1}
            # The owner knows more than the rule: after the second time a person looks at the rule, and nobody above.
            doubt = {"listed_on": now.date(), "listed_why": ON_TRACK_TWICE} if case.contested else {}
            return moved | doubt | _ended(case, RequestState.WITHDRAWN)
        case StepDone():
            until = now.date() + timedelta(days=book.on_track_days)
            return {"state": CaseState.SNOOZED, "snoozed_until": until} | _ended(case, RequestState.DONE)
        case SnoozeUntil(until=until):
            return {"state": CaseState.SNOOZED, "snoozed_until": until}
        case BlockedBy():
            return _blocked(case, reply, reply.answer, now, follows)
        case NextStep(action=action, at=at):
            moves = case.commitment.moves + 1 if case.commitment else 0
            step = Commitment(action=action, due_at=at, said_by=reply.person, made_at=now, moves=moves)
            return {"state": CaseState.COMMITTED, "commitment": step}
        case ProposeStop() if isinstance(follows, OpenDecision):
            proposed = follows.model_copy(update={"lesson": reply.answer.lesson})
            return {"state": CaseState.WAITING, "decision": proposed} | _ended(case, RequestState.WITHDRAWN)
        case _:
            return _left(case, reply, now)


def _left(case: Case, reply: Reply, now: datetime) -> dict[str, object]:
    """Return what changes when somebody else must look after the pilot."""
    why = OWNER_UNSURE if isinstance(reply.answer, NotMe | HandOver) else NEEDS_LOOK
    left: dict[str, object] = {"state": CaseState.WAITING, "listed_on": now.date(), "listed_why": why}
    if isinstance(reply.answer, StopAsking | ProposeStop):
        return left
    handed = {"handed_to": reply.answer.person} if isinstance(reply.answer, HandOver) else {}
    return left | handed | {"disowned": (*case.disowned, reply.person)}


def _blocked(case: Case, reply: Reply, answer: BlockedBy, now: datetime, follows: Follows) -> dict[str, object]:
    """Note what is in the way, and ask for it, put it up, or have a person look at it."""
    until = answer.until or now.date() + timedelta(days=case.playbook.blocked_default_days)
    block = Block(cause=answer.cause, person=answer.person, until=until, said_by=reply.person, said_at=now)
    moved: dict[str, object] = {"state": CaseState.BLOCKED, "block": block}
    if isinstance(follows, OpenDecision):
        return moved | {"state": CaseState.WAITING, "decision": follows}
    if answer.cause is Cause.TARGETS:
        return moved | {"listed_on": now.date(), "listed_why": NEEDS_LOOK}
    overdue = _overdue(case, follows, now)
    if overdue is not None:
        return moved | {"requests": case.with_request(overdue).requests}
    if follows is None and answer.person is None and answer.until is None and not case.live_requests:
        return moved | {"listed_on": now.date(), "listed_why": NOBODY_NAMED}
    if not isinstance(follows, Request) or any(r.key == follows.key for r in case.live_requests):
        return moved
    return moved | {"requests": case.with_request(follows).requests}


def _overdue(case: Case, follows: Follows, now: datetime) -> Request | None:
    """Return the wish whose second date has passed, as missed, when the owner says that its thing is in the way."""
    for request in case.live_requests:
        is_meant = not isinstance(follows, Request) or follows.key == request.key
        is_past = request.promised_for is not None and request.promised_for < now.date()
        if request.state is RequestState.PROMISED and request.moves and is_past and is_meant:
            return request.model_copy(update={"state": RequestState.MISSED})
    return None


def _ended(case: Case, state: RequestState) -> dict[str, object]:
    """Return the wishes with every live one ended."""
    ended = (r.model_copy(update={"state": state}) if r.is_live else r for r in case.requests)
    return {"requests": tuple(ended)}


def _said_by_sponsor(case: Case, reply: Reply, now: datetime) -> dict[str, object]:
    """Return what a sponsor's answer changes: a decision, another day for it, or what a person has to see to."""
    match reply.answer:
        case Decide():
            return _decided(case, reply.answer, reply.person, now)
        case SnoozeUntil(until=until) if case.decision is not None:
            return {"decision": case.decision.model_copy(update={"due": until})}
        case NeedsFirst():
            return {"listed_on": now.date(), "listed_why": SPONSOR_NEEDS}
        case NotMe():
            return {"listed_on": now.date(), "listed_why": SPONSOR_UNSURE}
        case _:
            return {}


def _decided(case: Case, answer: Decide, person: str, now: datetime) -> dict[str, object]:
    """Return what a sponsor's decision changes: scale and stop end the case, a fix is followed to its day."""
    lesson = answer.lesson or (case.decision.lesson if case.decision and answer.verdict is Verdict.STOP else None)
    taken = Decided(verdict=answer.verdict, by=person, at=now, until=answer.until, lesson=lesson)
    moved: dict[str, object] = {
        "decided": (*case.decided, taken),
        "decision": None,
        "listed_on": None,
        "listed_why": None,
    }
    moved |= _ended(case, RequestState.WITHDRAWN)
    if answer.verdict is not Verdict.FIX or answer.until is None:
        return moved | {"state": CaseState.DECIDED, "closed_at": now, "block": None, "commitment": None}
    due = datetime(answer.until.year, answer.until.month, answer.until.day, MORNING, tzinfo=now.tzinfo)
    action = case.decision.thing if case.decision else ""
    step = Commitment(action=action, due_at=due, said_by=person, made_at=now, by_sponsor=True)
    return moved | {"state": CaseState.COMMITTED, "commitment": step, "block": None}
