"""All of detection over a batch of pilots, in a fixed order. Pure: the same data gives the same findings."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from bot.detection.dropoff import Run
from bot.detection.look import Look
from bot.detection.series import Series
from bot.domain.calendar import Calendar
from bot.domain.finding import RANK, Finding
from bot.domain.pilot import Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, SourceStatus, UsageWindow

STRIDE: Final = 35
"""A run is kept at every so many days: as many as a source may restate (model.md: the longest look-back)."""
KEPT: Final = 2
"""Such runs that are kept; further back a look starts anew."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found, up to which day each pilot's usage was judged, and who is slowing."""

    findings: tuple[Finding, ...]
    judged_through: Mapping[str, date | None]
    slowing: frozenset[str]


def detect(
    window: UsageWindow,
    pilots: Sequence[Pilot],
    sources: Sequence[SourceStatus],
    *,
    today: date,
    calendar: Calendar,
    settings: DetectionSettings,
) -> Detection:
    """Judge every pilot as of `today`; rows of the window stand in the order of `pilots`.

    What is dated today or later is not looked at. Closed findings of the window are included. Usage
    is judged up to the watermark of a pilot's source; open findings of use are suspended while that
    source is late or broken.
    """
    return _found(Look(window, pilots, sources, today, settings, calendar.countable_mask, _from_the_start))


class Detector:
    """Detection that remembers how far it came, for looks at a window that only grew.

    It gives what `detect` gives, whatever it looked at before: the state after a day rests on that
    day and earlier ones only, so it is carried on from where those are the same as last time.
    """

    def __init__(self) -> None:
        """Start without a memory."""
        self._calendar: Calendar | None = None
        self._first_day: date | None = None
        self._masks: dict[str | None, BoolGrid] = {}
        self._series: Series | None = None
        self._kept: list[Run] = []

    def detect(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        sources: Sequence[SourceStatus],
        *,
        today: date,
        calendar: Calendar,
        settings: DetectionSettings,
    ) -> Detection:
        """Return what `detect` returns, in less time where the window's past is as it was."""
        if calendar is not self._calendar or window.first_day != self._first_day:
            self._calendar, self._first_day, self._masks = calendar, window.first_day, {}
        return _found(Look(window, pilots, sources, today, settings, self._countable, self._advance))

    def _countable(self, country: str | None, first_day: date, days: int) -> BoolGrid:
        """Ask the calendar only for days it wasn't asked for yet."""
        known = self._masks.get(country, np.zeros(0, dtype=np.bool_))
        if self._calendar is not None and known.size < days:
            fresh = self._calendar.countable_mask(country, first_day + timedelta(known.size), days - known.size)
            known = self._masks[country] = np.concatenate([known, fresh])
        return known[:days]

    def _advance(self, series: Series, sources: int, days: int) -> Run:
        """Run the first `days` days of a series, from the furthest kept run that still holds.

        A run that went further than asked is of no use: its sums are those of its last day.
        """
        shared = 0 if self._series is None else self._series.days_shared(series)
        holds = [r for r in self._kept if r.days <= min(shared, days) and r.sources == sources]
        # What is kept is never run on itself, it is read by the look that it was made for.
        run = deepcopy(holds[-1]) if holds else Run(series.pilots, sources)
        kept = [r for r in holds if r.days % STRIDE == 0]
        for stop in range(days - days % STRIDE - STRIDE * (KEPT - 1), days, STRIDE):
            if stop > run.days:
                run.advance(series, stop)
                kept.append(deepcopy(run))
        run.advance(series, days)
        self._series, self._kept = series, [*kept[-KEPT:], run]
        return run


def _from_the_start(series: Series, sources: int, days: int) -> Run:
    run = Run(series.pilots, sources)
    run.advance(series, days)
    return run


def _found(look: Look) -> Detection:
    found = sorted(look.findings(), key=lambda f: (f.pilot, RANK[f.kind], f.opened_on))
    return Detection(tuple(found), look.judged_through(), look.slowing())
