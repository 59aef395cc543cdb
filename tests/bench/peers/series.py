"""One prepared series for every peer (detection.md, 2 and 3.1): seats, weekday, holidays and summer taken out.

Written for the peers alone; the detector prepares its own. A prepared step is a countable day, or a
whole week in weekly grain, with the people seen, the people expected, and how far off that is in
units of its usual scatter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.ours import Grain
from tests.bench.peers.people import PilotLife
from tests.bench.peers.places import Bools, Floats, closed_days

WEEK = 7
WORKING = 5
HALF_LIFE = 42.0
GUARD = 21
"""Days before a day's figures become part of what is usual."""
SETTLED = 35
"""Day from which steps are given and scatter is learnt."""
FAR = 3.0
"""A step further off than this counts as this far off: one bad day is one bad day."""
NEAR_EMPTY = 0.25
LEAST_WORKING_DAYS = 4
"""Countable days from Monday to Friday that a week needs to count."""
SUMMER_PRESENT = {"US": 0.92, "DE": 0.85, "GB": 0.86, "FR": 0.72}
"""Share of usual use in the middle of the summer: round figures, for all peers alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The prepared steps of one pilot: all arrays have one entry a step."""

    name: str
    size: int
    days: NDArray[np.int64]
    """The day of the pilot's life on which a step was known."""
    seen: Floats
    expected: Floats
    off: Floats
    """Standardised difference, at most `FAR` either way; negative where fewer came than expected."""
    raw: Floats
    """What was told on every day of life, NaN where missing or, in weekly grain, between two Sundays."""


@dataclass(slots=True)
class _Usual:
    """Decayed sums of people and seats by weekday, with the days that wait to enter them."""

    people: Floats
    seats: Floats
    scatter: float = 16.0
    weight: float = 10.0

    def rate(self, slot: int) -> tuple[float, float]:
        """Return people a seat expected in a slot, and on a working day in general."""
        work = slice(0, min(WORKING, self.people.size))
        known = self.seats[work].sum()
        overall = (self.people[work].sum() + 0.2) / (known + 0.5)
        prior = 0.2 * known
        usual = overall * (1.0 if slot < WORKING else 0.05)
        return (self.people[slot] + prior * usual) / (self.seats[slot] + prior) if prior else 0.0, overall


def prepare(lives: Sequence[PilotLife], grain: Grain, *, told: bool = False) -> list[Prepared]:
    """Prepare pilots, as first told or as corrected."""
    return [_prepare(life, grain, told=told) for life in lives]


def _prepare(life: PilotLife, grain: Grain, *, told: bool) -> Prepared:
    if grain is Grain.DAY:
        raw, counts, slots = life.told if told else life.active, countable(life), weekdays(life)
    else:
        raw = life.told_week if told else life.weekly
        counts, slots = ~np.isnan(raw) & _full_weeks(life), np.zeros(life.wish.days, dtype=np.int64)
    raw = raw.copy()
    if life.wish.lag:
        raw[-life.wish.lag :] = np.nan
    counts &= ~np.isnan(raw)
    seats = effective_seats(life) * summer_row(life.country, life.wish.first_day, life.wish.days)
    steps = _expect(raw, seats, counts, slots)
    keep = steps[:, 0].astype(np.int64)
    return Prepared(life.wish.name, life.wish.size, keep, raw[keep], steps[:, 1], steps[:, 2], raw)


def _expect(raw: Floats, seats: Floats, counts: Bools, slots: NDArray[np.int64]) -> Floats:
    """Return day, expectation and standardised difference of every countable step, in the order of days."""
    usual = _Usual(np.zeros(int(slots.max()) + 1), np.zeros(int(slots.max()) + 1))
    ageing, foreseen, steps = 0.5 ** (1 / HALF_LIFE), np.zeros(raw.size), []
    for day in range(raw.size):
        usual.people *= ageing
        usual.seats *= ageing
        past = day - GUARD
        if past >= 0 and counts[past]:
            usual.people[slots[past]] += raw[past]
            usual.seats[slots[past]] += seats[past]
            if past >= SETTLED and foreseen[past] > 0.3:
                usual.scatter = 0.985 * usual.scatter + (raw[past] - foreseen[past]) ** 2 / foreseen[past]
                usual.weight = 0.985 * usual.weight + 1
        if not counts[day]:
            continue
        rate, overall = usual.rate(int(slots[day]))
        expected = foreseen[day] = seats[day] * rate
        if day >= SETTLED and expected > 0 and rate >= NEAR_EMPTY * overall:
            spread = np.sqrt(min(max(usual.scatter / usual.weight, 0.3), 30.0) * expected)
            steps.append((day, expected, min(max((raw[day] - expected) / spread, -FAR), FAR)))
    return np.array(steps).reshape(-1, 3)


def weekdays(life: PilotLife) -> NDArray[np.int64]:
    """Return the weekday of every day of a life, Monday is 0."""
    return (np.arange(life.wish.days) + life.wish.first_day.weekday()) % WEEK


def countable(life: PilotLife) -> Bools:
    """Return the days that say something: told, no nationwide holiday, not 20 December to 5 January."""
    return life.heartbeat & ~_off_days(life.country, life.wish.first_day, life.wish.days)


@lru_cache(maxsize=1024)
def _off_days(country: str, first_day: date, days: int) -> Bools:
    off = np.zeros(days, dtype=np.bool_)
    off[list(closed_days(country, None, first_day, days))] = True
    for n in range(days):
        day = first_day + timedelta(days=n)
        off[n] |= (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 5)
    return off


def _full_weeks(life: PilotLife) -> Bools:
    """Return the Sundays of weeks of which nearly every working day counts."""
    worked = ~_off_days(life.country, life.wish.first_day, life.wish.days) & (weekdays(life) < WORKING)
    return np.convolve(worked, np.ones(WEEK))[: life.wish.days] >= LEAST_WORKING_DAYS


def effective_seats(life: PilotLife) -> Floats:
    """Return the lesser of seats today and their mean over 21 days, less people known to be away."""
    known = ~np.isnan(life.seats)
    last = np.maximum.accumulate(np.where(known, np.arange(known.size), 0))
    seats = np.nan_to_num(life.seats[last])
    sums = np.concatenate([[0.0], np.cumsum(seats)])
    ends = np.arange(1, seats.size + 1)
    begins = np.maximum(ends - GUARD, 0)
    mean = (sums[ends] - sums[begins]) / (ends - begins)
    return np.maximum(np.minimum(seats, mean) - np.nan_to_num(life.away), 0.0)


@lru_cache(maxsize=1024)
def summer_row(country: str, first_day: date, days: int) -> Floats:
    """Return the share of usual use on each day, for the summer: full from 15 July to 22 August."""
    row = np.ones(days)
    for year in range(first_day.year, (first_day + timedelta(days=days)).year + 1):
        turns = [(date(year, *turn) - first_day).days for turn in ((7, 1), (7, 15), (8, 22), (9, 7))]
        least = SUMMER_PRESENT[country]
        row = np.minimum(row, np.interp(np.arange(days), turns, [1.0, least, least, 1.0]))
    return row
