"""What a pilot's own past makes us expect: usual use by weekday, its scatter, and its seats.

All arrays hold one number for each pilot. A day enters the past only after the guard, so that a fall
can't become normal at once. Sources of the constants: docs/detection.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.domain.telemetry import BoolGrid, FloatGrid

GUARD: Final = 21
"""Days after which a day enters the past. Three whole weeks: it enters on its own weekday."""
DECAY: Final = 0.5 ** (1 / 42)
"""Weight kept a day: the past has a half-life of 42 days."""
PRIOR_ACTIVE: Final = 0.2
PRIOR_SEATS: Final = 0.5
WEEKDAY_PRIOR: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 0.05, 0.05)
PRIOR_SHARE: Final = 8 / 40
"""Strength of the weekday prior as a share of the past: about eight days of it."""

SCATTER_KEPT: Final = 0.985
SCATTER_FROM: Final = 0.3
"""Expectations up to this say nothing about scatter."""
SCATTER_AFTER: Final = 35
"""Days of a pilot's life before its scatter is measured."""
LEAST_SCATTER: Final = 1.001
MOST_SCATTER: Final = 30.0

SEAT_DAYS: Final = 21
WORKDAYS: Final = slice(0, 5)

LEVEL_DAYS: Final = 14
"""Days of the level of use that a pilot must have shown before it is expected from more seats."""
LEVEL_LEAST: Final = 5.0
"""Working days' worth of figures that a level needs."""


class Past:
    """The decayed past of all pilots: people active and seats by weekday, and the scatter."""

    def __init__(self, pilots: int) -> None:
        """Start with no past; the scatter starts at 1.6 with the weight of ten days."""
        self.active = np.zeros((7, pilots))
        self.seats = np.zeros((7, pilots))
        self.scatter = np.full(pilots, 16.0)
        self.weight = np.full(pilots, 10.0)

    def age(self) -> None:
        """Let one calendar day pass."""
        self.active *= DECAY
        self.seats *= DECAY

    def admit(self, weekday: int, day: "Admission") -> None:
        """Take in a day that has waited out the guard, where it is fit."""
        self.active[weekday] += np.where(day.fit, day.active, 0.0)
        self.seats[weekday] += np.where(day.fit, day.seats, 0.0)
        told = day.fit & (day.expected > SCATTER_FROM) & (day.age >= SCATTER_AFTER)
        surprise = np.divide((day.active - day.expected) ** 2, day.expected, out=np.zeros(told.size), where=told)
        self.scatter = np.where(told, SCATTER_KEPT * self.scatter + surprise, self.scatter)
        self.weight = np.where(told, SCATTER_KEPT * self.weight + 1.0, self.weight)

    def rate(self) -> FloatGrid:
        """Return the usual share of seats in use on a working day."""
        active, seats = self.active[WORKDAYS].sum(axis=0), self.seats[WORKDAYS].sum(axis=0)
        share: FloatGrid = (active + PRIOR_ACTIVE) / (seats + PRIOR_SEATS)
        return share

    def expected(self, weekday: int, seats: FloatGrid, rate: FloatGrid) -> FloatGrid:
        """Return the people expected on such a weekday with these seats; 0 without a past."""
        strength = PRIOR_SHARE * self.seats[WORKDAYS].sum(axis=0)
        above = self.active[weekday] + strength * rate * WEEKDAY_PRIOR[weekday]
        below = self.seats[weekday] + strength
        people: FloatGrid = seats * np.divide(above, below, out=np.zeros(seats.size), where=strength > 0)
        return people

    def dispersion(self) -> FloatGrid:
        """Return how many times more than a Poisson count the figures scatter."""
        ratio: FloatGrid = np.clip(self.scatter / self.weight, LEAST_SCATTER, MOST_SCATTER)
        return ratio


@dataclass(frozen=True, slots=True)
class Admission:
    """A past day on its way into the past: fit where it counted, was not held and not the source's fault."""

    fit: BoolGrid
    active: FloatGrid
    seats: FloatGrid
    expected: FloatGrid
    age: FloatGrid


class Seats:
    """The seats of each day, known or filled in, and how many of them can be expected to be used."""

    def __init__(self, registered: FloatGrid) -> None:
        """Start from the registry's seats (NaN where it has none), valid until telemetry knows."""
        self._current = registered.copy()
        self._most_active = np.zeros(registered.size)
        self._ring = np.zeros((SEAT_DAYS, registered.size))
        self._total = np.zeros(registered.size)
        self._days = np.zeros(registered.size)

    def see(self, day: int, seats: FloatGrid, active: FloatGrid) -> tuple[FloatGrid, FloatGrid]:
        """Take in one day; return its seats and its effective seats.

        Effective are at most the mean of 21 days, so that fresh seats don't look like a fall.
        """
        self._most_active = np.fmax(self._most_active, active)
        self._current = np.where(np.isnan(seats), self._current, seats)
        current = np.where(np.isnan(self._current), self._most_active, self._current)
        began = (self._days > 0) | ~np.isnan(seats) | ~np.isnan(active)
        slot = day % SEAT_DAYS
        fresh = np.where(began, current, 0.0)
        self._total += fresh - self._ring[slot]
        self._ring[slot] = fresh
        self._days = np.minimum(self._days + began, SEAT_DAYS)
        mean = np.divide(self._total, self._days, out=np.zeros(current.size), where=began)
        return current, np.minimum(current, mean)


class Shown:
    """The highest level of use a pilot has shown, in people a working day, over fourteen days.

    More seats alone raise what is expected; without this ceiling, doubling the seats of a pilot
    whose people go on as before would look like a fall in use.
    """

    def __init__(self, pilots: int) -> None:
        """Start with nothing shown."""
        self._active = np.zeros((LEVEL_DAYS, pilots))
        self._worth = np.zeros((LEVEL_DAYS, pilots))
        self._highest = np.zeros(pilots)

    def cap(self, expected: FloatGrid, level: FloatGrid) -> FloatGrid:
        """Lower what is expected where the working-day level behind it was never shown."""
        known = (self._highest > 0) & (level > self._highest)
        return expected * np.divide(self._highest, level, out=np.ones(level.size), where=known)

    def see(self, day: int, counted: BoolGrid, active: FloatGrid, worth: FloatGrid) -> None:
        """Take in one day; `worth` is what a person-day of this weekday is of a working day's."""
        slot = day % LEVEL_DAYS
        # Without a past a day's worth is unknown, and its people would stand for nothing.
        told = counted & (worth > 0)
        self._active[slot] = np.where(told, active, 0.0)
        self._worth[slot] = np.where(told, worth, 0.0)
        worths = self._worth.sum(axis=0)
        level = np.divide(self._active.sum(axis=0), worths, out=np.zeros(worths.size), where=worths >= LEVEL_LEAST)
        self._highest = np.maximum(self._highest, level)
