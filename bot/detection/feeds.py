"""Which source feeds each pilot, how far each source reaches, and when it was late: as of every look.

A look is a column too: look k is one on the k-th day of the window, and sees the days before it. So
there is one look more than there are days, and each says what it would have said on its own day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.detection.book import GIVEN, MARKS, WEEKLY, Book
from bot.detection.columns import Columns, IntRow
from bot.detection.spells import Log, Spell
from bot.domain.telemetry import LATE_AFTER, BoolGrid, SourceStatus, UsageWindow
from bot.metrics.usage import WEEK

IntGrid = NDArray[np.int64]

ANY_MARKS: Final = list(range(MARKS))
MISSING_DAYS: Final = 7
"""Days without a row in a row after which the admin is asked whether a pilot is still in its feed."""
MISSING_WEEKS: Final = 14
"""The same where rows stand for weeks: two of them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources as of each look: a row for each source of the window, a column for each look."""

    newest: IntGrid
    """Newest day before each look, as a column; -1 for none."""
    mark: IntGrid
    """The last column vouched for, -1 for none."""
    late: BoolGrid
    """Whether the newest day was older than the source's lag and three days (and a week, where rows stand for weeks)."""
    blank: BoolGrid
    """Whether a source had rows for longer than that, and not one complete day."""
    allowed: IntGrid
    """Days behind that are usual at most."""


def sources_of(book: Book, window: UsageWindow, statuses: Sequence[SourceStatus | None]) -> Sources:
    """Work out the sources of a book; `statuses` stand in the order of the window's sources.

    A source without a status has no lag, so nothing of it is judged and it's never late.
    """
    fed, looks = book.fed[: book.days].transpose(1, 2, 0), np.arange(book.days + 1)
    rows, whole, daily = (
        np.logical_or.reduce(fed[:, marks], axis=1) for marks in (ANY_MARKS, [GIVEN, GIVEN | WEEKLY], [0, GIVEN])
    )
    newest = _newest(_with_declared(rows, window, statuses))
    lag = np.array([[0 if s is None else s.lag_days] for s in statuses], dtype=np.int64).reshape(-1, 1)
    known = np.array([[s is not None] for s in statuses], dtype=np.bool_).reshape(-1, 1)
    told = (newest >= 0) & known
    is_weekly = (_newest(rows) >= 0) & (_newest(daily) < _newest(rows))
    allowed = LATE_AFTER.days + lag + WEEK * is_weekly
    first = np.minimum.accumulate(np.where(newest >= 0, newest, book.days), axis=1)
    return Sources(
        newest=newest,
        mark=np.where(told, np.maximum(np.minimum(newest, looks - 1 - lag), -1), -1),
        late=told & (newest < looks - allowed),
        blank=told & (_newest(whole) < 0) & (first < looks - allowed),
        allowed=allowed,
    )


@dataclass(slots=True)
class Moved(Spell):
    """A source that fed a pilot until another took over; noted on the day of the other's first row."""

    source: int = -1
    since: int = 0
    """First look at which it was the feed; the last one is that on the day noted."""


@dataclass(slots=True)
class Gap(Spell):
    """A time without a complete row, noted on the day on which the next one came."""

    newest: int = 0
    """Day of the row before it."""
    told: int = 0
    """Day from which the admin is asked."""


class Feeds(Columns):
    """The source of each pilot's newest row, and how long complete rows have been missing."""

    def __init__(self, pilots: int) -> None:
        """Start without a row."""
        self.source: NDArray[np.int16] = np.full(pilots, -1, dtype=np.int16)
        self.since = np.zeros(pilots, dtype=np.int64)
        """First look at which it was the feed."""
        self.given = np.full(pilots, -1)
        """Day of the newest complete row."""
        self._wait = np.full(pilots, MISSING_DAYS)

    def see(self, book: Book, day: int, moves: Log[Moved], gaps: Log[Gap]) -> None:
        """Take in the rows of a day."""
        origin, marks = book.origin[day], book.marks[day]
        moved = (origin >= 0) & (origin != self.source)
        for pilot in np.flatnonzero(moved & (self.source >= 0)).tolist():
            moves.open(pilot, Moved(day, source=int(self.source[pilot]), since=int(self.since[pilot])))
        self.source = np.where(moved, origin, self.source)
        self.since[moved] = day + 1
        given = (marks & GIVEN) > 0
        missed = given & (self.given >= 0) & (day - self.given > self._wait)
        for pilot in np.flatnonzero(missed).tolist():
            gaps.open(pilot, Gap(day, newest=int(self.given[pilot]), told=int(self.given[pilot] + self._wait[pilot])))
        self.given[given] = day
        if (marks & WEEKLY).any() or (self._wait > MISSING_DAYS).any():
            weekly = np.where((marks & WEEKLY) > 0, MISSING_WEEKS, MISSING_DAYS)
            self._wait = np.where(given, weekly, self._wait)

    def asked_from(self) -> IntRow:
        """Return the day from which the admin is asked about rows that are missing since the newest one."""
        asked: IntRow = self.given + self._wait
        return asked

    def through(self, sources: Sources, moves: Log[Moved]) -> IntRow:
        """Return the last column each pilot is judged on: the furthest its sources vouched for while they fed it.

        These feeds have to be as of the look; -1 stands for none.
        """
        # The row of -1 that is added last is what a pilot without a feed points to.
        through: IntRow = np.append(sources.mark[:, -1], -1)[self.source]
        for pilot in moves.pilots():
            marks = [sources.mark[m.source, m.opened] for m in moves.upto(pilot, sources.mark.shape[1])]
            through[pilot] = max(through[pilot], *marks)
        return through


def _newest(days: BoolGrid) -> IntGrid:
    """Return for each look the newest marked day before it, -1 for none."""
    newest = np.full((days.shape[0], days.shape[1] + 1), -1)
    np.maximum.accumulate(np.where(days, np.arange(days.shape[1]), -1), axis=1, out=newest[:, 1:])
    return newest


def _with_declared(rows: BoolGrid, window: UsageWindow, statuses: Sequence[SourceStatus | None]) -> BoolGrid:
    """Add the newest day that each source declares itself to its days with a row."""
    days = rows.copy()
    for source, status in enumerate(statuses):
        column = -1 if status is None or status.newest_day is None else window.column(status.newest_day)
        if 0 <= column < days.shape[1]:
            days[source, column] = True
    return days
