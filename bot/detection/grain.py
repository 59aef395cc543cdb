"""Whether a pilot is told by day or by week; a week is never spread over its days."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.book import WEEKLY, Book
from bot.detection.columns import BoolRow, Columns, FloatRow
from bot.metrics.usage import WEEK

LONG_AGO: Final = -1000
"""The day of something that never was."""
LEAST_WORKED: Final = 3
"""Working days that count which a week needs to say something."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the rows of a day tell, by pilot."""

    day: BoolRow
    """People of the day."""
    week: BoolRow
    """People of the week that ends with it."""
    counted: BoolRow
    """Those whose week counts."""
    reached: BoolRow
    """Those whose week counts and that tell people of the week, or of 28 days."""
    switched: BoolRow
    """Pilots that were told by the other grain before."""


class Grain(Columns):
    """How each pilot was told last."""

    def __init__(self, pilots: int) -> None:
        """Start with nothing told."""
        self.weekly = np.zeros(pilots, dtype=np.bool_)
        """Pilots that are told by week."""
        self.since = np.zeros(pilots, dtype=np.int32)
        """Day from which on it is so: figures of before stand for something else."""
        self._day = np.full(pilots, LONG_AGO, dtype=np.int32)
        self._rested = np.full(pilots, LONG_AGO, dtype=np.int32)
        self._begun = np.zeros(pilots, dtype=np.bool_)

    def see(self, book: Book, day: int, worked: FloatRow, resting: BoolRow) -> Told:
        """Take in the rows of a day; `worked` are the working days that count in the seven that end with it.

        A week of which a day was told already is nothing new. One in which a pilot rested does not count.
        """
        by_day = ~np.isnan(book.active[day])
        self._rested[resting] = day
        self._day[by_day] = day
        row = (book.marks[day] & WEEKLY) > 0
        nobody = np.zeros(row.size, dtype=np.bool_)
        if not (row.any() or self.weekly.any()):
            self._begun |= by_day
            return Told(by_day, nobody, nobody, nobody, nobody)
        row &= self._day <= day - WEEK
        week = row & ~np.isnan(book.active_7d[day])
        told = week | (row & ~np.isnan(book.active_28d[day]))
        counts = (worked >= LEAST_WORKED) & (self._rested <= day - WEEK)
        switched = self._begun & ((told & ~self.weekly) | (by_day & self.weekly))
        self.since[switched] = day
        self.weekly = (self.weekly | told) & ~by_day
        self._begun |= by_day | told
        return Told(by_day, week, week & counts, told & counts, switched)
