"""The evidence that use fell, summed for each pilot, and the drop-offs it opens and closes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bot.detection.baseline import FALLEN, LEAST_EXPECTED, SCATTER_DISCOUNT, SHOCK_DISCOUNT
from bot.detection.columns import NOBODY, BoolRow, Columns, FloatRow, IntRow
from bot.detection.hold import Released
from bot.detection.seats import Thresholds, threshold_of
from bot.detection.spells import Log, Spell
from bot.metrics.usage import WEEK

STALE: Final = 14
"""Days without a day that counted after which nothing that was summed before is added to."""
WARM_UP: Final = 56
"""Days of a pilot's life before a drop-off is called."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How strongly one day, or one week, speaks against a pilot, and what it takes to call a drop-off."""

    fallen: float
    """The evidence asks whether use fell to this share of what is expected."""
    scatter: float
    """How much its scatter counts against it."""
    shock: float
    """How much shocks that all people of a pilot share do."""
    most: float
    """The most it says."""
    low: float
    """Share of what is expected below which use has to be since the onset."""
    thresholds: Thresholds
    """Sums of evidence above which it is called."""


BY_DAY: Final = Gauge(
    fallen=FALLEN,
    scatter=SCATTER_DISCOUNT,
    shock=SHOCK_DISCOUNT,
    most=0.5,  # it takes four days at the least, and five in small pilots: a feed at fault for three is no drop-off
    low=0.75,
    thresholds=((10.0, 2.2), (50.0, 1.8), (float("inf"), 1.5)),
)
DAYS_OF_A_WEEK: Final = replace(BY_DAY, most=1.0)
"""The days of a week together, of pilots too thin to be judged by the day."""
BY_WEEK: Final = Gauge(
    fallen=0.65,
    scatter=SCATTER_DISCOUNT,
    shock=0.03,
    most=2.0,
    low=0.85,
    thresholds=((10.0, 1.0), (50.0, 0.8), (float("inf"), 0.7)),
)


@dataclass(frozen=True, slots=True)
class Bars:
    """What is needed to call a drop-off, for each pilot."""

    threshold: FloatRow
    share: FloatRow
    """Share of what was expected below which use has to be since the onset."""
    old_enough: BoolRow


def bars_of(seats: FloatRow, age: FloatRow, weekly: BoolRow) -> Bars:
    """Return what is needed, by the seats of a pilot and by whether it is told by week."""
    threshold, share = threshold_of(seats, BY_DAY.thresholds), np.full(seats.size, BY_DAY.low)
    if weekly.any():
        threshold = np.where(weekly, threshold_of(seats, BY_WEEK.thresholds), threshold)
        share[weekly] = BY_WEEK.low
    return Bars(threshold, share, age >= WARM_UP)


@dataclass(slots=True)
class Drop(Spell):
    """One drop-off of one pilot."""

    onset: int = 0
    weekly: bool = False
    """Whether its figures are people of weeks, and not of days."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an open drop-off rests on, as of a day: people seen since its onset, and expected."""

    seen: float
    expected: float
    recent: float | None
    """Share of what was expected that was seen in the last seven days."""


@dataclass(frozen=True, slots=True)
class OpenSums:
    """Sums of the pilots with an open drop-off after one day; `pilots` stand in rising order."""

    pilots: IntRow
    seen: FloatRow
    expected: FloatRow

    def of(self, pilot: int) -> tuple[float, float]:
        """Return what was seen and expected of a pilot with an open drop-off."""
        place = int(self.pilots.searchsorted(pilot))
        return float(self.seen[place]), float(self.expected[place])

    @classmethod
    def none(cls) -> "OpenSums":
        """Return the sums of nobody."""
        return cls(NOBODY, np.zeros(0), np.zeros(0))

    def mended(self, others: BoolRow, places: IntRow, part: "OpenSums") -> "OpenSums":
        """Return the sums with those of some pilots replaced; `places` are theirs, `others` marks all but them."""
        kept = others[self.pilots]
        pilots = np.concatenate([self.pilots[kept], places[part.pilots]])
        order = np.argsort(pilots, kind="stable")
        seen = np.concatenate([self.seen[kept], part.seen])[order]
        return OpenSums(pilots[order], seen, np.concatenate([self.expected[kept], part.expected])[order])


