"""The figures of rows that a fold writes: grids of pilots by day, changed in place."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.cell_counts import DayCounts
from adapters.redis_store.codec import COMPLETE, COVERED, FOLDED, PRESENT, UNKNOWN16, UNKNOWN32, WEEKLY
from adapters.redis_store.crew import Crew
from adapters.redis_store.fold_state import FoldState
from adapters.redis_store.held import Records
from adapters.redis_store.seating import Seating
from bot.domain.telemetry import BoolGrid
from bot.metrics.people import HABIT, MONTH, SEASON_DAYS, WEEK, IntGrid, per_group

MOST16: Final = UNKNOWN16 - 1
"""The highest count a row can hold; more people than that are that many."""
POPCOUNT: Final = np.array([n.bit_count() for n in range(2**16)], dtype=np.uint8)
UNCOMPLETE: Final = 0xFF & ~COMPLETE
WINDOWS: Final = (("wau", WEEK), ("mau", MONTH), ("habitual", SEASON_DAYS))
"""Figures of people over several days, and of how many."""

Places = tuple[IntGrid, IntGrid]
"""Pilot and column of each of some pilot-days."""


def take_in(rows: Records, at: Places, counts: DayCounts, is_added: NDArray[np.bool_], heads: IntGrid) -> None:
    """Write what cells say of their own day. Where earlier cells had expired, people (`heads`) and surfaces only add up."""
    flags = rows["flags"][at].astype(np.int64)
    for name, _ in WINDOWS:
        held = rows[name][at]
        rows[name][at] = np.where((flags & (FOLDED | PRESENT)) == FOLDED | PRESENT, held, UNKNOWN16)
    is_weekly = np.where(is_added & ((flags & FOLDED) > 0), (flags & WEEKLY) > 0, counts.is_weekly)
    held = rows["actions"][at]
    is_kept = is_added & ((flags & COVERED) == 0) & (held != UNKNOWN32)
    rows["actions"][at] = np.where(is_kept, held, counts.actions)
    rows["dau"][at] = np.where(is_weekly, UNKNOWN16, np.minimum(np.where(is_added, heads, counts.users), MOST16))
    rows["surfaces"][at] = np.where(is_added, rows["surfaces"][at], 0) | counts.surfaces
    rows["flags"][at] = (
        FOLDED | PRESENT | np.where(is_weekly, WEEKLY, 0) | np.where(counts.is_empty & ~is_added, COVERED, 0)
    )


def seat(rows: Records, seats: Seating) -> None:
    """Write seats; a covered day without a cell is a row of zeros from when there is a roster on, else none."""
    flags, known = rows["flags"].astype(np.int64), seats.is_known
    is_empty = (flags & COVERED) > 0
    appears = is_empty & known & ((flags & PRESENT) == 0)
    for name, _ in WINDOWS:
        rows[name][appears] = UNKNOWN16
    rows["flags"] = np.where(is_empty & ~known, flags & ~PRESENT, flags | PRESENT)
    rows["dau"][is_empty] = np.where((flags & WEEKLY) > 0, UNKNOWN16, 0)[is_empty]
    rows["actions"][is_empty] = 0
    rows["seats"] = np.where(known, np.minimum(seats.seats, MOST16), UNKNOWN16)
    rows["people"] = np.where(known, np.minimum(seats.present, MOST16), UNKNOWN16)


def count_people(rows: Records, crew: Crew, days: IntGrid, has_gap: Mapping[str, BoolGrid]) -> None:
    """Write the people of 7, 28 and 84 days. A window with a forgotten day keeps what was counted in its time."""
    for n, column in enumerate((days - crew.first_day).tolist()):
        for name, length in WINDOWS:
            is_used = name != "habitual"
            people = crew.days.used(column - length + 1, column) if is_used else crew.days.weeks_used(column) >= HABIT
            counted = np.minimum(per_group(people, crew.starts), MOST16)
            rows[name][:, n] = np.where(has_gap[name][:, n], rows[name][:, n], counted)
    _keep_growing(rows, "dau", "wau")
    _keep_growing(rows, "wau", "mau")
    _keep_growing(rows, "dau", "mau")


def gaps_in(forgotten: BoolGrid, columns: IntGrid) -> dict[str, BoolGrid]:
    """Say for each figure, pilot and column whether the days it rests on hold a forgotten one."""
    gaps = np.cumsum(forgotten, axis=1)
    before = {name: columns - length for name, length in WINDOWS}
    return {n: gaps[:, columns] > np.where(b >= 0, gaps[:, np.maximum(b, 0)], 0) for n, b in before.items()}


def count_new(rows: Records, firsts: IntGrid, owner: IntGrid, days: IntGrid) -> None:
    """Write how many people, each of a pilot `owner`, had their first day on each of these days."""
    at = np.searchsorted(days, firsts)
    fits = np.r_[days, -1][at] == firsts
    counted = np.bincount(owner[fits] * days.size + at[fits], minlength=rows.size).reshape(rows.shape)
    rows["new"] = np.minimum(counted, MOST16)


def count_breadth(rows: Records, surfaces: NDArray[np.uint16], columns: IntGrid) -> None:
    """Write how many surfaces were touched in the 28 days ending with each column."""
    for n, column in enumerate(columns.tolist()):
        touched = np.bitwise_or.reduce(surfaces[:, max(0, column - MONTH + 1) : column + 1], axis=1)
        rows["breadth"][:, n] = POPCOUNT[touched]


def name_sources(rows: Records, days: IntGrid, states: Sequence[FoldState], names: Mapping[int, str]) -> None:
    """Write who gave each row: the source that is furthest behind, and incomplete, where one is behind the day."""
    rows["source"] = np.array([min(s.feeds, default=0) for s in states])[:, None]
    rows["flags"] |= COMPLETE
    for row, state in zip(rows, states, strict=True):
        if len(state.feeds) > 1:
            _name_several(row, days.tolist(), state, names)


def _name_several(row: Records, days: Sequence[int], state: FoldState, names: Mapping[int, str]) -> None:
    for n, day in enumerate(days):
        expected = sorted((names[s], feed.through, s) for s, feed in state.feeds.items() if feed.is_expected(day))
        behind = sorted((through, name, s) for name, through, s in expected if through < day)
        if expected:
            row["source"][n] = behind[0][2] if behind else expected[0][2]
        if behind:
            row["flags"][n] &= UNCOMPLETE


def blank(rows: Records) -> None:
    """Leave nothing but the flags of what is no row."""
    flags = rows["flags"].astype(np.int64)
    no_row = (flags & PRESENT) == 0
    rows[no_row] = np.zeros((), dtype=rows.dtype)
    rows["flags"][no_row] = flags[no_row] & ~COMPLETE


def _keep_growing(rows: Records, short: str, long: str) -> None:
    """Forget what was counted of a longer window in its time where a shorter one has grown past it."""
    is_less = (rows[short] != UNKNOWN16) & (rows[long] < rows[short])
    rows[long][is_less] = UNKNOWN16
