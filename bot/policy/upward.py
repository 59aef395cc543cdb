"""What only a sponsor can settle: when a decision opens, and when the sponsor is written to about it apart.

A decision waits in the sponsor's weekly message. One message of its own follows when its day has passed, and
never before the sponsor's weekly messages are read by somebody who released them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.ask import RequestState
from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Case, CaseState
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Role, Step
from bot.policy.deadlines import has_passed, local_day
from bot.policy.decisions import Decision, Hold, ListForLead, NextLoop, OpenUp, Others, Park, Quiet, Recipient, Say
from bot.policy.lead_list import goes_up

MOST_LOOPS: Final = 2
"""After two loops without an end the case is parked: visible, and silent."""

OPENED: Final = {
    RequestState.MISSED: OpenedBy.MISSED,
    RequestState.OBJECTED: OpenedBy.REFUSED,
    RequestState.EXPIRED: OpenedBy.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Upward:
    """One look at what of one case goes to its sponsor."""

    case: Case
    owner: Recipient | None
    others: Others
    calendar: Calendar
    now: datetime

    def opens(self) -> OpenUp | None:
        """Return the decision that opens now: a wish came to nothing, or the pilot is in its stage for a year."""
        if self.case.decision is not None or self.case.state is CaseState.PARKED:
            return None
        for request in self.case.requests:
            is_last = request.loop == self.case.loop and not any(d.at > request.made_at for d in self.case.decided)
            if request.state in OPENED and is_last:
                return self.open(OPENED[request.state], request.thing.words)
        return self._too_old() or self._listed_long()

    def open(self, why: OpenedBy, thing: str = "") -> OpenUp:
        """Return a decision that opens now and is hoped for in the playbook's working days of the sponsor."""
        sponsor = self.others.people.get(self.others.sponsor or "")
        due = self.calendar.add_working_days(
            sponsor.country if sponsor else None, local_day(self.now, sponsor), self.case.playbook.decision_wd
        )
        return OpenUp(OpenDecision(opened_by=why, opened_at=self.now, due=due, thing=thing))

    def _too_old(self) -> OpenUp | None:
        """Open a decision about a stage of more than a year once the owner has had the days to say something."""
        limit = timedelta(days=self.case.playbook.stage_limit_days)
        old = any(f.kind is Kind.STAGE_AGE and self.now.date() - f.onset > limit for f in self.case.open_findings)
        is_quiet = self.case.state in {CaseState.OPEN, CaseState.WAITING}
        if not old or not is_quiet or self.case.decided or self.owner is None:
            return None
        told = self.case.asked_at(Step.NUDGE, self.owner.person)
        if told is None or told.sent_at is None:
            return None
        since = local_day(told.sent_at, self.owner)
        return (
            self.open(OpenedBy.STAGE_OLD) if self._passed(since, self.case.playbook.lead_after_wd, self.owner) else None
        )

    def _listed_long(self) -> OpenUp | None:
        """Open a decision about what the programme lead's list has not moved, where there is a sponsor to take it."""
        sponsor = self.others.people.get(self.others.sponsor or "")
        if sponsor is None or sponsor.opted_out or not goes_up(self.case, self.calendar, self.now, sponsor, self.owner):
            return None
        return self.open(OpenedBy.OPEN_LONG)

    def next(self) -> Decision | None:
        """Return what comes next of an open decision, or None when none is."""
        opened = self.case.decision
        if opened is None:
            return None
        sponsor = self.others.people.get(self.others.sponsor or "")
        if sponsor is None or sponsor.opted_out:
            return self._listed("a decision is open, and no sponsor can be asked")
        if local_day(self.now, sponsor) <= opened.due:
            return Hold(Quiet.DECISION)
        if not self.others.sponsor_reads:
            return self._listed("a decision is open, and the sponsor's weekly message waits for its release")
        asked = self.case.asked_at(Step.DECISION, sponsor.person)
        if asked is not None and asked.decided_at >= opened.opened_at:
            return self._after(asked, sponsor)
        allowed = self.others.budget(sponsor.person, Role.SPONSOR).allows(self.now, self.case.playbook.budgets)
        return self._say(sponsor) if allowed else Hold(Quiet.BUDGET)

    def _after(self, asked: Asked, sponsor: Recipient) -> Decision:
        """Wait for the decision after a message of its own; then the ladder begins once more, or the case rests."""
        if asked.outcome is DeliveryState.DEAD:
            return self._listed("a decision is open, and the message about it did not get through")
        if asked.sent_at is None:
            return Hold(Quiet.QUEUED)
        if not self._passed(local_day(asked.sent_at, sponsor), self.case.playbook.decision_wd, sponsor):
            return Hold(Quiet.DECISION)
        return NextLoop() if self.case.loop < MOST_LOOPS else Park()

    def _say(self, sponsor: Recipient) -> Say:
        before = sum(
            (a.step, a.loop, a.person) == (Step.DECISION, self.case.loop, sponsor.person) for a in self.case.asked
        )
        return Say(Step.DECISION, sponsor.person, self.case.loop, before)

    def _listed(self, why: str) -> Decision:
        if self.case.live_requests:  # somebody is being asked: that may settle it
            return Hold(Quiet.DECISION)
        return Hold(Quiet.LISTED) if self.case.listed_on else ListForLead(why)

    def _passed(self, since: date, working_days: int, person: Recipient) -> bool:
        return has_passed(self.calendar, self.now, since, working_days, person)
