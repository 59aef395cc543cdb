"""How much a pilot is used, as trailing figures over a window: reach, recent values, weeks known.

Every figure of a day rests on that day and earlier ones only, so it's the same whenever it is asked.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from bot.domain.telemetry import BoolGrid, FloatGrid

MONTH: Final = 28
"""Days of a reach figure."""
WEEK: Final = 7
SATURDAY: Final = 5
ENOUGH_WEEKDAYS: Final = 10
"""A reach figure whose 28 days hold fewer countable weekdays than this (half of them) isn't compared:
after a year-end or an outage it says more about the calendar than about the pilot."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Reach of pilots by day. Grids have a row for each pilot and a column for each day."""

    exact: FloatGrid
    """People active in 28 days as the source says it, at most a week old; NaN where unknown."""
    typical: FloatGrid
    """Mean active people of the countable weekdays among the last 28 days; NaN where too few."""
    is_sound: BoolGrid
    """Whether the 28 days held enough countable weekdays to compare the figure with another."""


def reach_of(active: FloatGrid, active_28d: FloatGrid, countable: BoolGrid, first_day: date) -> Reach:
    """Return the reach of each pilot on each day; `countable` marks known days that count."""
    weekday = (first_day.weekday() + np.arange(active.shape[1])) % WEEK
    used = countable & ~np.isnan(active) & (weekday < SATURDAY)[None, :]
    known = trailing_sum(used.astype(np.float64), MONTH)
    total = trailing_sum(np.where(used, active, 0.0), MONTH)
    sound = known >= ENOUGH_WEEKDAYS
    typical = np.divide(total, known, out=np.full(active.shape, np.nan), where=sound)
    return Reach(exact=recent(active_28d), typical=typical, is_sound=sound)


def recent(grid: FloatGrid, days: int = WEEK) -> FloatGrid:
    """Return the newest known figure of each day that is less than `days` days old, else NaN."""
    columns = np.arange(grid.shape[1])
    newest = np.maximum.accumulate(np.where(np.isnan(grid), -1, columns[None, :]), axis=1)
    filled = np.take_along_axis(grid, np.maximum(newest, 0), axis=1)
    return np.where((newest >= 0) & (columns[None, :] - newest < days), filled, np.nan)


def trailing_sum(grid: FloatGrid, days: int) -> FloatGrid:
    """Return the sum over the `days` days that end with each day; fewer at the start."""
    total = np.cumsum(grid, axis=1)
    total[:, days:] = total[:, days:] - total[:, :-days]
    return total


def known_weeks(known: BoolGrid) -> FloatGrid:
    """Count, for each day, the weeks back to the start that hold a known day.

    The weeks are the blocks of seven days that end with the day itself.
    """
    weeks = (trailing_sum(known.astype(np.float64), WEEK) > 0).astype(np.float64)
    for weekday in range(WEEK):
        weeks[:, weekday::WEEK] = np.cumsum(weeks[:, weekday::WEEK], axis=1)
    return weeks


def latest(row: FloatGrid, last: int) -> float | None:
    """Return the newest known figure of one pilot up to column `last`, None without any."""
    known = np.flatnonzero(~np.isnan(row[: last + 1]))
    return float(row[known[-1]]) if known.size else None
