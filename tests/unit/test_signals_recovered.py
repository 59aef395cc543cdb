"""Recovered: three clear weekly looks, told in one sentence with the day since when."""

from datetime import date, timedelta

import pytest
from builders import NOW, finding, open_case
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.signals.recovered import Recovery, recovery
from bot.domain.case import CaseState
from bot.policy.observe import is_recovered

CLEAR = date(2026, 3, 3)


@given(st.none() | st.integers(-30, 60), st.integers(7, 90))
def test_it_takes_all_its_days_without_anything_open(days: int | None, after: int) -> None:
    """It is recovered from that day on and never sooner; nothing open since nobody knows when is nothing."""
    today = CLEAR + timedelta(days=days or 0)
    found = recovery(None if days is None else CLEAR, today, after)
    assert (found is not None) == (days is not None and days >= after)
    assert found is None or found.on == CLEAR + timedelta(days=after) <= today


def test_the_sentence_names_the_day_and_the_looks() -> None:
    """The evidence is a fact and a date."""
    said = "Nothing has been open since 3 March 2026, on 3 weekly looks in a row."
    assert recovery(CLEAR, CLEAR + timedelta(days=21), 21) == Recovery(date(2026, 3, 24), said)


@pytest.mark.parametrize(
    ("state", "days", "wanted"), [("open", 21, True), ("open", 20, False), ("recovered", 30, False)]
)
def test_an_open_case_recovers_by_its_own_playbook(state: str, days: int, *, wanted: bool) -> None:
    """The days are those of the playbook the case was opened with; a case that has ended does not end again."""
    case = open_case(finding(closed_on=CLEAR), clear_since=NOW.date() - timedelta(days=days), state=CaseState(state))
    assert is_recovered(case, NOW.date()) is wanted
