"""Stall: the plan of the stage ran out, and reach and breadth have been flat for eight weeks.

Reach is people active in 28 days as the source says it, else the mean of active people on the countable
weekdays among them. Each day rests on itself and earlier ones only.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.detection.book import Book, CountRow
from bot.detection.columns import BoolRow, Columns, FloatRow
from bot.detection.grain import LONG_AGO, Grain
from bot.detection.spells import Log, Spell
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid
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
    """Whether each pilot was flat on a day, against which earlier one, and by which figures.

    Each has two rows of pilots: over the weeks of a stall, and over those after which one is slowing.
    """

    is_flat: BoolGrid
    against: NDArray[np.int64]
    now: FloatGrid
    then: FloatGrid
    has_breadth: BoolGrid
    exact: BoolGrid


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
            self._value = np.where(known, figures, self._value)
            self._told[known] = day
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
        book.people[day], book.worked[day] = people * worth, worth
        if day:
            book.people[day] += book.people[day - 1]
            book.worked[day] += book.worked[day - 1]
        people_of_month, worked = (grid[day] for grid in (book.people, book.worked))
        if day >= MONTH:
            people_of_month, worked = (grid[day] - grid[day - MONTH] for grid in (book.people, book.worked))
        # After a year-end or an outage a month says more about the calendar than about the pilot.
        sound, typical = (worked >= ENOUGH_WEEKDAYS) & (grain.since <= max(0, day - MONTH + 1)), book.typical[day]
        typical.fill(np.nan)
        np.divide(people_of_month, worked, out=typical, where=sound)
        book.monthly[day] = self._monthly.see(day, book.active_28d[day])
        book.breadth[day] = self._breadth.see(day, book.use_cases[day])
        self._counted[counted] = day
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
        self._held = np.where(holds, day, self._held)
        self._missed = np.where(holds, self._missed, day)
        begins, over = ~self._open & (self._missed <= day - HOLDS), self._open & (self._held <= day - CLEAR_DAYS)
        for gate, pilot in zip(*(places.tolist() for places in begins.nonzero()), strict=True):
            if gate:
                slowing.open(pilot, Spell(day))
            else:
                stalled.open(pilot, _stalled(day, pilot, flat))
        for gate, pilot in zip(*(places.tolist() for places in over.nonzero()), strict=True):
            (slowing if gate else stalled).close(pilot, day)
        self._open = (self._open | begins) & ~over


def flat_on(book: Book, day: int, weeks: tuple[int, int], growth: float, grain: Grain) -> Flat:
    """Compare a day with those that many known weeks before; weeks without a known day don't count.

    Flat is reach up by less than `growth` and no new use case. Unknown reach is never flat, nor is that
    of a month with too few days, or weeks, that counted.
    """
    before = _Before(book, day, weeks)
    monthly, typical, breadth = book.monthly[day], book.typical[day], book.breadth[day]
    monthly_then, breadth_then = before.of(book.monthly), before.of(book.breadth)
    exact = ~(np.isnan(monthly) | np.isnan(monthly_then))
    now, then = np.where(exact, monthly, typical), np.where(exact, monthly_then, before.of(book.typical))
    sound = ~np.isnan(typical)
    if day >= MONTH and grain.weekly.any():
        sound = sound | (exact & grain.weekly & (book.weeks[day] - book.weeks[day - MONTH] >= ENOUGH_WEEKS))
    fits = (before.days >= grain.since) & sound & (now < then * (1 + growth)) & ~(breadth > breadth_then)
    return Flat(fits, before.days, now, then, ~(np.isnan(breadth) | np.isnan(breadth_then)), exact)


class _Before:
    """The days that many known weeks before, which are the same for most pilots; two rows of them."""

    def __init__(self, book: Book, day: int, weeks: tuple[int, int]) -> None:
        """Find them for each pilot; -1 where there is none."""
        usual, counted = np.array([day - WEEK * n for n in weeks]), book.weeks[day]
        self._usual = np.maximum(usual, 0)
        reached = counted - book.weeks[self._usual] >= np.array(weeks)[:, None]
        reached[usual < 0] = False
        self.days = np.where(reached, usual[:, None], -1)
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


def _stalled(day: int, pilot: int, flat: Flat) -> Stalled:
    return Stalled(
        day,
        against=int(flat.against[0, pilot]),
        now=float(flat.now[0, pilot]),
        then=float(flat.then[0, pilot]),
        has_breadth=bool(flat.has_breadth[0, pilot]),
        exact=bool(flat.exact[0, pilot]),
    )
