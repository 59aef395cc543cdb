"""The people of a batch of pilots with the days of each; pilots' people stand side by side."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.axis import Axis
from adapters.redis_store.cell_counts import CellTable
from adapters.redis_store.held import PERSON, Held, HotDay, Records, day_bits, to_bits
from bot.metrics.people import IntGrid

NOBODY: Final = 0
"""First day of a person without any known use."""
MIXERS: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


class Told(NamedTuple):
    """Cells that a batch takes in: of which pilot and column, and whether earlier ones had expired."""

    pilot: int
    day: int
    column: int
    hot: HotDay
    is_added: bool


def told_of(n: int, held: Held, axis: Axis) -> Iterator[Told]:
    """Iterate over the days of pilot n that are told anew; a day that is closed is left out."""
    for day, hot in sorted(held.hot.items()):
        is_added = hot.is_added and not hot.is_whole(day, held.state)
        if not is_added or day >= axis.first + axis.kept:
            yield Told(n, day, day - axis.first, hot, is_added)


class Crew:
    """Who was active on which day, as known now: the bits, and over them the cells."""

    def __init__(self, held: Sequence[Held], axis: Axis, told: Sequence[Told], table: CellTable) -> None:
        """Lay out people and days; people who are new come last, in an order that does not depend on who counts."""
        self._axis, self._told = axis, told
        self.first_day = axis.first
        known = np.frombuffer(b"".join([one.raw_people for one in held]), dtype=PERSON)
        sizes = np.array([one.count for one in held], dtype=np.int64)
        day_of = table.day_of[table.is_active]
        pilot_of = np.array([t.pilot for t in told], dtype=np.int64)[day_of]
        people, fresh = _named(known, np.repeat(np.arange(sizes.size), sizes), table.actors, pilot_of, sizes)
        counts = sizes + np.array([len(names) for names in fresh])
        self.starts: IntGrid = np.concatenate([[0], np.cumsum(counts)])
        """The first row of each pilot's people, and the end."""
        self.owner: IntGrid = np.repeat(np.arange(sizes.size), counts)
        self.active: IntGrid = people + self.starts[pilot_of]
        """The person of each active cell."""
        self._people = np.zeros(self.owner.size, dtype=PERSON)
        self._people[np.arange(known.size) + np.repeat(self.starts[:-1] - (np.cumsum(sizes) - sizes), sizes)] = known
        for n, names in enumerate(fresh):
            if names:
                self._people["actor"][self.starts[n] + sizes[n] : self.starts[n + 1]] = names
        self.days = day_bits(held, counts.tolist(), axis)
        for one in told:
            if not one.is_added:
                self.days.clear(slice(self.starts[one.pilot], self.starts[one.pilot + 1]), one.column)
        self.days.mark(self.active, np.array([t.column for t in told], dtype=np.int64)[day_of])
        self.firsts = self._first_days()
        """Each person's first day with use, NOBODY for none."""
        self._people["first"] = self.firsts
        self._bits = to_bits(self.days, axis)
        self._packed = self._people.tobytes()

    def heads(self, told: Told) -> int:
        """Count the people of a pilot-day."""
        people = slice(self.starts[told.pilot], self.starts[told.pilot + 1])
        return int(np.count_nonzero(self.days.used(told.column, told.column)[people]))

    def stored(self) -> list[tuple[bytes, list[bytes]]]:
        """Return for each pilot its people as PERSON records, and their bits by epoch."""
        bounds = self.starts.tolist()
        return [
            (self._packed[a * PERSON.itemsize : b * PERSON.itemsize], [bits[4 * a : 4 * b] for bits in self._bits])
            for a, b in pairwise(bounds)
        ]

    def _first_days(self) -> IntGrid:
        """Return each person's first day: among the days at hand, and what was known before."""
        axis = self._axis
        found = self.days.first_used()
        fresh = np.where(found >= 0, found + axis.first, NOBODY)
        stored = self._people["first"].astype(np.int64)
        before = np.flatnonzero((stored > NOBODY) & (stored < axis.first + axis.kept))
        at_hand = {(t.pilot, t.day) for t in self._told} if before.size else set()
        for row in before.tolist():
            if (int(self.owner[row]), int(stored[row])) not in at_hand:
                fresh[row] = min(stored[row], fresh[row] or stored[row])
        return fresh


def _named(
    known: Records, owner: IntGrid, actors: NDArray[np.bytes_], pilot_of: IntGrid, sizes: IntGrid
) -> tuple[IntGrid, list[list[bytes]]]:
    """Find people among those known of their pilot; returns the place of each among its pilot's, and who is new.

    They are found by a hash that is checked against the name, so that two who share one are kept
    apart; whoever isn't found that way is looked up by name.
    """
    places = np.zeros(actors.size, dtype=np.int64)
    fresh: list[list[bytes]] = [[] for _ in range(sizes.size)]
    is_found = np.zeros(actors.size, dtype=np.bool_)
    first = np.cumsum(sizes) - sizes
    if known.size:
        hashes = _hashed(known["actor"], owner)
        order = np.argsort(hashes)
        at = order[np.minimum(np.searchsorted(hashes[order], _hashed(actors, pilot_of)), known.size - 1)]
        is_found = (owner[at] == pilot_of) & (known["actor"][at] == actors)
        places = at - first[pilot_of]
    unfound: dict[int, list[int]] = defaultdict(list)
    for n in np.flatnonzero(~is_found).tolist():
        unfound[int(pilot_of[n])].append(n)
    for pilot, told in unfound.items():
        names = known["actor"][first[pilot] : first[pilot] + sizes[pilot]].tolist()
        fresh[pilot] = sorted({actors[n] for n in told}.difference(names))
        place = {name: n for n, name in enumerate([*names, *fresh[pilot]])}
        places[told] = [place[actors[n]] for n in told]
    return places, fresh


def _hashed(actors: NDArray[np.bytes_], pilots: IntGrid) -> NDArray[np.uint64]:
    """Return a number for each actor of a pilot; two may share one."""
    raw = np.ascontiguousarray(actors).view(np.uint8).reshape(-1, 10)
    head = np.ascontiguousarray(raw[:, :8]).view(np.uint64)[:, 0]
    tail = np.ascontiguousarray(raw[:, 8:]).view(np.uint16)[:, 0].astype(np.uint64)
    mixed: NDArray[np.uint64] = (head ^ pilots.astype(np.uint64) * MIXERS[0]) + tail * MIXERS[1]
    return mixed
