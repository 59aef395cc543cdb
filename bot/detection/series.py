"""What a run over the days reads, worked out beforehand for all days at once.

Days are rows here and pilots are columns, because a run reads one day after the other. Each day
rests on itself and earlier ones only: that's why a run can be carried on from where it stopped.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.telemetry import BoolGrid, FloatGrid
from bot.metrics.usage import trailing_sum

SEAT_DAYS: Final = 21
THRESHOLDS: Final = ((10, 3.0), (50, 2.5), (65_535, 1.75))
"""(below this many seats, a drop-off is called above this sum of evidence)."""
WEEK: Final = 7

IntGrid = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Series:
    """Figures by day and pilot. `weekday` is that of the first day (Monday is 0)."""

    weekday: int
    people: FloatGrid
    """People active, 0 where unknown."""
    counted: BoolGrid
    """Days that are known, countable, and not at rest."""
    resting: BoolGrid
    """Days on which the pilot was paused or retired."""
    origin: IntGrid
    """Index of the source that gave the row, -1 where there is none."""
    seats: FloatGrid
    """Effective seats: at most the mean of 21 days, so that fresh seats don't look like a fall, less those
    that the season leaves empty."""
    threshold: FloatGrid
    """Sum of evidence above which a drop-off is called, by the seats of the day."""
    age: FloatGrid
    """Days since the first day with a figure; -1 before it."""

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.people.shape[0])

    @property
    def pilots(self) -> int:
        """Number of pilots."""
        return int(self.people.shape[1])

    def weekday_of(self, day: int) -> int:
        """Return the weekday of a row."""
        return (self.weekday + day) % WEEK

    def days_shared(self, other: "Series") -> int:
        """Return how many leading days are the same in both; 0 where they can't be compared."""
        if (self.weekday, self.pilots) != (other.weekday, other.pilots):
            return 0
        days = min(self.days, other.days)
        same = np.ones(days, dtype=np.bool_)
        for name in (field.name for field in fields(self) if field.name != "weekday"):
            same &= (getattr(self, name)[:days] == getattr(other, name)[:days]).all(axis=1)
        return days if same.all() else int(np.argmin(same))


def prepare(
    active: FloatGrid,
    seats: FloatGrid,
    countable: BoolGrid,
    registered: FloatGrid,
    weekday: int,
    *,
    resting: BoolGrid | None = None,
    origin: NDArray[np.integer] | None = None,
    presence: FloatGrid | None = None,
) -> Series:
    """Work out what a run reads from grids by pilot and day, NaN where unknown.

    `registered` are the registry's seats, valid until telemetry knows. Without `resting` nobody
    rests, without `origin` no two pilots share a source. `presence` is the share of people usually at
    work; without it everybody is.
    """
    known = ~np.isnan(active)
    rests = np.zeros(active.shape, dtype=np.bool_) if resting is None else resting
    given = np.full(active.shape, -1) if origin is None else origin
    current, effective = _seats(active, seats, registered)
    if presence is not None:
        effective = effective * presence
    threshold = np.select([current < bound for bound, _ in THRESHOLDS], [h for _, h in THRESHOLDS], THRESHOLDS[-1][1])
    age = np.cumsum(np.logical_or.accumulate(known, axis=1), axis=1) - 1.0
    by_day = (np.where(known, active, 0.0), known & countable & ~rests, rests, given, effective, threshold, age)
    people, counted, rest, source, usable, bar, old = (np.ascontiguousarray(grid.T) for grid in by_day)
    return Series(weekday, people, counted, rest, source.astype(np.int64), usable, bar, old)


def _seats(active: FloatGrid, seats: FloatGrid, registered: FloatGrid) -> tuple[FloatGrid, FloatGrid]:
    """Return the seats of each day, known or filled in, and how many can be expected to be used."""
    columns = np.arange(seats.shape[1])
    newest = np.maximum.accumulate(np.where(np.isnan(seats), -1, columns), axis=1)
    told = np.take_along_axis(seats, np.maximum(newest, 0), axis=1)
    told = np.where(newest >= 0, told, registered[:, None])
    most_active = np.maximum.accumulate(np.nan_to_num(active), axis=1)
    current = np.where(np.isnan(told), most_active, told)
    began = np.logical_or.accumulate(~np.isnan(seats) | ~np.isnan(active), axis=1)
    days = np.minimum(np.cumsum(began, axis=1), SEAT_DAYS)
    total = trailing_sum(np.where(began, current, 0.0), SEAT_DAYS)
    mean = np.divide(total, days, out=np.zeros(total.shape), where=days > 0)
    return current, np.minimum(current, mean)
