"""Stall: the plan of the stage ran out, and reach and breadth have been flat for eight weeks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.telemetry import BoolGrid, FloatGrid
from bot.metrics.usage import WEEK, Reach, known_weeks, recent

FURTHEST_WEEKS: Final = 20
"""How far back the eight weeks are looked for when outages and the year-end stop the clock."""
CLEAR_DAYS: Final = 7
"""A stall closes after this many days in a row without it, so that one new face does not flicker."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Whether each pilot was flat on each day, against which earlier column, and by which figures."""

    is_flat: BoolGrid
    against: NDArray[np.int64]
    now: FloatGrid
    then: FloatGrid
    has_breadth: BoolGrid
    exact: BoolGrid
    """Whether the figures are people of 28 days, or else the mean of a working day."""


def flat_over(reach: Reach, use_cases: FloatGrid, countable: BoolGrid, weeks: int, growth: float) -> Flat:
    """Compare each day with the day that many known weeks before; weeks without a known day don't count.

    Flat is reach up by less than `growth` and no new use case. Unknown reach is never flat.
    """
    against = _weeks_before(known_weeks(countable), weeks)
    reaches = np.maximum(against, 0)
    exact_then = np.take_along_axis(reach.exact, reaches, axis=1)
    typical_then = np.take_along_axis(np.where(reach.is_sound, reach.typical, np.nan), reaches, axis=1)
    exact = ~np.isnan(reach.exact) & ~np.isnan(exact_then)
    now, then = np.where(exact, reach.exact, reach.typical), np.where(exact, exact_then, typical_then)
    breadth = recent(use_cases)
    breadth_then = np.take_along_axis(breadth, reaches, axis=1)
    has_breadth = ~np.isnan(breadth) & ~np.isnan(breadth_then)
    known = (against >= 0) & ~np.isnan(now) & ~np.isnan(then) & reach.is_sound
    is_flat = known & (now < then * (1 + growth)) & (~has_breadth | (breadth <= breadth_then))
    return Flat(is_flat, against, now, then, has_breadth, exact)


def _weeks_before(counted: FloatGrid, weeks: int) -> NDArray[np.int64]:
    """Return for each day the column that many counted weeks before it, -1 where there is none."""
    days = counted.shape[1]
    found = np.full(counted.shape, -1, dtype=np.int64)
    for back in range(weeks, FURTHEST_WEEKS + 1):
        gap = back * WEEK
        if gap >= days:
            break
        reached = (counted[:, gap:] - counted[:, :-gap] >= weeks) & (found[:, gap:] < 0)
        columns = np.broadcast_to(np.arange(days - gap), reached.shape)
        found[:, gap:] = np.where(reached, columns, found[:, gap:])
    return found


def episodes(holds: BoolGrid, last: int) -> list[tuple[int, int | None]]:
    """Return when a condition of one pilot opened and closed, judged up to column `last`."""
    found: list[tuple[int, int | None]] = []
    opened, clear = -1, 0
    days: list[bool] = holds[: last + 1].tolist()
    for column, held in enumerate(days if any(days) else ()):
        clear = 0 if held else clear + 1
        if opened < 0 and held:
            opened = column
        elif opened >= 0 and clear >= CLEAR_DAYS:
            found.append((opened, column))
            opened = -1
    return [*found, (opened, None)] if opened >= 0 else found
