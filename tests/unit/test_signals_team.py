"""Half the team gone: a bound that is never more than who really stopped, and tells of no small group."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.signals.team import Gone, team_gone
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid

MONTH = 28
SETTINGS = DetectionSettings()


def seen_in(used: BoolGrid, day: int) -> BoolGrid:
    """Return who used it in the 28 days that end with a day; rows are people."""
    who: BoolGrid = used[:, max(0, day - MONTH + 1) : day + 1].any(axis=1)
    return who


def counts(used: BoolGrid) -> tuple[FloatGrid, FloatGrid]:
    """Return people of 28 days and first-time users by day, as a source would tell them."""
    days = used.shape[1]
    reach = np.array([[seen_in(used, day).sum() for day in range(days)]], dtype=float)
    first = np.where(used.any(axis=1), used.argmax(axis=1), -1)
    return reach, np.array([[(first == day).sum() for day in range(days)]], dtype=float)


def judged(reach: FloatGrid, new: FloatGrid | None = None, seats: FloatGrid | float = np.nan) -> Gone:
    """Judge pilots whose months and first-time users are known."""
    began = np.zeros(reach.shape) if new is None else np.cumsum(new, axis=1)
    most = np.fmax.accumulate(reach, axis=1)
    return team_gone(reach, most, began, np.broadcast_to(np.asarray(seats, dtype=float), reach.shape), SETTINGS)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    people=st.integers(8, 40),
    leave=st.floats(0.2, 0.9),
    fresh=st.integers(0, 15),
    knows_new=st.booleans(),
)
def test_nobody_who_uses_it_is_counted_as_gone(
    seed: int, people: int, leave: float, fresh: int, *, knows_new: bool
) -> None:
    """However people come and go, those counted as gone are no more than used it in that month and not in this one."""
    dice = np.random.default_rng(seed)
    days, leavers = 130, dice.random(people) < leave
    used = dice.random((people + fresh, days)) < dice.uniform(0.02, 0.3, (people + fresh, 1))
    used[:people][leavers, 70:] = False
    used[people:, :80] = False
    reach, new = counts(used)
    gone = judged(reach, new if knows_new else None)
    for day in np.flatnonzero(gone.holds[0]) if gone.rows.size else ():
        month = int(gone.since[0, day])
        assert day - SETTINGS.team_gone_days <= month <= day - MONTH
        then, now = seen_in(used, month), seen_in(used, int(day))
        assert gone.before[0, day] == then.sum()
        assert gone.gone[0, day] <= (then & ~now).sum()
        assert gone.gone[0, day] >= SETTINGS.team_gone_share * then.sum()


def months(*levels: tuple[int, float]) -> FloatGrid:
    """Return people of 28 days of one pilot: levels, each for so many days."""
    return np.concatenate([np.full(days, float(level)) for days, level in levels])[None, :]


def test_half_of_a_team_is_found_when_it_is_gone() -> None:
    """Forty people of whom twenty-one stop are found, nineteen are not; what is told names the month before."""
    gone = judged(months((60, 40), (40, 19)))
    assert np.flatnonzero(gone.holds[0]).tolist() == list(range(60, 100))
    assert (gone.before[0, 60], gone.gone[0, 60], gone.since[0, 60]) == (40, 21, 32)
    assert gone.since[0, 99] == 59
    assert not judged(months((60, 40), (40, 21))).rows.size


def test_newcomers_do_not_hide_who_left() -> None:
    """The number of people stays the same, and the first-time users among them say that half of the team is new."""
    reach, new = months((100, 30)), np.zeros((1, 100))
    assert not judged(reach, new).rows.size
    new[0, 70:90] = 1
    gone = judged(reach, new)
    assert np.flatnonzero(gone.holds[0]).tolist()[0] == 84
    assert gone.gone[0, 89] == 20


def test_a_cut_of_access_is_nobodys_leaving() -> None:
    """Who lost the seat did not stop: a cut by half is not found, and the same fall with all seats is."""
    reach, seats = months((60, 40), (40, 18)), months((60, 50), (40, 25))
    assert not judged(reach, seats=seats).holds.any()
    assert judged(reach, seats=50.0).holds.any()


def test_it_is_told_of_no_small_group() -> None:
    """Nine people can't be told of; nor is it told when fewer than five left, or are left."""
    for before, now in ((9, 4), (8, 3), (40, 4), (40, 0)):
        gone = judged(months((60, before), (40, now)))
        assert gone.holds.any()
        assert not gone.is_tellable[gone.holds].any()
    assert judged(months((60, 10), (40, 5))).is_tellable[0, 60:88].all()


def test_unknown_months_conclude_nothing() -> None:
    """A month that is not known is neither full nor empty."""
    reach = months((60, 40), (40, 10))
    reach[0, 60:] = np.nan
    assert not judged(reach).holds.any()
    reach = months((60, 40), (40, 10))
    reach[0, :60] = np.nan
    assert not judged(reach).holds.any()
