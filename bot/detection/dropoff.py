"""Drop-off by NB-CUSUM: summed evidence that use fell below a pilot's own weekday pattern.

All pilots are judged at once, day after day. Formulas and sources: docs/detection.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bot.detection.baseline import GUARD, Admission, Past, Seats, Shown
from bot.domain.telemetry import BoolGrid, FloatGrid

FALLEN: Final = 0.45
"""The evidence asks whether use fell to 45 % of what is expected; 1 - 0.45 is its counterpart."""
SCATTER_DISCOUNT: Final = 1.3
SHOCK_DISCOUNT: Final = 0.12
MOST_A_DAY: Final = 1.0
"""One day alone can never reach a threshold."""

HOLD_DAYS: Final = 5
HOLD_UNLIKELY: Final = -2.0
"""Log-probability of a zero day below which it is held as a question about the telemetry."""
BACK_SHARE: Final = 0.6

THRESHOLDS: Final = ((10, 3.0), (50, 2.5), (65_535, 1.75))
"""(below this many seats, alarm above this sum)."""
LOW_SHARE: Final = 0.65
WARM_UP: Final = 56
"""Days of a pilot's life before a drop-off is called."""
LEAST_EXPECTED: Final = 1.0
"""People expected a working day below which daily counts say too little for a verdict."""


@dataclass(slots=True)
class Episode:
    """One drop-off of one pilot; columns of the window, and the sums of its evidence so far."""

    opened: int
    onset: int
    seen: float
    expected: float
    closed: int | None = None


@dataclass(slots=True)
class Judged:
    """What was found in one pilot: its episodes, oldest first, and a hold that lasts."""

    episodes: list[Episode] = field(default_factory=list)
    held_since: int | None = None
    small: bool = False


def judge(
    active: FloatGrid, seats: FloatGrid, countable: BoolGrid, last: Sequence[int], registered: FloatGrid, weekday: int
) -> list[Judged]:
    """Judge every pilot on every day up to its own last column.

    `active` and `seats` are people by pilot and day, NaN where unknown; `countable` marks days that
    count; `last` is each pilot's last judged column (-1 for none); `registered` the registry's
    seats; `weekday` that of the first column (Monday is 0).
    """
    run = _Run(np.asarray(last), registered)
    for day in range(int(max(last, default=-1)) + 1):
        run.step(day, (weekday + day) % 7, active[:, day], seats[:, day], countable[:, day])
    return run.judged


