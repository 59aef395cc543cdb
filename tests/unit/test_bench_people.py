"""What the bench's simulator promises: people who do not know that anybody watches."""

import ast
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.bench.peers.fleets import COHORTS, make_fleet
from tests.bench.peers.histories import DAYS, USUAL_DAYS, make_walks
from tests.bench.peers.kinds import FALLS, Kind
from tests.bench.peers.people import PilotLife

PEERS = Path(__file__).resolve().parents[1] / "bench" / "peers"


@pytest.fixture(scope="module")
def lives() -> list[PilotLife]:
    """Return two pilots of each kind of 5 and of 60 people."""
    return [life for cohort in make_fleet(7, 2, sizes=(5, 60)) for life in cohort.lives]


def of(lives: list[PilotLife], *kinds: Kind) -> list[PilotLife]:
    """Return the pilots of some kinds."""
    return [life for life in lives if life.wish.kind in kinds]


def mean_of(life: PilotLife, first: int, last: int) -> float:
    """Return people on a usual working day between two days of a life."""
    day = np.arange(first, last)
    worked = (day + life.wish.first_day.weekday()) % 7 < 5
    return float(np.nanmedian(life.active[first:last][worked]))


@pytest.mark.parametrize("name", ["places", "kinds", "people", "fleets", "histories"])
def test_the_simulator_knows_no_detector(name: str) -> None:
    """The simulator imports nothing of the project but the names of stages."""
    tree = ast.parse((PEERS / f"{name}.py").read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert {m for m in imported if m.split(".")[0] in {"bot", "adapters", "jobs"}} <= {"bot.domain.pilot"}


def test_the_same_seed_gives_the_same_fleet() -> None:
    """A seed says everything about a fleet, and another seed makes another one."""
    first, again, other = (make_fleet(seed, 1, sizes=(5,)) for seed in (3, 3, 4))
    for one, two in zip(first, again, strict=True):
        for life, same in zip(one.lives, two.lives, strict=True):
            np.testing.assert_array_equal(life.active, same.active)
    assert any(
        a.active.shape != b.active.shape or not np.array_equal(a.active, b.active, equal_nan=True)
        for one, two in zip(first, other, strict=True)
        for a, b in zip(one.lives, two.lives, strict=False)
    )


def test_every_kind_and_size_is_there_and_named_once(lives: list[PilotLife]) -> None:
    """A fleet holds as many pilots of each kind and size as were asked for, under names of their own."""
    assert len({life.wish.name for life in lives}) == len(lives) == len(Kind) * 4


def test_counts_fit_each_other(lives: list[PilotLife]) -> None:
    """Nobody is counted without a seat, and unknown days are unknown in every figure."""
    for life in lives:
        known = life.heartbeat
        assert np.isnan(life.active[~known]).all()
        assert np.isnan(life.seats[~known]).all()
        assert (life.active[known] <= life.seats[known]).all()
        assert (life.actions[known] >= life.active[known]).all()


def test_a_week_counts_its_people_once(lives: list[PilotLife]) -> None:
    """A week stands on its Sunday and has no fewer people than its busiest day, no more than the sum of its days."""
    for life in lives:
        for day in np.flatnonzero(~np.isnan(life.weekly)).tolist():
            assert (life.wish.first_day + timedelta(days=day)).weekday() == 6
            week = life.active[day - 6 : day + 1]
            assert week.max() <= life.weekly[day] <= week.sum()


def test_only_falls_have_an_onset_and_time_to_be_seen(lives: list[PilotLife]) -> None:
    """A fall begins on a working day after ten weeks, and at least 60 days before the end."""
    for life in lives:
        assert (life.onset is not None) == (life.wish.kind in FALLS)
        if life.onset is not None:
            assert 75 <= life.onset <= life.wish.days - 60
            assert (life.wish.first_day + timedelta(days=life.onset)).weekday() < 5


def test_falls_fall(lives: list[PilotLife]) -> None:
    """After a fall less than three quarters are left; silence leaves nobody, and masking adds seats."""
    for life in of(lives, *FALLS):
        if life.wish.size < 60 or life.onset is None:
            continue
        if life.wish.kind is Kind.MASKED:
            assert life.seats[-1] > 1.4 * life.seats[life.onset - 1]
            continue
        left = mean_of(life, life.onset + 35, life.wish.days) / mean_of(life, 30, life.onset)
        assert left < (0.01 if life.wish.kind is Kind.SILENCE else 0.8)


def test_outages_lose_what_they_say(lives: list[PilotLife]) -> None:
    """A missing day is unknown, a silent zero is a zero, and a partial loss keeps half of the people at most."""
    for life in of(lives, Kind.OUTAGE_MISSING):
        assert life.failing.any()
        assert not life.heartbeat[life.failing].any()
    for life in of(lives, Kind.OUTAGE_ZERO):
        assert (life.active[life.failing] == 0).all()
    for life in of(lives, Kind.OUTAGE_PARTIAL):
        assert life.active[life.failing].sum() <= 0.7 * life.failing.sum() * np.nanmax(life.active)


def test_a_restated_week_is_one_past_week(lives: list[PilotLife]) -> None:
    """What was told first differs on the days of one week only, and was corrected after it."""
    for life in of(lives, Kind.RESTATED):
        differs = np.flatnonzero(~np.isclose(life.told, life.active, equal_nan=True))
        assert life.corrected is not None
        assert differs.size == 0 or (np.ptp(differs) < 7 and differs.max() < life.corrected)
    for life in lives:
        if life.wish.kind is not Kind.RESTATED:
            assert life.told is life.active


def test_a_third_of_the_licences_goes(lives: list[PilotLife]) -> None:
    """A cut takes about a third of the seats and not a third of the use."""
    for life in of(lives, Kind.LICENCE_CUT):
        assert 0.55 <= life.seats[-1] / np.nanmax(life.seats) <= 0.75


def test_seasons_are_lived_through(lives: list[PilotLife]) -> None:
    """Year-end pilots are judged through Christmas, summer pilots through July and August."""
    for life in of(lives, Kind.YEAR_END, Kind.SUMMER):
        last = life.wish.first_day + timedelta(days=life.wish.days - 1)
        judged = life.wish.first_day + timedelta(days=56)
        if life.wish.kind is Kind.YEAR_END:
            assert (judged.month, judged.day) <= (12, 18)
            assert last.year > judged.year
        else:
            assert judged.month <= 6
            assert (last.year, last.month) >= (judged.year, 9)
        assert life.wish.first_day >= min(COHORTS)


def test_stalled_histories_stay_where_they_are() -> None:
    """About a third stop for good: they never leave the stage, and no healthy pilot has an onset."""
    walks = make_walks(5, 90)
    stopped = [w for w in walks if w.stopped is not None]
    assert 0.2 <= len(stopped) / len(walks) <= 0.5
    for walk in stopped:
        assert walk.stopped is not None
        assert walk.onset is not None
        assert walk.stopped <= walk.onset
        assert all(since <= walk.stopped for _, since in walk.begins)
        assert len(walk.begins) <= len(USUAL_DAYS)
        after = walk.reach[walk.stopped + 60 :]
        if after.size > 28:
            assert np.nanmax(after) <= 1.2 * np.nanmax(walk.reach[: walk.stopped + 60]) + 1
    assert all(w.onset is None for w in walks if w.stopped is None)
    assert all(w.reach.size == DAYS for w in walks)
