"""The firm of the loop's benchmark as it really is: pilots, why use of them falls, and what would bring it back.

Nothing of this is known to the live code but the registry and the use of each day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from bot.domain.ask import Thing
from bot.domain.calendar import Calendar
from bot.domain.outreach import identity
from bot.domain.pilot import Dependency, Pilot
from bot.domain.telemetry import UsageDay

COUNTRY = "DE"
DAY = timedelta(days=1)
BEGIN = date(2026, 1, 5)
PAST = 126
"""Days of use before the first day."""
_ALL = 16**20


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The whole model of firm and people. All of these are assumptions, round choices of ours; none was measured."""

    # The firm: how many look after how much.
    pilots_per_owner: float = 2.5
    pilots_per_gatekeeper: float = 12
    pilots_per_sponsor: float = 25
    pilots_per_lead: float = 100
    fall_share: float = 0.75
    """Share of pilots whose use falls once in the year, on any working day."""
    transient: float = 0.25
    blocked: float = 0.45
    decision: float = 0.15
    """Shares of what a fall comes from; the rest is dead."""
    transient_days: tuple[int, int] = (10, 60)
    """Days until a transient fall is over."""
    level: tuple[float, float] = (0.1, 0.45)
    """What is left of usual use."""
    spells: float = 2
    """So often a year use of a pilot is lower for a while without having fallen."""
    spell_days: tuple[int, int] = (4, 12)
    spell_level: tuple[float, float] = (0.45, 0.75)
    in_registry: float = 0.3
    """Share of blocked pilots whose registry names what they wait for and who holds it, and learns when it is done."""
    back_days: tuple[int, int] = (2, 5)
    """Working days from what frees a pilot until use is back."""
    cleared_by_itself: float = 0.004
    """Chance a working day that somebody clears what a pilot waits for unasked; half of it for a decision or a stop."""
    # Owners.
    owner_answers: float = 0.6
    reminder: float = 0.7
    """What is left of that for a follow-up or a question about a promise."""
    owner_days: int = 4
    """Answers come after one to so many working days, all alike; so with all others."""
    owner_honest: float = 0.7
    """The rest says "on track"."""
    owner_names: float = 0.8
    """Share of honest owners who name the person; the others name a cause alone."""
    names_wrong: float = 0.1
    owner_proposes_stop: float = 0.6
    """Share of honest owners of a dead pilot who say so."""
    owner_clears: float = 0.12
    """Share of reminded owners who see to it themselves with success, whether they answer or not."""
    owner_clears_days: tuple[int, int] = (5, 20)
    # Gatekeepers.
    gatekeeper_answers: float = 0.65
    gatekeeper_days: int = 4
    gatekeeper_acts_silently: float = 0.2
    gatekeeper_clears_days: tuple[int, int] = (3, 10)
    gatekeeper_says: tuple[tuple[str, float], ...] = (
        ("clears", 0.3),
        ("promises", 0.5),
        ("needs", 0.1),
        ("objects", 0.1),
    )
    gatekeeper_says_again: tuple[tuple[str, float], ...] = (("clears", 0.4), ("promises", 0.6))
    """Asked after a day that has passed."""
    promise_days: tuple[int, int] = (3, 10)
    promise_kept: float = 0.65
    promise_late: float = 0.5
    """Share of promises not kept that come about later on."""
    # Sponsors and programme leads.
    sponsor_answers: float = 0.5
    """Share of decisions shown in a digest that are decided after it; each digest shows open ones anew."""
    sponsor_answers_direct: float = 0.6
    sponsor_days: int = 5
    sponsor_stops_dead: float = 0.85
    sponsor_stops_undecided: float = 0.3
    sponsor_stops_blocked: float = 0.15
    fix_works: float = 0.8
    """Share of fixes of what can come back at all that bring it back."""
    fix_days: tuple[int, int] = (3, 8)
    fix_within_days: int = 15
    lead_releases: float = 0.85
    lead_days: int = 2
    # Nothing ever comes of a programme lead's list.

    def halved(self) -> "Assumptions":
        """Return the same people, half as willing to answer."""
        return replace(
            self,
            owner_answers=self.owner_answers / 2,
            gatekeeper_answers=self.gatekeeper_answers / 2,
            sponsor_answers=self.sponsor_answers / 2,
            sponsor_answers_direct=self.sponsor_answers_direct / 2,
            lead_releases=self.lead_releases / 2,
        )


class Dice:
    """Numbers that depend on the seed and on what they are about, and on nothing else."""

    def __init__(self, seed: int) -> None:
        """Start from a seed."""
        self._seed = seed

    def share(self, *about: object) -> float:
        """Return a number from 0 to 1, without 1."""
        return int(identity(self._seed, *(str(one) for one in about)), 16) / _ALL

    def between(self, low: int, high: int, *about: object) -> int:
        """Return a whole number from low to high."""
        return low + int(self.share(*about) * (high - low + 1))


class Origin(StrEnum):
    """Why use of a pilot fell."""

    TRANSIENT = "transient"
    BLOCKED = "blocked"
    DECISION = "decision"
    DEAD = "dead"


