"""Rules of who uses a pilot: each holds from its threshold on, and never on a figure that nobody knows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.detection.signals import reach
from bot.detection.signals.spells import IntGrid
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid

SETTINGS = DetectionSettings()
DAYS = 120
BEGUN = np.array([0])
figures = st.one_of(st.just(np.nan), st.integers(0, 60).map(float))
grids = arrays(np.float64, (1, DAYS), elements=figures, fill=figures)


def line(*levels: tuple[int, float]) -> FloatGrid:
    """Return one figure of one pilot: levels, each for so many days."""
    return np.concatenate([np.full(days, float(level)) for days, level in levels])[None, :]


def days_of(holds: BoolGrid) -> list[int]:
    """Return the days on which a rule held."""
    return np.flatnonzero(holds[0]).tolist()


def test_never_activated_waits_three_weeks_for_each_batch_of_seats() -> None:
    """Eleven of forty people are too few from day 21 on; sixty fresh seats count three weeks later, twelve are enough."""
    seats = line((60, 40), (60, 100))
    had = reach.with_access(seats, BEGUN, SETTINGS)
    assert days_of(reach.never_activated(line((120, 11)), had, SETTINGS)) == list(range(21, 120))
    assert days_of(reach.never_activated(line((120, 12)), had, SETTINGS)) == list(range(81, 120))
    assert days_of(reach.never_activated(line((120, 30)), had, SETTINGS)) == []


def test_a_cut_of_seats_makes_the_share_larger() -> None:
    """Of seats that were taken away nobody can have used one: only those that are left count."""
    had = reach.with_access(line((60, 100), (60, 30)), BEGUN, SETTINGS)
    assert days_of(reach.never_activated(line((120, 20)), had, SETTINGS)) == list(range(21, 60))


def test_access_before_the_first_row_is_not_access() -> None:
    """The registry's seats stand for no day on which the pilot had no feed."""
    had = reach.with_access(line((120, 40)), np.array([30]), SETTINGS)
    assert np.flatnonzero(~np.isnan(had[0]))[0] == 51


@given(new=grids, most=grids, told=arrays(np.bool_, (1, DAYS)))
def test_who_ever_used_it_is_the_sum_of_new_people_or_the_most_of_a_month(
    new: FloatGrid, most: FloatGrid, told: BoolGrid
) -> None:
    """The sum of first-time users counts up to the first told day without them, and never below the most of a month."""
    most = np.fmax.accumulate(most, axis=1)
    began = np.cumsum(np.nan_to_num(new), axis=1)
    ever = reach.ever_used(most, new, began, told)
    for day in range(DAYS):
        whole = not (told[0, : day + 1] & np.isnan(new[0, : day + 1])).any() and not np.isnan(new).all()
        wanted = np.fmax(most[0, day], began[0, day]) if whole else most[0, day]
        assert np.array_equal(ever[0, day], wanted, equal_nan=True)


@given(most=grids, new=grids, seats=grids, habitual=grids, people=grids)
def test_a_day_rests_on_itself_and_earlier_ones(
    most: FloatGrid, new: FloatGrid, seats: FloatGrid, habitual: FloatGrid, people: FloatGrid
) -> None:
    """What is found of a day is the same whatever comes after it."""

    def found(days: int) -> list[BoolGrid]:
        cut = [grid[:, :days] for grid in (most, new, seats, habitual, people)]
        against = np.arange(days)[None, :] - 56
        ever = reach.ever_used(np.fmax.accumulate(cut[0], axis=1), cut[1], np.nan_to_num(cut[1]).cumsum(1), cut[2] > 0)
        return [
            reach.never_activated(ever, reach.with_access(cut[2], BEGUN, SETTINGS), SETTINGS),
            reach.never_worked(cut[4], SETTINGS),
            reach.small_and_flat(cut[4], cut[2] > 0, SETTINGS),
            reach.seat_ceiling(cut[4], cut[2], against, SETTINGS),
            reach.low_habit(cut[3], reach.could_have_habit(cut[4], BEGUN), SETTINGS),
        ]

    for whole, part in zip(found(DAYS), found(100), strict=True):
        assert (whole[:, :100] == part).all()


