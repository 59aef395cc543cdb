"""How the people of the loop's benchmark are taken to behave, and what they answer: assumptions, no measurements.

Every draw is a hash of the seed and of what it is about. So in each arm the same people meet the same fall with the
same honesty and the same delays, as far as the arm asks them at all.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hidden_world import COUNTRY, Assumptions, Fall, Firm, Origin

from bot.domain.calendar import Calendar
from bot.domain.decision import Verdict
from bot.domain.outreach import Step
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    Cleared,
    Concern,
    Decide,
    Elsewhere,
    NeedsFirst,
    Object,
    OnTrack,
    Promise,
    ProposeStop,
    ReleaseWeekly,
    SnoozeUntil,
    StepDone,
)

OWNER_STEPS = frozenset({Step.NUDGE, Step.FOLLOW_UP, Step.CHECK})
UNBLOCKER_STEPS = frozenset({Step.UNBLOCK, Step.UNBLOCK_CHECK})
SPONSOR_STEPS = frozenset({Step.DIGEST, Step.DECISION})


@dataclass(frozen=True, slots=True)
class Heard:
    """One question as it reached somebody, and the day on which they would answer it; `nth` counts its like."""

    on: date
    step: Step
    person: str
    case_id: str
    pilot: str
    thing: str | None
    nth: int


class Crowd:
    """Everybody who is written to. What they do about it changes the firm, what they say comes back as an answer."""

    def __init__(self, firm: Firm, given: Assumptions, *, names_others: bool) -> None:
        """Let people live in a firm; `names_others` is whether owners can name somebody else at all."""
        self.firm, self.given, self._names_others = firm, given, names_others
        self._calendar, self._dice = Calendar(), firm.dice
        self._waiting: dict[date, list[Heard]] = defaultdict(list)
        self._asked = Counter[tuple[object, ...]]()
        self._kept: dict[tuple[str, str], date] = {}
        """The day on which a gatekeeper will really clear something, where they promised it."""

    def hear(self, step: Step, person: str, case_id: str, pilot: str, thing: str | None, day: date) -> None:
        """Let a question reach somebody (by name) on a day: they may act on it, and may answer later on."""
        about = (step, person, thing or pilot or case_id)
        self._asked[about] += 1
        nth = self._asked[about]
        fall = self.firm.down(pilot, day) if pilot else None
        if step is Step.NUDGE and fall is not None and not fall.owner_tried:
            self._own_effort(fall, day)
        most, share = self._manner(step)
        if self._dice.share("answers", *about, nth) >= share:
            if step is Step.UNBLOCK:
                self._silent_effort(person, thing or "", day, nth)
            return
        wait = self._dice.between(1, most, "delay", *about, nth)
        on = self._calendar.add_working_days(COUNTRY, day, wait)
        self._waiting[on].append(Heard(on, step, person, case_id, pilot, thing, nth))

    def _manner(self, step: Step) -> tuple[int, float]:
        """Return within how many working days a kind of question is answered, and which share of it."""
        a = self.given
        if step in UNBLOCKER_STEPS:
            return a.gatekeeper_days, a.gatekeeper_answers
        if step in SPONSOR_STEPS:
            return a.sponsor_days, a.sponsor_answers_direct if step is Step.DECISION else a.sponsor_answers
        if step is Step.REVIEW:
            return a.lead_days, a.lead_releases
        return a.owner_days, a.owner_answers if step is Step.NUDGE else a.owner_answers * a.reminder

    def answers(self, day: date) -> list[tuple[Heard, Answer]]:
        """Return what is answered on a day."""
        said = ((one, self._answer(one, day)) for one in self._waiting.pop(day, []))
        return [(one, answer) for one, answer in said if answer is not None]

    def _answer(self, heard: Heard, day: date) -> Answer | None:
        if heard.step in UNBLOCKER_STEPS:
            return self._of_gatekeeper(heard, day)
        if heard.step in SPONSOR_STEPS:
            return self._of_sponsor(heard, day)
        return ReleaseWeekly() if heard.step is Step.REVIEW else self._of_owner(heard, day)

    # owners

    def _own_effort(self, fall: Fall, day: date) -> None:
        """Let an owner who was reminded see to it themselves, which sometimes helps: the same in every arm that asks."""
        fall.owner_tried = True
        if self._dice.share("own effort", fall.pilot) < self.given.owner_clears:
            after = self._dice.between(*self.given.owner_clears_days, "own effort takes", fall.pilot)
            self.firm.settle_later(fall, self._calendar.add_working_days(COUNTRY, day, after))

    def _of_owner(self, heard: Heard, day: date) -> Answer:
        """Answer as an owner: honestly, or that all is well."""
        fall = self.firm.down(heard.pilot, day)
        if fall is None:
            return StepDone() if heard.step is Step.CHECK else OnTrack()
        if self._dice.share("honest", fall.pilot, heard.step, heard.nth) >= self.given.owner_honest:
            return OnTrack()
        honest: Mapping[Origin, Callable[[Fall, date], Answer]] = {
            Origin.TRANSIENT: self._passing,
            Origin.BLOCKED: self._blocked,
            Origin.DECISION: self._undecided,
            Origin.DEAD: self._dead,
        }
        return honest[fall.origin](fall, day)

    def _passing(self, fall: Fall, day: date) -> Answer:
        """Say that it passes: by a day half of the time."""
        left = (fall.back_on - day).days if fall.back_on else 0
        names_day = self._dice.share("names a day", fall.pilot) < 1 / 2
        return SnoozeUntil(until=day + timedelta(days=max(left, 3))) if names_day else OnTrack()

    def _blocked(self, fall: Fall, _day: date) -> Answer:
        if not self._names(fall):
            return BlockedBy(cause=Cause.DATA)
        is_wrong = self._dice.share("wrong", fall.pilot) < self.given.names_wrong
        person = self.firm.other_than(fall.holder) if is_wrong else fall.holder
        return BlockedBy(cause=Cause.DATA, thing=fall.thing, person=person)

    def _undecided(self, fall: Fall, _day: date) -> Answer:
        sponsor = self.firm.sponsor_of[fall.pilot]
        return BlockedBy(cause=Cause.DECISION, person=sponsor if self._names(fall) else None)

    def _dead(self, fall: Fall, _day: date) -> Answer:
        proposes = self._dice.share("proposes", fall.pilot) < self.given.owner_proposes_stop
        return ProposeStop(lesson="Nobody needed it any more.") if proposes else BlockedBy(cause=Cause.OTHER)

    def _names(self, fall: Fall) -> bool:
        return self._names_others and self._dice.share("names", fall.pilot) < self.given.owner_names

    # gatekeepers

    def _silent_effort(self, person: str, key: str, day: date, nth: int) -> None:
        """Let somebody who does not answer still clear it sometimes."""
        is_theirs = self.firm.holder_of.get(key) == person
        if is_theirs and self._dice.share("silently", person, key, nth) < self.given.gatekeeper_acts_silently:
            self._clear_after(person, key, day, self.given.gatekeeper_clears_days, nth)

    def _clear_after(self, person: str, key: str, day: date, span: tuple[int, int], nth: int) -> None:
        after = self._dice.between(*span, "clears after", person, key, nth)
        self.firm.clear_later(person, self._calendar.add_working_days(COUNTRY, day, after))

    def _of_gatekeeper(self, heard: Heard, day: date) -> Answer | None:
        """Answer as somebody who was asked to clear the way."""
        key, who = heard.thing or "", heard.person
        owner_of_it = self.firm.holder_of.get(key)
        if owner_of_it is not None and owner_of_it != who:
            return Elsewhere(person=owner_of_it)
        if not self.firm.waiting_for(who, day):
            return Cleared()
        draw = self._dice.share("what", who, key, heard.step, heard.nth)
        shares = self.given.gatekeeper_says if heard.step is Step.UNBLOCK else self.given.gatekeeper_says_again
        for what, share in shares:
            draw -= share
            if draw < 0:
                return self._said(what, heard, day)
        return None

    def _said(self, what: str, heard: Heard, day: date) -> Answer:
        key, who = heard.thing or "", heard.person
        if what == "clears":
            self.firm.clear_later(who, self._calendar.add_working_days(COUNTRY, day, 1))
            return Cleared()
        if what == "objects":
            return Object(concern=Concern.RISK)
        if what == "needs":
            return NeedsFirst(what="A list of the people who need it.")
        wait = self._dice.between(*self.given.promise_days, "promise", who, key, heard.step, heard.nth)
        on = self._calendar.add_working_days(COUNTRY, day, wait)
        if self._dice.share("keeps", who, key, heard.step, heard.nth) < self.given.promise_kept:
            self.firm.clear_later(who, on)
        elif self._dice.share("late", who, key, heard.step, heard.nth) < self.given.promise_late:
            self._clear_after(who, key, on, self.given.gatekeeper_clears_days, heard.nth)
        return Promise(on=on)

    # sponsors

    def _of_sponsor(self, heard: Heard, day: date) -> Answer | None:
        """Decide, where the pilot still is down."""
        fall = self.firm.down(heard.pilot, day)
        if fall is None:
            return None
        a = self.given
        stops = {Origin.DEAD: a.sponsor_stops_dead, Origin.DECISION: a.sponsor_stops_undecided}
        if self._dice.share("verdict", fall.pilot) < stops.get(fall.origin, a.sponsor_stops_blocked):
            self.firm.stop(fall, day)
            return Decide(verdict=Verdict.STOP, lesson=None)
        until = self._calendar.add_working_days(COUNTRY, day, a.fix_within_days)
        fall.fixed_on = fall.fixed_on or day
        if fall.origin is not Origin.DEAD and self._dice.share("fix works", fall.pilot) < a.fix_works:
            after = self._dice.between(*a.fix_days, "fix takes", fall.pilot)
            self.firm.settle_later(fall, self._calendar.add_working_days(COUNTRY, day, after))
        return Decide(verdict=Verdict.FIX, until=until)
