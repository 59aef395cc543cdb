"""Drop-off on simulated people: how often it is found, and how often found without cause."""

import numpy as np
import pytest
from crowd import Crowd, cliff, several, spike
from judging import judge

from bot.detection.sums import WARM_UP
from bot.domain.telemetry import FloatGrid

PILOTS = 60


def opened(active: FloatGrid, seats: float) -> list[list[int]]:
    """Return the days on which drop-offs of each pilot opened."""
    everything = np.ones(active.shape, dtype=np.bool_)
    last, none = [active.shape[1] - 1] * len(active), np.full(len(active), np.nan)
    return [
        [e.opened for e in j.episodes] for j in judge(active, np.full(active.shape, seats), everything, last, none, 0)
    ]


def ten_against_twenty(active: FloatGrid) -> list[list[int]]:
    """Return the days on which the mean of ten working days sank below 65 % of that of the twenty before."""
    worked = np.flatnonzero(np.arange(active.shape[1]) % 7 < 5)
    total = np.cumsum(active[:, worked], axis=1)
    ten, twenty = total[:, 30:] - total[:, 20:-10], total[:, 20:-10] - total[:, :-30]
    low = ten / 10 < 0.65 * twenty / 20
    starts = low & ~np.hstack([np.zeros((len(low), 1), dtype=np.bool_), low[:, :-1]])
    return [[int(day) for day in worked[30:][row] if day >= WARM_UP] for row in starts]


def caught(found: list[list[int]], onset: int, within: int) -> float:
    """Return the share of pilots with a finding in the days after the onset."""
    return float(np.mean([any(onset <= day <= onset + within for day in days) for days in found]))


@pytest.mark.parametrize(("people", "least", "rate"), [(6, 0.7, 0.9), (20, 0.9, 0.55)])
def test_cliffs_are_found_and_steady_pilots_are_spared(people: int, least: float, rate: float) -> None:
    """Falls to 35 % are found within 45 days; steady pilots with leave, dips and off-sites stay below the rate a year."""
    crowd = Crowd(people)
    fallen = opened(several(PILOTS, lambda rng: crowd.active(rng, cliff(150, 0.35)), 1), people)
    assert caught(fallen, 150, 45) >= least
    steady = opened(several(PILOTS, crowd.active, 2), people)
    assert sum(map(len, steady)) / (PILOTS * (crowd.days - WARM_UP) / 365) <= rate


def test_the_simple_rule_of_ten_against_twenty_days_is_not_better() -> None:
    """Cross-check: the summed evidence finds at least as many falls with no more findings in steady pilots."""
    crowd = Crowd(20)
    fallen = several(PILOTS, lambda rng: crowd.active(rng, cliff(150, 0.45)), 3)
    steady = several(PILOTS, crowd.active, 4)
    assert caught(opened(fallen, 20), 150, 45) >= caught(ten_against_twenty(fallen), 150, 45)
    assert sum(map(len, opened(steady, 20))) <= sum(map(len, ten_against_twenty(steady)))


def test_a_launch_that_is_over_after_four_weeks_adds_few_findings() -> None:
    """Three times the use at first, falling to the usual within 28 days, leaves at most one pilot in five found."""
    crowd = Crowd(20, days=130, mean=(0.2, 0.3))
    found = opened(several(PILOTS, lambda rng: crowd.active(rng, spike(3, 28)), 5), 20)
    assert np.mean([bool(days) for days in found]) <= 1 / 5


def test_early_cliffs_are_found_though_the_launch_is_left_out() -> None:
    """A fall on day 62 or 75, soon after the warm-up, is found within 45 days in nine of ten pilots."""
    crowd = Crowd(20, days=130)
    for onset in (62, 75):
        found = opened(several(PILOTS, lambda rng, day=onset: crowd.active(rng, cliff(day, 0.35)), 6), 20)
        assert caught(found, onset, 45) >= 0.9


def test_a_pilot_of_few_is_rarely_found_without_cause() -> None:
    """Judged by week, five people of whom one comes every other day give at most .7 findings a pilot-year."""
    crowd = Crowd(5, mean=(0.1, 0.15))
    steady = opened(several(PILOTS, crowd.active, 7), 5)
    assert sum(map(len, steady)) / (PILOTS * (crowd.days - WARM_UP) / 365) <= 0.7
