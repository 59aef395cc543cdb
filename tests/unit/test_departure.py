"""When a message may leave."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar, SendingHours
from bot.domain.playbook import Budgets
from bot.policy.budget import Budget
from bot.policy.departure import Desk, can_leave, first_chance, next_chance

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
CALENDAR = Calendar()
zones = st.sampled_from(
    [("Europe/Berlin", "DE"), ("America/Los_Angeles", "US"), ("Australia/Sydney", "AU"), ("Asia/Kolkata", None)]
)
moments = st.integers(0, 60 * 24 * 30).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
limits = st.builds(
    Budgets, owner_per_week=st.integers(1, 4), person_per_week=st.integers(1, 4), min_gap_hours=st.integers(0, 60)
)


def desk_in(zone: tuple[str, str | None]) -> Desk:
    """Return a desk in a timezone and country."""
    return Desk(*zone, SendingHours(), CALENDAR)


@given(zone=zones, now=moments, claimed=st.lists(moments, max_size=5), bounds=limits)
def test_the_first_chance_is_open_and_within_the_budget(
    zone: tuple[str, str | None], now: datetime, claimed: list[datetime], bounds: Budgets
) -> None:
    """At the first chance a message may leave, but for a day on which the person already got one."""
    desk, budget = desk_in(zone), Budget(tuple(at for at in claimed if at <= now))
    at = first_chance(budget, now, bounds, desk)
    assert at >= now
    assert can_leave(budget, (), at, bounds, desk)
    assert not can_leave(budget, {desk.day(at)}, at, bounds, desk)


@given(zone=zones, now=moments, claimed=st.lists(moments, max_size=5), bounds=limits)
def test_the_next_chance_is_on_another_day(
    zone: tuple[str, str | None], now: datetime, claimed: list[datetime], bounds: Budgets
) -> None:
    """What could not leave now is tried again on a later day of the recipient."""
    desk, budget = desk_in(zone), Budget(tuple(at for at in claimed if at <= now))
    at = next_chance(budget, now, bounds, desk)
    assert desk.day(at) > desk.day(now)
    assert desk.tomorrow(now) <= at
    assert desk.next_open(at) == at


@given(zone=zones, now=moments, bounds=limits)
def test_nothing_leaves_at_night_or_on_days_off(zone: tuple[str, str | None], now: datetime, bounds: Budgets) -> None:
    """Without any message before, a message may leave exactly in the open hours."""
    desk = desk_in(zone)
    assert can_leave(Budget(), (), now, bounds, desk) == (desk.next_open(now) == now)
