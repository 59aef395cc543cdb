"""Why the figures of a pilot can't be believed: its source is late or broken, or leaves it out."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np

from bot.detection import evidence
from bot.detection.columns import BoolRow, IntRow
from bot.detection.dates import Times
from bot.detection.scene import Scene, Way
from bot.detection.spells import runs
from bot.domain.finding import Finding, Kind
from bot.domain.telemetry import BoolGrid
from bot.metrics.progress import mask_of

HELD: Final = 0
MISSING: Final = 1
"""Marks of a day in doubt: zeros are held back, or rows are missing."""

Runs = list[tuple[int, int, int | None]]
"""Mark, first column, and first one after it; None where that is still to come."""


class Doubts:
    """Findings for the admin. None is about a time in which the pilot was paused or retired."""

    def __init__(self, scene: Scene) -> None:
        """Read what one look saw."""
        self._scene, self._window, self._asked_from = scene, scene.window, scene.feeds.asked_from()
        self._fell = np.zeros((len(scene.statuses), scene.days), dtype=np.bool_)
        for source, falls in enumerate(scene.run.together.falls):
            for fall in falls:
                self._fell[source, fall.opened : fall.closed] = True
        # Many pilots share their feeds and never rested, so they share the times too.
        self._runs_of = lru_cache(maxsize=1024)(self._runs)

    def of_sources(self) -> dict[int, list[Finding]]:
        """Return by pilot when its source was late or broken; an open one suspends findings of use."""
        scene = self._scene
        states = (scene.sources.late, scene.sources.blank, self._fell)
        told = np.flatnonzero(np.any([state.any(axis=1) for state in states], axis=0))
        rows = set(np.flatnonzero(np.isin(scene.feeds.source, told)).tolist())
        rows.update(scene.moves.pilots())
        return {row: self._of_source(row) for row in sorted(rows)}

    def of_pilots(self) -> dict[int, list[Finding]]:
        """Return by pilot when its figures were in doubt while its source went on."""
        scene = self._scene
        rows = {*scene.gaps.pilots(), *scene.run.logs.checks.pilots()}
        rows.update(np.flatnonzero((scene.feeds.given >= 0) & (self._asked_from <= scene.last)).tolist())
        return {row: self._of_pilot(row) for row in sorted(rows)}

    def _of_source(self, row: int) -> list[Finding]:
        scene = self._scene
        way, rests, last = scene.way(row), scene.terms[row].rests, int(scene.last[row])
        late, blank, fell = (self._runs_of(name, way, rests, last) for name in ("late", "blank", "fell"))
        return [
            *(self._late(row, *spell) for spell in late),
            *(self._blank(row, *spell) for spell in blank),
            *(self._fallen(row, *spell) for spell in fell),
        ]

    def _runs(self, state: str, way: Way, rests: Times, last: int) -> Runs:
        """Return when a pilot was fed by a source in a state: late and blank by look, fell by day up to the last one."""
        looks = self._scene.days + 1
        feed = np.full(looks, -1)
        for since, source in way:
            feed[since:] = source
        awake = ~mask_of(rests, self._window.first_day, looks)
        if state == "fell":
            # On its own day a row belongs to the look of the day after.
            return _marked(feed[1:], awake[:-1], self._fell, last)
        grid = self._scene.sources.late if state == "late" else self._scene.sources.blank
        return _marked(feed, awake, grid, looks - 1)

    def _of_pilot(self, row: int) -> list[Finding]:
        scene, last = self._scene, int(self._scene.last[row])
        marks, since = np.full(scene.days, -1), np.zeros(scene.days, dtype=np.int64)
        for check in scene.run.logs.checks.upto(row, last):
            marks[check.opened : check.closed] = HELD
            since[check.opened : check.closed] = check.onset
        for newest, begin, end in self._gaps(row):
            marks[begin:end], since[begin:end] = MISSING, newest + 1
        marks[mask_of(scene.terms[row].rests, self._window.first_day, scene.days)] = -1
        return [
            self._check(row, mark, first, int(since[first]), last + 1 if after is None else after, after)
            for mark, first, after in runs(marks, last)
        ]

    def _gaps(self, row: int) -> Iterable[tuple[int, int, int]]:
        """Return the newest row before each gap, and the days on which the admin is asked about it."""
        feeds = self._scene.feeds
        yield from ((gap.newest, gap.told, gap.opened) for gap in self._scene.gaps.upto(row, self._scene.days))
        if feeds.given[row] >= 0:
            yield int(feeds.given[row]), int(self._asked_from[row]), self._scene.days

    def _late(self, row: int, source: int, first: int, after: int | None) -> Finding:
        sources, day = self._scene.sources, self._window.day
        look = self._scene.days if after is None else after - 1
        newest, allowed = int(sources.newest[source, look]), int(sources.allowed[source, look])
        name, until = self._window.sources[source], self._scene.date(after)
        return Finding(
            pilot=self._scene.terms[row].pilot.id,
            kind=Kind.SOURCE_LATE,
            opened_on=day(first),
            onset=day(int(sources.newest[source, first]) + 1),
            closed_on=until,
            observed=float(look - newest),
            expected=float(allowed),
            evidence=evidence.source_late(name, day(newest), look - newest, allowed, until),
            source=name,
        )

    def _blank(self, row: int, source: int, first: int, after: int | None) -> Finding:
        name, until = self._window.sources[source], self._scene.date(after)
        opened = self._window.day(first)
        return Finding(
            pilot=self._scene.terms[row].pilot.id,
            kind=Kind.SOURCE_BROKEN,
            opened_on=opened,
            onset=opened,
            closed_on=until,
            evidence=evidence.source_blank(name, until),
            source=name,
        )

    def _fallen(self, row: int, source: int, first: int, after: int | None) -> Finding:
        fall = next(f for f in reversed(self._scene.run.together.falls[source]) if f.opened <= first)
        name, until, onset = self._window.sources[source], self._scene.date(after), self._window.day(fall.onset)
        return Finding(
            pilot=self._scene.terms[row].pilot.id,
            kind=Kind.SOURCE_BROKEN,
            opened_on=self._window.day(first),
            onset=onset,
            closed_on=until,
            evidence=evidence.source_fell(name, fall.pilots, onset, until),
            source=name,
        )

    def _check(self, row: int, mark: int, first: int, begun: int, end: int, after: int | None) -> Finding:
        onset, until = self._window.day(begun), self._scene.date(after)
        fed = [source for since, source in self._scene.way(row) if since <= first + 1]
        name = self._window.sources[fed[-1]]
        said = evidence.zeros_held(onset, until) if mark == HELD else evidence.rows_missing(name, onset, until)
        return Finding(
            pilot=self._scene.terms[row].pilot.id,
            kind=Kind.TELEMETRY_CHECK,
            opened_on=self._window.day(first),
            onset=onset,
            closed_on=until,
            observed=float(end - begun),
            evidence=said,
            source=name,
        )


def _marked(feed: IntRow, awake: BoolRow, state: BoolGrid, last: int) -> Runs:
    """Return the runs of days on which a feed was in a state and the pilot awake."""
    fed = awake & (feed >= 0)
    fed[fed] = state[feed[fed], np.flatnonzero(fed)]
    return runs(np.where(fed, feed, -1), last)
