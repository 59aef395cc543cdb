"""Detection over a batch: each shape of pilot gets the finding it should, and the others none."""

from datetime import date, timedelta

import numpy as np
import pytest
from test_dropoff import FIRST, usage

from bot.detection.detect import Detection, detect
from bot.detection.evidence import stage_age
from bot.domain.calendar import Calendar
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import FloatGrid, SourceStatus, UsageWindow

DAYS = 200
TODAY = FIRST + timedelta(days=DAYS)
CALENDAR = Calendar()
SETTINGS = DetectionSettings()


def pilot(name: str = "tax", **given: object) -> Pilot:
    """Return a pilot well inside its plan, changed as given."""
    fields = {
        "id": name,
        "name": name,
        "stage": "pilot",
        "stage_since": FIRST + timedelta(days=30),
        "planned_stage_days": 900,
        "seats": 60,
    }
    return Pilot.model_validate(fields | given)


def window(*rows: FloatGrid, monthly: list[FloatGrid] | None = None, use_cases: float = 3.0) -> UsageWindow:
    """Return a window of pilots fed by the source `chat`."""
    grid = np.vstack(rows)
    shown = UsageWindow.blank(FIRST, tuple(f"p{n}" for n in range(len(rows))), grid.shape[1], ("chat",))
    shown.active[:] = grid
    shown.seats[~np.isnan(grid)] = 60.0
    shown.use_cases[~np.isnan(grid)] = use_cases
    if monthly:
        shown.active_28d[:] = np.vstack(monthly)
    shown.origin[:] = 0
    return shown


def without_rows(shown: UsageWindow, row: int, start: int, stop: int | None = None) -> None:
    """Take the rows of a pilot out of a window, from a column to before another."""
    for grid in (shown.active, shown.seats, shown.active_28d, shown.use_cases):
        grid[row, start:stop] = np.nan
    shown.origin[row, start:stop] = -1


def look(
    shown: UsageWindow, *pilots: Pilot, today: date = TODAY, newest: date | None = None, lag: int = 0
) -> Detection:
    """Look at these pilots; the source vouches for everything before today unless told otherwise."""
    status = SourceStatus(source="chat", newest_day=newest or TODAY - timedelta(days=1), lag_days=lag)
    return detect(shown, pilots, [status], today=today, calendar=CALENDAR, settings=SETTINGS)


def kinds(found: Detection) -> list[tuple[str, Kind]]:
    """Return pilot and kind of each finding that is open."""
    return [(f.pilot, f.kind) for f in found.findings if f.is_open]


def test_a_batch_finds_the_cliff_and_spares_the_others() -> None:
    """Of three pilots only the one whose use fell has a finding, with figures and a sentence."""
    found = look(
        window(usage(DAYS, 30, 2), usage(DAYS, 30, 2, (150, 0.2)), usage(DAYS, 30, 3)),
        pilot("a"),
        pilot("b"),
        pilot("c"),
    )
    assert kinds(found) == [("b", Kind.DROP_OFF)]
    cliff = found.findings[0]
    assert cliff.observed is not None
    assert cliff.expected is not None
    assert cliff.observed < 0.65 * cliff.expected
    assert f"{cliff.observed:.0f} active user-days" in cliff.evidence
    assert cliff.severity == pytest.approx(cliff.expected - cliff.observed, abs=0.1)
    assert found.judged_through["a"] == TODAY - timedelta(days=1)


def test_a_plan_overrun_and_flat_is_a_stall_and_neither_alone_is() -> None:
    """Overrun with flat reach is found; growing reach or a plan that still runs is not."""
    flat = usage(DAYS, 30, 2)
    growing = np.random.default_rng(2).poisson(np.linspace(8, 50, DAYS)).astype(float)
    over = {"planned_stage_days": 60}
    found = look(window(flat, flat, growing), pilot("over", **over), pilot("on_plan"), pilot("grows", **over))
    assert kinds(found) == [("over", Kind.STALL)]
    stall = found.findings[0]
    assert stall.onset >= FIRST + timedelta(days=91)
    assert "no use case was added" in stall.evidence
    assert "over" in found.slowing
    assert "on_plan" not in found.slowing


