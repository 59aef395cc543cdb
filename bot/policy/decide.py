"""The heart: what to do about one case now. Total and deterministic; no clock, no I/O.

Order of the questions: has it ended, is it clear, is the telemetry good, did somebody say when to
come back, is there news for the owner, what comes of what was asked of others, is a decision open, is a
promise due, and only then the ladder: nudge, one follow-up, the lead's list.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.ask import Request, RequestState
from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Case, CaseState
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import ROLES, DeliveryState, Role, Step
from bot.policy.asking import Asking, is_coming_back
from bot.policy.budget import WEEK, Budget
from bot.policy.deadlines import has_passed, local_day
from bot.policy.decisions import (
    Decision,
    Hold,
    ListForLead,
    NextLoop,
    Others,
    Park,
    Quiet,
    Recipient,
    Recover,
    Say,
    is_reached,
)
from bot.policy.lead_list import NEEDS_LOOK, NOBODY_ASKED, NOT_THROUGH, OWNER_UNSURE
from bot.policy.observe import is_recovered
from bot.policy.telling import news
from bot.policy.upward import MOST_LOOPS, Upward

RETRACTED_WITHIN = timedelta(days=14)
"""For so long after the data was corrected a word of apology still makes sense."""

THANKED = frozenset({RequestState.DONE, RequestState.PROMISED})
"""Wishes after which whoever was asked is thanked once use has followed."""


def decide(
    case: Case,
    recipient: Recipient | None,
    *,
    judged: date,
    calendar: Calendar,
    budget: Budget,
    now: datetime,
    others: Others | None = None,
) -> tuple[Decision, ...]:
    """Return what to do about a case: one decision, or an end together with its last message.

    `judged` is the last day on which the pilot's usage was judged, `recipient` the owner, `budget` theirs. Days of
    a person (a snooze, a promise, working days) are those of their own clock. Never returns an empty tuple.
    """
    everybody = others or Others()
    look = _Look(case, recipient, calendar, budget, now)
    if case.is_closed:
        return (look.retract() or look.tell() or Hold(Quiet.CLOSED),)
    if is_recovered(case, now.date()):
        return look.recover(everybody)
    quiet = look.quiet(judged)
    if quiet:
        return (Hold(quiet),)
    others_first = _of_others(look, everybody)
    is_promised = case.state is CaseState.COMMITTED and case.decision is None
    if others_first is None or (is_promised and isinstance(others_first, Hold)):
        return (_of_owner(look),)
    return (others_first,)


def _of_others(look: "_Look", others: Others) -> Decision | None:
    """Return what comes next of what was asked of others, of what they said, or of a decision that is open.

    News that must wait for room in the owner's week keeps nobody else waiting.
    """
    upward = Upward(look.case, look.recipient, others, look.calendar, look.now)
    asking = Asking(look.case, look.recipient, others, look.calendar, look.now)
    told = look.tell()
    said = told if isinstance(told, Say) else None
    moves = (upward.opens(), said, asking.next(), upward.next(), told)
    known = [one for one in moves if one is not None]
    return next((one for one in known if not isinstance(one, Hold)), known[0] if known else None)


def _of_owner(look: "_Look") -> Decision:
    """Return what comes next between us and the owner."""
    case = look.case
    if case.state in {CaseState.COMMITTED, CaseState.BLOCKED}:
        return look.unsent() or look.promise()
    if case.state is CaseState.SNOOZED:
        return NextLoop() if case.loop < MOST_LOOPS else Park()
    return NextLoop() if case.state is CaseState.PARKED else look.ladder()


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
        return local_day(moment, self.recipient)

    def has_passed(self, since: date, working_days: int) -> bool:
        """Whether so many of the recipient's working days lie between a day and today."""
        return has_passed(self.calendar, self.now, since, working_days, self.recipient)

    def recover(self, others: Others) -> tuple[Decision, ...]:
        """End the case, with one word of thanks to an owner who had been asked about it, and to whoever helped."""
        owner, thanks = self.owner_who_was_told(), self.thanks(others)
        if owner is None:
            return (Recover(), *thanks)
        return (hold,) if (hold := self.over_budget()) else (Recover(), self.ask(Step.RECOVERY, owner), *thanks)

    def thanks(self, others: Others) -> tuple[Say, ...]:
        """Thank whoever cleared the way, each once."""
        done = (r for r in self.case.requests if r.state in THANKED and r.loop == self.case.loop)
        helped = {r.person: r for r in done if self.was_asked(r)}
        welcome = (others.people.get(person) for person in helped)
        return tuple(
            Say(Step.THANKS, one.person, self.case.loop, thing=helped[one.person].thing.key)
            for one in welcome
            if one is not None and not one.opted_out
        )

    def was_asked(self, request: Request) -> bool:
        """Whether a message about a wish reached the person, in this case or in another that waits for the same."""
        asked = self.case.asked_at(Step.UNBLOCK, request.person, request.thing.key)
        return request.out_at is not None or (asked is not None and asked.sent_at is not None)

    def tell(self) -> Decision | None:
        """Tell the owner what somebody else said, as soon as there is room for a message."""
        said = news(self.case, self.recipient)
        return (self.over_budget() or said) if said else None

    def unsent(self) -> Decision | None:
        """Ask for a person where something is in the way and nobody can be asked about it."""
        lost = any(r.state is RequestState.UNSENT and r.loop == self.case.loop for r in self.case.requests)
        return self.listed(NOBODY_ASKED) if lost else None

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
        if not is_reached(owner, self.case):
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
            return self.listed(NEEDS_LOOK)
        asked = case.asked_at(Step.CHECK, owner.person)
        if asked and case.answered_at and asked.decided_at > case.answered_at:
            return self.after_last(asked)
        if is_coming_back(case):
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
            return self.listed(NEEDS_LOOK)
        if owner.person in case.disowned:
            return self.listed(OWNER_UNSURE)
        nudge = case.asked_at(Step.NUDGE, owner.person)
        if nudge is None:  # also when the list got the pilot another owner
            return self.over_budget() or self.ask(Step.NUDGE, owner)
        return Hold(Quiet.LISTED) if case.listed_on else self.after_nudge(nudge, owner)

    def after_nudge(self, nudge: Asked, owner: Recipient) -> Decision:
        """Follow up once, no sooner than the working days of the playbook; a small pilot never."""
        if nudge.outcome is DeliveryState.DEAD:
            return ListForLead(NOT_THROUGH)
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
        since = self.case.opened_at.date()
        return ListForLead(f"open since {since.day} {since:%B} {since.year}")

    def listed(self, why: str) -> Decision:
        """Put the case on the list, once."""
        return Hold(Quiet.LISTED) if self.case.listed_on else ListForLead(why)

    def ask(self, step: Step, owner: Recipient) -> Say:
        """Say, as the next occurrence of this step: one that was withdrawn unsent is asked anew."""
        before = sum((a.step, a.loop, a.person) == (step, self.case.loop, owner.person) for a in self.case.asked)
        return Say(step, owner.person, self.case.loop, before)

    def over_budget(self) -> Hold | None:
        """Return the hold when the pilot had its message this week or the person had enough."""
        limits = self.case.playbook.budgets
        this_week = [
            a
            for a in self.case.asked
            if ROLES.get(a.step, Role.OWNER) is Role.OWNER
            and (a.sent_at or a.decided_at) > self.now - WEEK
            and a.outcome not in {DeliveryState.DROPPED, DeliveryState.DEAD}
        ]
        if len(this_week) >= limits.per_pilot_per_week:
            return Hold(Quiet.ONE_A_WEEK)
        return None if self.budget.allows(self.now, limits) else Hold(Quiet.BUDGET)
