"""Rows of usage as they are read one after the other, kept as bare numbers until a window is made of them."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import date
from math import nan
from operator import attrgetter
from typing import Final

import numpy as np

from bot.domain.telemetry import FIGURES, FloatGrid, UsageDay, UsageWindow

CALLED: Final = {"active": "active_users", "new": "new_users", "habitual": "habitual_users"}
"""Grids whose figure has another name in a row."""
FIRST: Final = 4
"""Numbers of a row before its figures: pilot, day, source, whether it stands for a week."""
_FIGURES_OF: Final = attrgetter(*(CALLED.get(name, name) for name in FIGURES))


class Gathered:
    """Rows of some pilots. Of several for one pilot-day the last one counts, whatever its source."""

    def __init__(self, pilots: Sequence[str]) -> None:
        """Take rows of these pilots; the window will have them in this order."""
        self.pilots = tuple(pilots)
        self._places = {name: place for place, name in enumerate(self.pilots)}
        self._sources: dict[str, int] = {}
        self._numbers = array("d")

    def add(self, row: UsageDay) -> None:
        """Take a row; raises KeyError for a pilot that is not among ours."""
        source = self._sources.setdefault(row.source, len(self._sources))
        self._numbers.extend((self._places[row.pilot], row.day.toordinal(), source, row.weekly))
        figures: Iterable[float | None] = _FIGURES_OF(row)
        # A day that its source does not vouch for has a row, and no figure of it is known.
        self._numbers.extend([nan if n is None or not row.complete else n for n in figures])

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return len(self._table())

    def extent(self) -> tuple[date, date] | None:
        """Return the first and the last day with a row, None without any."""
        days = self._table()[:, 1]
        return (_day(days.min()), _day(days.max())) if days.size else None

    def first_days(self) -> dict[str, date]:
        """Return the first day with a row of each pilot that has one."""
        table = self._table()
        first = np.full(len(self.pilots), np.inf)
        np.minimum.at(first, table[:, 0].astype(np.int64), table[:, 1])
        return {name: _day(day) for name, day in zip(self.pilots, first, strict=True) if np.isfinite(day)}

    def window(self, until: date) -> UsageWindow:
        """Return the rows dated before `until`, from the first day with any to the last; blank without any."""
        table = self._table()
        table = table[table[:, 1] < until.toordinal()]
        if not len(table):
            return UsageWindow.blank(until, self.pilots, 0)
        first, last = _day(table[:, 1].min()), _day(table[:, 1].max())
        window = UsageWindow.blank(first, self.pilots, (last - first).days + 1, tuple(self._sources))
        rows, columns = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64) - first.toordinal()
        for place, name in enumerate(FIGURES):
            getattr(window, name)[rows, columns] = table[:, FIRST + place]
        window.origin[rows, columns] = table[:, 2].astype(np.int16)
        window.weekly[rows, columns] = table[:, 3] > 0
        return window

    def _table(self) -> FloatGrid:
        return np.array(self._numbers, dtype=np.float64).reshape(-1, FIRST + len(FIGURES))


def _day(ordinal: float) -> date:
    return date.fromordinal(int(ordinal))
