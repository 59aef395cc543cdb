"""Drop-off from weeks: pilots whose source tells the people of a week, and nothing of its days.

A week is one observation. It is judged like a day, by evidence against the pilot's own past, with
constants of its own: most people who use something less still use it once a week, so a fall is
smaller in weeks, and what a week scatters is less. Formulas and sources: docs/detection.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.baseline import (
    BACK_SHARE,
    LEAST_EXPECTED,
    PRIOR_ACTIVE,
    PRIOR_SEATS,
    SCATTER_AFTER,
    SCATTER_FROM,
)
from bot.detection.columns import BoolRow, Columns, FloatRow, IntRow
from bot.detection.dropoff import LAUNCH, SUMMED_FROM, Outlook
from bot.detection.hold import Check, Hold, Odd
from bot.detection.spells import Log
from bot.detection.sums import BY_WEEK, Sums
from bot.metrics.usage import WEEK

DECAY: Final = 0.5 ** (1 / 84)
"""Weight kept a day: a week is one figure, so its past has twice the half-life of one by days to be as sure."""
WAITING: Final = 3
"""Weeks that wait out the guard before they enter the past."""
HOLD_WEEKS: Final = 1
"""Weeks that are held when all pilots of a source fell; a week without anybody is asked about, and counts."""
SCATTER_KEPT: Final = 0.93
USUAL_SCATTER: Final = 0.8
USUAL_WEIGHT: Final = 4.0
LEAST_SCATTER: Final = 0.5
MOST_SCATTER: Final = 30.0
COMES: Final = 0.5
"""Chance that somebody who uses it at all comes on a given working day: says what a holiday takes from a week."""


def worth_of(worked: FloatRow) -> FloatRow:
    """Return what a week with so many working days is of a whole one, in people."""
    worth: FloatRow = (1 - (1 - COMES) ** worked) / (1 - (1 - COMES) ** 5)
    return worth


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the pilots that have a row for it, on its last day."""

    day: int
    told: BoolRow
    """Pilots with a row for the week that ends on the day."""
    counted: BoolRow
    """Those whose week counts."""
    people: FloatRow
    """People of the week, 0 where unknown."""
    seats: FloatRow
    """Seats that can be expected to be used."""
    worth: FloatRow
    """What the week is of a whole one: holidays take some of its people."""
    age: FloatRow
    """Days since the first one with a figure."""


class Weekly(Columns):
    """Pilots with figures by week; a week changes only what is kept of the pilots it is told of."""

    def __init__(self, pilots: int) -> None:
        """Start before the first week."""
        self._day = np.zeros(pilots, dtype=np.int64)
        self._past = np.zeros((2, 2, pilots))
        """People and seats of the decayed past, each whole and without the launch."""
        self._scatter = np.full(pilots, USUAL_SCATTER * USUAL_WEIGHT)
        self._weight = np.full(pilots, USUAL_WEIGHT)
        self._fit = np.zeros((WAITING, pilots), dtype=np.bool_)
        self._waits = np.zeros((WAITING, 4, pilots))
        """Of the weeks that wait, the newest first: people and what was foreseen of whole ones, seats, age."""
        self._hold = Hold(pilots, HOLD_WEEKS, zeros=False)

    def foresee(self, week: Week, is_open: BoolRow) -> Outlook:
        """Let the past age up to this week and say what was to be expected of it."""
        self._admit(week, is_open)
        people, seats = self._past
        rates = (people + PRIOR_ACTIVE) / (seats + PRIOR_SEATS)
        rate = np.where((seats[1] > 0) & (rates[1] < rates[0]), rates[1], rates[0])
        # By the day nobody is expected beyond the level once shown. A week counts whoever came once, so there new
        # seats hide the fall of the others; those who are slow to take seats up are left out by their mean alone.
        known = week.counted & (seats[0] > 0)
        expected = np.where(known, week.seats * rate * week.worth, 0.0)
        return Outlook(
            expected=expected,
            scatter=np.clip(self._scatter / self._weight, LEAST_SCATTER, MOST_SCATTER),
            filled=known,
            telling=known & (expected >= LEAST_EXPECTED),
            left=np.divide(week.people, expected, out=np.ones(expected.size), where=expected > 0),
            worth=week.worth,
        )

    def judge(self, week: Week, outlook: Outlook, fell: BoolRow, against: Sums, checks: Log[Check]) -> None:
        """Add the evidence of the week; `fell` marks pilots that fell with their whole source."""
        odd = Odd(week.counted, fell & week.counted, outlook.telling, outlook.scatter)
        unused, released = self._hold.see(week.day, odd, week.people, outlook.expected, checks)
        told, begun = week.counted & ~unused, week.age >= SUMMED_FROM
        if released is not None:
            against.release(released, begun)
        since = max(0, week.day - WEEK + 1)
        against.add(since, told & outlook.filled & begun, week.people, outlook.expected, outlook.scatter, BY_WEEK)
        self._keep(week, outlook, told)

    def close(self, is_open: BoolRow, told: BoolRow, fired: IntRow, onset: IntRow) -> None:
        """Keep the weeks of open drop-offs out of the past, and those since the onset of ones that opened today."""
        self._fit[0] &= ~(is_open & told)
        newest = self._day[fired]
        for waited in range(WAITING):
            self._fit[waited, fired] &= newest - waited * WEEK < onset

    def rest(self, day: int, resting: BoolRow, checks: Log[Check]) -> None:
        """Forget what is held of pilots that were paused or retired: their use was decided."""
        self._hold.drop(day, resting, checks)

    def forgive(self, day: int, back: BoolRow, left: FloatRow, checks: Log[Check]) -> IntRow:
        """Forget the held weeks of pilots whose source is back.

        Return the day from on which what was summed is to be forgotten too, where use is back as well; else -1.
        """
        since = np.where(back & (left >= BACK_SHARE), self._hold.used_up(), -1)
        self._hold.drop(day, back, checks)
        return since

    def _admit(self, week: Week, is_open: BoolRow) -> None:
        """Age the past of the pilots with a row and let in the week that has waited out the guard."""
        told, oldest = week.told, WAITING - 1
        self._past *= np.where(told & ~is_open, DECAY ** (week.day - self._day), 1.0)
        self._day = np.where(told, week.day, self._day)
        people, seats, foreseen, age = self._waits[oldest]
        fit = told & self._fit[oldest]
        entering = np.stack([people * fit, seats * fit])
        self._past[:, 0] += entering
        self._past[:, 1] += entering * (age >= LAUNCH)
        learnt = fit & (age >= SCATTER_AFTER) & (foreseen > SCATTER_FROM)
        surprise = np.divide((people - foreseen) ** 2, foreseen, out=np.zeros(fit.size), where=learnt)
        kept = np.where(learnt, SCATTER_KEPT, 1.0)
        self._scatter = self._scatter * kept + surprise
        self._weight = self._weight * kept + learnt

    def _keep(self, week: Week, outlook: Outlook, told: BoolRow) -> None:
        """Let the week wait."""
        whole = np.divide(week.people, week.worth, out=np.zeros(told.size), where=told)
        foreseen = np.divide(outlook.expected, week.worth, out=np.zeros(told.size), where=told)
        fresh = np.stack([whole, week.seats, foreseen, week.age])
        self._waits = np.where(week.told, np.concatenate([fresh[None], self._waits[:-1]]), self._waits)
        self._fit = np.where(week.told, np.concatenate([told[None], self._fit[:-1]]), self._fit)
