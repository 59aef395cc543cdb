"""Exact figures of people: each equals what a plain count of sets gives, and none tells of fewer than five."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.metrics.people import (
    LEAST_GROUP,
    DayBits,
    IntGrid,
    Segments,
    activation,
    days_to_first_use,
    disclosed,
    ever_used,
    per_group,
    retention,
    segments,
    suppressed,
)

DAYS = 100
people = st.lists(st.sets(st.integers(0, DAYS - 1), max_size=40), min_size=1, max_size=8)
columns = st.integers(-5, DAYS + 20)


def bits(used: list[set[int]]) -> DayBits:
    """Return the days of people, given as the columns with use of each."""
    days = DayBits.blank(len(used), DAYS)
    told = [(person, column) for person, of in enumerate(used) for column in of]
    days.mark(ints(p for p, _ in told), ints(c for _, c in told))
    return days


def ints(numbers: object) -> IntGrid:
    """Return numbers as an array."""
    return np.array(list(numbers), dtype=np.int64)  # type: ignore[call-overload]  # any iterable of numbers


@given(used=people, first=columns, last=columns)
def test_use_in_a_window_is_what_sets_say(used: list[set[int]], first: int, last: int) -> None:
    """Whoever has a day in the window used it, and nobody else; days with use are counted."""
    inside = [{c for c in of if first <= c <= last} for of in used]
    assert bits(used).used(first, last).tolist() == [bool(of) for of in inside]
    assert bits(used).days_used(first, last).tolist() == [len(of) for of in inside]


@given(used=people, end=columns)
def test_weeks_with_use_are_blocks_of_seven_days(used: list[set[int]], end: int) -> None:
    """The twelve weeks end with the column; a week counts once however often it was used."""
    weeks = [len({(end - c) // 7 for c in of if 0 <= end - c < 84}) for of in used]
    assert bits(used).weeks_used(end).tolist() == weeks


@given(used=people)
def test_the_first_day_with_use_is_found(used: list[set[int]]) -> None:
    """It's the least column, and -1 for a person without any."""
    assert bits(used).first_used().tolist() == [min(of, default=-1) for of in used]


@given(used=people, column=st.integers(0, DAYS - 1))
def test_a_cleared_day_is_a_day_without_use(used: list[set[int]], column: int) -> None:
    """Clearing a column for some people leaves the others, and other columns, as they are."""
    days = bits(used)
    days.clear(slice(0, 1), column)
    left = [of - {column} if n == 0 else of for n, of in enumerate(used)]
    assert (days.words == bits(left).words).all()


@given(told=st.lists(st.booleans(), max_size=30), cuts=st.lists(st.integers(0, 30), max_size=4))
def test_people_are_counted_by_group(told: list[bool], cuts: list[int]) -> None:
    """Each group counts its own rows; a group may be empty."""
    starts = sorted(min(c, len(told)) for c in [0, *cuts, len(told)])
    counted = per_group(np.array(told, dtype=np.bool_), ints(starts))
    assert counted.tolist() == [sum(told[a:b]) for a, b in pairwise(starts)]


def test_new_seats_have_time_before_they_count() -> None:
    """Of those with a seat for 30 days the share that began within 30 days; younger seats are not counted."""
    since = np.array([0, 0, 0, 0, 0, 95.0])
    first = np.array([3, 30, 31, np.nan, -5, np.nan])
    assert activation(since, first, today=100) == pytest.approx(3 / 5)
    assert activation(since, first, today=29) is None
    assert activation(since, first, today=100, grace=5) == pytest.approx(3 / 6)


def test_time_to_first_use_is_of_those_who_began() -> None:
    """Use from before the seat took no time; fewer than five tell nothing."""
    since, first = np.array([0, 10, 0, 0, 0, 0.0]), np.array([4, 2, 6, 1, 9, np.nan])
    assert days_to_first_use(since, first) == 4
    assert days_to_first_use(since[2:], first[2:]) is None
    assert ever_used(first) == pytest.approx(5 / 6)
    assert ever_used(first[2:]) is None


def test_retention_follows_people_new_in_a_week() -> None:
    """Of five who began in week 0 three are back in week 4; smaller cohorts and open weeks are unknown."""
    used = [{0, 28}, {1, 34}, {6, 30}, {2, 35}, {3}, {7, 36}]
    shares = retention(bits(used), last=41)
    assert shares.shape == (6,)
    assert shares[0] == pytest.approx(3 / 5)
    assert np.isnan(shares[1:]).all()


def test_segments_follow_the_published_limits() -> None:
    """Nine weeks of twelve are a habit, fifteen acts a week make it power, once a week on average is a novice."""
    weekly = [{DAYS - 1 - 7 * w for w in range(9)}] * 10
    often = [set(range(DAYS - 12, DAYS))] * 5
    once = [{DAYS - 1}] * 5
    acts = np.array([15.0] * 5 + [14.9] * 4 + [np.nan] + [99.0] * 10)
    found = segments(bits([*weekly, *often, *once]), DAYS - 1, acts, without_use=6)
    assert found == Segments(people=26, power=5, habitual=5, novice=5, low=5, non_users=6)
    assert segments(bits([{1}] * 4), DAYS - 1, np.full(4, np.nan), without_use=0) is None
    assert segments(bits([{1}] * 5), 1, np.full(5, np.nan), without_use=0, least=10) is None


@given(counts=st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_what_is_hidden_cannot_be_worked_out(counts: list[int]) -> None:
    """Shown counts are of five people or more, and the rest is of two groups and five people at least, or all of it."""
    shown = suppressed(counts)
    assert all(s is None or (s == c and s >= LEAST_GROUP) for s, c in zip(shown, counts, strict=True))
    hidden = [c for s, c in zip(shown, counts, strict=True) if s is None]
    if hidden and len(hidden) < len(counts):
        assert len(hidden) > 1
        assert sum(hidden) >= LEAST_GROUP


@given(counts=st.lists(st.integers(0, 30), min_size=5, max_size=5), least=st.sampled_from([5, 10]))
def test_segments_hold_beside_the_people_with_a_habit(counts: list[int], least: int) -> None:
    """Whoever knows how many have a habit from elsewhere works out no group of few people from the five counts."""
    assume(sum(counts) >= least)  # of fewer people there are no segments at all
    shown = disclosed(counts, least)
    assert all(s is None or s == c for s, c in zip(shown, counts, strict=True))
    assert not {s for s in shown if s} & set(range(1, least))
    assert (shown[0] is None) == (shown[1] is None)
    hidden = [c for s, c in zip(shown[2:], counts[2:], strict=True) if s is None]
    regular = counts[0] + counts[1]
    if regular == 0 or (regular >= least and not 0 < sum(counts[2:]) < least):  # elsewhere it is shown
        assert len(hidden) != 1
        assert sum(hidden) not in range(1, least)
    elif shown[0] is None and hidden != counts[2:]:
        assert regular + sum(hidden) >= least


def test_a_few_power_users_are_not_told_by_those_with_a_habit() -> None:
    """Three power users of twenty with a habit: twenty may be shown, and neither seventeen nor three beside it."""
    assert disclosed([3, 17, 6, 7, 8]) == [None, None, 6, 7, 8]
    assert disclosed([0, 17, 6, 7, 8]) == [0, 17, 6, 7, 8]
    assert disclosed([6, 17, 6, 0, 1]) == [6, 17, None, None, None]
    assert disclosed([6, 17, 1, 1, 1]) == [None] * 5
