"""Stall: the plan of the stage ran out, and reach and breadth have been flat for eight weeks.

Reach is people active in 28 days as the source says it, else the mean of active people on the countable
weekdays among them. Each day rests on itself and earlier ones only.
"""

from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.detection.book import Book, CountRow
from bot.detection.columns import BoolRow, Columns, FloatRow
from bot.detection.grain import LONG_AGO, Grain
from bot.detection.spells import Log, Spell
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid
from bot.metrics.usage import ENOUGH_WEEKDAYS, MONTH, WEEK

FURTHEST_WEEKS: Final = 20
"""How far back the eight weeks are looked for when outages and the year-end stop the clock."""
HOLDS: Final = 7
"""A stall opens after so many days in a row: a month's people scatter, and one flat day is none."""
CLEAR_DAYS: Final = 7
"""A stall closes after this many days in a row without it, so that one new face does not flicker."""
SLOWING: Final = 2
"""Weeks before a stall at which a pilot is slowing."""
ENOUGH_WEEKS: Final = 2
"""Weeks that counted which a month needs where only its people of 28 days are told."""
NOTHING: Final = np.float32(np.nan)


@dataclass(slots=True)
class Stalled(Spell):
    """A stall of one pilot, with the figures on which it opened."""

    against: int = 0
    """The day that many known weeks before."""
    now: float = 0.0
    then: float = 0.0
    has_breadth: bool = False
    exact: bool = False
    """Whether the figures are people of 28 days, or else the mean of a working day."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Whether each pilot was flat on a day, and against which earlier one.

    Each has two rows of pilots: over the weeks of a stall, and over those after which one is slowing.
    """

    is_flat: BoolGrid
    against: NDArray[np.int16]


class Carried(Columns):
    """A figure that stands until the next one, for a week at most."""

    def __init__(self, pilots: int) -> None:
        """Start with nothing known."""
        self._value: CountRow = np.full(pilots, np.nan, dtype=np.float32)
        self._told = np.full(pilots, LONG_AGO, dtype=np.int32)

    def see(self, day: int, figures: CountRow) -> CountRow:
        """Take in the figures of a day, NaN where unknown; return the newest that are less than a week old."""
        known = ~np.isnan(figures)
        if known.any():
            np.copyto(self._value, figures, where=known)
            np.copyto(self._told, day, where=known)
        return np.where(self._told > day - WEEK, self._value, NOTHING)


class Reach(Columns):
    """How much each pilot is used, as figures that a run writes into its book for later days."""

    def __init__(self, pilots: int) -> None:
        """Start with nothing known."""
        self._monthly, self._breadth = Carried(pilots), Carried(pilots)
        self._counted = np.full(pilots, LONG_AGO, dtype=np.int32)

    def write(
        self,
        book: Book,
        day: int,
        counted: BoolRow,
        people: FloatRow,
        worth: NDArray[np.int16],
        grain: Grain,
    ) -> None:
        """Note one day; `worth` is how many working days the figure of `people` stands for."""
        sums, days = book.people[day], book.worked[day]
        np.multiply(people, worth, out=sums)
        days[:] = worth
        if day:
            sums += book.people[day - 1]
            days += book.worked[day - 1]
        if day >= MONTH:
            sums, days = sums - book.people[day - MONTH], days - book.worked[day - MONTH]
        # After a year-end or an outage a month says more about the calendar than about the pilot.
        sound = days >= ENOUGH_WEEKDAYS
        if grain.since.any():
            sound &= grain.since <= max(0, day - MONTH + 1)
        np.divide(sums, np.where(sound, days, np.nan), out=book.typical[day])
        book.monthly[day] = self._monthly.see(day, book.active_28d[day])
        book.breadth[day] = self._breadth.see(day, book.use_cases[day])
        np.copyto(self._counted, day, where=counted)
        book.weeks[day] = self._counted > day - WEEK
        if day >= WEEK:
            book.weeks[day] += book.weeks[day - WEEK]


