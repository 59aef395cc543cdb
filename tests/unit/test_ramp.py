"""The ramp: so many owners a local day, whoever comes first."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from world import RULES

from bot.app.sweep import Ramp
from bot.policy.decisions import Recipient
from bot.policy.departure import Desk

DESKS = [("Europe/Berlin", "DE"), ("Asia/Kolkata", "IN"), ("America/New_York", None)]
START = datetime(2026, 3, 27, 6, tzinfo=UTC)
"""The Friday before Berlin puts its clocks forward."""


def next_with_a_place(earliest: datetime, owner: Recipient, taken: Counter[date]) -> date:
    """Look from the first open day on, day by day, and take a place: the long way round."""
    desk = Desk(owner.timezone, owner.country, RULES.hours, RULES.calendar)
    at = desk.next_open(earliest)
    while taken[desk.day(at)] >= RULES.playbook.budgets.ramp_owners_per_day:
        at = desk.tomorrow(at)
    taken[desk.day(at)] += 1
    return desk.day(at)


@given(st.lists(st.tuples(st.sampled_from(DESKS), st.integers(0, 60)), max_size=60))
def test_each_owner_gets_the_first_day_with_a_place(owners: list[tuple[tuple[str, str | None], int]]) -> None:
    """Whatever clocks, countries and first moments are mixed, days are those that a search from the start finds."""
    ramp, taken = Ramp(RULES), Counter[date]()
    for (zone, country), hours in owners:
        owner, earliest = Recipient("p_owner", zone, country), START + timedelta(hours=hours)
        assert ramp.take(earliest, owner) == next_with_a_place(earliest, owner, taken)
