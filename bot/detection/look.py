"""One look at all pilots: what was found is read off the run, for the pilots with something to tell."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from math import isnan
from typing import Final, Literal, NamedTuple

import numpy as np

from bot.detection import evidence
from bot.detection.doubts import Doubts
from bot.detection.scene import Scene
from bot.detection.stall import Stalled
from bot.detection.sums import Drop, Seen, seen_of
from bot.domain.finding import RANK, Finding, Kind
from bot.domain.pilot import PRE_PRODUCTION
from bot.domain.settings import DetectionSettings
from bot.metrics.progress import StageSpan, days_in_stage, mark_passed, planned_dwell, planned_end, stage_spans

SMALL_SEVERITY: Final = 1.0
"""Severity of every finding of a group too small to show figures: it must not tell them either."""
WORK_SEVERITY: Final = 10.0
"""Severity of all work of a pilot being lost: units of work can't be compared with people."""

Told = dict[tuple[int, Kind, int], tuple[tuple[object, ...], Finding]]
"""Findings of use by pilot, kind and column on which they opened, each with all that it was made of."""


class Shape(NamedTuple):
    """How far a finding of a pilot may go, and whether its figures may be shown."""

    tier: Literal["full", "question"]
    numbers: bool


SHAPES: Final = tuple(tuple(Shape(tier, numbers) for numbers in (False, True)) for tier in ("question", "full"))
"""By whether a pilot is not small, and whether it is large enough to show figures."""


