"""When a condition held, for many pilots at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.detection.stall import CLEAR_DAYS
from bot.domain.telemetry import BoolGrid

IntGrid = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a condition of one pilot held; columns of the window."""

    row: int
    opened: int
    newest: int
    """Last column on which it held."""
    closed: int | None
    """Column on which it was closed: a week after `newest`, or the first day of a rest before that."""


def spells(holds: BoolGrid, through: IntGrid, resting: BoolGrid) -> list[Spell]:
    """Return the spells of all pilots, judged up to column `through` of each, as `stall.episodes` finds them.

    `holds` is False on days that are not judged. Fewer than seven days without the condition don't end a
    spell, a rest does. `resting` has one column more than `holds`, for the day of the look.
    """
    rows = np.flatnonzero(holds.any(axis=1))
    if not rows.size:
        return []
    width = holds.shape[1] + 2
    flat = np.pad(holds[rows], ((0, 0), (1, 1))).ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1])
    where, first, newest = turns[::2] // width, turns[::2] % width, turns[1::2] % width - 1
    parts = (where[1:] != where[:-1]) | (first[1:] - newest[:-1] > CLEAR_DAYS)
    if resting[rows].any():
        rests = np.cumsum(resting[rows], axis=1)
        parts |= rests[where[1:], first[1:]] != rests[where[:-1], newest[:-1]]
    begins, ends = np.append(True, parts), np.append(parts, True)
    return [
        _spell(int(rows[at]), int(opened), int(last), int(through[rows[at]]), resting)
        for at, opened, last in zip(where[begins], first[begins], newest[ends], strict=True)
    ]


def _spell(row: int, opened: int, newest: int, through: int, resting: BoolGrid) -> Spell:
    closed = newest + CLEAR_DAYS if newest + CLEAR_DAYS <= through else None
    rests = resting[row, newest + 1 : closed]
    if rests.any():
        closed = newest + 1 + int(rests.argmax())
    return Spell(row, opened, newest, closed)
