"""Metrics: where a pilot stands against its plan, and how far it reaches."""

from datetime import date, timedelta

import numpy as np

from bot.domain.pilot import Dependency, Milestone, Pilot, Stage, StageEntry
from bot.domain.settings import DetectionSettings
from bot.metrics.portfolio import portfolio
from bot.metrics.progress import (
    days_in_stage,
    mark_passed,
    mask_of,
    overrun_spans,
    planned_dwell,
    planned_end,
    resting_spans,
    stage_on,
    stage_spans,
)
from bot.metrics.usage import recent

SETTINGS = DetectionSettings()
TODAY = date(2026, 6, 1)


def pilot(**given: object) -> Pilot:
    """Return a pilot in the stage `pilot` since January, changed as given."""
    fields = {"id": "tax", "name": "Tax", "stage": "pilot", "stage_since": date(2026, 1, 1)}
    return Pilot.model_validate(fields | given)


def test_the_plan_comes_from_the_nearest_promise() -> None:
    """Planned days first, then the next open milestone, the target date, and last the default."""
    milestones = (
        Milestone(id="m0", title="earlier stage", due=date(2025, 12, 1)),
        Milestone(id="m1", title="done", due=date(2026, 2, 1), done_on=date(2026, 2, 3)),
        Milestone(id="m2", title="open", due=date(2026, 4, 1)),
    )
    cases = [
        (pilot(planned_stage_days=30, milestones=milestones), date(2026, 1, 31)),
        (pilot(milestones=milestones, target_date=TODAY), date(2026, 4, 1)),
        (pilot(target_date=date(2026, 5, 5)), date(2026, 5, 5)),
        (pilot(), date(2026, 1, 1) + timedelta(days=120)),
    ]
    for one, end in cases:
        span = stage_spans(one, TODAY)[-1]
        assert planned_end(one, span, TODAY, SETTINGS) == end
        assert planned_dwell(one, span, TODAY, SETTINGS) == (end - date(2026, 1, 1)).days


def test_what_nobody_dated_has_no_plan_and_no_age() -> None:
    """A stage without a known beginning has neither days nor a planned end."""
    unknown = pilot(stage_since=None)
    span = stage_spans(unknown, TODAY)[-1]
    assert days_in_stage(span, TODAY) is None
    assert planned_end(unknown, span, TODAY, SETTINGS) is None
    assert planned_dwell(unknown, span, TODAY, SETTINGS) is None
    assert stage_spans(pilot(stage=None, stage_since=None), TODAY) == ()
    done = pilot(stage="production")
    assert planned_end(done, stage_spans(done, TODAY)[-1], TODAY, SETTINGS) is None


def test_history_tells_the_stage_of_each_day() -> None:
    """Each day has the stage it lay in; what is dated after today is hidden."""
    history = (
        StageEntry(stage=Stage.BUILD, since=date(2025, 6, 1), planned_days=90),
        StageEntry(stage=Stage.PILOT, since=date(2026, 1, 1), planned_days=60),
        StageEntry(stage=Stage.SCALE, since=date(2026, 9, 1)),
    )
    spans = stage_spans(pilot(stage_since=None, stage_history=history), TODAY)
    assert [s.stage for s in spans] == [Stage.BUILD, Stage.PILOT]
    assert spans[0].until == date(2026, 1, 1)
    assert spans[1].planned_days == 60
    assert stage_on(spans, date(2025, 1, 1)) is None
    found = stage_on(spans, date(2025, 12, 31))
    assert found is not None
    assert found.stage is Stage.BUILD
    assert days_in_stage(spans[1], date(2026, 1, 11)) == 10


def test_marks_are_six_twelve_and_eighteen_months() -> None:
    """The highest mark reached counts."""
    assert [mark_passed(d, SETTINGS.stage_marks) for d in (181, 182, 400, 548)] == [None, 182, 365, 548]


def test_overrun_begins_after_the_plan_and_a_dated_promise_excuses() -> None:
    """Days past the plan are overrun, except while a named holder's promise lies ahead."""
    waits = Dependency(id="d", kind="legal", holder="Dana", since=date(2026, 2, 10), due=date(2026, 2, 20))
    one = pilot(planned_stage_days=31, dependencies=(waits,))
    mask = mask_of(overrun_spans(one, stage_spans(one, TODAY), SETTINGS), date(2026, 1, 1), 90)
    days = [date(2026, 1, 1) + timedelta(days=int(n)) for n in np.flatnonzero(mask)]
    assert days[0] == date(2026, 2, 2)
    assert not any(date(2026, 2, 10) <= d < date(2026, 2, 20) for d in days)
    assert date(2026, 2, 9) in days
    assert date(2026, 2, 20) in days


def test_a_paused_pilot_rests_from_the_day_it_was_paused() -> None:
    """Low use in a paused pilot says nothing; before the pause it did."""
    history = (StageEntry(stage=Stage.PILOT, since=date(2026, 1, 1)), StageEntry(stage=Stage.PAUSED, since=TODAY))
    one = pilot(stage="paused", stage_since=TODAY, stage_history=history)
    rests = mask_of(resting_spans(stage_spans(one, TODAY)), TODAY - timedelta(days=2), 4)
    assert rests.tolist() == [False, False, True, True]


def test_a_figure_stands_for_a_week() -> None:
    """The newest known figure counts as long as it is less than a week old."""
    row = np.array([[np.nan, 33.0, *[np.nan] * 8]])
    assert np.isnan(recent(row)[0, [0, 8]]).all()
    assert recent(row)[0, [1, 7]].tolist() == [33.0, 33.0]


def test_the_portfolio_counts_by_stage_and_age_as_of_a_day() -> None:
    """365 and 548 days are over twelve and eighteen months; what begins later or is undated is told apart."""
    day = date(2026, 6, 1)
    starts = {"new": 364, "year": 365, "old": 548, "later": -1}
    pilots = [
        Pilot.model_validate({"id": n, "name": n, "stage": "pilot", "start": day - timedelta(days=age)})
        for n, age in starts.items()
    ]
    pilots += [
        Pilot.model_validate({"id": "live", "name": "live", "owner": "dana", "stage": "production", "start": day}),
        Pilot(id="bare", name="bare"),
    ]
    told = portfolio(pilots, day)
    assert (told.pilots, told.pre_production, told.over_12_months, told.over_18_months) == (6, 3, 2, 1)
    assert (told.undated, told.production, told.stage_unknown, told.without_owner) == (1, 1, 1, 5)