class Stalls(Columns):
    """Which pilots are stalled, and which slowing; a condition begins after a week in a row, and ends after one without."""

    def __init__(self, pilots: int) -> None:
        """Start with no stall."""
        self._open = np.zeros((2, pilots), dtype=np.bool_)
        self._held = np.full((2, pilots), LONG_AGO, dtype=np.int32)
        self._missed = np.full((2, pilots), -1, dtype=np.int32)

    def see(
        self,
        book: Book,
        day: int,
        overrun: BoolRow,
        grain: Grain,
        settings: DetectionSettings,
        stalled: Log[Stalled],
        slowing: Log[Spell],
    ) -> None:
        """Judge one day of pilots that are past their plan, or not."""
        weeks = settings.flat_weeks
        flat = flat_on(book, day, (weeks, weeks - SLOWING), settings.flat_growth, grain)
        book.is_flat[day], book.against[day] = flat.is_flat[0], flat.against[0]
        holds = flat.is_flat & overrun
        np.copyto(self._held, day, where=holds)
        np.copyto(self._missed, day, where=~holds)
        begins, over = ~self._open & (self._missed <= day - HOLDS), self._open & (self._held <= day - CLEAR_DAYS)
        for gate, pilot in zip(*(places.tolist() for places in begins.nonzero()), strict=True):
            if gate:
                slowing.open(pilot, Spell(day))
            else:
                stalled.open(pilot, _stalled(book, day, int(flat.against[0, pilot]), pilot))
        for gate, pilot in zip(*(places.tolist() for places in over.nonzero()), strict=True):
            (slowing if gate else stalled).close(pilot, day)
        self._open = (self._open | begins) & ~over


def flat_on(book: Book, day: int, weeks: tuple[int, int], growth: float, grain: Grain) -> Flat:
    """Compare a day with those that many known weeks before; weeks without a known day don't count.

    Flat is reach up by less than `growth` and no new use case. Unknown reach is never flat, nor is that
    of a month with too few days, or weeks, that counted.
    """
    before = _Before(book, day, weeks)
    monthly, breadth, now = book.monthly[day], book.breadth[day], book.typical[day]
    then, sound = before.of(book.typical), ~np.isnan(now)
    if not np.isnan(monthly).all():
        monthly_then = before.of(book.monthly)
        exact = ~(np.isnan(monthly) | np.isnan(monthly_then))
        now, then = np.where(exact, monthly, now), np.where(exact, monthly_then, then)
        if day >= MONTH and grain.weekly.any():
            sound = sound | (exact & grain.weekly & (book.weeks[day] - book.weeks[day - MONTH] >= ENOUGH_WEEKS))
    fits = (before.days >= grain.since) & sound & (now < then * (1 + growth))
    if not np.isnan(breadth).all():
        fits &= ~(breadth > before.of(book.breadth))
    return Flat(fits, before.days)


class _Before:
    """The days that many known weeks before, which are the same for most pilots; two rows of them."""

    def __init__(self, book: Book, day: int, weeks: tuple[int, int]) -> None:
        """Find them for each pilot; -1 where there is none."""
        usual, counted = np.array([day - WEEK * n for n in weeks]), book.weeks[day]
        self._usual = np.maximum(usual, 0)
        reached = counted - book.weeks[self._usual] >= np.array(weeks, dtype=np.int16)[:, None]
        reached[usual < 0] = False
        self.days = np.where(reached, usual.astype(np.int16)[:, None], np.int16(-1))
        for row, known in enumerate(weeks):
            left = (~reached[row] & (counted >= known)).nonzero()[0]
            for then in range(day - WEEK * (known + 1), max(0, day - WEEK * FURTHEST_WEEKS) - 1, -WEEK):
                if not left.size:
                    break
                found = counted[left] - book.weeks[then, left] >= known
                self.days[row, left[found]] = then
                left = left[~found]
        self._others = (~reached & (self.days >= 0)).nonzero()

    def of(self, grid: NDArray[Any]) -> NDArray[Any]:
        """Return a figure as of these days; anything where there is none."""
        rows: NDArray[Any] = grid[self._usual]
        rows[self._others] = grid[self.days[self._others], self._others[1]]
        return rows


def _stalled(book: Book, day: int, against: int, pilot: int) -> Stalled:
    """Note the figures of a pilot on two days: people of 28 days where both are known, else the mean of a working day."""
    now, then = float(book.monthly[day, pilot]), float(book.monthly[against, pilot])
    exact = not (isnan(now) or isnan(then))
    if not exact:
        now, then = float(book.typical[day, pilot]), float(book.typical[against, pilot])
    has_breadth = not (isnan(book.breadth[day, pilot]) or isnan(book.breadth[against, pilot]))
    return Stalled(day, None, against, now, then, has_breadth, exact)
