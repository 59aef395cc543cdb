"""The heart: what to do about one case now. Total and deterministic; no clock, no I/O.

Order of the questions: has it ended, is it clear, is the telemetry good, did somebody say when to
come back, is a promise due, and only then the ladder: nudge, one follow-up, the lead's list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Case, CaseState
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import DeliveryState, Step
from bot.policy.budget import WEEK, Budget
from bot.policy.observe import is_recovered

COMING_BACK = 0.8
"""Share of usual use in the last seven days from which a promise is taken to have worked."""

MOST_LOOPS = 2
"""After two loops without an end the case is parked: visible, and silent."""


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
    OPTED_OUT = "the owner gets no messages"
    QUESTION_ONLY = "a small pilot gets one question and no more"
    ASKED = "asked; waiting for an answer"
    BUDGET = "the recipient had enough messages this week"
    ONE_A_WEEK = "this pilot had its message of the week"
    LISTED = "on the programme lead's list"
    PARKED = "parked after two loops"
    WORKING = "use is coming back after what was promised; telemetry answers for the owner"


@dataclass(frozen=True, slots=True)
class Recipient:
    """The owner as policy sees them: who, where, and whether messages are welcome."""

    person: str
    timezone: str
    country: str | None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Say something: which step, to whom, as which occurrence in which loop."""

    step: Step
    person: str
    loop: int
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class ListForLead:
    """Put the case on the programme lead's list, with a neutral reason."""

    why: str


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


Decision = Ask | ListForLead | Recover | NextLoop | Park | Hold


def decide(
    case: Case,
    recipient: Recipient | None,
    *,
    judged: date,
    calendar: Calendar,
    budget: Budget,
    now: datetime,
) -> tuple[Decision, ...]:
    """Return what to do about a case: one decision, or an end together with its last message.

    `judged` is the last day on which the pilot's usage was judged. Never returns an empty tuple.
    """
    if case.is_closed:
        return (Hold(Quiet.CLOSED),)
    if is_recovered(case, now.date()):
        return _recover(case, recipient, budget, now)
    quiet = _quiet(case, judged, now.date())
    if quiet:
        return (Hold(quiet),)
    if case.state in {CaseState.COMMITTED, CaseState.BLOCKED}:
        return (_promise(case, recipient, calendar, budget, now),)
    if case.state is CaseState.SNOOZED:
        return (NextLoop() if case.loop < MOST_LOOPS else Park(),)
    return (_ladder(case, recipient, calendar, budget, now),)


def _recover(case: Case, recipient: Recipient | None, budget: Budget, now: datetime) -> tuple[Decision, ...]:
    """End the case, with one word of thanks to an owner who had been asked about it."""
    was_asked = any(a.sent_at for a in case.asked)
    if recipient is None or recipient.opted_out or not was_asked:
        return (Recover(),)
    hold = _over_budget(case, budget, now)
    if hold:
        return (hold,)
    return (Recover(), Ask(Step.RECOVERY, recipient.person, case.loop))


def _quiet(case: Case, judged: date, today: date) -> Quiet | None:
    """Return why nothing can be said whatever the ladder says, or None."""
    held = case.open_findings
    if not held:
        return Quiet.CLEAR
    if all(f.suspended for f in held):
        return Quiet.DATA_LATE
    if case.state is CaseState.PARKED:
        return Quiet.PARKED
    if case.snoozed_until and today < case.snoozed_until:
        return Quiet.SNOOZED
    if not any(_is_confirmed(f, judged, today) for f in held):
        return Quiet.UNCONFIRMED
    return None


def _is_confirmed(finding: Finding, judged: date, today: date) -> bool:
    """Whether it held on two looks at least a day apart (a look is a judged day)."""
    looked = today if finding.kind is Kind.STAGE_AGE else judged
    return not finding.suspended and looked > finding.opened_on


def _promise(case: Case, recipient: Recipient | None, calendar: Calendar, budget: Budget, now: datetime) -> Decision:
    """Keep quiet until the date of a step or block, check once a working day later, then list it."""
    country = recipient.country if recipient else None
    due = _promise_due(case)
    wait = (
        case.playbook.commitment_check_after_wd
        if case.state is CaseState.COMMITTED
        else case.playbook.blocked_check_after_wd
    )
    if now.date() < calendar.add_working_days(country, due, wait):
        return Hold(Quiet.COMMITTED if case.state is CaseState.COMMITTED else Quiet.BLOCKED)
    if recipient is None:
        return Hold(Quiet.NO_OWNER)
    if recipient.opted_out:
        return _list(case, "needs a person to look in", Quiet.OPTED_OUT)
    occurrence = sum(1 for a in case.asked if a.step is Step.CHECK and a.loop == case.loop)
    asked = case.asked_at(Step.CHECK, recipient.person)
    since = case.answered_at
    if asked and since and asked.decided_at > since:
        return _after_last(case, asked, country, calendar, now)
    if all((f.recent_share or 0.0) >= COMING_BACK for f in case.open_findings):
        return Hold(Quiet.WORKING)
    return _over_budget(case, budget, now) or Ask(Step.CHECK, recipient.person, case.loop, occurrence)


def _promise_due(case: Case) -> date:
    if case.commitment:
        return case.commitment.due_at.date()
    return case.block.until if case.block else case.opened_at.date()


