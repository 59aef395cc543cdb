"""Rows of usage become a window."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.telemetry import FIGURES, UsageDay
from bot.metrics.gathered import CALLED, Gathered

FIRST = date(2025, 9, 1)
count = st.none() | st.integers(0, 9)

rows = st.lists(
    st.builds(
        lambda pilot, n, source, people, complete, weekly: UsageDay(
            pilot=pilot,
            day=FIRST + timedelta(days=n),
            source=source,
            active_users=None if weekly else people,
            active_7d=people,
            active_28d=people,
            seats=people,
            actions=people,
            use_cases=people,
            present=people,
            new_users=people,
            habitual_users=people,
            complete=complete,
            weekly=weekly,
        ),
        pilot=st.sampled_from("abc"),
        n=st.integers(0, 20),
        source=st.sampled_from(["chat", "code"]),
        people=count,
        complete=st.booleans(),
        weekly=st.booleans(),
    ),
    max_size=30,
)


@given(told=rows, until=st.integers(0, 25))
def test_each_cell_is_the_last_row_that_told_it(told: list[UsageDay], until: int) -> None:
    """Figures, source and grain of each pilot-day are those of its last row; other days are unknown."""
    gathered = Gathered("abc")
    for row in told:
        gathered.add(row)
    end = FIRST + timedelta(days=until)
    window = gathered.window(end)
    last = {(row.pilot, row.day): row for row in told if row.day < end}
    assert window.pilots == ("a", "b", "c")
    assert int((window.origin >= 0).sum()) == len(last)
    for (pilot, day), row in last.items():
        at = ("abc".index(pilot), window.column(day))
        assert window.sources[window.origin[at]] == row.source
        assert window.weekly[at] == row.weekly
        for name in FIGURES:
            figure = getattr(row, CALLED.get(name, name)) if row.complete else None
            found = getattr(window, name)[at]
            assert np.isnan(found) if figure is None else found == figure
    assert gathered.rows == len(told)


@given(told=rows)
def test_first_days_and_extent_are_those_of_the_rows(told: list[UsageDay]) -> None:
    """The first day of each pilot and of all, and the last day, are known; without rows there are none."""
    gathered = Gathered("abc")
    for row in told:
        gathered.add(row)
    dated = [row.day for row in told]
    assert gathered.extent() == ((min(dated), max(dated)) if dated else None)
    by_pilot = {name: [row.day for row in told if row.pilot == name] for name in "abc"}
    assert gathered.first_days() == {name: min(when) for name, when in by_pilot.items() if when}
