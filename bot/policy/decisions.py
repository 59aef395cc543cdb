"""What can be decided about a case, and how a case stands after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeGuard

from bot.domain.ask import Ask, AskState, Request, RequestState
from bot.domain.case import Asked, Case, CaseState
from bot.domain.decision import OpenDecision
from bot.domain.outreach import Role, Step
from bot.policy.budget import Budget


class Quiet(StrEnum):
    """Why nothing is said now; shown in the status view and in the demo's account."""

    CLOSED = "the case has ended"
    CLEAR = "clear; three weekly looks make it a recovery"
    DATA_LATE = "the data is late, so nothing is concluded from it"
    UNCONFIRMED = "seen once; a second look follows"
    SNOOZED = "snoozed by the owner"
    COMMITTED = "a step is agreed; quiet until it is due"
    BLOCKED = "blocked until the date that was named"
    NO_OWNER = "no owner in the registry"
    QUESTION_ONLY = "a small pilot gets one question and no more"
    QUEUED = "decided; it leaves in the owner's hours, when there is room"
    ASKED = "asked; waiting for an answer"
    BUDGET = "the recipient had enough messages this week"
    ONE_A_WEEK = "this pilot had its message of the week"
    LISTED = "on the programme lead's list"
    PARKED = "parked after two loops"
    WORKING = "use is coming back after what was promised; telemetry answers for the owner"
    SHOWN = "the owner has seen what will be asked of somebody else; it leaves a working day later"
    HELD = "the owner holds back what is to be asked of somebody else"
    AWAY = "whoever can clear it is away"
    OUT = "somebody was asked to clear the way"
    PROMISED = "whoever was asked named a day; quiet until it has passed"
    DECISION = "a decision is open, and the sponsor's weekly message has it"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody as policy sees them: who, where, whether messages are welcome, and who stands in for them."""

    person: str
    timezone: str
    country: str | None
    opted_out: bool = False
    delegate: str | None = None
    away_until: date | None = None
    name: str = ""


def is_reached(person: Recipient | None, case: Case) -> TypeGuard[Recipient]:
    """Whether there is somebody who reads what is written about a case, and did not say that it is not theirs."""
    return person is not None and not person.opted_out and person.person not in case.disowned


def _nothing_got(_person: str, _role: Role) -> Budget:
    return Budget()


@dataclass(frozen=True, slots=True)
class Others:
    """Everybody but the owner who may be written to about a case, and what stands with them.

    `people` holds whoever is asked, and who stands in for them, by id; `asks` the latest Ask of a person about a
    thing; `met` the dependencies that the registry shows as done. `sponsor_reads` says whether the sponsor's
    weekly messages were released often enough that one may be written to.
    """

    people: Mapping[str, Recipient] = field(default_factory=dict)
    budget: Callable[[str, Role], Budget] = _nothing_got
    asks: Mapping[tuple[str, str], Ask] = field(default_factory=dict)
    met: frozenset[str] = frozenset()
    sponsor: str | None = None
    sponsor_reads: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Say something: which step, to whom, as which occurrence in which loop."""

    step: Step
    person: str
    loop: int
    occurrence: int = 0
    thing: str | None = None
    """Key of what is asked for, where it is about that."""


@dataclass(frozen=True, slots=True)
class ListForLead:
    """Put the case on the programme lead's list, with a neutral reason."""

    why: str


@dataclass(frozen=True, slots=True)
class Join:
    """Wait, with others, for what the person was asked already: nobody gets a second message about it."""

    request: Request
    ask: Ask


@dataclass(frozen=True, slots=True)
class Settle:
    """Note how the wish of this case stands now."""

    request: Request
    state: RequestState


@dataclass(frozen=True, slots=True)
class PassOn:
    """Ask whoever stands in for the person."""

    request: Request
    person: str
    name: str


@dataclass(frozen=True, slots=True)
class OpenUp:
    """Open a decision that only the sponsor can take."""

    decision: OpenDecision


@dataclass(frozen=True, slots=True)
class Recover:
    """End the case: what was found no longer holds."""


@dataclass(frozen=True, slots=True)
class NextLoop:
    """Come back after a snooze, a block or a step that did not help: the ladder starts again."""