class Sums(Columns):
    """What speaks against each pilot so far."""

    def __init__(self, pilots: int) -> None:
        """Start with nothing against anybody."""
        self._sum = np.zeros(pilots)
        self._seen = np.zeros(pilots)
        self._expected = np.zeros(pilots)
        self._onset = np.zeros(pilots, dtype=np.int64)
        self._opened = np.zeros(pilots, dtype=np.int64)
        self._newest = np.zeros(pilots, dtype=np.int64)
        self.open = np.zeros(pilots, dtype=np.bool_)
        """Pilots with an open drop-off."""

    def forget(self, pilots: BoolRow) -> None:
        """Drop what speaks against these pilots."""
        self._sum[pilots] = self._seen[pilots] = self._expected[pilots] = 0.0

    def forgive(self, since: IntRow) -> None:
        """Drop what was summed since a day (-1 for none), but for a drop-off opened before: it has its own reasons."""
        self.forget((since >= 0) & (~self.open | (self._opened >= since)))

    def add(
        self,
        since: int,
        told: BoolRow,
        people: FloatRow,
        expected: FloatRow,
        scatter: FloatRow,
        gauge: Gauge = BY_DAY,
    ) -> None:
        """Add evidence; a sum back at zero forgets what it was made of."""
        if not told.any():
            return
        self.forget(told & (since - self._newest > STALE) & ~self.open)
        self._newest[told] = since
        over = people * np.log(gauge.fallen) + (1 - gauge.fallen) * expected
        gain = np.minimum(gauge.most, over / (gauge.scatter * scatter + gauge.shock * expected))
        before = self._sum
        self._sum = np.maximum(0.0, before + told * gain)
        self._onset[told & (before <= 0) & (self._sum > 0)] = since
        up = self._sum > 0
        self._seen = up * (self._seen + told * people)
        self._expected = up * (self._expected + told * expected)

    def release(self, released: Released, old_enough: BoolRow) -> None:
        """Add the evidence of held days at once."""
        real = old_enough[released.pilots]
        pilots = released.pilots[real]
        starts = self._sum[pilots] <= 0
        self._onset[pilots[starts]] = released.since[real][starts]
        self._sum[pilots] += released.gain[real]
        self._seen[pilots] += released.people[real]
        self._expected[pilots] += released.expected[real]

    def alarm(self, day: int, bars: Bars, weekly: BoolRow, drops: Log[Drop]) -> tuple[IntRow, OpenSums]:
        """Open and close drop-offs by the sum, the share that is left and the pilot's age.

        Return the pilots of which one opened, and the sums of all that are open.
        """
        fires = (self._sum > bars.threshold) & ~self.open & bars.old_enough
        fires &= (self._seen + 0.5) / (self._expected + 0.5) < bars.share
        fired = np.flatnonzero(fires) if fires.any() else NOBODY
        for pilot in fired.tolist():
            drops.open(pilot, Drop(day, onset=int(self._onset[pilot]), weekly=bool(weekly[pilot])))
        self.open |= fires
        self._opened[fired] = day
        # The sum of an open one stays at the threshold, so that it ends within weeks of use being back.
        self._sum = np.where(self.open, np.minimum(self._sum, bars.threshold), self._sum)
        over = self.open & (self._sum <= 0)
        for pilot in np.flatnonzero(over).tolist():
            drops.close(pilot, day)
        self.open &= ~over
        held = np.flatnonzero(self.open)
        return fired, OpenSums(held, self._seen[held], self._expected[held])

    def onset_of(self, pilots: IntRow) -> IntRow:
        """Return the days on which the sums of these pilots left 0."""
        days: IntRow = self._onset[pilots]
        return days


def seen_of(days: Sequence[OpenSums], pilot: int, drop: Drop, last: int) -> Seen:
    """Return what a drop-off rests on as of a day, or as of its last one if that was before."""
    day = last if drop.closed is None else min(last, drop.closed - 1)
    seen, expected = days[day].of(pilot)
    if day - drop.opened < WEEK:
        return Seen(seen, expected, None)
    before = days[day - WEEK].of(pilot)
    lately = expected - before[1]
    return Seen(seen, expected, round((seen - before[0]) / lately, 3) if lately >= LEAST_EXPECTED else None)
