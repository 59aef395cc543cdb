"""Signals of who uses a pilot: never activated, small plateau, seat ceiling, low habit.

Each rule is a function from grids (a row for each pilot, a column for each day) to the days on which it
holds. An unknown figure is NaN, no comparison with it holds, and so nothing is concluded from it. A day
rests on itself and earlier ones only. Definitions and sources: docs/signals.md.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from bot.detection.signals.spells import IntGrid
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid
from bot.metrics.usage import WEEK

HABIT_WEEKS: Final = 12
"""Weeks of a habit; a younger pilot has none to judge."""
HABIT_BY: Final = 9 * WEEK
"""Days after which somebody who began then can have a habit of nine weeks in twelve."""


def ever_used(most: FloatGrid, new: FloatGrid, began: FloatGrid, told: BoolGrid) -> FloatGrid:
    """Return how many people have ever used each pilot by each day; NaN before anything tells.

    `most` are the most people of 28 days by then, `began` the sum of `new` users. The sum counts where
    every day that is `told` tells them, and it's never taken for less than the most of a month.
    """
    known = ~np.isnan(new)
    if not known.any():
        return most
    missed = told & ~known
    some = np.flatnonzero(missed.any(axis=1))
    missed[some] = np.logical_or.accumulate(missed[some], axis=1)
    return np.fmax(most, np.where(missed, np.nan, began))


def with_access(seats: FloatGrid, begun: IntGrid, settings: DetectionSettings) -> FloatGrid:
    """Return the people who have had access for `access_days` on each day, NaN where unknown.

    They are no more than had it so long ago, and no more than have it now.
    """
    days, wait = seats.shape[1], settings.access_days
    had = np.full(seats.shape, np.nan)
    if days > wait:
        had[:, wait:] = np.where(
            np.arange(wait, days) >= begun[:, None] + wait, np.minimum(seats[:, wait:], seats[:, :-wait]), np.nan
        )
    return had


def hardly_begun(active_28d: FloatGrid, seats: FloatGrid, begun: IntGrid, settings: DetectionSettings) -> IntGrid:
    """Return the rows in which so few people had used it when access was old enough that `never_activated` may hold."""
    days = seats.shape[1]
    first = begun + settings.access_days
    used = active_28d[np.arange(begun.size), np.minimum(first, days - 1)]
    enough = used >= settings.activated_share * np.fmax.reduce(seats, axis=1, initial=0.0)
    return np.flatnonzero((first < days) & ~enough)


def never_activated(ever: FloatGrid, had: FloatGrid, settings: DetectionSettings) -> BoolGrid:
    """Find the days on which less than `activated_share` of the people who `had` access `ever` used it."""
    holds: BoolGrid = ever < settings.activated_share * had
    return holds


def never_worked(actions: FloatGrid, settings: DetectionSettings) -> BoolGrid:
    """Find the days on which a pilot had done no unit of work since its first figure, `access_days` ago or earlier."""
    known, days = ~np.isnan(actions), actions.shape[1]
    first = np.where(known.any(axis=1), known.argmax(axis=1), days)[:, None]
    idle: BoolGrid = np.fmax.accumulate(actions, axis=1) == 0
    holds: BoolGrid = idle & (np.arange(days) >= first + settings.access_days)
    return holds


def small_and_flat(people: FloatGrid, is_flat: BoolGrid, settings: DetectionSettings) -> BoolGrid:
    """Find the days on which few people use a pilot, and no more than weeks before: the half of a plateau that is use."""
    few: BoolGrid = (people > 0) & (people <= settings.plateau_people)
    return few & is_flat


def seat_ceiling(reach: FloatGrid, seats: FloatGrid, against: IntGrid, settings: DetectionSettings) -> BoolGrid:
    """Find the days on which the use of seats has not risen by `ceiling_rise` since the column `against`, nor fallen.

    The rise is in people per seat of the day that had fewer: fresh seats are no fall, a cut is no rise.
    """
    reach_then, seats_then = as_of((reach, seats), against, settings.flat_weeks * WEEK)
    flat = reach - reach_then < settings.ceiling_rise * np.minimum(seats, seats_then)
    flat &= reach >= (1 - settings.ceiling_fall) * reach_then
    return flat & (reach < settings.ceiling_share * seats)


def as_of(grids: Sequence[FloatGrid], against: IntGrid, usual: int) -> list[FloatGrid]:
    """Return the figures of the columns `against`, most of which lie `usual` days back; NaN where that is -1."""
    days = against.shape[1]
    rows, columns = np.nonzero(against != np.maximum(np.arange(days) - usual, -1))
    before = against[rows, columns]
    found = [np.full(against.shape, np.nan) for _ in grids]
    for then, grid in zip(found, grids, strict=True):
        then[:, usual:] = grid[:, : max(0, days - usual)]
        then[rows, columns] = np.where(before >= 0, grid[rows, before], np.nan)
    return found


def could_have_habit(reach: FloatGrid, begun: IntGrid) -> FloatGrid:
    """Return how many people can have a habit on each day: those of 28 days now, and no more than nine weeks before."""
    days = reach.shape[1]
    could = np.full(reach.shape, np.nan)
    if days > HABIT_BY:
        could[:, HABIT_BY:] = np.minimum(reach[:, HABIT_BY:], reach[:, :-HABIT_BY])
    could[np.arange(days) < begun[:, None] + HABIT_WEEKS * WEEK] = np.nan
    return could


def low_habit(habitual: FloatGrid, could: FloatGrid, settings: DetectionSettings) -> BoolGrid:
    """Find the days on which less than `habit_share` of the people who `could` have a habit are `habitual`."""
    holds: BoolGrid = habitual < settings.habit_share * could
    return holds
