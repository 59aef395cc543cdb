"""What the bench's scorer promises, on lives made by hand."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pilot import Stage
from tests.bench.peers.fleets import make_fleet
from tests.bench.peers.histories import DAYS, Walk
from tests.bench.peers.kinds import Kind
from tests.bench.peers.ours import Grain, judge_fleet, window_of
from tests.bench.peers.people import PilotLife, Wish
from tests.bench.peers.score import apart, score, tally_of
from tests.bench.peers.series import prepare
from tests.bench.peers.stalls import tally_walks

LONG = 270


def life_of(kind: Kind, onset: int | None = None, failing: tuple[int, ...] = ()) -> PilotLife:
    """Return a pilot of which only what the scorer reads is told."""
    lost = np.zeros(LONG, dtype=np.bool_)
    lost[list(failing)] = True
    flat, known = np.full(LONG, 5.0), np.ones(LONG, dtype=np.bool_)
    wish = Wish("p", kind, 20, "chat", date(2025, 9, 1), LONG)
    return PilotLife(wish, "DE", 10, flat, flat, flat, flat, flat, known, flat, flat, onset, None, lost)


@pytest.mark.parametrize(("kind", "patience"), [(Kind.SUDDEN, 45), (Kind.SILENCE, 45), (Kind.SLOW, 60)])
def test_a_fall_is_caught_in_its_time(kind: Kind, patience: int) -> None:
    """An alarm from the onset to the last day of patience catches a fall; a day earlier or later does not."""
    life = life_of(kind, onset=100)
    assert tally_of(life, [100]).delays == [0]
    assert tally_of(life, [100 + patience]).delays == [patience]
    assert tally_of(life, [101 + patience]).delays == []
    early = tally_of(life, [99])
    assert (early.delays, early.false) == ([], [1])


def test_the_first_alarm_counts_and_later_ones_are_not_false() -> None:
    """After the onset no alarm is false, and the first in time gives the delay."""
    tally = tally_of(life_of(Kind.SUDDEN, onset=100), [103, 140, 200])
    assert (tally.delays, tally.false, tally.recall, tally.soon) == ([3], [0], 1.0, 1.0)


def test_young_pilots_are_not_judged() -> None:
    """Alarms before day 56 are not looked at, and the years begin there."""
    tally = tally_of(life_of(Kind.HEALTHY), [10, 55, 56])
    assert tally.false == [1]
    assert tally.years == [pytest.approx((LONG - 56) / 365.25)]


def test_an_outage_alarm_is_on_its_days_or_two_after() -> None:
    """False alarms on an outage day or within two days after it are counted as the outage's."""
    life = life_of(Kind.OUTAGE_ZERO, failing=(100, 101))
    assert [tally_of(life, [day]).at_outage for day in (99, 100, 103, 104)] == [0, 1, 1, 0]
    assert tally_of(life_of(Kind.HEALTHY, failing=(100,)), [100]).at_outage == 0


def test_the_year_end_is_from_18_december_to_12_january() -> None:
    """Alarms of those days are counted, and so are the pilots that lived through all of them."""
    life = life_of(Kind.YEAR_END)
    first = (date(2025, 12, 18) - life.wish.first_day).days
    assert [tally_of(life, [first + d]).year_end for d in (-1, 0, 25, 26)] == [0, 1, 1, 0]
    assert tally_of(life, []).year_end_pilots == 1
    assert tally_of(life_of(Kind.SUDDEN, onset=first + 5), []).year_end_pilots == 0


@given(st.lists(st.integers(0, 400)))
def test_false_alarms_stand_apart(days: list[int]) -> None:
    """Of alarms in order, those that count are 28 days apart, and the first is among them."""
    ordered = sorted(days)
    kept = apart(ordered)
    assert all(b - a >= 28 for a, b in pairwise(kept))
    assert set(kept) <= set(ordered)
    assert kept[:1] == ordered[:1]


def test_a_fleet_is_summed_by_size_and_kind() -> None:
    """The whole is the sum of its parts, and nothing to measure is not a zero."""
    lives = [life_of(Kind.SUDDEN, onset=100), life_of(Kind.HEALTHY)]
    sums = score(lives, {"p": [110]})
    assert sums[None, None].recall == 1.0
    assert sums[20, None].false == [0, 1]
    assert np.isnan(sums[None, Kind.HEALTHY].recall)
    assert sums[None, None].outage_pilots == 0


def test_a_stall_is_found_while_an_alarm_stands() -> None:
    """A stall is found from the day it stopped to 16 weeks after its onset; what began while it grew is false too."""
    flat = np.full(DAYS, 5.0)
    walk = Walk("w", "DE", ((Stage.PILOT, 0),), (80,), 200, 240, flat, flat, flat, flat)
    assert tally_walks([walk], {"w": [(260, 300)]}).delays == [20]
    assert tally_walks([walk], {"w": [(210, 300)]}).delays == [0]
    early = tally_walks([walk], {"w": [(150, 300)]})
    assert (early.delays, early.false) == ([0], 1)
    assert tally_walks([walk], {"w": [(150, 190), (240 + 113, 500)]}).delays == []


@pytest.mark.parametrize("grain", list(Grain))
def test_the_bench_runs_through_the_public_entries(grain: Grain) -> None:
    """A small fleet is judged in both grains, and a week is never spread over days."""
    fleet = make_fleet(7, 1, sizes=(20,), kinds=(Kind.SILENCE, Kind.RESTATED, Kind.LATE, Kind.OUTAGE_ZERO))
    alarms, seconds = judge_fleet(fleet, grain)
    assert len(alarms) == 4
    assert seconds > 0
    for cohort in fleet:
        if cohort.lives:
            window, sources = window_of(cohort, grain, told=False)
            assert np.isnan(window.active).all() == (grain is Grain.WEEK)
            assert window.weekly.any() == (grain is Grain.WEEK)
            assert {s.source for s in sources} == {life.wish.source for life in cohort.lives}


def test_peers_see_a_prepared_series() -> None:
    """A healthy pilot's steps are about what is expected, and no holiday or unknown day is a step."""
    lives = [one for c in make_fleet(9, 3, sizes=(100,), kinds=(Kind.HEALTHY,)) for one in c.lives]
    for life, series in zip(lives, prepare(lives, Grain.DAY), strict=True):
        assert 0.8 < series.seen.sum() / series.expected.sum() < 1.25
        assert life.heartbeat[series.days].all()
        assert np.abs(series.off).max() <= 3
    peers = pytest.importorskip("tests.bench.peers.methods", reason="ruptures and river come with `make bench-peers`")
    for method in peers.METHODS:
        assert isinstance(method.find(series, next(iter(method.grid(Grain.DAY)))), list)
