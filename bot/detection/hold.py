"""Days held back as a question about the telemetry: silent zeros, and falls of a whole source."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.baseline import BACK_SHARE, FALLEN, SCATTER_DISCOUNT, SHOCK_DISCOUNT
from bot.detection.series import IntGrid
from bot.domain.telemetry import BoolGrid, FloatGrid

HOLD_DAYS: Final = 5
HOLD_UNLIKELY: Final = -2.0
"""Log-probability of a zero day below which it is held."""

CHECK_UNLIKELY: Final = -9.2
"""Log-probability of all zeros of a hold below which the admin is asked: one in ten thousand."""


@dataclass(frozen=True, slots=True)
class Released:
    """Held days that turned out to be real: for which pilots, with what evidence, and since when."""

    pilots: BoolGrid
    gain: FloatGrid
    people: FloatGrid
    expected: FloatGrid
    since: IntGrid


@dataclass(frozen=True, slots=True)
class Odd:
    """What makes a day odd, for each pilot: whether it counts, fell with its whole source, and tells enough."""

    counted: BoolGrid
    fell: BoolGrid
    telling: BoolGrid
    scatter: FloatGrid


@dataclass(slots=True)
class Check:
    """Zeros of one pilot that were held and too many for chance; columns of the window."""

    onset: int
    opened: int
    closed: int | None = None


class Hold:
    """What is held back of each pilot; arrays hold one number for each pilot."""

    def __init__(self, pilots: int) -> None:
        """Start with nothing held."""
        self.checks: list[list[Check]] = [[] for _ in range(pilots)]
        self._days = np.zeros(pilots)
        self._people = np.zeros(pilots)
        self._expected = np.zeros(pilots)
        self._chance = np.zeros(pilots)
        self._since = np.zeros(pilots, dtype=np.int64)
        self._spent = np.zeros(pilots, dtype=np.bool_)
        self._checking = np.zeros(pilots, dtype=np.bool_)

    def see(self, day: int, odd: Odd, people: FloatGrid, expected: FloatGrid) -> tuple[BoolGrid, Released | None]:
        """Take in one day; return the pilots whose day is not to be used, and held days to be used after all.

        A day of a hold that tells too little decides nothing, unless it is one more zero.
        """
        counted, zero = odd.counted, odd.counted & (people == 0)
        chance = -expected * np.log(odd.scatter) / (odd.scatter - 1.0)
        wrong = odd.fell | (zero & ((chance < HOLD_UNLIKELY) | (self._days > 0)))
        well = people >= BACK_SHARE * expected
        # A hold that was used up opens again only after use was really back.
        self._spent &= ~(counted & odd.telling & well)
        if not wrong.any() and not self._days.any():
            return wrong, None
        takes = wrong & (self._days < HOLD_DAYS) & ~self._spent
        idle = counted & ~wrong & (self._days > 0) & ~odd.telling
        back = counted & ~takes & ~idle & (self._days > 0)
        released = self._release(back & ~well, odd.scatter)
        self._spent |= back & wrong
        self._since = np.where(takes & (self._days == 0), day, self._since)
        self._days = np.where(back, 0.0, self._days + takes)
        self._people = np.where(back, 0.0, self._people + takes * people)
        self._expected = np.where(back, 0.0, self._expected + takes * expected)
        self._chance = np.where(back, 0.0, self._chance + np.where(takes & ~odd.fell, chance, 0.0))
        self._check(day, self._chance < CHECK_UNLIKELY, back)
        return takes | idle, released

    def used_up(self) -> IntGrid:
        """Return the first day of each pilot's hold that ran full and was not followed by usual use yet, else -1."""
        return np.where(self._spent, self._since, -1)

    def drop(self, day: int, pilots: BoolGrid) -> None:
        """Forget what is held of these pilots."""
        for held in (self._days, self._people, self._expected, self._chance):
            held[pilots] = 0.0
        self._check(day, np.zeros(pilots.size, dtype=np.bool_), pilots)

    def _release(self, real: BoolGrid, scatter: FloatGrid) -> Released | None:
        """Return the evidence of held days at once: use came back weak, or the odd days went on."""
        if not real.any():
            return None
        days, total = self._days, self._expected
        mean = np.divide(total, days, out=np.zeros(total.size), where=days > 0)
        over = self._people * np.log(FALLEN) + (1 - FALLEN) * total
        gain = np.minimum(days, over / (SCATTER_DISCOUNT * scatter + SHOCK_DISCOUNT * mean))
        return Released(real & (gain > 0), gain, self._people, total, self._since)

    def _check(self, day: int, own: BoolGrid, over: BoolGrid) -> None:
        for pilot in np.flatnonzero(own & ~self._checking):
            self.checks[pilot].append(Check(int(self._since[pilot]), day))
        for pilot in np.flatnonzero(over & self._checking):
            self.checks[pilot][-1].closed = day
        self._checking = (self._checking | own) & ~over