@dataclass(frozen=True, slots=True)
class Park:
    """Two loops are done: stay visible, say nothing."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing now, and why."""

    why: Quiet


Decision = Say | ListForLead | Join | Settle | PassOn | OpenUp | Recover | NextLoop | Park | Hold


def apply_decision(case: Case, decision: Decision, outreach_id: str, now: datetime) -> Case:
    """Return the case after a decision was taken; a Hold changes nothing."""
    match decision:
        case Say():
            return _asked(case, decision, outreach_id, now)
        case ListForLead(why=why):
            return case.model_copy(update={"listed_on": now.date(), "listed_why": why})
        case Recover():
            return case.model_copy(update={"state": CaseState.RECOVERED, "closed_at": now})
        case NextLoop():
            again = {
                "state": CaseState.OPEN,
                "loop": case.loop + 1,
                "snoozed_until": None,
                "listed_on": None,
                "listed_why": None,
                "decision": None,
                "commitment": None,
            }
            return case.model_copy(update=again)
        case Park():
            return case.model_copy(
                update={
                    "state": CaseState.PARKED,
                    "listed_on": now.date(),
                    "listed_why": "undecided after two loops",
                    "decision": None,
                }
            )
        case Hold():
            return case
        case _:
            return _of_others(case, decision, now)


def _of_others(case: Case, decision: Join | Settle | PassOn | OpenUp, now: datetime) -> Case:
    """Return the case after a decision about what is asked of somebody else."""
    match decision:
        case Join(request=request, ask=ask):
            is_promised = ask.state is AskState.PROMISED
            state = RequestState.PROMISED if is_promised else RequestState.OUT
            joined = {"state": state, "out_at": now, "promised_for": ask.promised_for, "said_at": ask.answered_at}
            return case.with_request(request.model_copy(update=joined))
        case Settle(request=request, state=state):
            moved = case.with_request(request.model_copy(update={"state": state}))
            return cleared(moved, now) if state is RequestState.DONE else moved
        case PassOn(request=request, person=person, name=name):
            passed = case.with_request(request.model_copy(update={"state": RequestState.ELSEWHERE}))
            if any(r.is_live and r.key == (person, request.thing.key) for r in case.requests):
                return passed
            fresh = request.model_copy(update={"person": person, "name": name, "hops": request.hops + 1})
            return passed.model_copy(update={"requests": (*passed.requests, fresh)})
        case OpenUp(decision=opened):
            opening = {"state": CaseState.WAITING, "decision": opened, "block": None, "commitment": None}
            return case.model_copy(update=opening)


def cleared(case: Case, now: datetime) -> Case:
    """Return the case waiting for use to follow what was cleared, for as long as a block without a day lasts."""
    if case.live_requests:
        return case
    until = now.date() + timedelta(days=case.playbook.blocked_default_days)
    if case.block is None:
        is_asked = case.state in {CaseState.OPEN, CaseState.WAITING} and case.decision is None
        return case.model_copy(update={"state": CaseState.SNOOZED, "snoozed_until": until}) if is_asked else case
    return case.model_copy(update={"block": case.block.model_copy(update={"until": until})})


def _asked(case: Case, ask: Say, outreach_id: str, now: datetime) -> Case:
    asked = Asked(
        outreach=outreach_id,
        step=ask.step,
        loop=ask.loop,
        occurrence=ask.occurrence,
        person=ask.person,
        thing=ask.thing,
        decided_at=now,
    )
    changes: dict[str, object] = {"asked": (*case.asked, asked)}
    if case.state is CaseState.OPEN:
        changes["state"] = CaseState.WAITING
    if ask.step is Step.UNBLOCK:
        return _put_out(case.model_copy(update=changes), ask)
    if ask.step is Step.NUDGE:
        changes |= {"listed_on": None, "listed_why": None}
    return case.model_copy(update=changes)


def _put_out(case: Case, ask: Say) -> Case:
    """Note that the wish is on its way to the person."""
    for request in case.requests:
        if request.is_live and request.key == (ask.person, ask.thing):
            return case.with_request(request.model_copy(update={"state": RequestState.OUT, "out_at": None}))
    return case