@dataclass(slots=True)
class Fall:
    """One fall of one pilot: since when, why, and what became of it."""

    pilot: str
    onset: date
    origin: Origin
    level: float
    holder: str
    thing: str
    back_on: date | None = None
    """First day on which use is back."""
    stopped_on: date | None = None
    fixed_on: date | None = None
    """Day of the first decision to fix it."""
    freed_on: date | None = None
    """Day on which what it waits for was cleared."""
    in_registry: bool = False
    owner_tried: bool = False

    @property
    def ended_on(self) -> date | None:
        """Return when it was over: use was back, or the pilot was stopped."""
        ends = [day for day in (self.back_on, self.stopped_on) if day is not None]
        return min(ends, default=None)


def thing_of(holder: str) -> str:
    """Name what somebody holds."""
    return f"data access of {holder}"


def _keys(holder: str) -> tuple[str, str]:
    words = thing_of(holder)
    by_words = Thing(kind="data", words=words)
    return by_words.key, by_words.model_copy(update={"dependency": f"dep-{holder}"}).key


class Firm:
    """Pilots, people and falls."""

    def __init__(self, seed: int, pilots: int, days: int, given: Assumptions) -> None:
        """Draw a firm that is to live for so many days."""
        self.dice, self.given, self.days, self.calendar = Dice(seed), given, days, Calendar()
        self.ids = [f"pilot-{n:03}" for n in range(pilots)]
        self.gatekeepers = [f"gatekeeper{n}" for n in range(max(round(pilots / given.pilots_per_gatekeeper), 2))]
        self.owner_of = self._shared_out("owner", given.pilots_per_owner)
        self.sponsor_of = self._shared_out("sponsor", given.pilots_per_sponsor)
        self.lead_of = self._shared_out("lead", given.pilots_per_lead)
        self.falls = {fall.pilot: fall for fall in self._draw_falls()}
        self.holder_of = {key: g for g in self.gatekeepers for key in _keys(g)}
        """Who holds a thing, by its key as an owner's words and as the registry's dependency give it."""
        self._later: dict[date, list[str]] = defaultdict(list)
        self._settled: dict[date, list[Fall]] = defaultdict(list)
        self._use = _Use(self, np.random.default_rng(seed))

    def _shared_out(self, role: str, each: float) -> dict[str, str]:
        count = max(round(len(self.ids) / each), 1)
        return {p: f"{role}-{self.dice.between(0, count - 1, role, p)}" for p in self.ids}

    def _draw_falls(self) -> Iterable[Fall]:
        a = self.given
        last = self.days - min(110, self.days // 2)
        for pilot in self.ids:
            if self.dice.share("falls", pilot) >= a.fall_share:
                continue
            onset = BEGIN + self.dice.between(7, last, "onset", pilot) * DAY
            onset = self.calendar.add_working_days(COUNTRY, onset, 1)
            holder = self.gatekeepers[self.dice.between(0, len(self.gatekeepers) - 1, "holder", pilot)]
            low, high = a.level
            level = low + self.dice.share("level", pilot) * (high - low)
            origin = self._origin(pilot)
            fall = Fall(pilot, onset, origin, level, holder, thing_of(holder))
            fall.in_registry = origin is Origin.BLOCKED and self.dice.share("registry", pilot) < a.in_registry
            if origin is Origin.TRANSIENT:
                fall.back_on = onset + self.dice.between(*a.transient_days, "transient", pilot) * DAY
            yield fall

    def _origin(self, pilot: str) -> Origin:
        draw, a = self.dice.share("origin", pilot), self.given
        for origin, share in (
            (Origin.TRANSIENT, a.transient),
            (Origin.BLOCKED, a.blocked),
            (Origin.DECISION, a.decision),
        ):
            draw -= share
            if draw < 0:
                return origin
        return Origin.DEAD

    def pilot(self, name: str, *, whole: bool, stopped: bool = False) -> Pilot:
        """Return a pilot as the registry has it; without sponsor and lead where nobody but the owner is written to."""
        return Pilot(
            id=name,
            name=name.replace("-", " ").capitalize(),
            owner=self.owner_of[name],
            sponsor=self.sponsor_of[name] if whole else None,
            programme_lead=self.lead_of[name] if whole else None,
            stage="retired" if stopped else "production",
            stage_since=self.falls[name].stopped_on if stopped else date(2025, 6, 2),
            seats=self._use.seats[self.ids.index(name)],
            timezone="Europe/Berlin",
            country=COUNTRY,
            dependencies=self._dependencies(name) if whole else (),
        )

    def _dependencies(self, name: str) -> tuple[Dependency, ...]:
        """Return what the registry says that a pilot waits for, which it knew two weeks before use fell."""
        fall = self.falls.get(name)
        if fall is None or not fall.in_registry:
            return ()
        since = fall.onset - 14 * DAY
        one = Dependency(
            id=f"dep-{fall.holder}", kind=fall.thing, holder=fall.holder, since=since, done_on=fall.freed_on
        )
        return (one,)

    @property
    def names(self) -> list[str]:
        """Return everybody who may be written to."""
        roles = (self.owner_of, self.sponsor_of, self.lead_of)
        return sorted({n for role in roles for n in role.values()} | set(self.gatekeepers))

    def other_than(self, gatekeeper: str) -> str:
        """Return another gatekeeper."""
        at = self.gatekeepers.index(gatekeeper)
        return self.gatekeepers[(at + 1) % len(self.gatekeepers)]

    def down(self, pilot: str, day: date) -> Fall | None:
        """Return the fall that a pilot is in on a day."""
        fall = self.falls.get(pilot)
        if fall is None or day < fall.onset:
            return None
        return fall if fall.ended_on is None or day < fall.ended_on else None

    def waiting_for(self, holder: str, day: date) -> list[Fall]:
        """Return the falls that wait for what somebody holds and are not freed yet."""
        fell = (f for f in self.falls.values() if f.origin is Origin.BLOCKED and f.holder == holder and f.onset <= day)
        return [f for f in fell if f.freed_on is None and f.ended_on is None]

    def clear_later(self, person: str, day: date) -> None:
        """Let somebody clear what they hold on a day, for all who wait for it by then."""
        self._later[day].append(person)

    def settle_later(self, fall: Fall, day: date) -> None:
        """Let what holds one pilot be settled on a day; a dead one is stopped."""
        self._settled[day].append(fall)

    def stop(self, fall: Fall, day: date) -> None:
        """End a pilot."""
        if fall.ended_on is None or fall.ended_on > day:
            fall.stopped_on = day

    def live(self, day: date) -> None:
        """Let a day come: what was to be cleared is, and some of it by itself."""
        for holder in self._later.pop(day, []):
            for fall in self.waiting_for(holder, day):
                self._free(fall, day)
        for fall in self._settled.pop(day, []):
            self._free(fall, day)
        if self.calendar.is_working_day(COUNTRY, day):
            self._by_itself(day)

    def _by_itself(self, day: date) -> None:
        for fall in self.falls.values():
            share = self.given.cleared_by_itself * (1.0 if fall.origin is Origin.BLOCKED else 0.5)
            if self.down(fall.pilot, day) and self.dice.share("by itself", fall.pilot, day) < share:
                self._free(fall, day)

    def _free(self, fall: Fall, day: date) -> None:
        if fall.ended_on is not None or fall.onset > day:
            return
        if fall.origin is Origin.DEAD:
            self.stop(fall, day)
            return
        fall.freed_on = day
        after = self.dice.between(*self.given.back_days, "back", fall.pilot)
        fall.back_on = self.calendar.add_working_days(COUNTRY, day, after)

    def rows(self, day: date) -> list[UsageDay]:
        """Return the use of a day."""
        return self._use.rows(day)


class _Use:
    """Use by day: people who use a pilot or not, weeks that go better or worse, holidays, a quiet summer."""

    def __init__(self, firm: Firm, dice: np.random.Generator) -> None:
        """Draw everything that chance does; falls come on top."""
        count, days = len(firm.ids), PAST + firm.days + 1
        self._firm, self._first = firm, BEGIN - PAST * DAY
        self.seats = [int(n) for n in np.exp(dice.uniform(np.log(12), np.log(150), count))]
        self._share = dice.uniform(0.3, 0.65, count)
        self._luck = dice.standard_normal((days, count))
        weeks = -(-days // 7) + 1
        self._week = np.repeat(1 + 0.1 * dice.standard_normal((weeks, count)), 7, axis=0)
        self._spell = np.ones((days, count))
        a = firm.given
        for at in range(count):
            for begin in dice.choice(days, round(a.spells * days / 365), replace=False):
                self._spell[begin : begin + dice.integers(*a.spell_days), at] = dice.uniform(*a.spell_level)
        quiet = dice.choice(days, 6, replace=False)
        self._quiet = {self._first + int(n) * DAY for n in quiet}
        """Days on which half of the firm is away, and no calendar knows it."""

    def rows(self, day: date) -> list[UsageDay]:
        """Return the use of a day."""
        at = (day - self._first).days
        share = np.minimum(self._share * self._week[at] * self._of_firm(day), 0.95)
        low = np.array([f.level if (f := self._firm.down(p, day)) else 1.0 for p in self._firm.ids]) * self._spell[at]
        mean = np.array(self.seats) * share * low
        told = np.rint(mean + self._luck[at] * np.sqrt(mean * (1 - share * low)))
        people = np.clip(told, 0, self.seats)
        return [
            UsageDay(pilot=p, day=day, source="chat", active_users=int(n), seats=s)
            for p, n, s in zip(self._firm.ids, people, self.seats, strict=True)
        ]

    def _of_firm(self, day: date) -> float:
        """Return what a day is worth for everybody."""
        calendar = self._firm.calendar
        if not calendar.is_working_day(COUNTRY, day):
            return 0.02
        if calendar.is_blackout(day):
            return 0.3
        of_weekday = (1.0, 1.05, 1.05, 1.0, 0.85)[day.weekday()]
        return of_weekday * (0.5 if day in self._quiet else 1.0) * (0.88 if day.month == 8 else 1.0)
