"""Drop-off by NB-CUSUM: summed evidence that use fell below a pilot's own weekday pattern.

All pilots are judged at once, day after day. Formulas and sources: docs/detection.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from bot.detection.baseline import (
    BACK_SHARE,
    FALLEN,
    GUARD,
    LEAST_EXPECTED,
    SCATTER_AFTER,
    SCATTER_DISCOUNT,
    SHOCK_DISCOUNT,
    Past,
    Shown,
)
from bot.detection.hold import Check, Hold, Odd, Released
from bot.detection.series import Series, prepare
from bot.detection.together import CommonFall, Together
from bot.domain.telemetry import BoolGrid, FloatGrid

MOST_A_DAY: Final = 1.0
"""One day alone can never reach a threshold."""
MOST_SUM: Final = 2.0
"""Thresholds up to which the sum of an open drop-off rises, so that it ends within weeks of use being back."""
LOW_SHARE: Final = 0.65
LAUNCH: Final = 28
"""Days of a pilot's life that its past is also kept without: a launch is no usual use."""
SUMMED_FROM: Final = LAUNCH + GUARD
"""Days of a pilot's life before evidence is summed: the first with a past beyond its launch."""
WARM_UP: Final = 56
"""Days of a pilot's life before a drop-off is called."""
NEAR_EMPTY: Final = 0.25
"""Weekdays with less than this share of a working day's use are not summed: chance rules them."""
MONDAY: Final = 0
SUNDAY: Final = 6
WEEK: Final = 7


@dataclass(slots=True)
class Episode:
    """One drop-off of one pilot; columns of the window, and the sums of its evidence so far."""

    opened: int
    onset: int
    seen: float
    expected: float
    closed: int | None = None
    recent: float | None = None
    """Share of what was expected that was seen in the last seven days."""


@dataclass(slots=True)
class Judged:
    """What was found in one pilot, oldest first: drop-offs, and zeros that were held back."""

    episodes: list[Episode] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def judge(
    active: FloatGrid,
    seats: FloatGrid,
    countable: BoolGrid,
    last: Sequence[int],
    registered: FloatGrid,
    weekday: int,
) -> list[Judged]:
    """Judge every pilot on every day up to its own last column, each by itself.

    `active` and `seats` are people by pilot and day, NaN where unknown; `countable` marks days that
    count; `last` is each pilot's last judged column (-1 for none); `registered` the registry's
    seats; `weekday` that of the first column (Monday is 0).
    """
    run = Run(len(last), 0)
    run.advance(prepare(active, seats, countable, registered, weekday), int(max(last, default=-1)) + 1)
    return [run.judged(pilot, column) for pilot, column in enumerate(last)]


@dataclass(slots=True)
class _Trace:
    """An episode and its sums on every day from its opening on, so that it can be read as of any of them."""

    opened: int
    onset: int
    sums: list[tuple[float, float]]
    closed: int | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> "_Trace":
        """Copy the sums as a whole, not pair by pair."""
        return _Trace(self.opened, self.onset, self.sums.copy(), self.closed)

    def upto(self, last: int) -> Episode:
        place = min(last - self.opened, len(self.sums) - 1)
        seen, expected = self.sums[place]
        closed = self.closed if self.closed is not None and self.closed <= last else None
        return Episode(self.opened, self.onset, seen, expected, closed, self._recent(place))

    def _recent(self, place: int) -> float | None:
        """Return the share seen in the seven days up to a day of the episode."""
        if place < WEEK:
            return None
        seen, expected = (now - then for now, then in zip(self.sums[place], self.sums[place - WEEK], strict=True))
        return round(seen / expected, 3) if expected >= LEAST_EXPECTED else None


