"""What a pilot's own past makes us expect: usual use by weekday, its scatter, its highest level.

All arrays hold one number for each pilot. A day enters the past only after the guard, so that a fall
can't become normal at once. Sources of the constants: docs/detection.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.columns import BoolRow, Columns, FloatRow

FALLEN: Final = 0.55
"""The evidence asks whether use fell to 55 % of what is expected; 1 - 0.55 is its counterpart."""
BACK_SHARE: Final = 0.6
"""Share of what is expected from which use is back."""
SCATTER_DISCOUNT: Final = 1.3
SHOCK_DISCOUNT: Final = 0.12
LEAST_EXPECTED: Final = 1.0
"""People expected a day below which one day says too little."""

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
MOST_DOUBT: Final = 5.0
"""How much less sure than its past a day can be."""

WORKDAYS: Final = 5

LEVEL_DAYS: Final = 21
"""Days of the level of use that a pilot must have shown before it is expected from more seats."""
LEVEL_LEAST: Final = 7.5
"""Working days' worth of figures that a level needs."""
TINY: Final = 1e-9
"""Stands for nothing where something is divided by it: a masked division takes five times as long."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual on one weekday."""

    rate: FloatRow
    """Share of seats in use on a working day in general."""
    share: FloatRow
    """Share of seats in use on such a weekday; 0 without a past."""
    seats: FloatRow
    """Seats of such weekdays on which that rests."""


class Past(Columns):
    """The decayed past of all pilots: people active and seats by weekday, and the scatter.

    It is kept twice, whole and without each pilot's launch. What is expected comes from the lower of
    the two: a launch that drew many once is no promise, and a short past alone is a noisy one.
    """

    def __init__(self, pilots: int) -> None:
        """Start with no past; the scatter starts at 1.6 with the weight of ten days."""
        # Not the past decays day by day, the unit does in which days are added to it.
        self._unit = np.ones(pilots)
        self._active, self._seats = np.zeros((2, 7, pilots)), np.zeros((2, 7, pilots))
        self._workdays = np.zeros((2, 2, pilots))
        """People and seats of all working days."""
        self._scatter = np.full(pilots, 16.0)
        self._weight = np.full(pilots, 10.0)

    def age(self, kept: BoolRow) -> None:
        """Let one calendar day pass, where the past is not kept as it is."""
        self._unit *= np.where(kept, 1.0, DECAY)

    def admit(self, weekday: int, fit: BoolRow, settled: BoolRow, active: FloatRow, seats: FloatRow) -> None:
        """Take in a day that has waited out the guard, where it is fit; `settled` pilots were past their launch."""
        share = fit / self._unit
        people, places = active * share, seats * share
        for past, figures in ((self._active, people), (self._seats, places)):
            past[0, weekday] += figures
            past[1, weekday] += settled * figures
        if weekday < WORKDAYS:
            for past, figures in zip(self._workdays, (people, places), strict=True):
                past[0] += figures
                past[1] += settled * figures

    def learn_scatter(self, told: BoolRow, active: FloatRow, expected: FloatRow) -> None:
        """Compare such a day with what was expected of it, where that was enough to tell."""
        told = told & (expected > SCATTER_FROM)
        surprise = told * ((active - expected) ** 2 / np.maximum(expected, SCATTER_FROM))
        kept = np.where(told, SCATTER_KEPT, 1.0)
        self._scatter = self._scatter * kept + surprise
        self._weight = self._weight * kept + told

    def usual(self, weekday: int) -> Usual:
        """Return what is usual on such a weekday."""
        active, seats = self._workdays * self._unit
        rates = (active + PRIOR_ACTIVE) / (seats + PRIOR_SEATS)
        lower = (seats[1] > 0) & (rates[1] < rates[0])
        rate = np.where(lower, rates[1], rates[0])
        strength = PRIOR_SHARE * np.where(lower, seats[1], seats[0])
        here, places = self._active[:, weekday], self._seats[:, weekday]
        above = self._unit * np.where(lower, here[1], here[0]) + strength * rate * WEEKDAY_PRIOR[weekday]
        below = self._unit * np.where(lower, places[1], places[0]) + strength
        return Usual(rate, above / np.maximum(below, TINY), below)

    def dispersion(self, seats: FloatRow, usual: Usual) -> FloatRow:
        """Return how many times more than a Poisson count the figures scatter about what is usual for these seats.

        What is usual is itself only as sure as the past is long.
        """
        ratio: FloatRow = np.minimum(np.maximum(self._scatter / self._weight, LEAST_SCATTER), MOST_SCATTER)
        ratio *= 1 + np.minimum(seats / np.maximum(usual.seats, TINY), MOST_DOUBT)
        return ratio


class Shown(Columns):
    """The highest level of use a pilot has shown, in people a working day, over three weeks.

    More seats alone raise what is expected; without this ceiling, doubling the seats of a pilot
    whose people go on as before would look like a fall in use.
    """

    def __init__(self, pilots: int) -> None:
        """Start with nothing shown."""
        self._days = np.zeros((LEVEL_DAYS, 2, pilots))
        self._sums = np.zeros((2, pilots))
        self._highest = np.zeros(pilots)

    def cap(self, expected: FloatRow, level: FloatRow) -> FloatRow:
        """Lower what is expected where the working-day level behind it was never shown."""
        above = (self._highest > 0) & (level > self._highest)
        if not above.any():
            return expected
        return expected * np.divide(self._highest, level, out=np.ones(level.size), where=above)

    def see(self, day: int, counted: BoolRow, active: FloatRow, worth: FloatRow) -> None:
        """Take in one day; `worth` is what a person-day of this weekday is of a working day's."""
        # Without a past a day's worth is unknown, and its people would stand for nothing.
        told = counted & (worth > 0)
        fresh = self._days[day % LEVEL_DAYS]
        self._sums -= fresh
        np.multiply(told, active, out=fresh[0])
        np.multiply(told, worth, out=fresh[1])
        self._sums += fresh
        people, worths = self._sums
        told = worths >= LEVEL_LEAST - TINY
        self._highest = np.maximum(self._highest, told * people / np.maximum(worths, TINY))
