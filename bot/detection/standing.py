"""What the registry says of each pilot; a record is read once and kept as long as it stays the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from operator import is_
from typing import NamedTuple

import numpy as np

from bot.detection.columns import IntRow
from bot.detection.dates import Almanac, Dates, Marked, Times, lies_in
from bot.domain.calendar import Calendar
from bot.domain.pilot import PRE_PRODUCTION, Pilot
from bot.domain.settings import DetectionSettings
from bot.metrics.progress import StageSpan, overrun_spans, resting_spans, stage_spans
from bot.metrics.work import counts_work_units


class Terms(NamedTuple):
    """What the registry says of one pilot, as of a day; it stays so until `turns`."""

    pilot: Pilot
    spans: tuple[StageSpan, ...]
    rests: Times
    overrun: Times
    turns: date
    """Day from which more of the record is to be seen."""
    aged: date
    """Day on which the first stage on its way has lasted long enough to be told."""


def terms_of(pilot: Pilot, today: date, settings: DetectionSettings) -> Terms:
    """Read a pilot's record as of today."""
    spans, since = stage_spans(pilot, today), pilot.stage_since
    turns = since if since is not None and since > today else date.max
    if pilot.stage_history:
        turns = min([turns, *(entry.since for entry in pilot.stage_history if entry.since > today)])
    begun = [s.since for s in spans if s.since is not None and s.stage in PRE_PRODUCTION]
    aged = min(begun) + timedelta(days=min(settings.stage_marks)) if begun else date.max
    return Terms(pilot, spans, resting_spans(spans), overrun_spans(pilot, spans, settings), turns, aged)


class Standing:
    """All pilots of one look, carried on to the next; they stand in the order of the window's rows."""

    def __init__(
        self, pilots: Sequence[Pilot], today: date, first_day: date, calendar: Calendar, settings: DetectionSettings
    ) -> None:
        """Read every record as of today."""
        self._first_day, self._today, self._settings = first_day, today, settings
        self._almanac = Almanac(first_day, calendar)
        self._pilots = list(pilots)
        self.terms = [terms_of(pilot, today, settings) for pilot in pilots]
        self._index()

    def is_of(self, pilots: Sequence[Pilot]) -> bool:
        """Whether these are the same pilots, by their ids and order."""
        known = self._pilots
        return len(pilots) == len(known) and all(p is k or p.id == k.id for p, k in zip(pilots, known, strict=True))

    def renew(self, pilots: Sequence[Pilot], today: date) -> dict[int, int]:
        """Take in the registry as of today; return the pilots whose days are other ones now, and from which column on.

        The pilots are the same as before, by their ids and order.
        """
        turned = self._turns <= today.toordinal() if today >= self._today else np.ones(len(pilots), dtype=np.bool_)
        fresh = ~np.fromiter(map(is_, pilots, self._pilots), dtype=np.bool_, count=len(pilots))
        self._pilots, self._today = list(pilots), today
        changed: dict[int, int] = {}
        read = [row for row in np.flatnonzero(turned | fresh).tolist() if turned[row] or self._is_new(row)]
        for row in read:
            known = self.terms[row]
            self.terms[row] = terms_of(pilots[row], today, self._settings)
            column = self._differs_from(known, self.terms[row])
            if column is not None:
                changed[row] = column
        if read:
            self._index()
        return changed

    def aged(self, today: date) -> IntRow:
        """Return the pilots with a stage on its way that has lasted, or did, long enough to be told."""
        return np.flatnonzero(self._aged <= today.toordinal())

    def _is_new(self, row: int) -> bool:
        return self._pilots[row] != self.terms[row].pilot

    def _differs_from(self, old: Terms, new: Terms) -> int | None:
        """Return the first column on which two terms say something else, None where they don't."""
        if _ground_of(old.pilot) != _ground_of(new.pilot):
            return 0
        days = [
            day
            for a, b in ((old.rests, new.rests), (old.overrun, new.overrun))
            for day in {day for time in (*a, *b) for day in time}
            if lies_in(day, a) != lies_in(day, b)
        ]
        return max(0, (min(days) - self._first_day).days) if days else None

    def _index(self) -> None:
        """Lay the terms of all pilots side by side."""
        seats = [t.pilot.seats for t in self.terms]
        self._turns = np.array([t.turns.toordinal() for t in self.terms], dtype=np.int64)
        self._aged = np.array([t.aged.toordinal() for t in self.terms], dtype=np.int64)
        self.works = np.array([counts_work_units(t.pilot) for t in self.terms], dtype=np.bool_)
        """Pilots whose use is units of work and not people."""
        self.dates = Dates(
            self._almanac,
            self._almanac.index([t.pilot.country for t in self.terms]),
            Marked.of([t.rests for t in self.terms], self._first_day),
            Marked.of([t.overrun for t in self.terms], self._first_day),
            np.array([np.nan if n is None else float(n) for n in seats]),
        )


def _ground_of(pilot: Pilot) -> tuple[int | None, str | None, bool]:
    """Return what every day of a pilot is judged by."""
    return pilot.seats, pilot.country, counts_work_units(pilot)
