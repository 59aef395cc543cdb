"""Why the figures of a pilot can't be believed: its source is late or broken, or leaves it out."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from bot.detection import evidence
from bot.detection.feeds import Feeds, spells
from bot.detection.hold import Check
from bot.detection.series import IntGrid
from bot.detection.together import CommonFall
from bot.domain.finding import Finding, Kind
from bot.domain.telemetry import LATE_AFTER, BoolGrid, SourceStatus, UsageWindow

MISSING_DAYS: Final = 7
"""Days without a row in a row after which the admin is asked whether a pilot is still in its feed."""
HELD: Final = 0
MISSING: Final = 1
"""Marks of a day in doubt: zeros are held back, or rows are missing."""


class Doubts:
    """Findings for the admin. None is about a time in which the pilot was paused or retired."""

    def __init__(
        self,
        window: UsageWindow,
        feeds: Feeds,
        statuses: Sequence[SourceStatus | None],
        falls: Sequence[Sequence[CommonFall]],
        resting: BoolGrid,
    ) -> None:
        """Keep what one look saw; `statuses` and `falls` are by source, `resting` has a column for today."""
        self._window, self._feeds, self._statuses, self._falls = window, feeds, statuses, falls
        self._awake = ~resting
        self._late_of = self._marks(feeds.feed, feeds.late, self._awake)
        self._blank_of = self._marks(feeds.feed, feeds.blank, self._awake)
        fell = np.zeros((len(falls), window.days), dtype=np.bool_)
        for source, fall in ((source, fall) for source, falls_of in enumerate(falls) for fall in falls_of):
            fell[source, fall.opened : fall.closed] = True
        # On its own day a row belongs to the look of the day after.
        self._fell_of = self._marks(feeds.feed[:, 1:], fell, self._awake[:, :-1])

    @staticmethod
    def _marks(feed: IntGrid, state: BoolGrid, awake: BoolGrid) -> IntGrid:
        """Mark each column of a pilot with its source where that was in this state, else -1."""
        if not state.any():
            return np.full(feed.shape, -1)
        held = awake & (feed >= 0) & state[feed, np.arange(feed.shape[1])]
        return np.where(held, feed, -1)

    def of_source(self, row: int, pilot: str) -> list[Finding]:
        """Return when the source of a pilot was late or broken; an open one suspends findings of use."""
        looks, last = self._window.days, int(self._feeds.through[row])
        late = [self._late(pilot, *spell) for spell in spells(self._late_of[row], looks)]
        blank = [self._blank(pilot, *spell) for spell in spells(self._blank_of[row], looks)]
        return [*late, *blank, *(self._fallen(pilot, *spell) for spell in spells(self._fell_of[row], last))]

    def of_pilot(self, row: int, pilot: str, held: Sequence[Check]) -> list[Finding]:
        """Return when a pilot's figures were in doubt while its source went on; `held` are its zeros."""
        days = np.arange(self._window.days)
        marks, since = np.full(days.size, -1), np.zeros(days.size, dtype=np.int64)
        for check in held:
            marks[check.opened : check.closed] = HELD
            since[check.opened : check.closed] = check.onset
        newest = np.maximum.accumulate(np.where(self._feeds.given[row], days, -1))
        missing = (newest >= 0) & (days - newest >= MISSING_DAYS)
        marks[missing], since[missing] = MISSING, newest[missing] + 1
        marks[~self._awake[row, :-1]] = -1
        last = int(self._feeds.through[row])
        return [
            self._check(row, pilot, mark, first, int(since[first]), last + 1 if after is None else after, after)
            for mark, first, after in spells(marks, last)
        ]

    def _late(self, pilot: str, source: int, first: int, after: int | None) -> Finding:
        status = self._statuses[source]
        allowed = LATE_AFTER.days + (status.lag_days if status else 0)
        look = self._window.days if after is None else after - 1
        newest = self._feeds.newest[source]
        behind = look - int(newest[look])
        name, until = self._window.sources[source], self._date(after)
        return Finding(
            pilot=pilot,
            kind=Kind.SOURCE_LATE,
            opened_on=self._window.day(first),
            onset=self._window.day(int(newest[first]) + 1),
            closed_on=until,
            observed=float(behind),
            expected=float(allowed),
            evidence=evidence.source_late(name, self._window.day(int(newest[look])), behind, allowed, until),
            source=name,
        )

    def _blank(self, pilot: str, source: int, first: int, after: int | None) -> Finding:
        name, until = self._window.sources[source], self._date(after)
        opened = self._window.day(first)
        return Finding(
            pilot=pilot,
            kind=Kind.SOURCE_BROKEN,
            opened_on=opened,
            onset=opened,
            closed_on=until,
            evidence=evidence.source_blank(name, until),
            source=name,
        )

    def _fallen(self, pilot: str, source: int, first: int, after: int | None) -> Finding:
        fall = next(f for f in reversed(self._falls[source]) if f.opened <= first)
        name, until, onset = self._window.sources[source], self._date(after), self._window.day(fall.onset)
        return Finding(
            pilot=pilot,
            kind=Kind.SOURCE_BROKEN,
            opened_on=self._window.day(first),
            onset=onset,
            closed_on=until,
            evidence=evidence.source_fell(name, fall.pilots, onset, until),
            source=name,
        )

    def _check(self, row: int, pilot: str, mark: int, first: int, begun: int, end: int, after: int | None) -> Finding:
        onset, until = self._window.day(begun), self._date(after)
        name = self._window.sources[self._feeds.feed[row, first + 1]]
        said = evidence.zeros_held(onset, until) if mark == HELD else evidence.rows_missing(name, onset, until)
        return Finding(
            pilot=pilot,
            kind=Kind.TELEMETRY_CHECK,
            opened_on=self._window.day(first),
            onset=onset,
            closed_on=until,
            observed=float(end - begun),
            evidence=said,
            source=name,
        )

    def _date(self, column: int | None) -> date | None:
        return None if column is None else self._window.day(column)
