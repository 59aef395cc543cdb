"""What the signals of one look rest on, and what several of them read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from bot.detection.signals.spells import IntGrid
from bot.domain.pilot import PRE_PRODUCTION, Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import FIGURES, BoolGrid, FloatGrid, UsageWindow
from bot.metrics.progress import StageSpan
from bot.metrics.usage import recent
from bot.metrics.work import counts_work_units


@dataclass(frozen=True)
class Ground:
    """One look, worked out by detection: grids have a row for each pilot and a column for each day before `today`."""

    window: UsageWindow
    pilots: Sequence[Pilot]
    spans: Sequence[Sequence[StageSpan]]
    """Stages of each pilot by `today`."""
    through: IntGrid
    """Last column each pilot is judged on, -1 for none."""
    resting: BoolGrid
    """Whether the pilot was paused or retired; one more column, for `today`."""
    reach: FloatGrid
    """People active in 28 days as the source says it, at most a week old; NaN where unknown."""
    is_flat: BoolGrid
    """Whether reach and breadth were flat for the weeks of a stall."""
    against: IntGrid
    """The column that many known weeks before, -1 where there is none."""
    today: date
    settings: DetectionSettings

    def blocks(self, rows: int) -> Iterator["Ground"]:
        """Yield the same look at so many pilots at a time: grids that fit a cache are read several times faster."""
        for start in range(0, len(self.pilots), rows):
            part = slice(start, start + rows)
            seen = {name: getattr(self.window, name)[part] for name in ("pilots", *FIGURES, "weekly", "origin")}
            yield replace(
                self,
                window=replace(self.window, **seen),
                pilots=self.pilots[part],
                spans=self.spans[part],
                through=self.through[part],
                resting=np.ascontiguousarray(self.resting[part]),
                reach=np.ascontiguousarray(self.reach[part]),
                is_flat=np.ascontiguousarray(self.is_flat[part]),
                against=np.ascontiguousarray(self.against[part]),
            )

    @cached_property
    def works_alone(self) -> BoolGrid:
        """Mark the pilots that count units of work and not people."""
        return np.fromiter((counts_work_units(p) for p in self.pilots), dtype=np.bool_, count=len(self.pilots))

    @cached_property
    def registered(self) -> FloatGrid:
        """Return the seats that the registry names, NaN where it names none."""
        return np.array([np.nan if p.seats is None else float(p.seats) for p in self.pilots])

    @cached_property
    def seats(self) -> FloatGrid:
        """Return the people with access on each day: the newest figure up to then, NaN before the first."""
        return carried(self.window.seats)

    @cached_property
    def seats_or_registered(self) -> FloatGrid:
        """Return the same, with the registry's seats where no source has told any."""
        return filled(self.seats, lambda rows, seats: np.where(np.isnan(seats), self.registered[rows, None], seats))

    @cached_property
    def people(self) -> FloatGrid:
        """Return the people of 28 days, or where unknown those with access, who are no fewer."""
        return filled(self.reach, lambda rows, reach: np.where(np.isnan(reach), self.seats_or_registered[rows], reach))

    @cached_property
    def begun(self) -> IntGrid:
        """Return the column of each pilot's first row; the number of days where there is none."""
        given = self.window.origin >= 0
        return np.where(given.any(axis=1), given.argmax(axis=1) if self.window.days else 0, self.window.days)

    @cached_property
    def most(self) -> FloatGrid:
        """Return the most people of 28 days up to each day; NaN before the first such figure."""
        most: FloatGrid = np.fmax.accumulate(self.window.active_28d, axis=1)
        return most

    @cached_property
    def began(self) -> FloatGrid:
        """Return the first-time users up to each day, as far as they are known."""
        new = self.window.new
        return np.cumsum(np.where(np.isnan(new), 0.0, new), axis=1)

    @cached_property
    def judged(self) -> BoolGrid:
        """Mark the days on which a pilot is judged: up to its last one, and not at rest."""
        days = self.window.days
        return ~self.resting[:, :days] & (np.arange(days) <= self.through[:, None])

    @cached_property
    def sizes(self) -> FloatGrid:
        """Return how many people each pilot is about: seats as last judged, else the registry's, else the most seen."""
        if not self.window.days:
            return np.nan_to_num(self.registered)
        rows, last = np.arange(len(self.pilots)), np.maximum(self.through, 0)
        told = np.where(self.through >= 0, self.seats[rows, last], np.nan)
        told = np.where(np.isnan(told), self.registered, told)
        for row in np.flatnonzero(np.isnan(told)):
            upto = slice(0, int(self.through[row]) + 1)
            seen = np.concatenate([self.window.active[row, upto], self.window.active_28d[row, upto]])
            told[row] = np.nanmax(seen, initial=0.0, where=~np.isnan(seen))
        return told

    def tier(self, row: int) -> Literal["full", "question"]:
        """Return how far a finding of a pilot may go."""
        return "question" if self.sizes[row] < self.settings.small_seats else "full"


def kept_columns(pilots: Sequence[Pilot], share: float) -> frozenset[str]:
    """Return which of `owner` and `sponsor` the registry names for a share of the pilots on their way, or more.

    Where it names neither, an empty cell is unknown: the registry is kept without that column.
    """
    on_the_way = [p for p in pilots if p.stage in PRE_PRODUCTION]
    named = {
        "owner": sum(p.owner is not None for p in on_the_way),
        "sponsor": sum(p.sponsor is not None for p in on_the_way),
    }
    return frozenset(column for column, filled in named.items() if filled and filled >= share * len(on_the_way))


def filled(grid: FloatGrid, fill: Callable[[IntGrid, FloatGrid], FloatGrid]) -> FloatGrid:
    """Return a grid in which rows with an unknown figure are those that `fill` makes of them; most have none."""
    rows = np.flatnonzero(np.isnan(grid).any(axis=1))
    if not rows.size:
        return grid
    whole = grid.copy()
    whole[rows] = fill(rows, grid[rows])
    return whole


def carried(grid: FloatGrid) -> FloatGrid:
    """Return the newest known figure up to each day, however old; NaN before the first."""

    def carry(_: IntGrid, some: FloatGrid) -> FloatGrid:
        newest = np.maximum.accumulate(np.where(np.isnan(some), 0, np.arange(some.shape[1])), axis=1)
        return np.take_along_axis(some, newest, axis=1)

    return filled(grid, carry)


def fresh(grid: FloatGrid) -> FloatGrid:
    """Return the newest known figure of each day that is less than a week old, else NaN."""
    return filled(grid, lambda _, some: recent(some))
