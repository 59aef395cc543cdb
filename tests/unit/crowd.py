"""Simulated people, for rates that single series can't show: who uses a pilot on which day, and why not.

Written to describe people, not detection: it shares nothing with bot/detection but the weekday.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.domain.telemetry import BoolGrid, FloatGrid

Level = Callable[[FloatGrid], FloatGrid]
"""How much is left of (or comes on top of) usual use, by days since the first."""


@dataclass(frozen=True)
class Crowd:
    """People of a pilot and how they live; the first day is a Monday."""

    people: int
    days: int = 270
    weekend: tuple[float, float] = (0.01, 0.06)
    mean: tuple[float, float] = (0.33, 0.66)

    def active(
        self, rng: np.random.Generator, level: Level | None = None, leavers: tuple[int, float] = (0, 0)
    ) -> FloatGrid:
        """Return the people active on each day; `leavers` is a day and the share that stops for good on it."""
        return self._drawn(rng, level, leavers).sum(axis=0).astype(float)

    def weeks(
        self, rng: np.random.Generator, level: Level | None = None, leavers: tuple[int, float] = (0, 0)
    ) -> FloatGrid:
        """Return the people active in each week, on its Sunday; the other days are NaN."""
        drawn = self._drawn(rng, level, leavers)[:, : self.days // 7 * 7]
        told = np.full(self.days, np.nan)
        told[6 : drawn.shape[1] : 7] = drawn.reshape(self.people, -1, 7).any(axis=2).sum(axis=0)
        return told

    def _drawn(self, rng: np.random.Generator, level: Level | None, leavers: tuple[int, float]) -> BoolGrid:
        """Return who was active on which day."""
        day = np.arange(self.days)
        chance = (
            self._habit(rng)[:, None] * self._shape(rng, day) * (1.0 if level is None else level(day.astype(float)))
        )
        chance *= np.exp(rng.normal(0, 0.25, (self.people, self.days // 7 + 1)))[:, day // 7]
        self._absences(rng, chance)
        gone = rng.permutation(self.people)[: round(self.people * leavers[1])]
        chance[gone, leavers[0] :] = 0
        drawn: BoolGrid = rng.random(chance.shape) < np.minimum(chance, 0.98)
        return drawn

    def _habit(self, rng: np.random.Generator) -> FloatGrid:
        """Each person's chance to use it on a working day, widely spread over the group."""
        mean, spread = rng.uniform(*self.mean), rng.uniform(1.2, 4)
        return rng.beta(mean * spread, (1 - mean) * spread, self.people)

    def _shape(self, rng: np.random.Generator, day: np.ndarray) -> FloatGrid:
        """Weekdays, weeks that hang together, noise of days, days off nobody announced, and a summer dip."""
        week = np.array([1, 1.03, 1.02, 1, rng.uniform(0.75, 0.9), *rng.uniform(*self.weekend, 2)])
        mood = np.zeros(self.days // 7 + 2)
        for n in range(1, mood.size):
            mood[n] = 0.5 * mood[n - 1] + rng.normal(0, 0.07)
        shape = week[day % 7] * np.exp(mood[day // 7] + rng.normal(0, 0.05, self.days))
        shape[rng.integers(0, self.days, rng.poisson(self.days / 135))] *= rng.uniform(0.05, 0.6)
        if rng.random() < 0.3:
            start = rng.integers(0, self.days)
            shape[start : start + rng.integers(14, 35)] *= rng.uniform(0.75, 0.9)
        return shape

    def _absences(self, rng: np.random.Generator, chance: FloatGrid) -> None:
        """Leave and illness, a late start, and now and then somebody who stops for reasons of their own."""
        for person in range(self.people):
            chance[person, : int(rng.exponential(5))] = 0
            for start in rng.integers(0, self.days, rng.poisson(self.days / 90)):
                chance[person, start : start + rng.integers(3, 17)] = 0
            if rng.random() < 0.05:
                chance[person, rng.integers(60, self.days) :] = 0


def cliff(onset: int, share: float) -> Level:
    """Use falls to a share on one day."""
    return lambda day: np.where(day < onset, 1.0, share)


def spike(times: float, days: int) -> Level:
    """Use begins at a multiple, and is at its usual level after so many days, falling evenly."""
    return lambda day: 1 + (times - 1) * np.clip(1 - day / days, 0, None)


def several(count: int, make: Callable[[np.random.Generator], FloatGrid], seed: int) -> FloatGrid:
    """Return as many pilots, side by side."""
    return np.vstack([make(np.random.default_rng([seed, n])) for n in range(count)])
