"""The rollup row: unknown stays unknown, zero stays zero, and no two pilot-days share a byte."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.redis_store.codec import EPOCH_DAYS, ROW, day_of, epoch_of, from_row, offset_of, to_figures, to_rows
from bot.domain.telemetry import UsageDay

days = st.dates(date(2000, 1, 1), date(2090, 1, 1))
windows = st.lists(st.integers(0, 65_534), min_size=3, max_size=3).map(sorted)
rows = st.builds(
    lambda day, w, known, seats, actions, cases, complete: UsageDay(
        pilot="tax",
        day=day,
        source="chat",
        active_users=w[0] if known[0] else None,
        active_7d=w[1] if known[1] else None,
        active_28d=w[2] if known[2] else None,
        seats=seats,
        actions=actions,
        use_cases=cases,
        complete=complete,
    ),
    days,
    windows,
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.none() | st.integers(0, 65_534),
    st.none() | st.integers(0, 4_294_967_294),
    st.none() | st.integers(0, 254),
    st.booleans(),
)


@given(row=rows, number=st.integers(0, 65_535))
def test_a_row_comes_back_as_it_was(row: UsageDay, number: int) -> None:
    """Whatever a usage day holds, its 24 bytes hold."""
    raw = to_rows([row], {row.source: number}).tobytes()
    assert len(raw) == 24
    assert from_row(raw, "tax", row.day, {number: "chat"}) == row


def test_zero_bytes_are_no_row() -> None:
    """A gap in a block is a day without a row, never a day of zeros."""
    assert from_row(bytes(24), "tax", date(2026, 1, 1), {}) is None
    assert np.isnan(to_figures(np.zeros(1, dtype=ROW), "dau"))[0]


@given(day=days)
def test_every_day_has_one_place(day: date) -> None:
    """Epoch and place lead back to the day."""
    epoch, place = epoch_of(day)
    assert 0 <= place < EPOCH_DAYS
    assert day_of(epoch, place) == day


@given(
    one=st.tuples(st.integers(0, 99_999), st.integers(0, 63)),
    other=st.tuples(st.integers(0, 99_999), st.integers(0, 63)),
)
def test_no_two_pilot_days_of_a_shard_overlap(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Two pilot-days of one shard and epoch lie at least a row apart."""
    if one != other and one[0] % 256 == other[0] % 256:
        assert abs(offset_of(*one) - offset_of(*other)) >= ROW.itemsize


def test_figures_of_many_rows_are_unknown_where_nobody_vouches() -> None:
    """Zero, unknown and not vouched for are three things."""
    given_rows = [
        UsageDay(pilot="tax", day=date(2026, 1, 1), source="chat", active_users=0, actions=5, use_cases=2),
        UsageDay(pilot="tax", day=date(2026, 1, 2), source="chat"),
        UsageDay(pilot="tax", day=date(2026, 1, 3), source="chat", active_users=4, complete=False),
    ]
    block = to_rows(given_rows, {"chat": 1})
    np.testing.assert_array_equal(to_figures(block, "dau"), [0, np.nan, np.nan])
    np.testing.assert_array_equal(to_figures(block, "actions"), [5, np.nan, np.nan])
    np.testing.assert_array_equal(to_figures(block, "breadth"), [2, np.nan, np.nan])
