"""The portfolio in figures: how many pilots are on their way, and for how long."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from bot.domain.pilot import PRE_PRODUCTION, Pilot, Stage
from bot.domain.value import Value
from bot.metrics.progress import stage_spans

YEAR = timedelta(days=365)
EIGHTEEN_MONTHS = timedelta(days=548)


class Portfolio(Value):
    """Counts of pilots as of one day.

    `pre_production` counts pilots in a stage on the way to production whose start is known and not
    later than the day; `over_12_months` and `over_18_months` those of them that started at least
    365 and 548 days before it. `undated` are on the way too, with a start nobody knows.
    """

    pilots: int
    pre_production: int
    over_12_months: int
    over_18_months: int
    undated: int
    production: int
    paused: int
    retired: int
    stage_unknown: int
    without_owner: int


def portfolio(pilots: Sequence[Pilot], today: date) -> Portfolio:
    """Count the pilots as of `today`; what is dated later is hidden."""
    ages = [today - start for p in pilots if (start := started_on(p, today)) and _stage(p, today) in PRE_PRODUCTION]
    stages = Counter(_stage(p, today) for p in pilots)
    on_the_way = sum(stages[s] for s in PRE_PRODUCTION)
    return Portfolio(
        pilots=len(pilots),
        pre_production=len(ages),
        over_12_months=sum(age >= YEAR for age in ages),
        over_18_months=sum(age >= EIGHTEEN_MONTHS for age in ages),
        undated=on_the_way - len(ages),
        production=stages[Stage.PRODUCTION],
        paused=stages[Stage.PAUSED],
        retired=stages[Stage.RETIRED],
        stage_unknown=stages[None],
        without_owner=sum(p.owner is None for p in pilots),
    )


def started_on(pilot: Pilot, today: date) -> date | None:
    """Return when the pilot started: as the registry says, else with its first dated stage."""
    days = [pilot.start] if pilot.start else [s.since for s in stage_spans(pilot, today) if s.since]
    return min((d for d in days if d and d <= today), default=None)


def _stage(pilot: Pilot, today: date) -> Stage | None:
    """Return the stage as of `today`: the last one that had begun, None when nobody knows."""
    spans = stage_spans(pilot, today)
    return spans[-1].stage if spans else None
