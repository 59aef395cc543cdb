"""Pilots that do the step themselves count units of work: few chats are no sign, less work is one."""

from datetime import timedelta

import numpy as np
import pytest
from test_detect import DAYS, look, pilot, window
from test_dropoff import FIRST, usage

from bot.detection.detect import Detection
from bot.domain.finding import Kind
from bot.domain.pilot import Depth, Pilot
from bot.domain.telemetry import FloatGrid
from bot.metrics.work import counted_use, counts_work_units


def agent(people: FloatGrid, work: FloatGrid, **given: object) -> Detection:
    """Look at a pilot of depth L3 with so many people and units of work a day."""
    shown = window(people, monthly=[people * 2])
    shown.actions[0] = work
    return look(shown, pilot(**({"depth": "L3"} | given)))


def kinds(found: Detection) -> set[Kind]:
    """Return what is open."""
    return {f.kind for f in found.findings if f.is_open}


def test_only_pilots_that_do_the_step_count_work() -> None:
    """Depth L3 and L4 count units of work, any other depth and an unknown one count people."""
    counted = {depth: counts_work_units(pilot(depth=depth)) for depth in (*Depth, None)}
    assert [depth for depth, is_work in counted.items() if is_work] == [Depth.L3, Depth.L4]


def test_use_is_taken_from_work_where_it_counts_and_nothing_else_is_touched() -> None:
    """The row of such a pilot holds its work and no people of a month; grids without one are the same objects."""
    active, month, actions = np.full((2, 3), 5.0), np.full((2, 3), 9.0), np.full((2, 3), 80.0)
    pilots: list[Pilot] = [pilot("a", depth="L1"), pilot("b", depth="L4")]
    use, people = counted_use(active, month, actions, pilots)
    assert (use.tolist(), active.max()) == ([[5.0] * 3, [80.0] * 3], 5.0)
    assert np.isnan(people[1]).all()
    assert (people[0] == 9.0).all()
    assert counted_use(active, month, actions, pilots[:1])[0] is active


def test_fewer_chats_are_no_drop_off_where_the_tool_does_the_step() -> None:
    """People fall to a tenth while the work goes on: nothing is found, and beside the work it would be."""
    people, work = usage(DAYS, 30, 2, (140, 0.1)), usage(DAYS, 400, 3)
    assert kinds(agent(people, work)) == set()
    assert Kind.DROP_OFF in kinds(agent(people, work, depth="L2"))


def test_less_work_is_a_drop_off_in_units_of_work() -> None:
    """The work falls to a third while people go on as before: found within two weeks, in its own words."""
    found = agent(usage(DAYS, 30, 2), usage(DAYS, 400, 3, (140, 0.3)))
    (drop,) = [f for f in found.findings if f.kind is Kind.DROP_OFF]
    assert (drop.opened_on - FIRST).days in range(140, 155)
    assert "of its own usual work" in drop.evidence
    assert "units where" in drop.evidence
    assert 0 < drop.severity <= 10


def test_steady_work_is_left_alone() -> None:
    """Of twenty steady pilots that work alone none has a finding."""
    found = [agent(usage(DAYS, 30, seed), usage(DAYS, 400, 100 + seed)) for seed in range(20)]
    assert [f for one in found for f in one.findings] == []


def test_flat_work_past_the_plan_is_a_stall_in_units_of_work() -> None:
    """Past its plan with flat work it is stalled; work that grows is progress, whatever people do."""
    over, flat = {"planned_stage_days": 60}, usage(DAYS, 400, 3)
    found = agent(usage(DAYS, 30, 2), flat, **over)
    (stall,) = [f for f in found.findings if f.kind is Kind.STALL]
    assert "units of work a usual working day eight weeks ago" in stall.evidence
    growing = np.random.default_rng(2).poisson(np.linspace(100, 700, DAYS)).astype(float)
    assert kinds(agent(usage(DAYS, 30, 2), growing, **over)) == set()


def test_a_pilot_whose_work_nobody_counts_is_not_judged_by_its_chats() -> None:
    """Without figures of work nothing is concluded."""
    assert kinds(agent(usage(DAYS, 30, 2, (140, 0.1)), np.full(DAYS, np.nan), planned_stage_days=60)) == set()


def test_a_pilot_that_never_worked_is_told_so_and_no_people_signal_is() -> None:
    """No unit of work since three weeks is told without a figure; few people are no plateau and no habit."""
    found = agent(np.full(DAYS, 6.0), np.zeros(DAYS))
    assert kinds(found) == {Kind.NEVER_ACTIVATED}
    (idle,) = found.findings
    assert (idle.opened_on, idle.numbers) == (FIRST + timedelta(days=21), False)
    assert idle.evidence == "It has done no work since its first figures of 12 January 2026."


@pytest.mark.parametrize("depth", ["L1", "L2", None])
def test_other_depths_never_speak_of_work(depth: str | None) -> None:
    """The words for units of work belong to depth L3 and L4."""
    found = agent(usage(DAYS, 30, 2, (140, 0.1)), np.zeros(DAYS), depth=depth, planned_stage_days=60)
    assert found.findings
    assert not [f for f in found.findings if "work since" in f.evidence or "units" in f.evidence]
