"""All of detection over a batch of pilots, in a fixed order. Pure: the same data gives the same findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bot.detection import evidence
from bot.detection.dropoff import Judged, judge
from bot.detection.stall import Flat, episodes, flat_over
from bot.domain.calendar import Calendar
from bot.domain.finding import RANK, Finding, Kind
from bot.domain.pilot import PRE_PRODUCTION, Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import LATE_AFTER, BoolGrid, SourceStatus, UsageWindow
from bot.metrics.progress import (
    days_in_stage,
    mark_passed,
    overrun_mask,
    planned_dwell,
    planned_end,
    stage_spans,
)
from bot.metrics.usage import latest, reach_of


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

    Closed findings of the window are included. Usage is judged up to the watermark of a pilot's
    sources; findings of usage are suspended while one of them is late.
    """
    look = _Look(window, pilots, {s.source: s for s in sources}, today, calendar, settings)
    found = [f for row in range(len(pilots)) for f in look.findings(row)]
    ordered = sorted(found, key=lambda f: (f.pilot, RANK[f.kind], f.opened_on))
    through = {p.id: window.day(look.last[row]) if look.last[row] >= 0 else None for row, p in enumerate(pilots)}
    slowing = frozenset(p.id for row, p in enumerate(pilots) if look.is_slowing(row))
    return Detection(tuple(ordered), through, slowing)