def test_slowing_comes_two_weeks_before_the_stall() -> None:
    """After six flat weeks past the plan the status says slowing while there is no finding yet."""
    flat = np.full(DAYS, 20.0)
    monthly = np.full(DAYS, 40.0)
    monthly[:100] = np.linspace(5, 40, 100)
    shown, one = window(flat, monthly=[monthly]), pilot("tax", planned_stage_days=60)
    first_slow = next(d for d in range(90, DAYS) if look(shown, one, today=FIRST + timedelta(days=d + 1)).slowing)
    opened = look(shown, one).findings[0].opened_on
    assert 10 <= (opened - FIRST).days - first_slow <= 18


def test_new_use_cases_are_progress() -> None:
    """A pilot whose reach is flat and whose use cases grow is not stalled."""
    shown = window(usage(DAYS, 30, 2))
    shown.use_cases[0] = np.repeat(np.arange(1, 11), 20)
    assert kinds(look(shown, pilot(planned_stage_days=60))) == []
    blind = window(usage(DAYS, 30, 2), use_cases=float("nan"))
    assert "use cases are not reported" in look(blind, pilot(planned_stage_days=60)).findings[0].evidence


def test_a_stall_closes_after_a_clear_week() -> None:
    """One day without the condition closes nothing, seven in a row do."""
    flat = np.full(DAYS, 20.0)
    exact = np.full(DAYS, 40.0)
    exact[150:156] = exact[160:167] = 60.0
    over = pilot(planned_stage_days=60)
    (found,) = [f for f in look(window(flat, monthly=[exact]), over).findings if f.kind is Kind.STALL][:1]
    assert found.closed_on == FIRST + timedelta(days=166)
    exact[160:167] = 40.0
    assert look(window(flat, monthly=[exact]), over).findings[0].is_open


def test_stage_age_opens_at_six_months_and_names_the_mark() -> None:
    """The finding opens on the 182nd day of a stage on its way, whatever usage says."""
    shown = window(usage(DAYS, 30, 2))
    old = pilot(stage_since=TODAY - timedelta(days=400))
    found = look(shown, old).findings[0]
    assert (found.kind, found.observed, found.expected) == (Kind.STAGE_AGE, 400.0, 365.0)
    assert found.opened_on == TODAY - timedelta(days=218)
    assert found.evidence == "In the stage 'pilot' for 13 months; its plan gave it 30 months."
    assert stage_age("pilot", 200, None) == "In the stage 'pilot' for 7 months."
    for spared in (pilot(stage="production", stage_since=old.stage_since), pilot(stage_since=None), pilot()):
        assert Kind.STAGE_AGE not in [
            f.kind for f in look(window(usage(150, 30, 2)), spared, today=FIRST + timedelta(days=150)).findings
        ]


def test_a_pilot_without_any_feed_is_not_judged() -> None:
    """No row, and a source nobody knows, give no finding of use."""
    shown = window(usage(DAYS, 30, 2, (150, 0.1)))
    unknown = detect(shown, [pilot()], [], today=TODAY, calendar=CALENDAR, settings=SETTINGS)
    assert unknown.findings == ()
    assert unknown.judged_through == {"tax": None}
    without_rows(shown, 0, 0)
    assert look(shown, pilot()).judged_through == {"tax": None}


def test_an_empty_registry_is_no_fault() -> None:
    """Nothing to judge gives nothing."""
    empty = UsageWindow.blank(FIRST, (), 0)
    assert detect(empty, [], [], today=TODAY, calendar=CALENDAR, settings=SETTINGS).findings == ()


