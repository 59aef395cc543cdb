"""Drop-off: what a fall in use is, and what merely looks like one."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import Judged, judge

from bot.detection.hold import Check
from bot.domain.calendar import Calendar
from bot.domain.season import presence_row
from bot.domain.telemetry import BoolGrid, FloatGrid

FIRST = date(2026, 1, 12)
"""A Monday after the year-end."""
WEEKDAYS = np.array([1.0, 1.0, 1.0, 1.0, 0.8, 0.03, 0.02])


def usage(days: int, people: float, seed: int = 2, fall: tuple[int, float] | None = None) -> FloatGrid:
    """Return daily active people of one pilot: a weekday pattern with Poisson scatter and perhaps a fall."""
    level = people * WEEKDAYS[np.arange(days) % 7]
    if fall:
        level[fall[0] :] *= fall[1]
    return np.random.default_rng(seed).poisson(level).astype(float)


def judged(active: FloatGrid, seats: FloatGrid | float = 60.0, countable: BoolGrid | None = None) -> Judged:
    """Judge one pilot over all its days."""
    grid = active[None, :]
    given_seats = np.broadcast_to(np.asarray(seats, dtype=float), active.shape)[None, :]
    mask = np.ones(grid.shape, dtype=np.bool_) if countable is None else countable[None, :]
    return judge(grid, given_seats, mask, [active.size - 1], np.array([np.nan]), FIRST.weekday())[0]


def run_of(active: FloatGrid, seats: float, resting: BoolGrid) -> Judged:
    """Judge one pilot that is paused on some days."""
    grid = active[None, :]
    everything, given = np.ones(grid.shape, dtype=np.bool_), np.full(grid.shape, seats)
    return judge(grid, given, everything, [active.size - 1], np.array([np.nan]), 0, resting=resting[None, :])[0]


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("share", [0.2, 0.4])
def test_a_cliff_is_found_within_two_weeks_with_its_onset(seed: int, share: float) -> None:
    """A fall to 20 or 40 % on day 100 is one open finding, found in 14 days, dated to within a week."""
    found = judged(usage(150, 30, seed, (100, share))).episodes
    late = [e for e in found if e.opened >= 100]
    assert len(late) == 1
    assert late[0].opened <= 114
    assert 93 <= late[0].onset <= 107
    assert late[0].closed is None
    assert late[0].seen < 0.65 * late[0].expected


def test_steady_use_is_left_alone() -> None:
    """Forty steady pilots of 60 seats over 30 weeks give at most .55 findings a pilot-year."""
    grid = np.vstack([usage(210, 30, seed) for seed in range(40)])
    seats, mask = np.full(grid.shape, 60.0), np.ones(grid.shape, dtype=np.bool_)
    found = judge(grid, seats, mask, [209] * 40, np.full(40, np.nan), FIRST.weekday())
    years = 40 * (210 - 56) / 365
    assert sum(len(j.episodes) for j in found) / years <= 0.55


def test_use_that_comes_back_closes_the_finding() -> None:
    """A fall of three weeks opens one finding and closes it after the return."""
    active = usage(170, 30)
    active[100:121] = np.floor(active[100:121] * 0.2)
    found = judged(active).episodes
    assert len(found) == 1
    assert found[0].closed is not None
    assert 121 <= found[0].closed <= 145


def test_fewer_seats_at_the_same_rate_are_no_fall() -> None:
    """A licence cut by a third, with those who remain going on as before, gives no finding."""
    active, seats = usage(170, 30, 3, (100, 2 / 3)), np.full(170, 60.0)
    seats[100:] = 40.0
    assert judged(active, seats).episodes == []


def test_more_seats_without_more_use_are_no_fall() -> None:
    """Doubling the seats while people go on as before adds no finding to those of plain scatter."""
    grid = np.vstack([usage(200, 30, seed) for seed in range(20)])
    mask, last, none = np.ones(grid.shape, dtype=np.bool_), [199] * 20, np.full(20, np.nan)
    before = np.full(grid.shape, 60.0)
    after = before.copy()
    after[:, 100:] = 120.0
    plain, doubled = (judge(grid, seats, mask, last, none, FIRST.weekday()) for seats in (before, after))
    in_time = [e for j in doubled for e in j.episodes if 100 <= e.opened < 135]
    usual = [e for j in plain for e in j.episodes if 100 <= e.opened < 135]
    assert len(in_time) <= len(usual) + 1


def test_holidays_and_the_year_end_are_no_fall() -> None:
    """Two and a half empty weeks around New Year give no finding where the calendar knows them."""
    first = date(2025, 9, 1)
    active = usage(210, 30)
    mask = Calendar().countable_mask("DE", first, 210)
    active[~mask] = np.floor(active[~mask] * 0.1)
    assert judged(active, countable=mask).episodes == []


@settings(max_examples=15, deadline=None)
@given(start=st.integers(60, 150), length=st.integers(1, 30))
def test_an_outage_adds_nothing(start: int, length: int) -> None:
    """Days without figures give no finding, however many."""
    active = usage(200, 30)
    active[start : start + length] = np.nan
    assert judged(active).episodes == []


def test_silent_zeros_are_held_and_dropped_when_use_returns() -> None:
    """Three zero working days in a busy pilot are held as a question, and forgotten when use returns."""
    active = usage(130, 30, 3)
    active[98:101] = 0.0
    assert judged(active[:101]).checks == [Check(onset=98, opened=98)]
    back = judged(active)
    assert back.checks == [Check(onset=98, opened=98, closed=101)]
    assert back.episodes == []


def test_real_silence_is_released_and_found() -> None:
    """When zeros go on past the hold, the held days count and the onset is their first day or a dip just before."""
    active = usage(125, 30)
    active[98:] = 0.0
    found = judged(active).episodes
    assert len(found) == 1
    assert 94 <= found[0].onset <= 98
    assert 103 <= found[0].opened <= 107


def test_a_few_zeros_in_a_small_pilot_are_no_question() -> None:
    """Where three people are usual, two empty days are held and not asked about, and four are."""
    active = np.tile([3.0, 3, 3, 3, 3, 0, 0], 20)
    active[98:100] = 0.0
    assert judged(active, 8.0).checks == []
    active[100:102] = 0.0
    assert [check.onset for check in judged(active, 8.0).checks] == [98]


def test_a_silence_is_held_once() -> None:
    """Zeros that go on after a hold was used up are evidence, and held anew only after use was back."""
    active = usage(200, 30)
    active[98:126] = 0.0
    active[161:163] = 0.0
    assert [check.onset for check in judged(active).checks] == [98, 161]


def test_young_pilots_are_not_judged() -> None:
    """No finding before eight weeks of life, however deep the fall."""
    assert judged(usage(55, 30, fall=(30, 0.1))).episodes == []


def test_a_pilot_with_less_than_one_person_a_day_is_judged_by_week() -> None:
    """A silence is found on a Sunday, and dated to a Monday."""
    rows = [usage(220, 0.7, seed) for seed in range(20)]
    for row in rows:
        row[105:] = 0.0
    found = [next((e for e in judged(row, 8.0).episodes if e.opened >= 105), None) for row in rows]
    caught = [e for e in found if e is not None]
    assert len(caught) >= 18
    assert all(e.opened % 7 == 6 and e.onset % 7 == 0 for e in caught)


def test_a_launch_that_drew_many_is_no_promise() -> None:
    """Three times the use in the first three weeks gives no finding later, and a fall on day 60 to 80 still does."""
    for seed in range(10):
        active = usage(140, 20, seed)
        active[:21] = usage(21, 60, seed)
        assert [e for e in judged(active, 80.0).episodes if e.opened < 126] == []
        onset = 60 + 2 * seed
        fallen = active.copy()
        fallen[onset:] = np.floor(fallen[onset:] * 0.3)
        assert any(onset <= e.opened <= onset + 45 for e in judged(fallen, 80.0).episodes)


def test_near_empty_days_are_not_summed() -> None:
    """Two weak working days give no finding for the empty weekend that follows, where one person is usual."""
    active = usage(140, 30)
    active[np.arange(140) % 7 >= 5] = 1.0
    active[101:103] = 14.0
    active[103:105] = 0.0
    assert judged(active, 45.0).episodes == []


def test_a_pause_forgets_what_was_summed() -> None:
    """A drop-off closes on the day of the pause, and low use while paused opens none."""
    active, resting = usage(170, 30, fall=(100, 0.2)), np.zeros(170, dtype=np.bool_)
    resting[115:] = True
    found = run_of(active, 60.0, resting).episodes
    assert [(e.opened < 110, e.closed) for e in found] == [(True, 115)]
    resting[95:] = True
    assert run_of(active, 60.0, resting).episodes == []


def test_what_is_found_does_not_depend_on_when_it_is_asked() -> None:
    """Judged day by day or at once, the same findings open on the same days."""
    active = usage(160, 30, 2, (90, 0.3))
    whole = [(e.opened, e.onset) for e in judged(active).episodes]
    for days in range(90, 160, 7):
        part = [(e.opened, e.onset) for e in judged(active[:days]).episodes]
        assert part == [e for e in whole if e[0] < days]


def test_pilots_judged_together_are_judged_alike() -> None:
    """A pilot gets the same findings alone and among others, each up to its own last day."""
    rows = [usage(150, 30, seed, (100, 0.3)) for seed in range(1, 5)]
    grid = np.vstack(rows)
    last = [149, 149, 101, -1]
    together = judge(grid, np.full(grid.shape, 60.0), np.ones(grid.shape, dtype=np.bool_), last, np.full(4, np.nan), 0)
    assert together[0] == judged(rows[0])
    assert together[1] == judged(rows[1])
    assert together[2] == judged(rows[2][:102])
    assert together[3] == Judged()


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_a_lower_level_that_lasts_does_not_become_usual(seed: int, share: float) -> None:
    """While use stays low the finding stays open: what is usual is kept as it was before."""
    found = [e for e in judged(usage(330, 30, seed, (100, share))).episodes if e.opened >= 100]
    assert [e.closed for e in found] == [None]
    assert found[0].recent is not None
    assert abs(found[0].recent - share) < 0.25


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("lasts", [25, 150])
def test_use_that_is_back_ends_the_finding_soon_however_long_it_was_away(seed: int, lasts: int) -> None:
    """Within three weeks of use being back the finding is closed."""
    active = usage(330, 30, seed, (100, 0.3))
    active[100 + lasts :] = usage(330, 30, seed + 50)[100 + lasts :]
    (found,) = [e for e in judged(active).episodes if 100 <= e.opened < 100 + lasts]
    assert found.closed is not None
    assert 100 + lasts < found.closed <= 100 + lasts + 21


def test_a_summer_is_no_fall_and_a_fall_in_summer_is_found() -> None:
    """Use that follows the season is left alone; a fall to a third of what the season leaves is found."""
    first = date(2026, 3, 2)
    present = presence_row("FR", first, 200)
    summer = np.random.default_rng(4).poisson(30 * WEEKDAYS[np.arange(200) % 7] * present).astype(float)
    fallen = summer.copy()
    onset = (date(2026, 7, 20) - first).days
    fallen[onset:] = np.floor(fallen[onset:] / 3)
    grid = np.stack([summer, fallen])
    seats, everything, last = np.full(grid.shape, 60.0), np.ones(grid.shape, dtype=np.bool_), [199, 199]
    still, fell = judge(grid, seats, everything, last, np.full(2, 60.0), 0, presence=np.stack([present, present]))
    assert still.episodes == []
    (found,) = fell.episodes
    assert onset <= found.opened <= onset + 21
    assert judge(grid, seats, everything, last, np.full(2, 60.0), 0)[0].episodes != []


def test_the_season_is_known_by_country_and_year() -> None:
    """Full in the middle of the summer, 1 outside of it and where no season is known, the same in each year."""
    row = presence_row("DE", date(2025, 1, 1), 730)
    assert row[(date(2025, 8, 1) - date(2025, 1, 1)).days] == row[(date(2026, 8, 1) - date(2025, 1, 1)).days] == 0.75
    assert row[0] == row[-1] == 1.0
    assert (presence_row("AU", date(2025, 1, 1), 365) == 1).all()
    assert (presence_row(None, date(2025, 1, 1), 365) == 1).all()
    assert 0.65 < presence_row("FR", date(2026, 7, 10), 1)[0] < 1.0
