"""What one look rests on: the window, the run over its days, the sources and the registry as of today."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bot.detection.columns import IntRow
from bot.detection.feeds import Feeds, Gap, Moved, Sources
from bot.detection.run import Run
from bot.detection.signals.ground import Ground
from bot.detection.spells import Log
from bot.detection.standing import Standing, Terms
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import FIGURES, FloatGrid, SourceStatus, UsageWindow
from bot.metrics.progress import mask_of

Way = tuple[tuple[int, int], ...]
"""First look and source of each feed that a pilot had, in order."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One look; pilots stand in the order of the window's rows."""

    window: UsageWindow
    days: int
    """Columns before today; today is the look of this number."""
    run: Run
    sources: Sources
    statuses: Sequence[SourceStatus | None]
    terms: Sequence[Terms]
    aged: IntRow
    """Pilots with a stage on its way that has lasted, or did, long enough to be told."""
    feeds: Feeds
    """As of the look, and so are the feeds that moved and the rows that were missing."""
    moves: Log[Moved]
    gaps: Log[Gap]
    last: IntRow
    """Last column each pilot is judged on, -1 for none."""

    @property
    def today(self) -> date:
        """The day of the look."""
        return self.window.day(self.days)

    def date(self, column: int | None) -> date | None:
        """Return the day of a column, None for none."""
        return None if column is None else self.window.day(column)

    def ground(self, settings: DetectionSettings) -> Ground:
        """Return what the other signals rest on."""
        book, first_day = self.run.book, self.window.first_day
        # What the run has not come to yet is not known; it writes these days when it comes to them.
        ahead = slice(self.run.days, self.days)
        book.monthly[ahead], book.is_flat[ahead], book.against[ahead] = np.nan, False, -1
        resting = np.zeros((len(self.terms), self.days + 1), dtype=np.bool_)
        for row, terms in enumerate(self.terms):
            if terms.rests:
                resting[row] = mask_of(terms.rests, first_day, self.days + 1)
        return Ground(
            window=_cut(self.window, self.days),
            pilots=[terms.pilot for terms in self.terms],
            spans=[terms.spans for terms in self.terms],
            through=self.last,
            resting=resting,
            reach=cast("FloatGrid", book.monthly[: self.days].T),
            is_flat=book.is_flat[: self.days].T,
            against=cast("NDArray[np.int64]", book.against[: self.days].T),
            today=self.today,
            settings=settings,
        )

    def way(self, row: int) -> Way:
        """Return the feeds of a pilot."""
        before = [(moved.since, moved.source) for moved in self.moves.upto(row, self.days)]
        return (*before, (int(self.feeds.since[row]), int(self.feeds.source[row])))


def scene_of(
    window: UsageWindow,
    days: int,
    run: Run,
    sources: Sources,
    statuses: Sequence[SourceStatus | None],
    standing: Standing,
) -> Scene:
    """Follow the feeds from where the run stopped up to the look: rows that nobody vouches for yet tell them too."""
    feeds, moves, gaps = run.state.feeds, run.logs.moves, run.logs.gaps
    if run.days < days:
        feeds, moves, gaps = feeds.copied(), moves.copied(), gaps.copied()
        for day in range(run.days, days):
            feeds.see(run.book, day, moves, gaps)
    return Scene(
        window=window,
        days=days,
        run=run,
        sources=sources,
        statuses=statuses,
        terms=standing.terms,
        aged=standing.aged(window.day(days)),
        feeds=feeds,
        moves=moves,
        gaps=gaps,
        last=feeds.through(sources, moves),
    )


def _cut(window: UsageWindow, days: int) -> UsageWindow:
    """Return a window with so many days; those that it lacks are unknown."""
    if window.days == days:
        return window
    if window.days < days:
        return window.first(days)
    grids = {name: getattr(window, name)[:, :days] for name in (*FIGURES, "weekly", "origin")}
    return replace(window, **grids)