def test_small_groups_show_no_figures_and_small_pilots_only_a_question() -> None:
    """Below five people no figure is shown; below ten seats a finding is a question."""
    for seats, tier, numbers in ((4, "question", False), (8, "question", True), (12, "full", True)):
        shown = window(np.minimum(usage(DAYS, seats * 0.8, 2, (150, 0.05)), seats))
        shown.seats[:] = seats
        found = [f for f in look(shown, pilot(seats=seats)).findings if f.kind is Kind.DROP_OFF]
        assert found
        assert (found[-1].tier, found[-1].numbers) == (tier, numbers)
        assert (found[-1].observed is None) is not numbers
        assert (
            any(
                c.isdigit()
                for c in found[-1].evidence.replace(f"{found[-1].onset:%Y}", "").replace(str(found[-1].onset.day), "")
            )
            is numbers
        )


@pytest.mark.parametrize("stage", ["paused", "retired"])
def test_a_pilot_at_rest_has_no_finding_of_use(stage: str) -> None:
    """Findings of use end on the day of a pause, and low use or missing rows after it are no findings."""
    rest = FIRST + timedelta(days=140)
    history = ({"stage": "pilot", "since": FIRST}, {"stage": stage, "since": rest})
    one = pilot(stage=stage, stage_since=rest, stage_history=history, planned_stage_days=None)
    shown = window(usage(DAYS, 30, 2, (110, 0.2)))
    found = look(shown, one).findings
    assert {f.kind for f in found} >= {Kind.DROP_OFF}
    assert {f.closed_on for f in found} == {rest}
    without_rows(shown, 0, 139)
    assert look(shown, one).findings == found
    before = look(shown, one, today=rest - timedelta(days=1)).findings
    assert {f.kind for f in before if f.is_open} == {f.kind for f in found}


def test_what_is_dated_today_or_later_is_hidden() -> None:
    """A look in the past does not see later rows, nor what a source declares since."""
    shown = window(usage(DAYS, 30, 2, (120, 0.3)))
    past = look(shown, pilot(), today=FIRST + timedelta(days=130))
    assert past.judged_through == {"tax": FIRST + timedelta(days=129)}
    shown.active[0, 130:] = 0.0
    assert look(shown, pilot(), today=FIRST + timedelta(days=130)) == past
    assert look(shown, pilot(), today=FIRST).findings == ()


def test_a_window_that_ends_early_is_unknown_after_its_end() -> None:
    """Days the window lacks are days without rows, so its source is late."""
    found = look(window(usage(150, 30, 2)), pilot(), newest=FIRST + timedelta(days=149))
    assert kinds(found) == [("tax", Kind.SOURCE_LATE)]
    assert found.judged_through == {"tax": FIRST + timedelta(days=149)}


def test_one_look_or_many_find_the_same() -> None:
    """What was opened up to a day is the same, asked on that day or later."""
    shown = window(usage(DAYS, 30, 2, (120, 0.3)), usage(DAYS, 30, 5))
    pilots = (pilot("a"), pilot("b", planned_stage_days=50))

    def opened(found: tuple[Finding, ...]) -> set[tuple[object, ...]]:
        return {(f.pilot, f.kind, f.opened_on, f.onset) for f in found if f.kind is not Kind.STAGE_AGE}

    whole = opened(look(shown, *pilots).findings)
    assert {k for _, k, _, _ in whole} == {Kind.DROP_OFF, Kind.STALL}
    for day in range(100, DAYS, 10):
        today = FIRST + timedelta(days=day)
        part = opened(look(shown, *pilots, today=today).findings)
        assert part == {f for f in whole if f[2] < today}


def test_a_long_stage_that_ended_is_told_with_its_end() -> None:
    """With a history of stages the finding of an earlier one is closed on the day the next began."""
    began, moved = TODAY - timedelta(days=500), TODAY - timedelta(days=100)
    history = [{"stage": "build", "since": began}, {"stage": "pilot", "since": moved}]
    shown = pilot(stage_since=moved, stage_history=history)
    (found,) = [f for f in look(window(usage(DAYS, 30, 2)), shown).findings if f.kind is Kind.STAGE_AGE]
    assert (found.onset, found.closed_on, found.observed) == (began, moved, 400.0)
    assert "until" in found.evidence
