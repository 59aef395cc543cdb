"""The heart: what to do about one case now. Total and deterministic; no clock, no I/O.

Order of the questions: has it ended, is it clear, is the telemetry good, did somebody say when to
come back, is a promise due, and only then the ladder: nudge, one follow-up, the lead's list.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.calendar import Calendar, to_zone
from bot.domain.case import Asked, Case, CaseState
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import DeliveryState, Step
from bot.policy.budget import WEEK, Budget
from bot.policy.observe import is_recovered

COMING_BACK = 0.8
"""Share of usual use in the last seven days from which a promise is taken to have worked."""

RETRACTED_WITHIN = timedelta(days=14)
"""For so long after the data was corrected a word of apology still makes sense."""

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
    QUESTION_ONLY = "a small pilot gets one question and no more"
    QUEUED = "decided; it leaves in the owner's hours, when there is room"
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

    `judged` is the last day on which the pilot's usage was judged. Days of a person (a snooze, a
    promise, working days) are those of the recipient's own clock. Never returns an empty tuple.
    """
    look = _Look(case, recipient, calendar, budget, now)
    if case.is_closed:
        return (look.retract() or Hold(Quiet.CLOSED),)
    if is_recovered(case, now.date()):
        return look.recover()
    quiet = look.quiet(judged)
    if quiet:
        return (Hold(quiet),)
    if case.state in {CaseState.COMMITTED, CaseState.BLOCKED}:
        return (look.promise(),)
    if case.state is CaseState.SNOOZED:
        return (NextLoop() if case.loop < MOST_LOOPS else Park(),)
    if case.state is CaseState.PARKED:
        return (NextLoop(),)
    return (look.ladder(),)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one open case, by the clock and calendar of whoever would be written to."""

    case: Case
    recipient: Recipient | None
    calendar: Calendar
    budget: Budget
    now: datetime

    def day(self, moment: datetime) -> date:
        """Return the recipient's calendar day of a moment."""
        return moment.astimezone(to_zone(self.recipient.timezone if self.recipient else "UTC")).date()

    def has_passed(self, since: date, working_days: int) -> bool:
        """Whether so many of the recipient's working days lie between a day and today."""
        country = self.recipient.country if self.recipient else None
        return self.day(self.now) >= self.calendar.add_working_days(country, since, working_days)

    def recover(self) -> tuple[Decision, ...]:
        """End the case, with one word of thanks to an owner who had been asked about it."""
        owner = self.owner_who_was_told()
        if owner is None:
            return (Recover(),)
        return (hold,) if (hold := self.over_budget()) else (Recover(), self.ask(Step.RECOVERY, owner))

    def retract(self) -> Decision | None:
        """Say once to an owner who had been written to that corrected data doesn't show it any more."""
        case, owner = self.case, self.owner_who_was_told()
        if case.state is not CaseState.RETRACTED or case.closed_at is None or owner is None:
            return None
        if self.now > case.closed_at + RETRACTED_WITHIN or case.asked_at(Step.RETRACTION, owner.person):
            return None
        return self.over_budget() or self.ask(Step.RETRACTION, owner)

    def owner_who_was_told(self) -> Recipient | None:
        """Return the owner if they were written to about this case and did not say that it's not theirs."""
        owner = self.recipient
        if owner is None or owner.opted_out or owner.person in self.case.disowned:
            return None
        return owner if any(a.sent_at and a.person == owner.person for a in self.case.asked) else None

    def quiet(self, judged: date) -> Quiet | None:
        """Return why nothing can be said whatever the ladder says, or None."""
        case, held = self.case, self.case.open_findings
        if not held:
            return Quiet.CLEAR
        if all(f.suspended for f in held):
            return Quiet.DATA_LATE
        if case.state is CaseState.PARKED and not self.has_parked_long():
            return Quiet.PARKED
        if case.snoozed_until and self.day(self.now) < case.snoozed_until:
            return Quiet.SNOOZED
        if not any(self.is_confirmed(f, judged) for f in held):
            return Quiet.UNCONFIRMED
        return None

    def has_parked_long(self) -> bool:
        """Whether the case was parked for as long as the playbook says."""
        since = self.case.listed_on or self.now.date()
        return self.now.date() >= since + timedelta(days=self.case.playbook.parked_days)

    def is_confirmed(self, finding: Finding, judged: date) -> bool:
        """Whether it held on two looks at least a day apart (a look is a judged day)."""
        looked = self.now.date() if finding.kind is Kind.STAGE_AGE else judged
        return not finding.suspended and looked > finding.opened_on

    def promise(self) -> Decision:
        """Keep quiet until the day of a step or block, check once a working day later, then list it."""
        case, owner, book = self.case, self.recipient, self.case.playbook
        is_step = case.state is CaseState.COMMITTED
        wait = book.commitment_check_after_wd if is_step else book.blocked_check_after_wd
        if not self.has_passed(self.due(), wait):
            return Hold(Quiet.COMMITTED if is_step else Quiet.BLOCKED)
        if owner is None:
            return Hold(Quiet.NO_OWNER)
        if owner.opted_out:
            return self.listed("needs a person to look in")
        asked = case.asked_at(Step.CHECK, owner.person)
        if asked and case.answered_at and asked.decided_at > case.answered_at:
            return self.after_last(asked)
        if all((f.recent_share or 0.0) >= COMING_BACK for f in case.open_findings):
            return Hold(Quiet.WORKING)
        return self.over_budget() or self.ask(Step.CHECK, owner)

    def due(self) -> date:
        """Return the day that was promised."""
        if self.case.commitment:
            return self.day(self.case.commitment.due_at)
        return self.case.block.until if self.case.block else self.day(self.case.opened_at)

    def ladder(self) -> Decision:
        """Nudge, one follow-up, then the programme lead's list."""
        case, owner = self.case, self.recipient
        if owner is None:
            return Hold(Quiet.LISTED if case.listed_on else Quiet.NO_OWNER)
        if owner.opted_out:
            return self.listed("needs a person to look in")
        if owner.person in case.disowned:
            return self.listed("owner to be confirmed")
        nudge = case.asked_at(Step.NUDGE, owner.person)
        if nudge is None:  # also when the list got the pilot another owner
            return self.over_budget() or self.ask(Step.NUDGE, owner)
        return Hold(Quiet.LISTED) if case.listed_on else self.after_nudge(nudge, owner)

    def after_nudge(self, nudge: Asked, owner: Recipient) -> Decision:
        """Follow up once, no sooner than the working days of the playbook; a small pilot never."""
        if nudge.outcome is DeliveryState.DEAD:
            return ListForLead("the message did not get through")
        if nudge.sent_at is None:
            return Hold(Quiet.QUEUED)
        if all(f.tier == "question" for f in self.case.open_findings):
            return Hold(Quiet.QUESTION_ONLY)
        if self.case.asked_at(Step.FOLLOW_UP, owner.person):
            return self.after_last(nudge)
        if not self.has_passed(self.day(nudge.sent_at), self.case.playbook.follow_up_after_wd):
            return Hold(Quiet.ASKED)
        return self.over_budget() or self.ask(Step.FOLLOW_UP, owner)

    def after_last(self, asked: Asked) -> Decision:
        """Once nothing more will be asked, the case waits its working days and then goes on the list."""
        if self.case.listed_on:
            return Hold(Quiet.LISTED)
        if not self.has_passed(self.day(asked.sent_at or asked.decided_at), self.case.playbook.lead_after_wd):
            return Hold(Quiet.ASKED)
        return ListForLead("open since " + self.case.opened_at.date().isoformat())

    def listed(self, why: str) -> Decision:
        """Put the case on the list, once."""
        return Hold(Quiet.LISTED) if self.case.listed_on else ListForLead(why)

    def ask(self, step: Step, owner: Recipient) -> Ask:
        """Ask, as the next occurrence of this step: one that was withdrawn unsent is asked anew."""
        before = sum((a.step, a.loop, a.person) == (step, self.case.loop, owner.person) for a in self.case.asked)
        return Ask(step, owner.person, self.case.loop, before)

    def over_budget(self) -> Hold | None:
        """Return the hold when the pilot had its message this week or the person had enough."""
        limits = self.case.playbook.budgets
        this_week = [
            a
            for a in self.case.asked
            if (a.sent_at or a.decided_at) > self.now - WEEK
            and a.outcome not in {DeliveryState.DROPPED, DeliveryState.DEAD}
        ]
        if len(this_week) >= limits.per_pilot_per_week:
            return Hold(Quiet.ONE_A_WEEK)
        return None if self.budget.allows(self.now, limits) else Hold(Quiet.BUDGET)


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
            again = {
                "state": CaseState.OPEN,
                "loop": case.loop + 1,
                "snoozed_until": None,
                "listed_on": None,
                "listed_why": None,
            }
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
    """Return why an outreach that waits should not be sent any more, or None when it should.

    What is withdrawn counts as never asked: when the reason has gone, it is decided anew.
    """
    if case is None or case.id != outreach_case:
        return "the case has moved on"
    if recipient != owner:
        return "the pilot has another owner now"
    if step is Step.RECOVERY:
        return None if case.state is CaseState.RECOVERED else "it is not a recovery any more"
    if step is Step.RETRACTION:
        return None if case.state is CaseState.RETRACTED else "there is nothing to take back any more"
    if case.is_closed or not case.open_findings:
        return "what was found no longer holds"
    if all(f.suspended for f in case.open_findings):
        return "the data is late, so nothing is concluded from it"
    promised = {CaseState.COMMITTED, CaseState.BLOCKED}
    awaited = promised if step is Step.CHECK else {CaseState.WAITING}
    return None if case.state in awaited else "the owner has answered"
