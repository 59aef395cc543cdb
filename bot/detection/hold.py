"""Days held back as a question about the telemetry: silent zeros, and falls of a whole source."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.baseline import BACK_SHARE, FALLEN, LEAST_SCATTER, SCATTER_DISCOUNT, SHOCK_DISCOUNT
from bot.detection.columns import NOBODY, BoolRow, Columns, FloatRow, IntRow
from bot.detection.spells import Log, Spell

HOLD_DAYS: Final = 5
HOLD_UNLIKELY: Final = -2.0
"""Log-probability of a zero day below which it is held."""

LEAST_ASKED: Final = 1.0
"""People expected without which a zero is never so unlikely, whatever the scatter."""

CHECK_UNLIKELY: Final = -9.2
"""Log-probability of all zeros of a hold below which the admin is asked: one in ten thousand."""


@dataclass(frozen=True, slots=True)
class Released:
    """Held days that turned out to be real: of which pilots, with what evidence, and since when."""

    pilots: IntRow
    gain: FloatRow
    people: FloatRow
    expected: FloatRow
    since: IntRow


@dataclass(frozen=True, slots=True)
class Odd:
    """What makes a day odd, for each pilot: whether it counts, fell with its whole source, and tells enough."""

    counted: BoolRow
    fell: BoolRow
    telling: BoolRow
    scatter: FloatRow


@dataclass(slots=True)
class Check(Spell):
    """Zeros of one pilot that were held and too many for chance."""

    onset: int = 0
    """The first of them."""


class Hold(Columns):
    """What is held back of each pilot."""

    def __init__(self, pilots: int, most: int, *, zeros: bool = True) -> None:
        """Start with nothing held; `most` days are held at once, and unlikely zeros among them or only asked about."""
        self._most, self._zeros = most, zeros
        self._days = np.zeros(pilots)
        self._people = np.zeros(pilots)
        self._expected = np.zeros(pilots)
        self._chance = np.zeros(pilots)
        self._since = np.zeros(pilots, dtype=np.int64)
        self._spent = np.zeros(pilots, dtype=np.bool_)
        self._checking = np.zeros(pilots, dtype=np.bool_)

    def see(
        self, day: int, odd: Odd, people: FloatRow, expected: FloatRow, checks: Log[Check]
    ) -> tuple[BoolRow, Released | None]:
        """Take in one day; return the pilots whose day is not to be used, and held days to be used after all.

        A day of a hold that tells too little decides nothing, unless it is one more zero.
        """
        counted, well = odd.counted, people >= BACK_SHARE * expected
        # A hold that was used up opens again only after use was really back.
        self._spent &= ~(counted & odd.telling & well)
        unused = np.zeros(people.size, dtype=np.bool_)
        zero = counted & (people == 0)
        some = (odd.fell | (zero & (expected > LEAST_ASKED)) | (self._days > 0)).nonzero()[0]
        if not self._zeros:
            self._check(day, NOBODY, (self._checking & counted & (people > 0)).nonzero()[0], checks)
        if not some.size:
            return unused, None
        scatter, fell = odd.scatter[some], odd.fell[some]
        # The logarithm of the chance of a zero, negative binomial; without more scatter than Poisson it is -expected.
        over = np.where(scatter == 1.0, LEAST_SCATTER, scatter)
        chance = -expected[some] * np.log(over) / (over - 1.0)
        days = self._days[some]
        wrong = fell | (zero[some] & ((chance < HOLD_UNLIKELY) | (days > 0)) & self._zeros)
        takes = wrong & (days < self._most) & ~self._spent[some]
        idle = counted[some] & ~wrong & (days > 0) & ~odd.telling[some]
        back = counted[some] & ~takes & ~idle & (days > 0)
        released = self._release(some[back & ~well[some]], odd.scatter)
        self._spent[some] |= back & wrong
        self._since[some[takes & (days == 0)]] = day
        for held, more in (
            (self._days, takes),
            (self._people, takes * people[some]),
            (self._expected, takes * expected[some]),
            (self._chance, np.where(takes & ~fell, chance, 0.0)),
        ):
            held[some] = np.where(back, 0.0, held[some] + more)
        if self._zeros:
            self._check(day, some[self._chance[some] < CHECK_UNLIKELY], some[back], checks)
        else:
            asked = zero[some] & (chance < CHECK_UNLIKELY)
            self._since[some[asked & ~self._checking[some]]] = day
            self._check(day, some[asked], NOBODY, checks)
        unused[some] = takes | idle
        return unused, released

    def used_up(self) -> IntRow:
        """Return the first day of each pilot's hold that ran full and was not followed by usual use yet, else -1."""
        return np.where(self._spent, self._since, -1)

    def drop(self, day: int, pilots: BoolRow, checks: Log[Check]) -> None:
        """Forget what is held of these pilots."""
        for held in (self._days, self._people, self._expected, self._chance):
            held[pilots] = 0.0
        self._check(day, NOBODY, pilots.nonzero()[0], checks)

    def _release(self, real: IntRow, scatter: FloatRow) -> Released | None:
        """Return the evidence of held days at once: use came back weak, or the odd days went on."""
        if not real.size:
            return None
        days, people, total = self._days[real], self._people[real], self._expected[real]
        over = people * np.log(FALLEN) + (1 - FALLEN) * total
        gain = np.minimum(days, over / (SCATTER_DISCOUNT * scatter[real] + SHOCK_DISCOUNT * total / days))
        told = gain > 0
        return Released(real[told], gain[told], people[told], total[told], self._since[real[told]])

    def _check(self, day: int, own: IntRow, over: IntRow, checks: Log[Check]) -> None:
        for pilot in own[~self._checking[own]].tolist():
            checks.open(pilot, Check(day, onset=int(self._since[pilot])))
        self._checking[own] = True
        for pilot in over[self._checking[over]].tolist():
            checks.close(pilot, day)
        self._checking[over] = False
