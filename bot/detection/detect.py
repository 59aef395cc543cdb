"""All of detection over a batch of pilots, in a fixed order. Pure: the same data gives the same findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from bot.detection.book import Book
from bot.detection.columns import IntRow
from bot.detection.feeds import sources_of
from bot.detection.look import Look, Told
from bot.detection.recorded import Recorded, from_record, to_record
from bot.detection.run import Checkpoint, Run
from bot.detection.scene import scene_of
from bot.detection.signals.entry import signals_of
from bot.detection.standing import Standing
from bot.domain.calendar import Calendar
from bot.domain.falls import CommonFalls
from bot.domain.finding import RANK, Finding
from bot.domain.pilot import Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow

STRIDES: Final = (7, 35)
"""A run is kept at every so many days: for late rows, and for as many as a source may restate (model.md)."""
KEPT: Final = 2
"""Such runs that are kept of each; further back a run starts anew."""
FEW: Final = 4
"""One pilot in so many, at most, is run anew alone; with more of them it's no dearer to run all."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found, up to which day each pilot's usage was judged, and who is slowing."""

    findings: tuple[Finding, ...]
    judged_through: Mapping[str, date | None]
    slowing: frozenset[str]
    common: CommonFalls
    """Sources of which all pilots fell together: what a look at a few of them has to be told."""


def detect(
    window: UsageWindow,
    pilots: Sequence[Pilot],
    sources: Sequence[SourceStatus],
    *,
    today: date,
    calendar: Calendar,
    settings: DetectionSettings,
    common: CommonFalls | None = None,
) -> Detection:
    """Judge every pilot as of `today`; rows of the window stand in the order of `pilots`.

    What is dated today or later is not looked at. Closed findings of the window are included. Usage
    is judged up to the watermark of a pilot's source; open findings of use are suspended while that
    source is late or broken. With `common` these are some of the pilots of their sources, and what is
    said of sources as a whole is taken from a look at everything.
    """
    return Detector(common).detect(window, pilots, sources, today=today, calendar=calendar, settings=settings)


class Detector:
    """Detection that remembers how far it came.

    It gives what `detect` gives, whatever it looked at before: the state after a day rests on that
    day and earlier ones only, so it is carried on from where those are the same as last time.
    """

    def __init__(self, common: CommonFalls | None = None) -> None:
        """Start without a memory; for `common` see `detect`."""
        self._memory: _Memory | None = None
        self._common = common

    def detect(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        sources: Sequence[SourceStatus],
        *,
        today: date,
        calendar: Calendar,
        settings: DetectionSettings,
        same_before: date | None = None,
    ) -> Detection:
        """Return what `detect` returns, in less time where the window's past is as it was.

        What the window says of the days before is compared with the last look. `same_before` spares
        that: the caller vouches that no row before this day has changed since.
        """
        memory = self._memory
        if memory is None or not memory.fits(window, pilots, calendar, settings):
            memory = self._memory = _Memory(window, pilots, today, calendar, settings)
            if self._common is not None:
                memory.believe(from_record(self._common, window))
        return memory.look(window, pilots, sources, today, same_before or window.first_day)


class _Memory:
    """The pilots of one window and the run over its days."""

    def __init__(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        today: date,
        calendar: Calendar,
        settings: DetectionSettings,
    ) -> None:
        """Start before the first day."""
        self._calendar, self._settings, self._first_day = calendar, settings, window.first_day
        self._standing = Standing(pilots, today, window.first_day, calendar, settings)
        self._book = Book(self._standing.works, len(window.sources))
        self._run = Run(self._book, self._standing.dates, settings, window.first_day.weekday())
        self._kept: list[Checkpoint] = []
        self._told: Told = {}

    def believe(self, recorded: Recorded) -> None:
        """Take what is said of sources as a whole from a look at everything."""
        self._run.believe(recorded.days, recorded.falls)

    def fits(
        self, window: UsageWindow, pilots: Sequence[Pilot], calendar: Calendar, settings: DetectionSettings
    ) -> bool:
        """Whether this can be carried on; other days, pilots or rules are looked at anew."""
        return (
            calendar is self._calendar
            and settings == self._settings
            and window.first_day == self._first_day
            and len(window.sources) == self._book.sources
            and self._standing.is_of(pilots)
        )

    def look(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        statuses: Sequence[SourceStatus],
        today: date,
        same_before: date,
    ) -> Detection:
        """Run the days that are new, and those that changed, and read what was found."""
        days = max(0, window.column(today))
        changed = self._standing.renew(pilots, today)
        self._run.dates = self._standing.dates
        self._read(window, days, max(0, window.column(same_before)), changed)
        by_name = {status.source: status for status in statuses}
        known = [by_name.get(name) for name in window.sources]
        sources = sources_of(self._book, window, known)
        self._go_back(changed, days)
        self._go_on(int(sources.mark[:, -1].max(initial=-1)) + 1)
        scene = scene_of(window, days, self._run, sources, known, self._standing)
        look = Look(scene, self._settings, self._told)
        findings, self._told = look.findings(), look.told
        findings += signals_of(scene.ground(self._settings), findings)
        findings.sort(key=lambda f: (f.pilot, RANK[f.kind], f.opened_on))
        seen = to_record(self._run, window)
        return Detection(tuple(findings), look.judged_through(), look.slowing(), seen)

    def _read(self, window: UsageWindow, days: int, first: int, changed: dict[int, int]) -> None:
        """Read new days and those that changed, and add the pilots whose days did."""
        book = self._book
        book.days = min(book.days, days)
        # What is judged of a pilot may be another figure now.
        other = dict.fromkeys(np.flatnonzero(book.works != self._standing.works).tolist(), 0)
        book.works = self._standing.works
        differing = book.changes(window, first, book.days) | other
        if len(differing) * FEW > book.pilots:
            book.days = min(differing.values())
        elif differing:
            book.read_again(window, sorted(differing), min(differing.values()))
        book.read(window, days)
        for pilot, column in differing.items():
            changed[pilot] = min(column, changed.get(pilot, column))

    def _go_back(self, changed: Mapping[int, int], days: int) -> None:
        """Bring the run to where it would be, had the days always been these."""
        run, since = self._run, {pilot: day for pilot, day in changed.items() if day < self._run.days}
        first = min(days, *since.values()) if since else days
        if first >= run.days:
            return
        then = max((k for k in self._kept if k.days <= first), key=lambda k: k.days, default=None)
        few = run.days <= days and len(since) * FEW <= run.book.pilots
        if few and self._mend(np.array(sorted(since)), then):
            return
        self._kept = [k for k in self._kept if then is not None and k.days <= then.days]
        run.back_to(then)

    def _mend(self, pilots: IntRow, then: Checkpoint | None) -> bool:
        """Run some pilots anew, alone; False where that changes what their sources say of others."""
        run, part = self._run, self._run.part(pilots, then)
        since, states = part.days, []
        later = [kept for kept in self._kept if kept.days > since]
        for kept in later:
            part.advance(kept.days)
            states.append(part.checkpoint())
        part.advance(run.days)
        if not part.is_as_common_as(run, since):
            return False
        for kept, mended in zip(later, states, strict=True):
            kept.state.put(pilots, mended.state)
            kept.together = mended.together
        run.put(pilots, part, since)
        return True

    def _go_on(self, until: int) -> None:
        """Run up to a day, and keep what later looks may go back to."""
        run = self._run
        for day in range(run.days + 1, until + 1):
            if any(day % stride == 0 and day > until - stride * KEPT for stride in STRIDES):
                run.advance(day)
                self._kept.append(run.checkpoint())
        run.advance(until)
        self._kept = [
            kept
            for kept in self._kept
            if any(kept.days % stride == 0 and kept.days > run.days - stride * KEPT for stride in STRIDES)
        ]
