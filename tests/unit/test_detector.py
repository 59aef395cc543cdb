"""The detector that remembers: whatever it looked at before, it finds what a fresh look finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_detect import CALENDAR, DAYS, SETTINGS, pilot, window
from test_dropoff import FIRST, usage

from bot.detection.detect import Detection, Detector, detect
from bot.domain.calendar import Calendar
from bot.domain.pilot import Pilot
from bot.domain.telemetry import FIGURES, SourceStatus, UsageWindow

PILOTS = [
    pilot("a", country="US"),
    pilot("b", planned_stage_days=60),
    pilot("c", stage_history=({"stage": "pilot", "since": FIRST},)),
    *(pilot(f"d{n}", planned_stage_days=90 + n) for n in range(6)),
]


def fleet() -> UsageWindow:
    """Return pilots of one source: steady, falling, one that is late to begin, and some that fall with it."""
    rows = [usage(DAYS, 30, 2), usage(DAYS, 30, 3, (110, 0.3)), usage(DAYS, 3, 4)]
    rows[2][:70] = np.nan
    rows += [usage(DAYS, 12, 5 + n, (80 + 20 * n, 0.4)) for n in range(6)]
    for row in rows[:-1]:
        row[90:93] = np.floor(row[90:93] / 4)
    return window(*rows)


def look(
    by: Callable[..., Detection],
    shown: UsageWindow,
    today: date,
    pilots: list[Pilot] | None = None,
    calendar: Calendar = CALENDAR,
) -> Detection:
    """Look at a window as of a day."""
    status = [SourceStatus(source="chat", lag_days=1)]
    return by(shown, pilots or PILOTS, status, today=today, calendar=calendar, settings=SETTINGS)


def test_a_window_that_grows_day_by_day_is_looked_at_as_if_anew() -> None:
    """Each of thirty days in a row, and the same day again, gives what a fresh look gives."""
    detector, shown = Detector(), fleet()
    for days in [*range(120, 150), 149, 149]:
        today = FIRST + timedelta(days=days)
        assert look(detector.detect, shown, today) == look(detect, shown, today)


changes = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("back"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("restate"), st.integers(0, 8), st.integers(1, 120)),
        st.tuples(st.just("seats"), st.integers(0, 8), st.integers(1, 120)),
        st.tuples(st.just("mend"), st.just(8), st.integers(1, 120)),
        st.tuples(st.just("shift"), st.integers(1, 20), st.just(0)),
        st.tuples(st.just("swap"), st.just(0), st.just(0)),
        st.tuples(st.just("pause"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("source"), st.integers(0, 2), st.integers(1, 120)),
        st.tuples(st.just("calendar"), st.just(0), st.just(0)),
    ),
    max_size=6,
)


class World:
    """A window, its pilots and the day, with what may happen between two looks."""

    def __init__(self) -> None:
        """Start well inside the window."""
        self.shown, self.pilots, self.days, self.calendar = fleet(), list(PILOTS), 100, CALENDAR

    def change(self, what: str, which: int, back: int) -> None:
        """Let one thing happen; `back` is days before the last one."""
        column = max(0, self.days - back)
        if what == "grow":
            self.days = min(DAYS, self.days + which)
        elif what == "back":
            self.days = max(0, self.days - which)
        elif what == "shift":
            self._shift(which)
        elif what == "calendar":
            self.calendar = Calendar(None)
        elif what in ("swap", "pause"):
            self._registry(what, which)
        else:
            self._restate(what, which, column)

    def _shift(self, days: int) -> None:
        grids = {n: getattr(self.shown, n)[:, days:] for n in (*FIGURES, "weekly", "origin")}
        self.shown = replace(self.shown, first_day=self.shown.day(days), **grids)

    def _registry(self, what: str, days: int) -> None:
        if what == "swap":
            self.pilots = self.pilots[1:] + self.pilots[:1]
        else:
            since = FIRST + timedelta(days=self.days - days)
            self.pilots[0] = pilot(self.pilots[0].id, stage="paused", stage_since=since)

    def _restate(self, what: str, row: int, column: int) -> None:
        if what == "source":
            self.shown = replace(self.shown, sources=("chat", "code"), origin=self.shown.origin.copy())
            self.shown.origin[row, column:] = 1
        elif what == "mend":
            # The common fall of days 90 to 92 is one of all pilots now.
            self.shown.active[row, 90:93] = 1.0
        else:
            (self.shown.seats if what == "seats" else self.shown.active)[row, column : column + 9] = 20.0


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
@settings(max_examples=25, deadline=None)
@given(changes=changes)
def test_whatever_happened_between_two_looks_the_second_is_as_if_anew(changes: list[tuple[str, int, int]]) -> None:
    """Restated days, moved windows, other pilots, pauses, sources and calendars are all noticed."""
    detector, world = Detector(), World()
    for change in [("grow", 0, 0), *changes]:
        world.change(*change)
        seen = (world.shown, FIRST + timedelta(days=world.days), world.pilots, world.calendar)
        remembered = look(detector.detect, *seen)
    # Only the last look is compared: what goes wrong earlier is the last one of a shorter example.
    assert remembered == look(detect, *seen)
