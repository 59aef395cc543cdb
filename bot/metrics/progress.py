"""How far a pilot is against its own plan: stages over time, planned end, days, marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from bot.domain.pilot import PRE_PRODUCTION, Dependency, Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid

ONE_DAY = timedelta(days=1)
RESTING = frozenset({Stage.PAUSED, Stage.RETIRED})
"""Stages in which low use is what was decided, so it says nothing."""


@dataclass(frozen=True, slots=True)
class StageSpan:
    """A stage a pilot was in. `since` is None when the registry names the stage but no date."""

    stage: Stage
    since: date | None
    planned_days: int | None = None
    until: date | None = None
    """First day of the stage that followed, None while it lasts."""


def stage_spans(pilot: Pilot, today: date) -> tuple[StageSpan, ...]:
    """Return the stages the pilot was in by `today`, oldest first; what is dated later is hidden."""
    if not pilot.stage_history:
        return _only_span(pilot, today)
    spans = {e.since: StageSpan(e.stage, e.since, e.planned_days) for e in pilot.stage_history if e.since <= today}
    last = max(spans) if spans else None
    undated = pilot.stage_since is None and (last is None or spans[last].stage is not pilot.stage)
    if pilot.stage is not None and undated and not any(e.since > today for e in pilot.stage_history):
        # The stage is known and its beginning is not: nothing before it can be dated either.
        return (StageSpan(pilot.stage, None, pilot.planned_stage_days),)
    since = pilot.stage_since or last
    if pilot.stage is not None and since is not None and since <= today:
        noted = spans.get(since)
        planned = pilot.planned_stage_days or (noted.planned_days if noted else None)
        spans[since] = StageSpan(pilot.stage, since, planned)
    ordered = [spans[day] for day in sorted(spans)]
    closed = [StageSpan(a.stage, a.since, a.planned_days, b.since) for a, b in pairwise(ordered)]
    return (*closed, *ordered[-1:])


def _only_span(pilot: Pilot, today: date) -> tuple[StageSpan, ...]:
    """Return the stage of a pilot without a history."""
    if pilot.stage is None or (pilot.stage_since is not None and pilot.stage_since > today):
        return ()
    return (StageSpan(pilot.stage, pilot.stage_since, pilot.planned_stage_days),)


def stage_on(spans: Sequence[StageSpan], day: date) -> StageSpan | None:
    """Return the span a day lies in, or None before the first."""
    for span in reversed(spans):
        if span.since is None or span.since <= day:
            return span
    return None


def days_in_stage(span: StageSpan, day: date) -> int | None:
    """Return how many days the pilot has been in the stage, None when nobody knows."""
    return None if span.since is None else (day - span.since).days


def mark_passed(days: int, marks: Sequence[int]) -> int | None:
    """Return the highest mark (days in one stage) that has been reached, if any."""
    return max([mark for mark in marks if mark <= days], default=None)


def planned_end(pilot: Pilot, span: StageSpan, day: date, settings: DetectionSettings) -> date | None:
    """Return the last day the plan gave this stage, as the plan stood on `day`.

    In this order: the planned days of the stage, the next open milestone's due date, the target
    date, the default for the stage. A milestone that was due before the stage began belongs to
    an earlier one. None when the stage has no known beginning and nothing else is dated.
    """
    if span.planned_days is not None and span.since is not None:
        return span.since + timedelta(days=span.planned_days)
    due = [m.due for m in pilot.milestones if m.done_on is None or m.done_on > day]
    due = [d for d in due if span.since is None or d >= span.since]
    if due:
        return min(due)
    if pilot.target_date is not None:
        return pilot.target_date
    default = settings.default_dwell.get(span.stage)
    return None if default is None or span.since is None else span.since + timedelta(days=default)


def planned_dwell(pilot: Pilot, span: StageSpan, day: date, settings: DetectionSettings) -> int | None:
    """Return the days the plan gave the stage, None when its beginning or its end is unknown."""
    end = planned_end(pilot, span, day, settings)
    return None if end is None or span.since is None else (end - span.since).days


def is_excused(dependencies: Sequence[Dependency], day: date) -> bool:
    """Whether the pilot waits, on that day, for something a named holder promised for later."""
    return bool(dependencies) and any(
        d.holder is not None
        and d.due is not None
        and d.due > day
        and (d.since is None or d.since <= day)
        and (d.done_on is None or d.done_on > day)
        for d in dependencies
    )


def overrun_spans(
    pilot: Pilot, spans: Sequence[StageSpan], settings: DetectionSettings
) -> tuple[tuple[date, date], ...]:
    """Return the times in which the pilot was past the plan of a stage on its way to production.

    Each is its first day and the first day after it; one that has no end ends on the last day there
    is. Days on which a dated promise excuses the pilot are not overrun.
    """
    if all(span.stage not in PRE_PRODUCTION for span in spans):
        return ()
    found: list[tuple[date, date]] = []
    for start, stop in pairwise((*_turning_days(pilot, spans), date.max)):
        span = stage_on(spans, start)
        if span is None or span.stage not in PRE_PRODUCTION or is_excused(pilot.dependencies, start):
            continue
        end = planned_end(pilot, span, start, settings)
        late = stop if end is None else max(start, end + ONE_DAY)
        if late < stop and found and found[-1][1] == late:
            found[-1] = (found[-1][0], stop)
        elif late < stop:
            found.append((late, stop))
    return tuple(found)


def resting_spans(spans: Sequence[StageSpan]) -> tuple[tuple[date, date], ...]:
    """Return the times in which the pilot was paused or retired, as `overrun_spans` does."""
    return tuple([(s.since or date.min, s.until or date.max) for s in spans if s.stage in RESTING])


def mask_of(spans: Sequence[tuple[date, date]], first_day: date, days: int) -> BoolGrid:
    """Say for each day of a window whether it lies in one of the times."""
    mask = np.zeros(days, dtype=np.bool_)
    for start, stop in spans:
        mask[max(0, (start - first_day).days) : max(0, (stop - first_day).days)] = True
    return mask


def _turning_days(pilot: Pilot, spans: Sequence[StageSpan]) -> list[date]:
    """Return the days on which stage, plan or excuse may change, from the first one with a stage on."""
    first = spans[0].since or date.min
    if not (pilot.milestones or pilot.dependencies or len(spans) > 1):
        return [first]
    days = [span.since for span in spans]
    days += [milestone.done_on for milestone in pilot.milestones]
    for dependency in pilot.dependencies:
        days += [dependency.since, dependency.due, dependency.done_on]
    return sorted({first, *(day for day in days if day is not None and day > first)})
