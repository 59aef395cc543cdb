"""One look at all pilots: the grids are worked out once, findings are read off pilot by pilot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bot.detection import evidence
from bot.detection.doubts import Doubts
from bot.detection.dropoff import Episode, Run
from bot.detection.feeds import feeds_of, seen_on
from bot.detection.series import Series, prepare
from bot.detection.stall import episodes, flat_over
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import PRE_PRODUCTION, Pilot
from bot.domain.season import presence_row
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid, SourceStatus, UsageWindow
from bot.metrics.progress import (
    RESTING,
    StageSpan,
    days_in_stage,
    mark_passed,
    overrun_mask,
    planned_dwell,
    planned_end,
    resting_mask,
    stage_spans,
)
from bot.metrics.usage import latest, reach_of

Advance = Callable[[Series, int, int], Run]
"""Judges a series by day: given the series, the number of sources, and how many of its days."""
Countable = Callable[[str | None, date, int], BoolGrid]
"""Says which days count: given the country, the first day and the number of days."""


SMALL_SEVERITY = 1.0
"""Severity of every finding of a group too small to show figures: it must not tell them either."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How far a finding of a pilot may go, and whether its figures may be shown."""

    tier: str
    numbers: bool


class Look:
    """What one look sees: the days before `today`, by pilots in the order of the window's rows."""

    def __init__(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        sources: Sequence[SourceStatus],
        today: date,
        settings: DetectionSettings,
        countable: Countable,
        advance: Advance,
    ) -> None:
        """Judge all pilots; `advance` runs the days, from the start or from where it stopped before."""
        self._pilots, self._today, self._settings = pilots, today, settings
        self._window = seen = seen_on(window, today)
        statuses = {s.source: s for s in sources}
        self._feeds = feeds_of(seen, statuses)
        self._spans = [stage_spans(p, today) for p in pilots]
        self._rests = resting = self._resting()
        counted = ~np.isnan(seen.active) & self._countable(countable) & ~resting[:, :-1]
        registered = np.array([float("nan") if p.seats is None else float(p.seats) for p in pilots])
        weekday = seen.first_day.weekday()
        series = prepare(
            seen.active,
            seen.seats,
            counted,
            registered,
            weekday,
            resting=resting[:, :-1],
            origin=seen.origin,
            presence=self._presence(),
        )
        self._run = advance(series, len(seen.sources), int(self._feeds.through.max(initial=-1)) + 1)
        by_source = [statuses.get(name) for name in seen.sources]
        self._doubts = Doubts(seen, self._feeds, by_source, self._run.falls, resting)
        reach = reach_of(seen.active, seen.active_28d, counted, seen.first_day)
        weeks, growth = settings.flat_weeks, settings.flat_growth
        self._flat = flat_over(reach, seen.use_cases, counted, weeks, growth)
        self._slow = flat_over(reach, seen.use_cases, counted, weeks - 2, growth)
        self._overrun = np.stack([self._overrun_of(row) for row in range(len(pilots))]) if pilots else resting

    def _resting(self) -> BoolGrid:
        """Say for each pilot and day, today included, whether it was paused or retired."""
        rests = np.zeros((len(self._pilots), self._window.days + 1), dtype=np.bool_)
        for row, spans in enumerate(self._spans):
            if any(span.stage in RESTING for span in spans):
                rests[row] = resting_mask(spans, self._window.first_day, rests.shape[1])
        return rests

    def _countable(self, countable: Countable) -> BoolGrid:
        first, days = self._window.first_day, self._window.days
        rows = {c: countable(c, first, days) for c in {p.country for p in self._pilots}}
        if not self._pilots:
            return np.zeros(self._window.active.shape, dtype=np.bool_)
        return np.stack([rows[p.country] for p in self._pilots])

    def _presence(self) -> FloatGrid:
        """Return the share of people usually at work, by pilot and day."""
        first, days = self._window.first_day, self._window.days
        rows = [presence_row(p.country, first, days) for p in self._pilots]
        return np.stack(rows) if rows else np.ones(self._window.active.shape)

    def _overrun_of(self, row: int) -> BoolGrid:
        window = self._window
        return overrun_mask(self._pilots[row], self._spans[row], window.first_day, window.days, self._settings)

    def judged_through(self) -> dict[str, date | None]:
        """Return for each pilot the last day it was judged on."""
        lasts = [(p.id, self._last(row)) for row, p in enumerate(self._pilots)]
        return {pilot: self._window.day(last) if last >= 0 else None for pilot, last in lasts}

    def findings(self) -> list[Finding]:
        """Return everything found."""
        return [finding for row in range(len(self._pilots)) for finding in self._findings_of(row)]

    def slowing(self) -> frozenset[str]:
        """Return the pilots whose plan ran out and that were flat for six weeks, two before a stall."""
        return frozenset(p.id for row, p in enumerate(self._pilots) if self._is_slowing(row))

    def _findings_of(self, row: int) -> list[Finding]:
        pilot = self._pilots[row].id
        judged = self._run.judged(row, self._last(row))
        shape = self._shape(row)
        usage = [*(self._drop_off(row, e, shape) for e in judged.episodes), *self._stalls(row, shape)]
        usage = [self._until_rest(row, finding) for finding in usage]
        source = self._doubts.of_source(row, pilot)
        if any(f.is_open for f in source):
            usage = [f.model_copy(update={"suspended": True}) if f.is_open else f for f in usage]
        return [*usage, *self._stage_age(row, shape), *source, *self._doubts.of_pilot(row, pilot, judged.checks)]

    def _until_rest(self, row: int, finding: Finding) -> Finding:
        """Close a finding of use on the day the pilot was paused or retired, whether its source still judges or not."""
        opened = self._window.column(finding.opened_on)
        rests = np.flatnonzero(self._rests[row, opened + 1 :])
        if not rests.size:
            return finding
        rest = self._window.day(opened + 1 + int(rests[0]))
        return finding.model_copy(update={"closed_on": min(rest, finding.closed_on or rest)})

    def _is_slowing(self, row: int) -> bool:
        spells = episodes(self._slow.is_flat[row] & self._overrun[row], self._last(row))
        return bool(spells) and spells[-1][1] is None

    def _last(self, row: int) -> int:
        return int(self._feeds.through[row])

    def _shape(self, row: int) -> Shape:
        """Judge by the seats as of the last judged day, else the registry's, else the most people ever seen."""
        last = self._last(row)
        told = latest(self._window.seats[row], last) if last >= 0 else None
        seats = told if told is not None else self._pilots[row].seats
        if seats is None:
            seen = np.concatenate([self._window.active[row, : last + 1], self._window.active_28d[row, : last + 1]])
            seats = np.nanmax(seen, initial=0.0, where=~np.isnan(seen))
        small = seats < self._settings.small_seats
        return Shape("question" if small else "full", seats >= self._settings.min_group)

    def _drop_off(self, row: int, episode: Episode, shape: Shape) -> Finding:
        day, numbers = self._window.day, shape.numbers
        onset, seen, expected = day(episode.onset), episode.seen, episode.expected
        return Finding.model_validate(
            {
                "pilot": self._pilots[row].id,
                "kind": Kind.DROP_OFF,
                "opened_on": day(episode.opened),
                "onset": onset,
                "closed_on": None if episode.closed is None else day(episode.closed),
                "observed": seen if numbers else None,
                "expected": round(expected, 1) if numbers else None,
                "evidence": evidence.drop_off(onset, seen, expected, numbers=numbers),
                "severity": max(0.0, expected - seen) if numbers else SMALL_SEVERITY,
                "recent_share": episode.recent if numbers else None,
                "tier": shape.tier,
                "numbers": numbers,
            }
        )

    def _stalls(self, row: int, shape: Shape) -> list[Finding]:
        holds = self._flat.is_flat[row] & self._overrun[row]
        return [self._stall(row, shape, *spell) for spell in episodes(holds, self._last(row))]

    def _stall(self, row: int, shape: Shape, opened: int, closed: int | None) -> Finding:
        pilot, day, flat, numbers = self._pilots[row], self._window.day, self._flat, shape.numbers
        on_plan = np.flatnonzero(~self._overrun[row, : opened + 1])
        past_plan = int(on_plan[-1]) + 1 if on_plan.size else 0
        now, then = float(flat.now[row, opened]), float(flat.then[row, opened])
        spans = stage_spans(pilot, day(opened))
        end = planned_end(pilot, spans[-1], day(opened), self._settings) or day(past_plan)
        breadth = bool(flat.has_breadth[row, opened])
        return Finding.model_validate(
            {
                "pilot": pilot.id,
                "kind": Kind.STALL,
                "opened_on": day(opened),
                "onset": day(max(past_plan, int(flat.against[row, opened]))),
                "closed_on": None if closed is None else day(closed),
                "observed": round(now, 1) if numbers else None,
                "expected": round(then, 1) if numbers else None,
                "evidence": evidence.stall(
                    end, now, then, numbers=numbers, breadth=breadth, exact=bool(flat.exact[row, opened])
                ),
                "severity": now if numbers else SMALL_SEVERITY,
                "tier": shape.tier,
                "numbers": numbers,
            }
        )

    def _stage_age(self, row: int, shape: Shape) -> list[Finding]:
        """Find the stages on its way in which a pilot was, or is, for six months or more."""
        return [f for span in self._spans[row] if (f := self._old_stage(row, span, shape)) is not None]

    def _old_stage(self, row: int, span: StageSpan, shape: Shape) -> Finding | None:
        pilot, settings = self._pilots[row], self._settings
        days = days_in_stage(span, span.until or self._today)
        mark = mark_passed(days, settings.stage_marks) if days is not None else None
        if span.since is None or days is None or mark is None or span.stage not in PRE_PRODUCTION:
            return None
        planned = planned_dwell(pilot, span, span.until or self._today, settings)
        return Finding.model_validate(
            {
                "pilot": pilot.id,
                "kind": Kind.STAGE_AGE,
                "opened_on": span.since + timedelta(days=min(settings.stage_marks)),
                "onset": span.since,
                "closed_on": span.until,
                "observed": float(days),
                "expected": float(mark),
                "evidence": evidence.stage_age(span.stage, days, planned, span.until),
                "severity": days / 365,
                "tier": shape.tier,
            }
        )
