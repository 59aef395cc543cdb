"""Cells as bytes: what one person did with one surface on one day, 24 bytes that a script takes apart.

A cell is a field of 14 bytes (actor, source, surface) and a value of 10 (revision, flags, actions), big endian. In
the hash of its pilot-day a field of two bytes, a source, marks that a partition of that source covers the day, and
the field `a` that cells were added to a day whose earlier cells had expired already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from struct import Struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.codec import FIRST_DAY
from bot.domain.fact import Cell, Partition

FIELD: Final = np.dtype([("actor", "S10"), ("source", ">u2"), ("surface", ">u2")])
VALUE: Final = np.dtype([("revision_high", "u1"), ("revision_low", ">u4"), ("flags", "u1"), ("actions", ">u4")])
CELL: Final = np.dtype([(name, kind[name]) for kind in (FIELD, VALUE) for name in kind.names or ()])
GROUP: Final = Struct(">IH2sIB5sI")
"""Before the cells of a pilot-day and source: pilot, day, source, seconds to live, kind, revision, number of cells."""
ADDED: Final = b"a"
"""The field that says that earlier cells of the day had expired."""

KNOWN: Final = 1
ACTIVE: Final = 2
WEEKLY: Final = 4
COUNTED: Final = 8
"""Flags of a cell: whether the person was active, as known; that it stands for a week; that its actions are known."""
SINGLE, WHOLE, WHOLE_WEEKLY = 0, 1, 2
"""Kinds of a group: cells on their own, or everything of a partition."""

HOT_DAYS: Final = 35
"""Days for which cells are kept after the last write to their pilot-day: the longest look-back of a source."""
KEPT_DAYS: Final = 90
"""Days for which it is kept that a person was active on a day, today not counted (telemetry.md, rule 7)."""
LEAST_DAYS: Final = 2
"""Days for which cells of an older day are kept, so that a history in several files can be taken in."""
DAY_SECONDS: Final = 86_400


def day_number(day: date) -> int:
    """Return a day as days since 1970."""
    return (day - FIRST_DAY).days


def hot_days(day: int, today: int) -> int:
    """Return for how many days the cells of a day are kept when they are written today."""
    return max(LEAST_DAYS, min(HOT_DAYS, day + KEPT_DAYS + 1 - today))


@dataclass(frozen=True, slots=True)
class Numbered:
    """The numbers under which names are written into cells."""

    pilots: Mapping[str, int]
    sources: Mapping[str, int]
    surfaces: Mapping[str, int]


def groups_of(
    cells: Sequence[Cell], numbers: Numbered, today: int, whole: Partition | None
) -> list[tuple[int, int, bytes]]:
    """Return cells grouped by pilot, day and source, as (pilot number, number of cells, bytes) in the order of pilots.

    With `whole` every pilot-day of the partition has a group, if only an empty one. Raises ValueError
    for a cell that is not of the partition.
    """
    found: dict[tuple[int, int, int], bytes] = {}
    if cells:
        places, packed = _packed(cells, numbers)
        order = np.lexsort((places[:, 2], places[:, 1], places[:, 0]))
        places, packed = places[order], packed[order]
        starts = np.flatnonzero(np.r_[True, (places[1:] != places[:-1]).any(axis=1)])
        stops = np.r_[starts[1:], len(cells)]
        raw, size = packed.tobytes(), CELL.itemsize
        for place, start, stop in zip(places[starts].tolist(), starts.tolist(), stops.tolist(), strict=True):
            found[tuple(place)] = raw[start * size : stop * size]
    kind, revision = SINGLE, bytes(5)
    if whole is not None:
        kind, revision = WHOLE_WEEKLY if whole.weekly else WHOLE, whole.revision.to_bytes(5)
        found = _whole(found, numbers, whole)
    return [
        (pilot, len(body) // CELL.itemsize, _group(pilot, day, source, today, kind, revision, body))
        for (pilot, day, source), body in found.items()
    ]


def partition_days(whole: Partition) -> list[int]:
    """Return the days of a partition that have rows, as days since 1970."""
    step = timedelta(days=7 if whole.weekly else 1).days
    return list(range(day_number(whole.last), day_number(whole.first) - 1, -step))[::-1]


def _whole(
    found: Mapping[tuple[int, int, int], bytes], numbers: Numbered, whole: Partition
) -> dict[tuple[int, int, int], bytes]:
    source, days = numbers.sources[whole.source], partition_days(whole)
    places = [(n, day, source) for n in sorted(numbers.pilots[p] for p in set(whole.pilots)) for day in days]
    if found.keys() - set(places):
        msg = f"A cell is not of the partition of '{whole.source}' it is said to be in: source, pilot or day differ."
        raise ValueError(msg)
    return {place: found.get(place, b"") for place in places}


def _group(pilot: int, day: int, source: int, today: int, kind: int, revision: bytes, body: bytes) -> bytes:
    ttl = hot_days(day, today) * DAY_SECONDS
    return GROUP.pack(pilot, day, source.to_bytes(2), ttl, kind, revision, len(body) // CELL.itemsize) + body


def _packed(
    cells: Sequence[Cell], numbers: Numbered
) -> "tuple[NDArray[np.int64], np.ndarray[tuple[int], np.dtype[np.void]]]":
    """Return pilot, day and source of each cell, and the cells as bytes."""
    pilots, days, actors, sources, surfaces, revisions, actives, actions, weeklies = zip(*cells, strict=True)
    of_day = {day: day_number(day) for day in set(days)}
    count = len(cells)
    places = np.empty((count, 3), dtype=np.int64)
    places[:, 0] = [numbers.pilots[p] for p in pilots]
    places[:, 1] = [of_day[d] for d in days]
    places[:, 2] = [numbers.sources[s] for s in sources]
    packed = np.zeros(count, dtype=CELL)
    packed["actor"] = np.array(actors, dtype="S10")
    packed["source"] = places[:, 2]
    packed["surface"] = [numbers.surfaces[s] for s in surfaces]
    revision = np.array(revisions, dtype=np.int64)
    packed["revision_high"], packed["revision_low"] = revision >> 32, revision & 0xFFFFFFFF
    flags = np.array([0 if a is None else KNOWN | ACTIVE if a else KNOWN for a in actives], dtype=np.uint8)
    counted = np.array([a is not None for a in actions], dtype=np.bool_)
    packed["flags"] = flags | np.where(counted, COUNTED, 0) | np.where(np.array(weeklies, dtype=np.bool_), WEEKLY, 0)
    packed["actions"] = [a or 0 for a in actions]
    return places, packed