class _Run:
    """The state of all pilots while the days go by; each array holds one number for each pilot."""

    def __init__(self, last: np.ndarray[tuple[int], np.dtype[np.int64]], registered: FloatGrid) -> None:
        size = registered.size
        self.judged = [Judged() for _ in range(size)]
        self._last = last
        self._past, self._seats, self._shown = Past(size), Seats(registered), Shown(size)
        self._waiting: list[tuple[int, Admission]] = []
        self._age = np.full(size, -1.0)
        self._sum = np.zeros(size)
        self._seen = np.zeros(size)
        self._expected = np.zeros(size)
        self._onset = np.zeros(size, dtype=np.int64)
        self._held = np.zeros(size)
        self._held_expected = np.zeros(size)
        self._open = np.zeros(size, dtype=np.bool_)

    def step(self, day: int, weekday: int, active: FloatGrid, seats: FloatGrid, countable: BoolGrid) -> None:
        """Judge one day."""
        self._admit()
        live = day <= self._last
        known = live & ~np.isnan(active)
        counted = known & countable
        people = np.where(known, active, 0.0)
        self._age = np.where((self._age >= 0) | known, self._age + 1, self._age)
        current, effective = self._seats.see(day, seats, active)
        rate = self._past.rate()
        expected = self._shown.cap(self._past.expected(weekday, effective, rate), effective * rate)
        scatter = self._past.dispersion()
        held = self._hold(day, counted, people, expected, scatter)
        self._add(day, counted & ~held, people, expected, scatter)
        self._alarm(day, live, current, effective * rate)
        self._shown.see(day, counted & ~held, people, self._worth(weekday, rate))
        fit = counted & ~held
        self._waiting.append((weekday, Admission(fit, people, effective, expected, self._age)))

    def _admit(self) -> None:
        """Age the past by a day and let in the day that has waited out the guard."""
        self._past.age()
        if len(self._waiting) >= GUARD:
            self._past.admit(*self._waiting.pop(0))

    def _worth(self, weekday: int, rate: FloatGrid) -> FloatGrid:
        """Return what one seat is expected to give on this weekday, as a share of a working day."""
        here = self._past.expected(weekday, np.ones(rate.size), rate)
        return np.divide(here, rate, out=np.zeros(rate.size), where=rate > 0)

    def _hold(
        self, day: int, counted: BoolGrid, people: FloatGrid, expected: FloatGrid, scatter: FloatGrid
    ) -> BoolGrid:
        """Hold back zeros that look like a broken connector; release what turns out to be real."""
        unlikely = -expected * np.log(scatter) / np.maximum(scatter - 1.0, 0.001) < HOLD_UNLIKELY
        zero = counted & (people == 0)
        takes = zero & (unlikely | (self._held > 0)) & (self._held < HOLD_DAYS)
        back = counted & ~takes & (self._held > 0)
        self._release(day, back & (people < BACK_SHARE * expected), scatter)
        self._held = np.where(takes, self._held + 1, np.where(back, 0.0, self._held))
        self._held_expected = np.where(takes, self._held_expected + expected, np.where(back, 0.0, self._held_expected))
        for pilot in np.flatnonzero(takes & (self._held == 1)):
            self.judged[pilot].held_since = day
        for pilot in np.flatnonzero(back):
            self.judged[pilot].held_since = None
        result: BoolGrid = takes
        return result

    def _release(self, day: int, real: BoolGrid, scatter: FloatGrid) -> None:
        """Add the evidence of held days at once, when use came back weak or a sixth zero followed."""
        days, total = self._held, self._held_expected
        mean = np.divide(total, days, out=np.zeros(total.size), where=days > 0)
        gain = np.minimum(
            days, (1 - FALLEN) * total / (SCATTER_DISCOUNT * np.maximum(scatter, 1.0) + SHOCK_DISCOUNT * mean)
        )
        starts = real & (self._sum <= 0) & (gain > 0)
        for pilot in np.flatnonzero(starts):
            since = self.judged[pilot].held_since
            self._onset[pilot] = day if since is None else since
        self._sum = np.where(real, self._sum + gain, self._sum)
        self._expected = np.where(real, self._expected + total, self._expected)

    def _add(self, day: int, told: BoolGrid, people: FloatGrid, expected: FloatGrid, scatter: FloatGrid) -> None:
        """Add the day's evidence; a sum back at zero forgets what it was made of."""
        over = people * np.log(FALLEN) + (1 - FALLEN) * expected
        gain = np.minimum(MOST_A_DAY, over / (SCATTER_DISCOUNT * np.maximum(scatter, 1.0) + SHOCK_DISCOUNT * expected))
        before = self._sum
        self._sum = np.where(told, np.maximum(0.0, before + gain), before)
        self._onset = np.where(told & (before <= 0) & (self._sum > 0), day, self._onset)
        up = self._sum > 0
        self._seen = np.where(up, self._seen + np.where(told, people, 0.0), 0.0)
        self._expected = np.where(up, self._expected + np.where(told, expected, 0.0), 0.0)

    def _alarm(self, day: int, live: BoolGrid, seats: FloatGrid, level: FloatGrid) -> None:
        """Open and close episodes by the sum, the share that is left and the pilot's age."""
        threshold = np.select([seats < bound for bound, _ in THRESHOLDS], [h for _, h in THRESHOLDS], 1.75)
        low = (self._seen + 0.5) / (self._expected + 0.5) < LOW_SHARE
        thick = level >= LEAST_EXPECTED
        fires = live & ~self._open & (self._sum > threshold) & low & thick & (self._age >= WARM_UP)
        for pilot in np.flatnonzero(fires):
            onset = int(self._onset[pilot])
            self.judged[pilot].episodes.append(
                Episode(day, onset, float(self._seen[pilot]), float(self._expected[pilot]))
            )
            self.judged[pilot].small = bool(seats[pilot] < THRESHOLDS[0][0])
        ends = live & self._open & (self._sum <= 0)
        for pilot in np.flatnonzero(ends):
            self.judged[pilot].episodes[-1].closed = day
        self._open = (self._open | fires) & ~ends
        for pilot in np.flatnonzero(live & self._open):
            episode = self.judged[pilot].episodes[-1]
            episode.seen, episode.expected = float(self._seen[pilot]), float(self._expected[pilot])
