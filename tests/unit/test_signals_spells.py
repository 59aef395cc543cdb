"""Spells of many pilots at once: those of `stall.episodes`, one pilot after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from judging import episodes

from bot.detection.signals.spells import Spell, spells
from bot.domain.telemetry import BoolGrid

DAYS = 40
grids = arrays(np.bool_, (3, DAYS), elements=st.sampled_from([True, False]), fill=st.booleans())
AWAKE = np.zeros((3, DAYS + 1), dtype=np.bool_)


@given(grids, st.lists(st.integers(-1, DAYS - 1), min_size=3, max_size=3))
def test_spells_are_the_episodes_of_each_pilot(holds: BoolGrid, through: list[int]) -> None:
    """Opened and closed on the same days, judged up to the same one; the newest day held is in between."""
    judged = holds & (np.arange(DAYS) <= np.array(through)[:, None])
    found = spells(judged, np.array(through), AWAKE)
    assert [(s.row, s.opened, s.closed) for s in found] == [
        (row, *spell) for row in range(3) for spell in episodes(holds[row], through[row])
    ]
    assert all(judged[s.row, s.newest] and s.opened <= s.newest for s in found)


def test_a_rest_ends_a_spell_on_its_first_day() -> None:
    """A pause of two days ends what held, and what holds after it is a spell of its own."""
    holds, resting = np.ones((1, 20), dtype=np.bool_), np.zeros((1, 21), dtype=np.bool_)
    resting[0, 8:10] = True
    found = spells(holds & ~resting[:, :20], np.array([19]), resting)
    assert found == [Spell(0, 0, 7, 8), Spell(0, 10, 19, None)]


def test_a_rest_ends_a_spell_though_no_later_day_is_judged() -> None:
    """A pilot that is paused today ends what was open, whether its source still delivers or not."""
    holds, resting = np.ones((1, 20), dtype=np.bool_), np.zeros((1, 21), dtype=np.bool_)
    holds[0, 15:] = False
    resting[0, 20] = True
    assert spells(holds, np.array([14]), resting) == [Spell(0, 0, 14, 20)]


def test_nothing_that_held_is_no_spell() -> None:
    """Without a day, and without a pilot, there is none."""
    assert spells(np.zeros((2, 5), dtype=np.bool_), np.array([4, 4]), np.zeros((2, 6), dtype=np.bool_)) == []
    assert spells(np.zeros((0, 0), dtype=np.bool_), np.zeros(0, dtype=np.int64), np.zeros((0, 1), dtype=np.bool_)) == []
