"""How well a method did (detection.md, 7.3): what it caught, how late, and how often it was wrong.

The scorer knows a pilot's kind, its onset and its outages, and a method's alarms as days of the
pilot's life. It is the same for every method.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from math import nan, sqrt

import numpy as np

from tests.bench.peers.kinds import OUTAGES, Kind
from tests.bench.peers.people import PilotLife
from tests.bench.peers.places import Bools

YEAR = 365.25
JUDGED_FROM = 56
"""Alarms before this day of a pilot's life are not looked at."""
PATIENCE = {Kind.SLOW: 60, Kind.MASKED: 60}
USUAL_PATIENCE = 45
SOON = 14
APART = 28
"""At most one false alarm in so many days."""
AFTER_OUTAGE = 2
YEAR_END = ((12, 18), (1, 12))
YEAR_END_DAYS = 26
"""Days of it that a pilot is judged on, to be counted among those that lived through it."""


@dataclass(slots=True)
class Tally:
    """What happened in some pilots together."""

    delays: list[int] = field(default_factory=list)
    falls: int = 0
    false: list[int] = field(default_factory=list)
    """False alarms of each pilot."""
    years: list[float] = field(default_factory=list)
    """Years in which a false alarm could happen, of each pilot."""
    at_outage: int = 0
    outage_pilots: int = 0
    year_end: int = 0
    year_end_pilots: int = 0

    def add(self, other: "Tally") -> None:
        """Take in what happened in other pilots."""
        self.delays += other.delays
        self.falls += other.falls
        self.false += other.false
        self.years += other.years
        self.at_outage += other.at_outage
        self.outage_pilots += other.outage_pilots
        self.year_end += other.year_end
        self.year_end_pilots += other.year_end_pilots

    @property
    def recall(self) -> float:
        """Share of falls caught in time."""
        return len(self.delays) / self.falls if self.falls else nan

    @property
    def soon(self) -> float:
        """Share of falls caught within 14 days (r14)."""
        return sum(d <= SOON for d in self.delays) / self.falls if self.falls else nan

    @property
    def delay(self) -> float:
        """Median days from onset to alarm over the falls caught."""
        return float(np.median(self.delays)) if self.delays else nan

    @property
    def false_a_year(self) -> float:
        """False alarms per pilot-year."""
        return sum(self.false) / sum(self.years) if sum(self.years) else nan

    @property
    def false_error(self) -> float:
        """Standard error of `false_a_year` over pilots (ratio estimator)."""
        if len(self.false) < 2 or not sum(self.years):
            return nan
        off = np.array(self.false) - self.false_a_year * np.array(self.years)
        return float(sqrt(off.size / (off.size - 1) * np.sum(off**2)) / np.sum(self.years))

    @property
    def outage_rate(self) -> float:
        """False alarms on a day of an outage or two days after it, per outage pilot."""
        return self.at_outage / self.outage_pilots if self.outage_pilots else nan

    def error_of(self, share: float) -> float:
        """Return the standard error of a share of the falls."""
        return sqrt(share * (1 - share) / self.falls) if self.falls else nan


def tally_of(life: PilotLife, alarms: Iterable[int]) -> Tally:
    """Score the alarms of one pilot, given as days of its life in any order."""
    days = sorted(d for d in alarms if d >= JUDGED_FROM)
    one = Tally()
    quiet_to = life.wish.days if life.onset is None else life.onset
    one.years = [max(quiet_to - JUDGED_FROM, 0) / YEAR]
    if life.onset is not None:
        one.falls = 1
        patience = PATIENCE.get(life.wish.kind, USUAL_PATIENCE)
        one.delays = [d - life.onset for d in days if life.onset <= d <= life.onset + patience][:1]
    false = apart(d for d in days if d < quiet_to)
    one.false = [len(false)]
    if life.wish.kind in OUTAGES:
        one.outage_pilots = 1
        near = np.convolve(life.failing, np.ones(AFTER_OUTAGE + 1))[: life.wish.days] > 0
        one.at_outage = sum(bool(near[d]) for d in false)
    ends = year_end_mask(life.wish.first_day, life.wish.days)
    one.year_end_pilots = int(ends[JUDGED_FROM:quiet_to].sum() >= YEAR_END_DAYS)
    one.year_end = sum(bool(ends[d]) for d in false)
    return one


def apart(days: Iterable[int]) -> list[int]:
    """Leave out alarms less than 28 days after the last one that counted."""
    kept: list[int] = []
    for day in days:
        if not kept or day >= kept[-1] + APART:
            kept.append(day)
    return kept


@lru_cache(maxsize=1024)
def year_end_mask(first_day: date, days: int) -> Bools:
    """Return which days lie between 18 December and 12 January."""
    first, last = YEAR_END
    real = [first_day + timedelta(days=day) for day in range(days)]
    return np.array([(d.month, d.day) >= first or (d.month, d.day) <= last for d in real], dtype=np.bool_)


def score(
    lives: Sequence[PilotLife], alarms: Mapping[str, Iterable[int]]
) -> dict[tuple[int | None, Kind | None], Tally]:
    """Sum up a fleet by size and kind; None stands for all of them."""
    sums: dict[tuple[int | None, Kind | None], Tally] = {}
    for life in lives:
        one = tally_of(life, alarms.get(life.wish.name, ()))
        for size in (life.wish.size, None):
            for kind in (life.wish.kind, None):
                sums.setdefault((size, kind), Tally()).add(one)
    return sums
