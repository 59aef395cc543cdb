"""The stalled rule on simulated histories: ours through `detect`, and three plain rules beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import nan, sqrt

import numpy as np

from bot.detection.detect import detect
from bot.domain.calendar import Calendar
from bot.domain.finding import Kind
from bot.domain.pilot import PRE_PRODUCTION, Pilot, StageEntry
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow
from tests.bench.peers.histories import DAYS, FIRST_DAY, WEEK, Walk, day_of
from tests.bench.peers.ours import Grain
from tests.bench.peers.score import JUDGED_FROM, YEAR, apart

PATIENCE = 16 * WEEK
"""A stall must be found within so many days of its onset."""
ROOM = 16 * WEEK
"""Days of history after its onset that a stall needs to be counted."""
GROWTH = 1.05
FLAT = 8 * WEEK
FIXED = 60
LONG = 1.25


@dataclass(slots=True)
class StallTally:
    """What a rule found in histories."""

    stalled: int = 0
    delays: list[int] = field(default_factory=list)
    false: int = 0
    years: float = 0.0

    @property
    def recall(self) -> float:
        """Share of stalls found within 16 weeks of their onset."""
        return len(self.delays) / self.stalled if self.stalled else nan

    @property
    def recall_error(self) -> float:
        """Standard error of the recall."""
        return sqrt(self.recall * (1 - self.recall) / self.stalled) if self.stalled else nan

    @property
    def weeks(self) -> float:
        """Median weeks from onset to alarm; what was found before the pilot was overdue counts as none."""
        return float(np.median(self.delays)) / WEEK if self.delays else nan

    @property
    def false_a_year(self) -> float:
        """False alarms per pilot-year on the way to production."""
        return self.false / self.years if self.years else nan

    @property
    def false_error(self) -> float:
        """Standard error of it."""
        return sqrt(self.false) / self.years if self.years else nan


Spans = Sequence[tuple[int, int]]
"""From which day of the window to which an alarm stood, the last one left out."""


def tally_walks(walks: Sequence[Walk], alarms: Mapping[str, Spans]) -> StallTally:
    """Score the alarms of each pilot; what begins after production, or in its first eight weeks, does not count.

    A stall is found when an alarm stands in time, whenever it began; one that began while the pilot
    still grew is false all the same.
    """
    tally = StallTally()
    for walk in walks:
        first, last = walk.begins[0][1] + JUDGED_FROM, _way_ends(walk)
        quiet_to = last if walk.stopped is None else min(walk.stopped, last)
        spans = sorted((a, b) for a, b in alarms.get(walk.name, ()) if first <= a < last)
        tally.false += len(apart(a for a, _ in spans if a < quiet_to))
        tally.years += max(quiet_to - first, 0) / YEAR
        if walk.stopped is not None and walk.onset is not None and walk.onset + ROOM <= DAYS:
            tally.stalled += 1
            found = [a for a, b in spans if b > walk.stopped and a <= walk.onset + PATIENCE]
            tally.delays += [max(a - walk.onset, 0) for a in found[:1]]
    return tally


def _way_ends(walk: Walk) -> int:
    """Return the day on which production began, or the end of the window."""
    stage, since = walk.begins[-1]
    return DAYS if stage in PRE_PRODUCTION else since


def ours(walks: Sequence[Walk], grain: Grain = Grain.DAY) -> dict[str, list[tuple[int, int]]]:
    """Return when `detect` held each pilot for stalled."""
    window = UsageWindow.blank(FIRST_DAY, tuple(walk.name for walk in walks), DAYS, ("chat",))
    for row, walk in enumerate(walks):
        known = ~np.isnan(walk.active)
        if grain is Grain.WEEK:
            known &= (FIRST_DAY.weekday() + np.arange(DAYS)) % WEEK == WEEK - 1
            window.weekly[row, known] = True
        else:
            window.active[row, known] = walk.active[known]
        window.active_28d[row, known] = walk.reach[known]
        window.use_cases[row, known] = walk.breadth[known]
        window.seats[row, known] = walk.seats[known]
        window.origin[row, known] = 0
    last = day_of(DAYS - 1)
    found = detect(
        window,
        [pilot_of(walk) for walk in walks],
        [SourceStatus(source="chat", newest_day=last)],
        today=last + timedelta(days=1),
        calendar=Calendar(),
        settings=DetectionSettings(),
    ).findings
    alarms: dict[str, list[tuple[int, int]]] = {}
    for finding in found:
        if finding.kind is Kind.STALL:
            closed = DAYS if finding.closed_on is None else window.column(finding.closed_on)
            alarms.setdefault(finding.pilot, []).append((window.column(finding.opened_on), closed))
    return alarms


def pilot_of(walk: Walk) -> Pilot:
    """Return the registry's record of a pilot with its history and its plan."""
    history = tuple(
        StageEntry(stage=stage, since=day_of(since), planned_days=planned)
        for (stage, since), planned in zip(walk.begins, walk.planned, strict=True)
    )
    return Pilot(
        id=walk.name,
        name=walk.name,
        owner="owner",
        stage=history[-1].stage,
        stage_since=history[-1].since,
        stage_history=history,
        start=history[0].since,
        country=walk.country,
    )


Rule = Callable[[Walk], Spans]


def fixed_clock(walk: Walk) -> Spans:
    """Alarm from the 60th day in one stage until it ends."""
    return [(since + FIXED, until) for since, until, _ in _stages(walk) if since + FIXED < until]


def over_plan(walk: Walk) -> Spans:
    """Alarm from when a stage has taken a quarter longer than its plan until it ends."""
    late = [(since + round(LONG * plan), until) for since, until, plan in _stages(walk)]
    return [(a, b) for a, b in late if a < b]


def flat(walk: Walk) -> Spans:
    """Alarm while reach and breadth did not grow in eight weeks."""
    ago = np.concatenate([np.full(FLAT, np.nan), walk.reach[:-FLAT]])
    breadth_ago = np.concatenate([np.full(FLAT, np.nan), walk.breadth[:-FLAT]])
    still = (walk.reach < GROWTH * ago) & (walk.breadth <= breadth_ago)
    turns = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(np.int8)))
    return list(zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True))


def _stages(walk: Walk) -> list[tuple[int, int, int]]:
    """Return first day, end and planned days of every stage on the way to production."""
    ends = [since for _, since in walk.begins[1:]] + [DAYS]
    return [
        (since, until, plan)
        for (stage, since), until, plan in zip(walk.begins, ends, walk.planned, strict=True)
        if stage in PRE_PRODUCTION
    ]


RULES: Mapping[str, Rule] = {
    "60 days in one stage": fixed_clock,
    "1.25 x own plan": over_plan,
    "flat 8 weeks": flat,
}


def judge_walks(walks: Sequence[Walk], grain: Grain = Grain.DAY) -> dict[str, StallTally]:
    """Return the tally of our rule and of the plain ones."""
    tallies = {"ours: over plan and flat 8 weeks": tally_walks(walks, ours(walks, grain))}
    for name, rule in RULES.items():
        tallies[name] = tally_walks(walks, {walk.name: rule(walk) for walk in walks})
    return tallies