def _ladder(case: Case, recipient: Recipient | None, calendar: Calendar, budget: Budget, now: datetime) -> Decision:
    """Nudge, one follow-up, then the programme lead's list."""
    if recipient is None:
        return Hold(Quiet.LISTED if case.listed_on else Quiet.NO_OWNER)
    if recipient.opted_out:
        return _list(case, "needs a person to look in", Quiet.LISTED)
    if recipient.person in case.disowned:
        return _list(case, "owner to be confirmed", Quiet.LISTED)
    nudge = case.asked_at(Step.NUDGE, recipient.person)
    if nudge and case.listed_on:
        return Hold(Quiet.LISTED)
    if nudge is None:  # also when the list got the pilot another owner
        return _over_budget(case, budget, now) or Ask(Step.NUDGE, recipient.person, case.loop)
    if all(f.tier == "question" for f in case.open_findings):
        return Hold(Quiet.QUESTION_ONLY)
    return _after_nudge(case, nudge, recipient, calendar, budget, now)


def _after_nudge(
    case: Case, nudge: Asked, recipient: Recipient, calendar: Calendar, budget: Budget, now: datetime
) -> Decision:
    if nudge.outcome in {DeliveryState.DROPPED, DeliveryState.DEAD}:
        return ListForLead("the message did not get through")
    if nudge.sent_at is None:
        return Hold(Quiet.ASKED)
    follow_up = case.asked_at(Step.FOLLOW_UP, recipient.person)
    if follow_up:
        return _after_last(case, nudge, recipient.country, calendar, now)
    if now.date() < calendar.add_working_days(
        recipient.country, nudge.sent_at.date(), case.playbook.follow_up_after_wd
    ):
        return Hold(Quiet.ASKED)
    return _over_budget(case, budget, now) or Ask(Step.FOLLOW_UP, recipient.person, case.loop)


def _after_last(case: Case, asked: Asked, country: str | None, calendar: Calendar, now: datetime) -> Decision:
    """Once nothing more will be asked, the case waits its working days and then goes on the list."""
    if case.listed_on:
        return Hold(Quiet.LISTED)
    sent = (asked.sent_at or asked.decided_at).date()
    if now.date() < calendar.add_working_days(country, sent, case.playbook.lead_after_wd):
        return Hold(Quiet.ASKED)
    return ListForLead("open since " + case.opened_at.date().isoformat())


def _list(case: Case, why: str, quiet: Quiet) -> Decision:
    return Hold(quiet) if case.listed_on else ListForLead(why)


def _over_budget(case: Case, budget: Budget, now: datetime) -> Hold | None:
    """Return the hold when the pilot had its message this week or the person had enough."""
    limits = case.playbook.budgets
    this_week = [
        a
        for a in case.asked
        if (a.sent_at or a.decided_at) > now - WEEK and a.outcome not in {DeliveryState.DROPPED, DeliveryState.DEAD}
    ]
    if len(this_week) >= limits.per_pilot_per_week:
        return Hold(Quiet.ONE_A_WEEK)
    return None if budget.allows(now, limits) else Hold(Quiet.BUDGET)


def apply_decision(case: Case, decision: Decision, outreach_id: str, now: datetime) -> Case:
    """Return the case after a decision was taken; a Hold changes nothing."""
    match decision:
        case Ask():
            return _asked(case, decision, outreach_id, now)
        case ListForLead(why=why):
            return case.model_copy(update={"listed_on": now.date(), "listed_why": why})
        case Recover():
            return case.model_copy(update={"state": CaseState.RECOVERED, "closed_at": now})
        case NextLoop():
            again = {"state": CaseState.OPEN, "loop": case.loop + 1, "snoozed_until": None}
            return case.model_copy(update=again)
        case Park():
            return case.model_copy(
                update={"state": CaseState.PARKED, "listed_on": now.date(), "listed_why": "undecided after two loops"}
            )
        case Hold():
            return case


def _asked(case: Case, ask: Ask, outreach_id: str, now: datetime) -> Case:
    asked = Asked(
        outreach=outreach_id,
        step=ask.step,
        loop=ask.loop,
        occurrence=ask.occurrence,
        person=ask.person,
        decided_at=now,
    )
    changes: dict[str, object] = {"asked": (*case.asked, asked)}
    if case.state is CaseState.OPEN:
        changes["state"] = CaseState.WAITING
    if ask.step is Step.NUDGE:
        changes |= {"listed_on": None, "listed_why": None}
    return case.model_copy(update=changes)


def still_holds(
    case: Case | None, outreach_case: str, step: Step, recipient: str | None, owner: str | None
) -> str | None:
    """Return why an outreach that waits should not be sent any more, or None when it should."""
    if case is None or case.id != outreach_case:
        return "the case has moved on"
    if recipient != owner:
        return "the pilot has another owner now"
    if step is Step.RECOVERY:
        return None if case.state is CaseState.RECOVERED else "it is not a recovery any more"
    if case.is_closed or not case.open_findings:
        return "what was found no longer holds"
    asking = {Step.NUDGE: CaseState.WAITING, Step.FOLLOW_UP: CaseState.WAITING}
    if step in asking and case.state is not asking[step]:
        return "the owner has answered"
    if step is Step.CHECK and case.state not in {CaseState.COMMITTED, CaseState.BLOCKED}:
        return "the owner has answered"
    return None


__all__ = [
    "Ask",
    "Decision",
    "Hold",
    "ListForLead",
    "NextLoop",
    "Park",
    "Quiet",
    "Recipient",
    "Recover",
    "apply_decision",
    "decide",
    "still_holds",
]
