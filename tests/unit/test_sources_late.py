"""Sources that are late, broken or leave a pilot out: said to the admin, with nothing concluded about use."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_detect import CALENDAR, DAYS, SETTINGS, TODAY, kinds, look, pilot, window, without_rows
from test_dropoff import FIRST, usage

from bot.detection.detect import Detection, detect
from bot.domain.finding import Finding, Kind
from bot.domain.telemetry import SourceStatus, UsageWindow

LATER = TODAY + timedelta(days=90)
"""What a source declares when a look is replayed."""


def day(column: int) -> date:
    """Return the day of a column."""
    return FIRST + timedelta(days=column)


def of(kind: Kind, found: Detection) -> list[Finding]:
    """Return the findings of a kind."""
    return [f for f in found.findings if f.kind is kind]


def two_sources(shown: UsageWindow, row: int, start: int) -> UsageWindow:
    """Return a window in which a pilot is fed by the source `code` from a column on."""
    origin = shown.origin.copy()
    origin[row, start:] = np.where(origin[row, start:] >= 0, 1, -1)
    return replace(shown, origin=origin, sources=("chat", "code"))


@pytest.mark.parametrize("lag", [0, 2])
def test_a_gap_in_a_source_is_one_finding_with_its_days(lag: int) -> None:
    """A source is late from the fourth day beyond its lag until the day after its next row."""
    shown = window(usage(DAYS, 30, 2))
    without_rows(shown, 0, 100, 110)
    (late,) = of(Kind.SOURCE_LATE, look(shown, pilot(), lag=lag))
    assert (late.onset, late.opened_on, late.closed_on) == (day(100), day(103 + lag), day(111))
    assert (late.observed, late.expected) == (11.0, 3.0 + lag)
    assert late.source == "chat"
    assert "until it was back on" in late.evidence


def test_findings_of_use_are_suspended_only_while_the_source_is_late() -> None:
    """A drop-off found before is kept and suspended, and speaks again when the source is back."""
    shown = window(usage(DAYS, 30, 2, (120, 0.2)))
    without_rows(shown, 0, 150, 160)
    for today, is_late in ((152, False), (153, True), (160, True), (161, False), (DAYS, False)):
        found = look(shown, pilot(), today=day(today), newest=LATER)
        assert [f.suspended for f in of(Kind.DROP_OFF, found)] == [is_late]
        assert ([f.is_open for f in of(Kind.SOURCE_LATE, found)] == [True]) is is_late
        assert is_late is any("nothing is concluded" in f.evidence for f in found.findings)


def test_a_day_that_a_source_declares_counts_like_a_row() -> None:
    """A source that vouches for a day without rows is late no longer, and its pilots are judged up to that day."""
    shown = window(usage(DAYS, 30, 2))
    without_rows(shown, 0, 190)
    assert kinds(look(shown, pilot(), newest=day(195))) == [("tax", Kind.SOURCE_LATE)]
    quiet = look(shown, pilot(), newest=day(198))
    assert quiet.judged_through == {"tax": day(198)}
    assert [f.closed_on for f in of(Kind.SOURCE_LATE, quiet)] == [day(199)]


def test_a_pilot_whose_feed_moved_follows_its_new_source() -> None:
    """The old source's silence is no matter of a pilot that another source feeds now."""
    shown = window(usage(DAYS, 30, 2), usage(DAYS, 30, 3))
    without_rows(shown, 0, 150)
    moved = two_sources(shown, 1, 150)
    statuses = [SourceStatus(source="chat", newest_day=day(149)), SourceStatus(source="code", newest_day=day(199))]
    found = detect(moved, [pilot("a"), pilot("b")], statuses, today=TODAY, calendar=CALENDAR, settings=SETTINGS)
    assert kinds(found) == [("a", Kind.SOURCE_LATE)]
    assert found.judged_through == {"a": day(149), "b": day(199)}