class Look:
    """What one look finds."""

    def __init__(self, scene: Scene, settings: DetectionSettings, before: Told) -> None:
        """Read the run of a scene; a finding that was made `before` of the same is not made again."""
        self._scene, self._settings, self._before = scene, settings, before
        self._last: list[int] = scene.last.tolist()
        self._small, self._least = settings.small_seats, settings.min_group
        self._seats = self._seats_of_all()
        self.told: Told = {}

    def findings(self) -> list[Finding]:
        """Return everything found, by pilot and in the order in which findings are told."""
        terms, doubts = self._scene.terms, Doubts(self._scene)
        usage: defaultdict[int, list[Finding]] = defaultdict(list)
        for row, finding in (*self._drop_offs(), *self._stalls()):
            usage[row].append(self._until_rest(row, finding) if terms[row].rests else finding)
        ages = {row: self._stage_ages(row) for row in self._scene.aged.tolist()}
        sources, pilots = doubts.of_sources(), doubts.of_pilots()
        for row in usage.keys() & sources.keys():
            if any(f.is_open for f in sources[row]):
                usage[row] = [f.model_copy(update={"suspended": True}) if f.is_open else f for f in usage[row]]
        parts = (usage, ages, sources, pilots)
        rows = sorted({row for part in parts for row in part}, key=lambda row: terms[row].pilot.id)
        return [f for row in rows for f in _in_order([f for part in parts for f in part.get(row, ())])]

    def judged_through(self) -> dict[str, date | None]:
        """Return for each pilot the last day it was judged on."""
        days: list[date | None] = [self._scene.window.day(column) for column in range(self._scene.days)]
        # The place of -1, for none, is the last one.
        days.append(None)
        return {terms.pilot.id: days[last] for terms, last in zip(self._scene.terms, self._last, strict=True)}

    def slowing(self) -> frozenset[str]:
        """Return the pilots whose plan ran out and that were flat for six weeks, two before a stall."""
        terms, slow = self._scene.terms, self._scene.run.logs.slowing
        return frozenset(terms[row].pilot.id for row in slow.pilots() if slow.is_open(row, self._last[row]))

    def _drop_offs(self) -> Iterator[tuple[int, Finding]]:
        run = self._scene.run
        for row in run.logs.drops.pilots():
            for drop in run.logs.drops.upto(row, self._last[row]):
                sums, shape = seen_of(run.open_sums, row, drop, self._last[row]), self._shape(row)
                basis = (drop.onset, drop.closed, sums, shape)
                make = partial(self._drop_off, row, drop, sums)
                yield row, self._made((row, Kind.DROP_OFF, drop.opened), basis, make)

    def _drop_off(self, row: int, drop: Drop, sums: Seen) -> Finding:
        (tier, is_large), onset = self._shape(row), self._scene.window.day(drop.onset)
        numbers = is_large and not 0 < sums.seen < self._least  # so few user-days are of as few people at the most
        said, lost = evidence.drop_off, max(0.0, sums.expected - sums.seen)
        if self._scene.run.book.works[row]:
            said, lost = evidence.work_drop_off, WORK_SEVERITY * lost / sums.expected if sums.expected else 0.0
        return Finding(
            pilot=self._scene.terms[row].pilot.id,
            kind=Kind.DROP_OFF,
            opened_on=self._scene.window.day(drop.opened),
            onset=onset,
            closed_on=self._scene.date(drop.closed),
            observed=sums.seen if numbers else None,
            expected=round(sums.expected, 1) if numbers else None,
            evidence=said(onset, sums.seen, sums.expected, numbers=numbers),
            severity=lost if is_large else SMALL_SEVERITY,
            recent_share=sums.recent if numbers else None,
            tier=tier,
            numbers=numbers,
        )

    def _stalls(self) -> Iterator[tuple[int, Finding]]:
        stalled = self._scene.run.logs.stalled
        for row in stalled.pilots():
            for stall in stalled.upto(row, self._last[row]):
                figures = (stall.against, stall.now, stall.then, stall.has_breadth, stall.exact)
                basis = (stall.closed, figures, self._shape(row), self._scene.terms[row])
                make = partial(self._stall, row, stall)
                yield row, self._made((row, Kind.STALL, stall.opened), basis, make)

    def _stall(self, row: int, stall: Stalled) -> Finding:
        terms, (tier, is_large), day = self._scene.terms[row], self._shape(row), self._scene.window.day
        opened, now, then, numbers = day(stall.opened), stall.now, stall.then, is_large
        past_plan = max(since for since, _ in terms.overrun if since <= opened)
        past_plan = max(past_plan, self._scene.window.first_day)
        span = terms.spans[-1]
        if span.since is not None and span.since > opened:
            span = stage_spans(terms.pilot, opened)[-1]
        end = planned_end(terms.pilot, span, opened, self._settings) or past_plan
        breadth, worth = stall.has_breadth, now
        if self._scene.run.book.works[row]:
            said, worth = evidence.work_stall(end, now, then, numbers=numbers, breadth=breadth), WORK_SEVERITY
        else:
            # In steps of the least group, so that neither a count nor a difference of two tells of few people.
            numbers = is_large and min(now, then) >= self._least
            now, then = (self._least * float(round(count / self._least)) for count in (now, then))
            said = evidence.stall(end, now, then, numbers=numbers, breadth=breadth, exact=stall.exact)
        return Finding(
            pilot=terms.pilot.id,
            kind=Kind.STALL,
            opened_on=opened,
            onset=max(past_plan, day(stall.against)),
            closed_on=self._scene.date(stall.closed),
            observed=round(now, 1) if numbers else None,
            expected=round(then, 1) if numbers else None,
            evidence=said,
            severity=worth if is_large else SMALL_SEVERITY,
            tier=tier,
            numbers=numbers,
        )

    def _made(self, key: tuple[int, Kind, int], basis: tuple[object, ...], make: Callable[[], Finding]) -> Finding:
        """Return the finding of the last look where it was made of the same, else a new one."""
        known = self._before.get(key)
        if known is None or known[0] != basis:
            known = (basis, make())
        self.told[key] = known
        return known[1]

    def _until_rest(self, row: int, finding: Finding) -> Finding:
        """Close a finding of use on the day the pilot was paused or retired, whether its source still judges or not."""
        after = finding.opened_on + timedelta(days=1)
        rests = [max(since, after) for since, until in self._scene.terms[row].rests if until > after]
        rest = min(rests, default=date.max)
        if rest > self._scene.today:
            return finding
        return finding.model_copy(update={"closed_on": min(rest, finding.closed_on or rest)})

    def _stage_ages(self, row: int) -> list[Finding]:
        """Find the stages on its way in which a pilot was, or is, for six months or more."""
        spans = self._scene.terms[row].spans
        return [found for span in spans if (found := self._stage_age(row, span)) is not None]

    def _stage_age(self, row: int, span: StageSpan) -> Finding | None:
        pilot, settings, end = self._scene.terms[row].pilot, self._settings, span.until or self._scene.today
        days = days_in_stage(span, end)
        mark = mark_passed(days, settings.stage_marks) if days is not None else None
        if span.since is None or days is None or mark is None or span.stage not in PRE_PRODUCTION:
            return None
        planned = planned_dwell(pilot, span, end, settings)
        return Finding(
            pilot=pilot.id,
            kind=Kind.STAGE_AGE,
            opened_on=span.since + timedelta(days=min(settings.stage_marks)),
            onset=span.since,
            closed_on=span.until,
            observed=float(days),
            expected=float(mark),
            evidence=evidence.stage_age(span.stage, days, planned, span.until),
            severity=days / 365,
            tier=self._shape(row).tier,
        )

    def _shape(self, row: int) -> Shape:
        """Judge by the seats as of the last judged day, else the registry's, else the most people ever seen."""
        seats = self._seats[row]
        if isnan(seats):
            seats = self._seats[row] = self._most_seen(row)
        return SHAPES[seats >= self._small][seats >= self._least]

    def _seats_of_all(self) -> list[float]:
        """Return the seats of each pilot as the run has them, NaN where it knows none or came further than is judged."""
        run, last = self._scene.run, self._scene.last
        seats: list[float] = np.where(last == run.days - 1, run.state.seats.told, np.nan).tolist()
        return seats

    def _most_seen(self, row: int) -> float:
        book, upto = self._scene.run.book, slice(0, self._last[row] + 1)
        known = np.flatnonzero(~np.isnan(book.seats[upto, row]))
        if known.size:
            return float(book.seats[known[-1], row])
        registered = self._scene.terms[row].pilot.seats
        if registered is not None:
            return float(registered)
        seen = np.concatenate([grid[upto, row] for grid in (book.active, book.active_7d, book.active_28d)])
        return float(np.nanmax(seen, initial=0.0, where=~np.isnan(seen)))


def _in_order(findings: list[Finding]) -> list[Finding]:
    """Return findings of one pilot in the order in which they are told."""
    if len(findings) > 1:
        findings.sort(key=lambda f: (RANK[f.kind], f.opened_on))
    return findings
