"""What the cells of many pilot-days say: who was active, how much was done, on which surfaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.cells import ACTIVE, CELL, COUNTED, WEEKLY, WHOLE_WEEKLY
from adapters.redis_store.codec import UNKNOWN32
from adapters.redis_store.fold_state import FoldState
from adapters.redis_store.held import HotDay, Records
from bot.metrics.people import IntGrid


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Figures of pilot-days, each an array with one entry for a pilot-day."""

    users: IntGrid
    """People who did anything on the day itself."""
    actions: IntGrid
    surfaces: IntGrid
    """Bits of the surfaces with use."""
    is_weekly: NDArray[np.bool_]
    """Whether all that is known of the day is of a week that ends with it."""
    is_empty: NDArray[np.bool_]
    """Whether there is no cell at all."""

    def of(self, chosen: NDArray[np.bool_]) -> "DayCounts":
        """Return the figures of some of the pilot-days."""
        return DayCounts(
            self.users[chosen],
            self.actions[chosen],
            self.surfaces[chosen],
            self.is_weekly[chosen],
            self.is_empty[chosen],
        )


class CellTable:
    """All cells of some pilot-days, side by side."""

    def __init__(self, days: Sequence[HotDay]) -> None:
        """Lay the cells of these days side by side."""
        self.days = days
        self.cells: Records = np.frombuffer(b"".join(d.cells for d in days), dtype=CELL)
        sizes = np.array([len(d.cells) // CELL.itemsize for d in days], dtype=np.int64)
        self.stops = np.cumsum(sizes)
        self.day_of: IntGrid = np.repeat(np.arange(len(days)), sizes)
        flags = self.cells["flags"]
        self.is_active = (flags & ACTIVE) > 0
        self.is_weekly = (flags & WEEKLY) > 0
        self.actors: NDArray[np.bytes_] = self.cells["actor"][self.is_active]
        """Who was active, once for each active cell."""

    def sources(self) -> list[set[int]]:
        """Return for each day the sources that have a cell or a partition there."""
        found = [set(day.marked) for day in self.days]
        for both in np.unique(self.day_of * 2**16 + self.cells["source"]).tolist():
            found[both >> 16].add(both & 0xFFFF)
        return found

    @cached_property
    def surfaces(self) -> list[list[int]]:
        """For each day the surfaces with use, sorted."""
        found: list[list[int]] = [[] for _ in self.days]
        for both in np.unique((self.day_of * 2**16 + self.cells["surface"])[self.is_active]).tolist():
            found[both >> 16].append(both & 0xFFFF)
        return found

    def count(self, people: IntGrid, states: Sequence[FoldState]) -> DayCounts:
        """Return the figures of each day; `people` has the person of each active cell, `states` the pilot's of each day."""
        count = len(self.days)
        with_daily = np.bincount(self.day_of[~self.is_weekly], minlength=count) > 0
        marked = [any(kind != WHOLE_WEEKLY for kind in day.marked.values()) for day in self.days]
        is_weekly = ~(with_daily | np.array(marked, dtype=np.bool_))
        counts = self.is_weekly == is_weekly[self.day_of]
        bits = [sum(1 << b for b in {s.place_of(n) for n in ns}) for s, ns in zip(states, self.surfaces, strict=True)]
        return DayCounts(
            users=self._users(people, counts[self.is_active]),
            actions=self._actions(people, counts),
            surfaces=np.array(bits, dtype=np.int64),
            is_weekly=is_weekly,
            is_empty=np.bincount(self.day_of, minlength=count) == 0,
        )

    def _users(self, people: IntGrid, counts: NDArray[np.bool_]) -> IntGrid:
        """Count distinct people by day."""
        day_of = self.day_of[self.is_active][counts]
        seen = np.unique(day_of * 2**32 + people[counts])
        return np.bincount(seen >> 32, minlength=len(self.days))

    def _actions(self, people: IntGrid, counts: NDArray[np.bool_]) -> IntGrid:
        """Sum acts by day: of one person and surface the most that any source says, since sources overlap."""
        is_counted = counts & ((self.cells["flags"] & COUNTED) > 0)
        known = np.bincount(self.day_of[is_counted], minlength=len(self.days)) > 0
        used = is_counted & self.is_active
        who = people[used[self.is_active]]
        day_of, surface, actions = self.day_of[used], self.cells["surface"][used], self.cells["actions"][used]
        order = np.lexsort((actions, surface, who, day_of))
        day_of, surface, who, actions = day_of[order], surface[order], who[order], actions[order]
        is_last = np.ones(order.size, dtype=np.bool_)
        is_last[:-1] = (day_of[1:] != day_of[:-1]) | (who[1:] != who[:-1]) | (surface[1:] != surface[:-1])
        total = np.bincount(day_of[is_last], weights=actions[is_last], minlength=len(self.days)).astype(np.int64)
        return np.where(known, np.minimum(total, UNKNOWN32 - 1), UNKNOWN32)