class _Look:
    """One look at all pilots: the grids are worked out once, findings are read off by row."""

    def __init__(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        sources: Mapping[str, SourceStatus],
        today: date,
        calendar: Calendar,
        settings: DetectionSettings,
    ) -> None:
        self._window, self._pilots, self._today, self._settings = window, pilots, today, settings
        self._sources = sources
        self.last = [self._last_judged(row) for row in range(len(pilots))]
        known = ~np.isnan(window.active)
        counted: BoolGrid = known & self._countable(calendar)
        registered = np.array([float("nan") if p.seats is None else float(p.seats) for p in pilots])
        self._drops: list[Judged] = judge(
            window.active, window.seats, counted, self.last, registered, window.first_day.weekday()
        )
        reach = reach_of(window.active, window.active_28d, counted, window.first_day)
        weeks, growth = settings.flat_weeks, settings.flat_growth
        self._flat = flat_over(reach, window.use_cases, counted, weeks, growth)
        self._slow = flat_over(reach, window.use_cases, counted, weeks - 2, growth)

    def _countable(self, calendar: Calendar) -> BoolGrid:
        first, days = self._window.first_day, self._window.days
        rows = {c: calendar.countable_mask(c, first, days) for c in {p.country for p in self._pilots}}
        if not self._pilots:
            return np.zeros(self._window.active.shape, dtype=np.bool_)
        return np.vstack([rows[p.country] for p in self._pilots])

    def _last_judged(self, row: int) -> int:
        """Return the last column a pilot is judged on: the oldest watermark of its sources."""
        marks = [self._sources[s].watermark(self._today) for s in self._window.sources[row] if s in self._sources]
        dated = [m for m in marks if m is not None]
        if not dated or len(dated) < len(self._window.sources[row]):
            return -1
        return max(-1, min(self._window.column(min(dated)), self._window.days - 1))

    def findings(self, row: int) -> list[Finding]:
        """Return everything found about one pilot."""
        late = self._late(row)
        usage = [*self._drop_offs(row), *self._stalls(row)]
        if late:
            usage = [f.model_copy(update={"suspended": True}) if f.is_open else f for f in usage]
        return [*usage, *self._stage_age(row), *late]

    def is_slowing(self, row: int) -> bool:
        """Whether the plan ran out and six weeks were flat, two before that is a stall."""
        last = self.last[row]
        if last < 0:
            return False
        spells = episodes(self._slow.is_flat[row] & self._overrun(row), last)
        return bool(spells) and spells[-1][1] is None

    def _seats(self, row: int) -> float | None:
        """Return the seats as of the last judged day, else the registry's."""
        seats = latest(self._window.seats[row], self.last[row]) if self.last[row] >= 0 else None
        registered = self._pilots[row].seats
        return seats if seats is not None else (float(registered) if registered is not None else None)

    def _shape(self, row: int) -> dict[str, object]:
        """Return how far a finding of this pilot may go and whether figures may be shown."""
        seats = self._seats(row)
        small = seats is not None and seats < self._settings.small_seats
        numbers = seats is None or seats >= self._settings.min_group
        return {"tier": "question" if small else "full", "numbers": numbers}

    def _drop_offs(self, row: int) -> list[Finding]:
        shape, day = self._shape(row), self._window.day
        found = []
        for e in self._drops[row].episodes:
            numbers = bool(shape["numbers"])
            found.append(
                Finding.model_validate(
                    {
                        "pilot": self._pilots[row].id,
                        "kind": Kind.DROP_OFF,
                        "opened_on": day(e.opened),
                        "onset": day(e.onset),
                        "closed_on": None if e.closed is None else day(e.closed),
                        "observed": e.seen if numbers else None,
                        "expected": round(e.expected, 1) if numbers else None,
                        "evidence": evidence.drop_off(day(e.onset), e.seen, e.expected, numbers=numbers),
                        "severity": max(0.0, e.expected - e.seen),
                        **shape,
                    }
                )
            )
        return found

    def _overrun(self, row: int) -> BoolGrid:
        pilot = self._pilots[row]
        spans = stage_spans(pilot, self._today)
        return overrun_mask(pilot, spans, self._window.first_day, self._window.days, self._settings)

    def _stalls(self, row: int) -> list[Finding]:
        if self.last[row] < 0:
            return []
        overrun = self._overrun(row)
        holds = self._flat.is_flat[row] & overrun
        return [self._stall(row, overrun, opened, closed) for opened, closed in episodes(holds, self.last[row])]

    def _stall(self, row: int, overrun: BoolGrid, opened: int, closed: int | None) -> Finding:
        flat: Flat = self._flat
        on_plan = np.flatnonzero(~overrun[: opened + 1])
        past_plan = int(on_plan[-1]) + 1 if on_plan.size else 0
        onset = max(past_plan, int(flat.against[row, opened]))
        pilot, day, shape = self._pilots[row], self._window.day, self._shape(row)
        numbers, now, then = bool(shape["numbers"]), float(flat.now[row, opened]), float(flat.then[row, opened])
        spans = stage_spans(pilot, day(opened))
        end = planned_end(pilot, spans[-1], day(opened), self._settings) or day(past_plan)
        breadth = bool(flat.has_breadth[row, opened])
        return Finding.model_validate(
            {
                "pilot": pilot.id,
                "kind": Kind.STALL,
                "opened_on": day(opened),
                "onset": day(onset),
                "closed_on": None if closed is None else day(closed),
                "observed": round(now, 1) if numbers else None,
                "expected": round(then, 1) if numbers else None,
                "evidence": evidence.stall(end, now, then, numbers=numbers, breadth=breadth),
                "severity": now,
                **shape,
            }
        )

    def _stage_age(self, row: int) -> list[Finding]:
        """Find a pilot that has been in one stage on its way for six months or more."""
        pilot, settings = self._pilots[row], self._settings
        spans = stage_spans(pilot, self._today)
        span = spans[-1] if spans else None
        days = days_in_stage(span, self._today) if span else None
        mark = mark_passed(days, settings.stage_marks) if days is not None else None
        if span is None or span.since is None or days is None or mark is None or span.stage not in PRE_PRODUCTION:
            return []
        planned = planned_dwell(pilot, span, self._today, settings)
        return [
            Finding.model_validate(
                {
                    "pilot": pilot.id,
                    "kind": Kind.STAGE_AGE,
                    "opened_on": span.since + timedelta(days=min(settings.stage_marks)),
                    "onset": span.since,
                    "observed": float(days),
                    "expected": float(mark),
                    "evidence": evidence.stage_age(span.stage, days, planned),
                    "severity": days / 365,
                    **self._shape(row),
                    "numbers": True,
                }
            )
        ]

    def _late(self, row: int) -> list[Finding]:
        """Find the sources of a pilot that are late or have never delivered a complete day."""
        found = []
        for name in self._window.sources[row]:
            status = self._sources.get(name)
            if status is None or not status.is_late(self._today):
                continue
            newest, allowed = status.newest_day, LATE_AFTER.days + status.lag_days
            opened = self._today if newest is None else newest + timedelta(days=allowed + 1)
            behind = None if newest is None else (self._today - newest).days
            found.append(
                Finding(
                    pilot=self._pilots[row].id,
                    kind=Kind.SOURCE_LATE if newest else Kind.SOURCE_BROKEN,
                    opened_on=opened,
                    onset=opened if newest is None else newest + timedelta(days=1),
                    observed=None if behind is None else float(behind),
                    expected=float(allowed),
                    evidence=evidence.source_late(name, newest, behind, allowed),
                    source=name,
                )
            )
        return found
