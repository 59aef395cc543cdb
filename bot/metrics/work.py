"""What counts as use: people, or units of work where the tool does the step itself."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from bot.domain.pilot import Depth, Pilot
from bot.domain.telemetry import FloatGrid

DOES_THE_STEP: Final = frozenset({Depth.L3, Depth.L4})
"""Depths at which the tool does the step, checked or sampled by people: few chats are no sign of little use."""


def counts_work_units(pilot: Pilot) -> bool:
    """Whether the use of a pilot is its units of work (`actions`) and not the people who chat."""
    return pilot.depth in DOES_THE_STEP


def counted_use(
    active: FloatGrid, active_28d: FloatGrid, actions: FloatGrid, pilots: Sequence[Pilot]
) -> tuple[FloatGrid, FloatGrid]:
    """Return the daily use of each pilot and its people of 28 days; NaN where unknown.

    Rows are pilots, columns are days. Use is people active, or units of work at depth L3 and L4, which
    have no people of 28 days to judge by. Where nobody counts units of work the grids are those given.
    """
    rows = [row for row, pilot in enumerate(pilots) if counts_work_units(pilot)]
    if not rows:
        return active, active_28d
    use, people = np.array(active), np.array(active_28d)
    use[rows], people[rows] = actions[rows], np.nan
    return use, people