class Run:
    """The state of all pilots while the days go by; each array holds one number for each pilot.

    After a day the state rests on that day and earlier ones only. A pilot is run beyond the last day
    it is judged on, with those it shares a source with, and read as of that day.
    """

    def __init__(self, pilots: int, sources: int) -> None:
        """Start before the first day."""
        self.days = 0
        self.pilots, self.sources = pilots, sources
        self._traces: list[list[_Trace]] = [[] for _ in range(pilots)]
        self._past, self._shown = Past(pilots), Shown(pilots)
        self._hold, self._together = Hold(pilots), Together(sources)
        self._fit = np.zeros((GUARD, pilots), dtype=np.bool_)
        self._foreseen = np.zeros((GUARD, pilots))
        self._sum = np.zeros(pilots)
        self._seen = np.zeros(pilots)
        self._expected = np.zeros(pilots)
        self._onset = np.zeros(pilots, dtype=np.int64)
        self._open = np.zeros(pilots, dtype=np.bool_)
        self._weekly = np.zeros(pilots, dtype=np.bool_)
        self._bin = np.zeros((2, pilots))

    def advance(self, series: Series, until: int) -> None:
        """Judge the days that are not judged yet, up to and without row `until`."""
        while self.days < until:
            self._step(series, self.days, series.weekday_of(self.days))
            self.days += 1

    def judged(self, pilot: int, last: int) -> Judged:
        """Return what was found in a pilot up to a day."""
        episodes = [t.upto(last) for t in self._traces[pilot] if t.opened <= last]
        checks = [
            replace(c, closed=c.closed if c.closed is not None and c.closed <= last else None)
            for c in self._hold.checks[pilot]
            if c.opened <= last
        ]
        return Judged(episodes, checks)

    @property
    def falls(self) -> list[list[CommonFall]]:
        """The times in which all pilots of a source fell together, for each source."""
        return self._together.falls

    def _step(self, series: Series, day: int, weekday: int) -> None:
        """Judge one day."""
        people, counted, age = series.people[day], series.counted[day], series.age[day]
        self._admit(series, day, weekday)
        rate, share = self._past.usual(weekday)
        level = series.seats[day] * rate
        expected = self._shown.cap(series.seats[day] * share, level)
        scatter = self._past.dispersion()
        if weekday == MONDAY or day == 0:
            self._weekly = level < LEAST_EXPECTED
        self._rest(day, series.resting[day])
        filled = share >= NEAR_EMPTY * rate
        telling = filled & (expected >= LEAST_EXPECTED)
        left = np.divide(people, expected, out=np.ones(people.size), where=expected > 0)
        fell, back = self._together.see(day, weekday, series.origin[day], counted, telling, left)
        if back.any():
            self._forgive(day, back, left)
        # Bins of a week have no days to hold back: a day on which the source fell is left out of them.
        odd = Odd(counted, fell & ~self._weekly, telling, scatter)
        unused, released = self._hold.see(day, odd, people, expected)
        told = counted & ~unused & ~(fell & self._weekly)
        summed = told & (age >= SUMMED_FROM)
        if released is not None:
            self._release(released, age)
        if self._weekly.any():
            self._by_week(day, weekday, summed & self._weekly, people, expected, scatter)
        self._add(day, summed & filled & ~self._weekly, people, expected, scatter)
        self._alarm(day, series.threshold[day], age)
        self._shown.see(day, summed, people, share / rate)
        self._fit[day % GUARD] = told & ~self._open
        self._foreseen[day % GUARD] = expected

    def _admit(self, series: Series, day: int, weekday: int) -> None:
        """Age the past by a day and let in the day that has waited out the guard."""
        self._past.age(self._open)
        if day < GUARD:
            return
        then, fit = day - GUARD, self._fit[day % GUARD]
        settled = series.age[then] >= LAUNCH
        self._past.admit(weekday, fit, settled, series.people[then], series.seats[then])
        told = fit & (series.age[then] >= SCATTER_AFTER)
        self._past.learn_scatter(told, series.people[then], self._foreseen[day % GUARD])

    def _rest(self, day: int, resting: BoolGrid) -> None:
        """Forget the evidence against pilots that were paused or retired: their use was decided."""
        if resting.any():
            self._sum[resting] = self._seen[resting] = self._expected[resting] = 0.0
            self._bin[:, resting] = 0.0
            self._hold.drop(day, resting)

    def _forgive(self, day: int, back: BoolGrid, left: FloatGrid) -> None:
        """Forget the held days of pilots whose source is back, and what was summed after where use is back too.

        A drop-off found before the source fell has its own reasons and stays.
        """
        since = np.where(back & (left >= BACK_SHARE), self._hold.used_up(), -1)
        self._hold.drop(day, back)
        for pilot in np.flatnonzero(since >= 0):
            if not self._open[pilot] or self._traces[pilot][-1].opened >= since[pilot]:
                self._sum[pilot] = self._seen[pilot] = self._expected[pilot] = 0.0

    def _release(self, released: Released, age: FloatGrid) -> None:
        """Add the evidence of held days at once."""
        real = released.pilots & (age >= SUMMED_FROM)
        starts = real & (self._sum <= 0)
        self._onset = np.where(starts, released.since, self._onset)
        self._sum = np.where(real, self._sum + released.gain, self._sum)
        self._seen = np.where(real, self._seen + released.people, self._seen)
        self._expected = np.where(real, self._expected + released.expected, self._expected)

    def _by_week(
        self, day: int, weekday: int, told: BoolGrid, people: FloatGrid, expected: FloatGrid, scatter: FloatGrid
    ) -> None:
        """Gather a day of pilots judged by week, and on Sundays add the evidence of the week."""
        self._bin += told * np.stack([people, expected])
        if weekday == SUNDAY:
            seen, foreseen = self._bin
            self._add(max(0, day - SUNDAY), self._weekly & (foreseen > 0), seen, foreseen, scatter)
            self._bin = np.zeros_like(self._bin)

    def _add(self, since: int, told: BoolGrid, people: FloatGrid, expected: FloatGrid, scatter: FloatGrid) -> None:
        """Add evidence; a sum back at zero forgets what it was made of."""
        if not told.any():
            return
        over = people * np.log(FALLEN) + (1 - FALLEN) * expected
        gain = np.minimum(MOST_A_DAY, over / (SCATTER_DISCOUNT * scatter + SHOCK_DISCOUNT * expected))
        before = self._sum
        self._sum = np.maximum(0.0, before + told * gain)
        self._onset[told & (before <= 0) & (self._sum > 0)] = since
        up = self._sum > 0
        self._seen = up * (self._seen + told * people)
        self._expected = up * (self._expected + told * expected)

    def _alarm(self, day: int, threshold: FloatGrid, age: FloatGrid) -> None:
        """Open and close episodes by the sum, the share that is left and the pilot's age."""
        fires = (self._sum > threshold) & ~self._open & (age >= WARM_UP)
        if fires.any():
            fires &= (self._seen + 0.5) / (self._expected + 0.5) < LOW_SHARE
            for pilot in np.flatnonzero(fires):
                onset = int(self._onset[pilot])
                self._traces[pilot].append(_Trace(day, onset, []))
                self._fit[[fallen % GUARD for fallen in range(max(onset, day - GUARD + 1), day + 1)], pilot] = False
            self._open |= fires
        self._sum = np.where(self._open, np.minimum(self._sum, MOST_SUM * threshold), self._sum)
        for pilot in np.flatnonzero(self._open):
            trace = self._traces[pilot][-1]
            if self._sum[pilot] <= 0:
                trace.closed = day
                self._open[pilot] = False
            else:
                trace.sums.append((float(self._seen[pilot]), float(self._expected[pilot])))
