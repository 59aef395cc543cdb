"""Metrics: where a pilot stands against its plan, and how far it reaches."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.pilot import Dependency, Milestone, Pilot, Stage, StageEntry
from bot.domain.settings import DetectionSettings
from bot.metrics.portfolio import portfolio
from bot.metrics.progress import (
    days_in_stage,
    mark_passed,
    overrun_mask,
    planned_dwell,
    planned_end,
    resting_mask,
    stage_on,
    stage_spans,
)
from bot.metrics.usage import known_weeks, latest, reach_of, recent, trailing_sum

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
    mask = overrun_mask(one, stage_spans(one, TODAY), date(2026, 1, 1), 90, SETTINGS)
    days = [date(2026, 1, 1) + timedelta(days=int(n)) for n in np.flatnonzero(mask)]
    assert days[0] == date(2026, 2, 2)
    assert not any(date(2026, 2, 10) <= d < date(2026, 2, 20) for d in days)
    assert date(2026, 2, 9) in days
    assert date(2026, 2, 20) in days


def test_a_paused_pilot_rests_from_the_day_it_was_paused() -> None:
    """Low use in a paused pilot says nothing; before the pause it did."""
    history = (StageEntry(stage=Stage.PILOT, since=date(2026, 1, 1)), StageEntry(stage=Stage.PAUSED, since=TODAY))
    one = pilot(stage="paused", stage_since=TODAY, stage_history=history)
    assert resting_mask(stage_spans(one, TODAY), TODAY - timedelta(days=2), 4).tolist() == [False, False, True, True]


def test_reach_takes_the_exact_figure_for_a_week_and_the_mean_of_working_days() -> None:
    """The exact figure is carried at most a week; the mean leaves out weekends, gaps and thin months."""
    active = np.tile([10.0, 10, 10, 10, 10, 0, 0], 6)[None, :]
    exact = np.full(active.shape, np.nan)
    exact[0, 20] = 33.0
    countable = np.ones(active.shape, dtype=np.bool_)
    countable[0, 28:] = False
    reach = reach_of(active, exact, countable, date(2026, 1, 5))
    assert reach.exact[0, 26] == 33.0
    assert np.isnan(reach.exact[0, 27])
    assert reach.typical[0, 27] == 10.0
    assert reach.is_sound[0, 27]
    assert not reach.is_sound[0, 5]
    assert np.isnan(reach.typical[0, 5])


@settings(deadline=None)
@given(values=st.lists(st.integers(0, 50), min_size=1, max_size=60), days=st.integers(1, 20))
def test_trailing_sums_equal_the_plain_sums(values: list[int], days: int) -> None:
    """A running sum over a window is the sum of the window, at every day."""
    row = np.array([values], dtype=float)
    plain = [sum(values[max(0, i - days + 1) : i + 1]) for i in range(len(values))]
    assert trailing_sum(row, days)[0].tolist() == plain


def test_known_weeks_and_latest_figures() -> None:
    """A week counts when any of its days is known; the latest figure is the newest one not hidden."""
    known = np.zeros((1, 21), dtype=np.bool_)
    known[0, [3, 17]] = True
    assert known_weeks(known)[0, [6, 13, 20]].tolist() == [1, 1, 2]
    row = np.array([1.0, np.nan, 3.0])
    assert latest(row, 1) == 1.0
    assert latest(row, 2) == 3.0
    assert latest(np.array([np.nan]), 0) is None
    assert np.isnan(recent(np.array([[1.0] + [np.nan] * 3]), 2)[0, 3])


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
