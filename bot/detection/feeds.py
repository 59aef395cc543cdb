"""Which source feeds each pilot, how far each source reaches, and when it was late: as of every look.

A look is a column too: look k is one on the k-th day of the window, and sees the days before it. So
there is one look more than there are days, and each says what it would have said on its own day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from bot.detection.series import IntGrid
from bot.domain.telemetry import LATE_AFTER, BoolGrid, OriginGrid, SourceStatus, UsageWindow


@dataclass(frozen=True, slots=True)
class Feeds:
    """Sources of pilots by look; a source is an index into the window's `sources`, -1 for none."""

    feed: IntGrid
    """Source of each pilot's newest row before each look."""
    newest: IntGrid
    """Newest day of each source before each look, as a column; -1 for none."""
    late: BoolGrid
    """Whether each source's newest day was older than its lag and three days."""
    blank: BoolGrid
    """Whether a source had rows for longer than that, and not one complete day."""
    through: IntGrid
    """Last column each pilot is judged on: the furthest watermark of its source by now, -1 for none."""
    given: BoolGrid
    """Days on which each pilot has a row that its source vouches for."""


def seen_on(window: UsageWindow, today: date) -> UsageWindow:
    """Return the window with the days before today and no others; days it lacks are unknown."""
    return window.first(max(0, window.column(today)))


def feeds_of(window: UsageWindow, statuses: Mapping[str, SourceStatus]) -> Feeds:
    """Work out the feeds of a window that ends on the day before today.

    A source without a status has no lag, so nothing of it is judged and it's never late.
    """
    days, count = window.days, len(window.sources)
    known = [statuses.get(name) for name in window.sources]
    figures = (window.active, window.seats, window.active_7d, window.active_28d, window.use_cases)
    given = np.any([~np.isnan(grid) for grid in figures], axis=0) & (window.origin >= 0)
    newest, whole = np.full((count, days + 1), -1), np.full((count, days + 1), -1)
    for source, status in enumerate(known):
        rows = window.origin == source
        newest[source, 1:] = _newest(_with_declared(rows.any(axis=0), window, status))
        whole[source, 1:] = _newest((rows & given).any(axis=0))
    looks = np.arange(days + 1)
    lag = np.array([[0 if s is None else s.lag_days] for s in known], dtype=np.int64).reshape(count, 1)
    told = (newest >= 0) & np.array([[s is not None] for s in known], dtype=np.bool_).reshape(count, 1)
    overdue = looks - LATE_AFTER.days - lag
    first = np.minimum.accumulate(np.where(newest >= 0, newest, days), axis=1)
    mark = np.where(told, np.maximum(np.minimum(newest, looks - 1 - lag), -1), -1)
    feed = _carried(window.origin)
    # The row of -1 that is added last is what a pilot without a feed points to.
    reached = np.vstack([mark, np.full((1, days + 1), -1)])[feed, looks]
    return Feeds(
        feed=feed,
        newest=newest,
        late=told & (newest < overdue),
        blank=told & (whole < 0) & (first < overdue),
        through=reached.max(axis=1, initial=-1),
        given=given,
    )


def spells(marks: IntGrid, last: int) -> list[tuple[int, int, int | None]]:
    """Return the runs of one same mark >= 0 in a row up to column `last`: mark, first column, first one after.

    A run that reaches `last` has none after it yet.
    """
    row = marks[: last + 1]
    if not (row >= 0).any():
        return []
    turns = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), row.size]
    runs = [(int(row[a]), a, b if b < row.size else None) for a, b in pairwise(turns) if a < b]
    return [run for run in runs if run[0] >= 0]


def _with_declared(days: BoolGrid, window: UsageWindow, status: SourceStatus | None) -> BoolGrid:
    """Add the newest day that a source declares itself to its days with a row."""
    declared = -1 if status is None or status.newest_day is None else window.column(status.newest_day)
    if 0 <= declared < days.size:
        days[declared] = True
    return days


def _newest(days: BoolGrid) -> IntGrid:
    """Return for each day the newest marked one up to then, -1 for none."""
    newest: IntGrid = np.maximum.accumulate(np.where(days, np.arange(days.size), -1))
    return newest


def _carried(origin: OriginGrid) -> IntGrid:
    """Return for each look the source of the newest row before it."""
    columns = np.arange(origin.shape[1])
    newest = np.maximum.accumulate(np.where(origin >= 0, columns, -1), axis=1)
    feed = np.full((origin.shape[0], origin.shape[1] + 1), -1)
    if columns.size:
        feed[:, 1:] = np.where(newest >= 0, np.take_along_axis(origin, np.maximum(newest, 0), axis=1), -1)
    return feed