def test_a_slower_new_source_takes_no_judgement_back() -> None:
    """When a feed moves to a source with a lag, the day a pilot is judged through stays where it was."""
    shown = two_sources(window(usage(DAYS, 30, 2)), 0, 190)
    statuses = [
        SourceStatus(source="chat", newest_day=LATER),
        SourceStatus(source="code", newest_day=LATER, lag_days=5),
    ]
    marks = [
        detect(shown, [pilot()], statuses, today=day(today), calendar=CALENDAR, settings=SETTINGS).judged_through["tax"]
        for today in (190, 191, 195, 199)
    ]
    assert marks == [day(189), day(189), day(189), day(193)]


def test_rows_that_nobody_vouches_for_are_a_broken_source() -> None:
    """A source with rows for more than three days beyond its lag and no complete one is broken, until the first."""
    shown = window(usage(DAYS, 30, 2))
    for grid in (shown.active, shown.seats, shown.use_cases):
        grid[0, :60] = np.nan
    assert of(Kind.SOURCE_BROKEN, look(shown, pilot(), today=day(3))) == []
    (broken,) = of(Kind.SOURCE_BROKEN, look(shown, pilot(), today=day(10)))
    assert (broken.opened_on, broken.closed_on) == (day(4), None)
    assert "has not delivered a complete day" in broken.evidence
    (mended,) = of(Kind.SOURCE_BROKEN, look(shown, pilot()))
    assert (mended.opened_on, mended.closed_on) == (day(4), day(61))


def fleet(*shares: float, start: int = 140, stop: int | None = None) -> UsageWindow:
    """Return pilots of one source, each with a share of its use left from a Monday on."""
    rows = [usage(DAYS, 30, seed) for seed in range(len(shares))]
    for row, share in zip(rows, shares, strict=True):
        row[start:stop] = np.floor(row[start:stop] * share)
    return window(*rows)


def test_pilots_that_fall_together_are_a_question_about_the_feed() -> None:
    """From the second day on the admin is told, and nothing is said about use, as long as it lasts."""
    four = [pilot(f"p{n}") for n in range(4)]
    shown = fleet(0.2, 0.3, 0.1, 0.2, stop=149)
    assert look(shown, *four, today=day(141)).findings == ()
    for today in (142, 145, 149):
        found = look(shown, *four, today=day(today))
        broken = of(Kind.SOURCE_BROKEN, found)
        assert [(f.pilot, f.opened_on, f.onset) for f in broken] == [(p.id, day(141), day(140)) for p in four]
        assert all(f.suspended for f in of(Kind.DROP_OFF, found))
        assert "All 4 pilots of the source chat" in broken[0].evidence
    back = look(shown, *four, today=day(155)).findings
    assert {f.closed_on for f in back} == {day(149)}


def test_a_common_fall_that_lasts_is_taken_for_real_after_six_weeks() -> None:
    """Until then its findings are suspended; afterwards they stand, and the source is not suspected again."""
    shown = fleet(0.2, 0.25, 0.2, start=120)
    early = look(shown, *(pilot(name) for name in "abc"), today=day(150))
    assert of(Kind.SOURCE_BROKEN, early)[0].is_open
    assert all(f.suspended for f in of(Kind.DROP_OFF, early) if f.is_open)
    late = look(shown, *(pilot(name) for name in "abc"))
    assert [f.closed_on is None for f in of(Kind.SOURCE_BROKEN, late)] == [False] * 3
    assert [(f.pilot, f.suspended) for f in of(Kind.DROP_OFF, late) if f.is_open] == [
        ("a", False),
        ("b", False),
        ("c", False),
    ]


def test_a_silence_of_the_whole_source_is_not_asked_pilot_by_pilot() -> None:
    """Zeros that all pilots share are one question about the source, not one about each pilot."""
    four = [pilot(f"p{n}") for n in range(4)]
    found = look(fleet(0, 0, 0, 0, stop=144), *four)
    assert {f.kind for f in found.findings} == {Kind.SOURCE_BROKEN}
    assert {f.closed_on for f in found.findings} == {day(144)}


@pytest.mark.parametrize("shares", [(0.2, 0.2), (0.2, 0.2, 0.2, 1.0)])
def test_two_pilots_or_one_that_stands_are_no_source(shares: tuple[float, ...]) -> None:
    """With fewer than three pilots, or one that goes on as before, a fall is the pilots' own."""
    found = look(fleet(*shares), *(pilot(f"p{n}") for n in range(len(shares))))
    assert kinds(found) == [(f"p{n}", Kind.DROP_OFF) for n, share in enumerate(shares) if share < 1]
    assert not any(f.suspended for f in found.findings)


