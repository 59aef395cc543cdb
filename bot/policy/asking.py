"""What comes next of the wishes of a case: somebody who can clear the way is asked, once, and what they said is checked.

A wish is shown to the owner first and leaves a working day later. Whoever is asked gets one message about one
thing, whichever pilots wait for it. A date they name is kept quiet until it has passed; one that passed is asked
about, a second one goes to the owner and then up. Nobody's silence is consent, and nobody is told of it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bot.domain.ask import Request, RequestState
from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Case
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Role, Step
from bot.policy.deadlines import has_passed, local_day
from bot.policy.decisions import Decision, Hold, Join, Others, PassOn, Quiet, Recipient, Say, Settle, is_reached

MOST_HOPS: Final = 1
"""A wish is passed on to a stand-in once; after that a person looks at it."""
COMING_BACK: Final = 0.8
"""Share of usual use in the last seven days from which a promise is taken to have worked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One look at the wishes of one case."""

    case: Case
    owner: Recipient | None
    others: Others
    calendar: Calendar
    now: datetime

    def next(self) -> Decision | None:
        """Return what comes next, or None when no wish is live: the first that moves, else why all rest."""
        resting: Hold | None = None
        for request in self.case.live_requests:
            if self._waits_for_question(request):
                continue
            decision = self._of(request)
            if not isinstance(decision, Hold):
                return decision
            resting = resting or decision
        return resting

    def _of(self, request: Request) -> Decision:
        if request.thing.dependency in self.others.met:
            return Settle(request, RequestState.DONE)
        if request.state is RequestState.SHOWN:
            return self._shown(request)
        if is_coming_back(self.case):
            return Hold(Quiet.WORKING)
        return self._out(request) if request.state is RequestState.OUT else self._promised(request)

    def _shown(self, request: Request) -> Decision:
        """Let it leave when its day has come, unless the owner holds it or nobody can be asked."""
        today = local_day(self.now, self.owner)
        if request.held_until and today < request.held_until:
            return Hold(Quiet.HELD)
        if not self._was_shown(request):
            return Hold(Quiet.SHOWN)
        return Hold(Quiet.SHOWN) if today < request.leaves_on else self._send(request)

    def _waits_for_question(self, request: Request) -> bool:
        """Whether the registry made it and the question that shows it has not left: then only the ladder goes on."""
        if request.state is not RequestState.SHOWN or not request.from_registry:
            return False
        nudge = self.case.asked_at(Step.NUDGE, self.owner.person) if self.owner else None
        return nudge is None or nudge.sent_at is None

    def _was_shown(self, request: Request) -> bool:
        """Whether an owner who did not word it themselves was shown it a working day ago, where there is one."""
        if request.is_worded_by_owner or not is_reached(self.owner, self.case):
            return True
        step, thing = (Step.NUDGE, None) if request.from_registry else (Step.TOLD, request.thing.key)
        shown = self.case.asked_at(step, self.owner.person, thing)
        if shown is not None and shown.outcome is DeliveryState.DEAD:
            return True
        if shown is None or shown.sent_at is None or (step is Step.TOLD and shown.decided_at < request.made_at):
            return False
        return self._passed(local_day(shown.sent_at, self.owner), self.case.playbook.preview_wd, self.owner)

    def _send(self, request: Request) -> Decision:
        """Ask the person, or whoever stands in; wait with others where they were asked already."""
        person = self.others.people.get(request.person)
        if person is None or (self.owner and person.person == self.owner.person):
            return Settle(request, RequestState.UNSENT)
        if person.opted_out or self._is_away(person):
            return self._stand_in(request, person)
        standing = self.others.asks.get(request.key)
        if standing is not None and standing.takes_more(self.now.date()) and standing.sent_at is not None:
            return Join(request, standing)
        if not self.others.budget(person.person, Role.UNBLOCKER).allows(self.now, self.case.playbook.budgets):
            return Hold(Quiet.BUDGET)
        return self._say(Step.UNBLOCK, request)

    def _stand_in(self, request: Request, person: Recipient) -> Decision:
        """Ask the delegate once; without one whoever is away is waited for, and whoever wants no messages is left alone."""
        delegate = self.others.people.get(person.delegate or "")
        if delegate is not None and request.hops < MOST_HOPS:
            return PassOn(request, delegate.person, delegate.name)
        return Settle(request, RequestState.UNSENT) if person.opted_out else Hold(Quiet.AWAY)

    def _is_away(self, person: Recipient) -> bool:
        return person.away_until is not None and local_day(self.now, person) < person.away_until

    def _out(self, request: Request) -> Decision:
        """Wait for an answer; when its days are over the wish has been open for long, and that is all that is said."""
        asked = self.case.asked_at(Step.UNBLOCK, request.person, request.thing.key)
        since = request.out_at or (asked.sent_at if asked else None)
        if asked is None and since is None:
            return self._send(request)  # it was withdrawn unsent
        if asked is not None and asked.outcome is DeliveryState.DEAD:
            return Settle(request, RequestState.UNSENT)
        if since is None:
            return Hold(Quiet.QUEUED)
        return self._expired(request, since)

    def _expired(self, request: Request, since: datetime) -> Decision:
        person = self.others.people.get(request.person)
        waited = self._passed(local_day(since, person), self.case.playbook.ask_window_wd, person)
        return Settle(request, RequestState.EXPIRED) if waited else Hold(Quiet.OUT)

    def _promised(self, request: Request) -> Decision:
        """Keep quiet until the day has passed; ask the person once, and of a second day the owner."""
        person, book = self.others.people.get(request.person), self.case.playbook
        if request.promised_for is None or not self._passed(
            request.promised_for, book.commitment_check_after_wd, person
        ):
            return Hold(Quiet.PROMISED)
        asked = self._asked_since(request)
        if request.moves or person is None or person.opted_out:
            return self._ask_owner(request, asked)
        if asked is not None:
            return self._after_check(request, asked)
        if not self.others.budget(person.person, Role.UNBLOCKER).allows(self.now, book.budgets):
            return Hold(Quiet.BUDGET)
        return self._say(Step.UNBLOCK_CHECK, request)

    def _after_check(self, request: Request, asked: Asked) -> Decision:
        """Wait for an answer to the question about a day that has passed."""
        if asked.outcome is DeliveryState.DEAD:
            return Settle(request, RequestState.UNSENT)
        return self._expired(request, asked.sent_at) if asked.sent_at else Hold(Quiet.QUEUED)

    def _ask_owner(self, request: Request, asked: Asked | None) -> Decision:
        """Let the owner say whether the way is free before anybody above is told that it isn't."""
        if not is_reached(self.owner, self.case):
            return Settle(request, RequestState.MISSED)
        if asked is None:
            allowed = self.others.budget(self.owner.person, Role.OWNER).allows(self.now, self.case.playbook.budgets)
            return self._say(Step.CHECK, request, self.owner.person) if allowed else Hold(Quiet.BUDGET)
        if asked.sent_at is None:
            return Settle(request, RequestState.MISSED) if asked.outcome is DeliveryState.DEAD else Hold(Quiet.QUEUED)
        waited = self._passed(local_day(asked.sent_at, self.owner), self.case.playbook.check_window_wd, self.owner)
        return Settle(request, RequestState.MISSED) if waited else Hold(Quiet.ASKED)

    def _asked_since(self, request: Request) -> Asked | None:
        """Return what was asked about the day after it had been named: of the person, or of the owner."""
        for step, person in (
            (Step.UNBLOCK_CHECK, request.person),
            (Step.CHECK, self.owner.person if self.owner else ""),
        ):
            asked = self.case.asked_at(step, person, request.thing.key)
            if asked and request.said_at and asked.decided_at > request.said_at:
                return asked
        return None

    def _say(self, step: Step, request: Request, person: str | None = None) -> Say:
        whom, thing = person or request.person, request.thing.key
        before = sum(
            (a.step, a.loop, a.person, a.thing) == (step, self.case.loop, whom, thing) for a in self.case.asked
        )
        return Say(step, whom, self.case.loop, before, thing)

    def _passed(self, since: date, working_days: int, person: Recipient | None) -> bool:
        return has_passed(self.calendar, self.now, since, working_days, person)


def leaves_on(request: Request, case: Case, owner: str, calendar: Calendar, country: str | None, today: date) -> date:
    """Return the day on which a wish leaves, as its owner (an id) is told it: what others worded a working day after it was told."""
    told = case.asked_at(Step.TOLD, owner, request.thing.key)
    is_known = request.is_worded_by_owner or request.from_registry or (told is not None and told.sent_at is not None)
    soonest = today if is_known else calendar.add_working_days(country, today, case.playbook.preview_wd)
    return max(request.leaves_on, soonest)


def is_coming_back(case: Case) -> bool:
    """Whether use has come back so far that telemetry answers for everybody; a long stage says nothing of use."""
    held = [f for f in case.open_findings if f.kind is not Kind.STAGE_AGE]
    return bool(held) and all((f.recent_share or 0.0) >= COMING_BACK for f in held)
