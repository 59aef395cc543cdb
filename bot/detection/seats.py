"""How many seats of a pilot can be expected to be used on a day, how old it is, and what sum of evidence is enough."""

from typing import Final

import numpy as np

from bot.detection.book import CountRow
from bot.detection.columns import BoolRow, Columns, FloatRow

SEAT_DAYS: Final = 21
Thresholds = tuple[tuple[float, float], ...]
"""(Below this many seats, a drop-off is called above this sum of evidence), the last for all others."""


class Seats(Columns):
    """Seats as they were told last, and those of the days before."""

    def __init__(self, registered: FloatRow) -> None:
        """Start with the registry's seats, valid until telemetry tells; NaN where it names none."""
        pilots = registered.size
        self.told = registered.copy()
        """Seats as they were told last; NaN where nobody did."""
        self._most = np.zeros(pilots)
        self._past = np.zeros((SEAT_DAYS, pilots))
        self._total = np.zeros(pilots)
        self._days = np.zeros(pilots)
        self.age = np.full(pilots, -1.0)
        """Days since the first day with a figure; -1 before it."""

    def see(self, day: int, seats: CountRow, people: CountRow, known: BoolRow) -> tuple[FloatRow, FloatRow]:
        """Take in one day; return the seats, and at most the mean of 21 days of them, so that fresh ones are no fall.

        Where nobody tells seats, they are the most people ever seen on a day. `known` marks pilots
        with a figure of use.
        """
        told = ~np.isnan(seats)
        self.told = np.where(told, seats, self.told)
        self._most = np.fmax(self._most, people)
        current = np.where(np.isnan(self.told), self._most, self.told)
        begun = told | known | (self._days > 0)
        self._days = np.minimum(self._days + begun, SEAT_DAYS)
        past = self._past[day % SEAT_DAYS]
        self._total -= past
        np.multiply(current, begun, out=past)
        self._total += past
        self.age += known | (self.age >= 0)
        return current, np.minimum(current, self._total / np.maximum(self._days, 1))


def at_work(usable: FloatRow, seats: FloatRow, present: CountRow, usual: FloatRow) -> FloatRow:
    """Take those who are away from the seats that can be expected to be used.

    `present` are the people with access not known to be away, NaN where nobody tells; there the `usual`
    share of the season is at work.
    """
    known = ~np.isnan(present)
    if not known.any():
        return usable * usual
    away = np.maximum(seats - np.where(known, present, seats), 0.0)
    return np.where(known, np.maximum(usable - away, 0.0), usable * usual)


def threshold_of(seats: FloatRow, thresholds: Thresholds) -> FloatRow:
    """Return the sum of evidence above which a drop-off is called."""
    bars = np.full(seats.size, thresholds[-1][1])
    for bound, bar in reversed(thresholds[:-1]):
        bars[seats < bound] = bar
    return bars