def test_held_zeros_are_a_question_for_the_admin() -> None:
    """While silent zeros of a pilot are held there is a telemetry check, which closes when use is back."""
    active = usage(DAYS, 30, 3)
    active[140:143] = 0.0
    shown = window(active)
    (check,) = look(shown, pilot(), today=day(142)).findings
    assert (check.kind, check.opened_on, check.closed_on, check.observed) == (
        Kind.TELEMETRY_CHECK,
        day(140),
        None,
        2.0,
    )
    (over,) = look(shown, pilot(), today=day(150)).findings
    assert (over.opened_on, over.closed_on) == (day(140), day(143))


def test_a_pilot_that_its_source_leaves_out_is_a_question_after_a_week() -> None:
    """Seven days without a complete row while the source goes on open a check, the next row closes it."""
    shown = window(usage(DAYS, 30, 2), usage(DAYS, 30, 3))
    without_rows(shown, 0, 100, 120)
    two = (pilot("a"), pilot("b"))
    assert look(shown, *two, today=day(106)).findings == ()
    (check,) = look(shown, *two, today=day(107)).findings
    assert (check.pilot, check.kind, check.onset, check.opened_on) == ("a", Kind.TELEMETRY_CHECK, day(100), day(106))
    (over,) = look(shown, *two).findings
    assert (over.closed_on, over.observed) == (day(120), 20.0)


def test_a_source_that_stops_altogether_asks_about_no_pilot() -> None:
    """Missing rows of a source that is late are the source's matter alone."""
    shown = window(usage(DAYS, 30, 2))
    without_rows(shown, 0, 100, 130)
    assert kinds(look(shown, pilot(), today=day(129))) == [("tax", Kind.SOURCE_LATE)]


BY_LOOK = frozenset({Kind.SOURCE_LATE})
"""Kinds that are dated by the day of a look; the others by the day judged."""


def told(found: Detection, cut: Detection, today: date) -> set[tuple[object, ...]]:
    """Return the findings of a look as an earlier one, `cut`, must have told them."""
    said = set()
    for f in found.findings:
        last = today if f.kind in BY_LOOK else cut.judged_through[f.pilot]
        if last is not None and f.opened_on <= last:
            closed = f.closed_on if f.closed_on and f.closed_on <= last else None
            said.add((f.pilot, f.kind, f.opened_on, f.onset, closed))
    return said


gaps = st.lists(st.tuples(st.integers(0, 3), st.integers(30, 190), st.integers(1, 25)), max_size=6)
falls = st.tuples(st.integers(60, 180), st.integers(1, 40), st.sampled_from([0.0, 0.2, 0.4]))


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
@settings(max_examples=8, deadline=None)
@given(gaps=gaps, fall=falls, moved=st.integers(20, 220), lags=st.tuples(st.integers(0, 4), st.integers(0, 4)))
def test_one_look_or_many_tell_the_same_about_sources(
    gaps: list[tuple[int, int, int]], fall: tuple[int, int, float], moved: int, lags: tuple[int, int]
) -> None:
    """With gaps, shared falls and a moved feed, a look in the past tells what a later one says it told."""
    shown = fleet(fall[2], fall[2], fall[2], 1.0, start=fall[0], stop=fall[0] + fall[1])
    for row, start, length in gaps:
        without_rows(shown, row, start, start + length)
    shown = two_sources(shown, 3, moved)
    pilots = [pilot(f"p{n}") for n in range(4)]
    statuses = [SourceStatus(source=s, lag_days=lag) for s, lag in zip(("chat", "code"), lags, strict=True)]

    def at(today: date) -> Detection:
        return detect(shown, pilots, statuses, today=today, calendar=CALENDAR, settings=SETTINGS)

    whole = at(TODAY)
    assert told(whole, whole, TODAY) == {(f.pilot, f.kind, f.opened_on, f.onset, f.closed_on) for f in whole.findings}
    for column in range(60, DAYS, 14):
        cut = at(day(column))
        assert told(cut, cut, day(column)) == told(whole, cut, day(column))