@given(people=grids, seats=grids)
def test_nothing_is_concluded_from_an_unknown_figure(people: FloatGrid, seats: FloatGrid) -> None:
    """On a day without the figure of the day itself no rule holds, or it is one that sums up."""
    against = np.arange(DAYS)[None, :] - 56
    unknown = np.isnan(people) | np.isnan(seats)
    assert not (reach.seat_ceiling(people, seats, against, SETTINGS) & unknown).any()
    assert not (reach.low_habit(people, seats, SETTINGS) & unknown).any()
    assert not (reach.never_activated(people, seats, SETTINGS) & unknown).any()
    assert not (reach.small_and_flat(people, np.ones(people.shape, dtype=np.bool_), SETTINGS) & np.isnan(people)).any()


def test_a_small_plateau_has_twenty_people_at_most_and_somebody() -> None:
    """Twenty people who stay twenty are few, twenty-one are not, and nobody at all is no plateau."""
    flat = np.ones((1, DAYS), dtype=np.bool_)
    for people, is_small in ((20, True), (21, False), (1, True), (0, False)):
        assert reach.small_and_flat(line((DAYS, people)), flat, SETTINGS).all() == is_small
    assert not reach.small_and_flat(line((DAYS, 20)), ~flat, SETTINGS).any()


def test_a_seat_ceiling_is_a_rise_below_two_points() -> None:
    """Of 100 seats one more person in eight weeks is a ceiling, two more are not; nor are nine seats of ten in use."""
    against, seats = np.arange(DAYS)[None, :] - 56, line((DAYS, 100))
    for then, now, is_ceiling in ((50, 51, True), (50, 52, False), (50, 45, True), (50, 44, False), (90, 90, False)):
        people = line((60, then), (60, now))
        assert reach.seat_ceiling(people, seats, against, SETTINGS)[0, 100] == is_ceiling, (then, now)
    assert not reach.seat_ceiling(line((DAYS, 50)), seats, np.full((1, DAYS), -1), SETTINGS).any()


@given(grids, arrays(np.int64, (1, DAYS), elements=st.integers(-1, DAYS - 1)))
def test_figures_of_another_day_are_those_of_that_day(people: FloatGrid, against: IntGrid) -> None:
    """Whether the day is the usual one or another, its figure is taken, and none where there is no such day."""
    (then,) = reach.as_of((people,), against, 56)
    wanted = [people[0, before] if before >= 0 else np.nan for before in against[0]]
    assert np.array_equal(then[0], wanted, equal_nan=True)


def test_fresh_seats_are_no_fall_and_a_cut_is_no_rise() -> None:
    """Ten more people after a batch of seats are a rise; the same people after a cut are as flat as before."""
    against = np.arange(DAYS)[None, :] - 56
    grown = reach.seat_ceiling(line((60, 40), (60, 50)), line((60, 60), (60, 120)), against, SETTINGS)
    cut = reach.seat_ceiling(line((DAYS, 40)), line((60, 100), (60, 60)), against, SETTINGS)
    assert (grown[0, 100], cut[0, 100]) == (False, True)


def test_habit_is_judged_after_twelve_weeks_and_against_those_who_could_have_it() -> None:
    """Fifteen habits of forty people are few, sixteen are not; people of the last nine weeks can't have one yet."""
    for habits, is_low in ((15, True), (16, False)):
        could = reach.could_have_habit(line((DAYS, 40)), BEGUN)
        assert days_of(reach.low_habit(line((DAYS, habits)), could, SETTINGS)) == (
            list(range(84, 120)) if is_low else []
        )
    could = reach.could_have_habit(line((60, 20), (60, 60)), BEGUN)
    assert not reach.low_habit(line((DAYS, 10)), could, SETTINGS).any()


def test_a_pilot_that_works_alone_is_idle_after_three_weeks_without_work() -> None:
    """No unit of work in 21 days of figures is told; one unit, or no figure, is not."""
    idle = line((10, np.nan), (110, 0))
    assert days_of(reach.never_worked(idle, SETTINGS)) == list(range(31, 120))
    idle[0, 40] = 1
    assert days_of(reach.never_worked(idle, SETTINGS)) == list(range(31, 40))
    assert days_of(reach.never_worked(line((DAYS, np.nan)), SETTINGS)) == []
