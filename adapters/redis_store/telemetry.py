"""Daily usage as rollup rows: one block for each shard and epoch, read whole."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

import numpy as np
import redis.asyncio as redis

from adapters.redis_store.codec import (
    EPOCH_DAYS,
    FIRST_DAY,
    PRESENT,
    ROW,
    SHARDS,
    WEEKLY,
    day_of,
    epoch_of,
    from_row,
    offset_of,
    to_figures,
    to_row,
)
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.wire import to_bytes, to_text
from bot.domain.telemetry import UsageDay, UsageWindow
from bot.errors import NotFound
from bot.intake import PutCounts

FIGURES = {
    "dau": "active",
    "seats": "seats",
    "wau": "active_7d",
    "mau": "active_28d",
    "breadth": "use_cases",
    "actions": "actions",
    "people": "present",
    "new": "new",
    "habitual": "habitual",
}
"""Field of a row -> grid of a window."""
FLAGS_AT = 19
"""Offset of the flags in a row."""


class RedisTelemetry:
    """The Telemetry port."""

    def __init__(self, client: redis.Redis, keys: Keys, pilots: Numbers, sources: Numbers) -> None:
        """Share the numbers of pilots, and look after those of sources."""
        self._client, self._keys, self._pilots, self._sources = client, keys, pilots, sources

    async def put(self, rows: Sequence[UsageDay]) -> PutCounts:
        """Write the rows that differ; raises NotFound for a pilot without a number."""
        latest = {(r.pilot, r.day): r for r in rows}
        numbers = await self._numbers_of({pilot for pilot, _ in latest})
        sources = await self._sources.allot([r.source for r in latest.values()])
        ordered = sorted(latest.values(), key=lambda r: (numbers[r.pilot], r.day))
        runs = _runs([(*self._place(numbers[r.pilot], r.day), to_row(r, sources[r.source])) for r in ordered])
        if not runs:
            return PutCounts()
        async with self._client.pipeline(transaction=False) as pipe:
            for key, offset, fresh in runs:
                pipe.getrange(key, offset, offset + len(fresh) - 1)
            before = await pipe.execute()
        async with self._client.pipeline(transaction=False) as pipe:
            # The days first, so that no row is ever without its day.
            pipe.zadd(self._keys.days, {str(d): d for d in {(r.day - FIRST_DAY).days for r in ordered}})
            for (key, offset, fresh), old in zip(runs, before, strict=True):
                if fresh != old:
                    pipe.setrange(key, offset, fresh)
            await pipe.execute()
        return sum((_counts(fresh, old) for (_, _, fresh), old in zip(runs, before, strict=True)), PutCounts())

    async def extent(self) -> tuple[date, date] | None:
        """Return the first and last day with any row."""
        first = await self._client.zrange(self._keys.days, 0, 0)
        last = await self._client.zrange(self._keys.days, -1, -1)
        return (_day(first[0]), _day(last[0])) if first and last else None

    async def window(self, pilots: Sequence[str], first: date, last: date) -> UsageWindow:
        """Return the figures of these pilots; pilots without rows are unknown throughout."""
        names = {number: name for name, number in (await self._sources.all()).items()}
        sources = tuple(names[n] for n in sorted(names))
        window = UsageWindow.blank(first, tuple(pilots), (last - first).days + 1, sources)
        known = await self._pilots.all()
        by_shard: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, pilot in enumerate(pilots):
            if pilot in known:
                by_shard[self._keys.shard_of_pilot(known[pilot])].append((row, known[pilot] // SHARDS))
        first_epoch, last_epoch = epoch_of(first)[0], epoch_of(last)[0]
        blocks = await self._blocks(sorted(by_shard), range(first_epoch, last_epoch + 1))
        for (shard, epoch), block in blocks.items():
            inside = [(row, slot) for row, slot in by_shard[shard] if slot < block.shape[0]]
            if inside:
                _fill(window, block, inside, (day_of(epoch, 0) - first).days)
        return window

    async def rows(self, pilots: Sequence[str]) -> AsyncIterator[UsageDay]:
        """Iterate over the rows of these pilots, day by day."""
        names = {number: name for name, number in (await self._sources.all()).items()}
        known = await self._pilots.all()
        epochs = await self._epochs()
        for pilot in pilots:
            if pilot not in known:
                continue
            number = known[pilot]
            for epoch in epochs:
                start = offset_of(number, 0)
                key = self._keys.roll(self._keys.shard_of_pilot(number), epoch)
                raw = to_bytes(await self._client.getrange(key, start, start + EPOCH_DAYS * ROW.itemsize - 1))
                for place in range(len(raw) // ROW.itemsize):
                    piece = raw[place * ROW.itemsize : (place + 1) * ROW.itemsize]
                    found = from_row(piece, pilot, day_of(epoch, place), names)
                    if found is not None:
                        yield found

    async def _epochs(self) -> list[int]:
        """Return the epochs with any row, oldest first."""
        days = [_day(d) for d in await self._client.zrange(self._keys.days, 0, -1)]
        return sorted({epoch_of(d)[0] for d in days})

    async def _numbers_of(self, pilots: set[str]) -> dict[str, int]:
        known = await self._pilots.all()
        missing = sorted(pilots - known.keys())
        if missing:
            msg = f"There is no pilot '{missing[0]}' in the registry; load the registry first."
            raise NotFound(msg)
        return {p: known[p] for p in pilots}

    def _place(self, number: int, day: date) -> tuple[str, int]:
        epoch, place = epoch_of(day)
        return self._keys.roll(self._keys.shard_of_pilot(number), epoch), offset_of(number, place)

    async def _blocks(
        self, shards: Sequence[int], epochs: Sequence[int]
    ) -> "dict[tuple[int, int], np.ndarray[tuple[int, int], np.dtype[np.void]]]":
        """Return the blocks of these shards as rows by slot and place; empty ones are left out."""
        wanted = [(shard, epoch) for epoch in epochs for shard in shards]
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, epoch in wanted:
                pipe.get(self._keys.roll(shard, epoch))
            found = await pipe.execute()
        size = EPOCH_DAYS * ROW.itemsize
        blocks = {}
        for place, raw in zip(wanted, found, strict=True):
            if raw:
                whole = raw + bytes(-len(raw) % size)
                blocks[place] = np.frombuffer(whole, dtype=ROW).reshape(-1, EPOCH_DAYS)
        return blocks


def _day(member: object) -> date:
    """Return the day of a member of the index of days."""
    return FIRST_DAY + timedelta(days=int(to_text(member)))


def _runs(places: Sequence[tuple[str, int, bytes]]) -> list[tuple[str, int, bytes]]:
    """Join rows that stand side by side in one block, so that a file by pilot takes few commands."""
    runs: list[tuple[str, int, bytearray]] = []
    for key, offset, row in places:
        if runs and runs[-1][0] == key and runs[-1][1] + len(runs[-1][2]) == offset:
            runs[-1][2].extend(row)
        else:
            runs.append((key, offset, bytearray(row)))
    return [(key, offset, bytes(run)) for key, offset, run in runs]


def _counts(fresh: bytes, old: bytes) -> PutCounts:
    """Count the rows of a run that are new, changed and the same."""
    whole = old.ljust(len(fresh), b"\0")
    new = same = 0
    for start in range(0, len(fresh), ROW.itemsize):
        before = whole[start : start + ROW.itemsize]
        same += before == fresh[start : start + ROW.itemsize]
        new += not before[FLAGS_AT] & PRESENT
    return PutCounts(new, len(fresh) // ROW.itemsize - new - same, same)


def _fill(
    window: UsageWindow,
    block: "np.ndarray[tuple[int, int], np.dtype[np.void]]",
    inside: Sequence[tuple[int, int]],
    shift: int,
) -> None:
    """Copy a block's days into the window; `shift` is the window's column of the block's first day."""
    begin, end = max(0, -shift), min(EPOCH_DAYS, window.days - shift)
    rows, slots = [r for r, _ in inside], [s for _, s in inside]
    piece = block[slots, begin:end]
    span = slice(shift + begin, shift + end)
    for name, grid in FIGURES.items():
        getattr(window, grid)[rows, span] = to_figures(piece, name)
    present = (piece["flags"] & PRESENT) > 0
    window.origin[rows, span] = np.where(present, piece["source"].astype(np.int16), -1)
    window.weekly[rows, span] = present & ((piece["flags"] & WEEKLY) > 0)
