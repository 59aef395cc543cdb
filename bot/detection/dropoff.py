"""Drop-off by NB-CUSUM: evidence of each day that use fell below a pilot's own weekday pattern.

All pilots are judged at once, one day after the other. Formulas and sources: docs/detection.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.detection.baseline import BACK_SHARE, GUARD, LEAST_EXPECTED, SCATTER_AFTER, TINY, Past, Shown
from bot.detection.book import Book
from bot.detection.columns import BoolRow, Columns, FloatRow, IntRow
from bot.detection.hold import Check, Hold, Odd
from bot.detection.spells import Log
from bot.detection.sums import DAYS_OF_A_WEEK, Sums

HOLD_DAYS: Final = 5
LAUNCH: Final = 28
"""Days of a pilot's life that its past is also kept without: a launch is no usual use."""
SUMMED_FROM: Final = LAUNCH + GUARD
"""Days of a pilot's life before evidence is summed: the first with a past beyond its launch."""
NEAR_EMPTY: Final = 0.25
"""Weekdays with less than this share of a working day's use are not summed: chance rules them."""
MONDAY: Final = 0
SUNDAY: Final = 6
WAITING: Final = np.uint32((1 << GUARD) - 1)
"""Bits of the days that wait out the guard."""
ENTERS: Final = np.uint32(1 << (GUARD - 1))
"""Bit of the day whose wait is over."""


@dataclass(frozen=True, slots=True)
class Today:
    """One day of all pilots."""

    day: int
    weekday: int
    people: FloatRow
    """People active, 0 where unknown."""
    counted: BoolRow
    """Pilots whose day is known, countable, and not at rest."""
    seats: FloatRow
    """Seats that can be expected to be used."""
    age: FloatRow
    """Days since the first one with a figure."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was to be expected of a day."""

    expected: FloatRow
    scatter: FloatRow
    filled: BoolRow
    """Whether such a weekday is not near-empty."""
    telling: BoolRow
    """Whether enough was expected to tell."""
    left: FloatRow
    """Share of it that was seen."""
    worth: FloatRow
    """What a person-day of the weekday is of a working day's."""


class Daily(Columns):
    """Pilots with figures by day."""

    def __init__(self, pilots: int) -> None:
        """Start before the first day."""
        self._past, self._shown = Past(pilots), Shown(pilots)
        self._hold = Hold(pilots, HOLD_DAYS)
        self._waits: NDArray[np.uint32] = np.zeros(pilots, dtype=np.uint32)
        self._foreseen = np.zeros((GUARD, pilots))
        self._seats = np.zeros((GUARD, pilots))
        self._thin = np.zeros(pilots, dtype=np.bool_)
        self._bin = np.zeros((2, pilots))

    def foresee(self, today: Today, book: Book, is_open: BoolRow) -> Outlook:
        """Let the past age by a day and say what was to be expected of this one."""
        self._admit(today, book, is_open)
        usual = self._past.usual(today.weekday)
        level = today.seats * usual.rate
        expected = self._shown.cap(today.seats * usual.share, level)
        if today.weekday == MONDAY or today.day == 0:
            self._thin = level < LEAST_EXPECTED
        filled = usual.share >= NEAR_EMPTY * usual.rate
        return Outlook(
            expected=expected,
            scatter=self._past.dispersion(today.seats, usual),
            filled=filled,
            telling=filled & (expected >= LEAST_EXPECTED),
            left=(today.people + TINY) / (expected + TINY),
            worth=usual.share / usual.rate,
        )

    def judge(self, today: Today, outlook: Outlook, fell: BoolRow, sums: Sums, checks: Log[Check]) -> None:
        """Add the evidence of the day; `fell` marks pilots that fell with their whole source."""
        # Bins of a week have no days to hold back: a day on which the source fell is left out of them.
        odd = Odd(today.counted, fell & ~self._thin, outlook.telling, outlook.scatter)
        unused, released = self._hold.see(today.day, odd, today.people, outlook.expected, checks)
        told = today.counted & ~unused & ~(fell & self._thin)
        summed = told & (today.age >= SUMMED_FROM)
        if released is not None:
            sums.release(released, today.age >= SUMMED_FROM)
        if self._thin.any():
            self._by_week(today, summed & self._thin, outlook, sums)
        sums.add(today.day, summed & outlook.filled & ~self._thin, today.people, outlook.expected, outlook.scatter)
        self._shown.see(today.day, summed, today.people, outlook.worth)
        slot = today.day % GUARD
        self._foreseen[slot], self._seats[slot] = outlook.expected, today.seats
        self._waits = ((self._waits << np.uint32(1)) & WAITING) | told

    def close(self, day: int, is_open: BoolRow, fired: IntRow, onset: IntRow) -> None:
        """Keep the days of open drop-offs out of the past, and those since the onset of ones that opened today."""
        if fired.size:
            fallen = np.minimum(day - onset + 1, GUARD).astype(np.uint32)
            self._waits[fired] &= ~((np.uint32(1) << fallen) - np.uint32(1))
        self._waits &= ~is_open.astype(np.uint32)

    def rest(self, day: int, resting: BoolRow, checks: Log[Check]) -> None:
        """Forget what is held of pilots that were paused or retired: their use was decided."""
        self._bin[:, resting] = 0.0
        self._hold.drop(day, resting, checks)

    def forgive(self, day: int, back: BoolRow, left: FloatRow, checks: Log[Check]) -> IntRow:
        """Forget the held days of pilots whose source is back.

        Return the day from on which what was summed is to be forgotten too, where use is back as well; else -1.
        """
        since = np.where(back & (left >= BACK_SHARE), self._hold.used_up(), -1)
        self._hold.drop(day, back, checks)
        return since

    def _admit(self, today: Today, book: Book, is_open: BoolRow) -> None:
        """Age the past by a day and let in the day that has waited out the guard."""
        self._past.age(is_open)
        if today.day < GUARD:
            return
        then, slot, age = today.day - GUARD, today.day % GUARD, today.age - GUARD
        fit = (self._waits & ENTERS) > 0
        people = np.where(fit, book.active[then], 0.0)
        self._past.admit(today.weekday, fit, age >= LAUNCH, people, self._seats[slot])
        self._past.learn_scatter(fit & (age >= SCATTER_AFTER), people, self._foreseen[slot])

    def _by_week(self, today: Today, told: BoolRow, outlook: Outlook, sums: Sums) -> None:
        """Gather a day of pilots judged by week, and on Sundays add the evidence of the week."""
        self._bin += told * np.stack([today.people, outlook.expected])
        if today.weekday == SUNDAY:
            seen, foreseen = self._bin
            told, since = self._thin & (foreseen > 0), max(0, today.day - SUNDAY)
            sums.add(since, told, seen, foreseen, outlook.scatter, DAYS_OF_A_WEEK)
            self._bin = np.zeros_like(self._bin)
