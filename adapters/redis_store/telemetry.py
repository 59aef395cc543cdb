"""Daily usage as rollup rows: one block for each shard and epoch, read whole."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, timedelta
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.codec import (
    EPOCH_DAYS,
    FIRST_DAY,
    ROW,
    SHARDS,
    block_bytes,
    day_of,
    epoch_of,
    from_row,
    offset_of,
    to_rows,
)
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.stored_window import StoredWindow
from adapters.redis_store.wire import Client, add_mget, to_bytes, to_text
from bot.domain.telemetry import UsageDay, UsageWindow
from bot.intake import PutCounts

Records = NDArray[np.void]
Words = NDArray[np.uint64]
"""Rows as plain numbers, three for each: copied far faster."""
RUN = Struct(">IHII")
"""Before rows that stand side by side: pilot, epoch, offset in its block, length."""
CALL_ROWS = 2000
"""Rows in one call of the script that writes them."""
SHARDS_AT_ONCE = 16
"""Shards whose blocks are read in one round trip."""
FEW = 4
"""Of a block of which less than one in so many pilots is wanted, only those are read."""


class RedisTelemetry:
    """The Telemetry port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, pilots: Numbers, sources: Numbers) -> None:
        """Share the numbers of pilots, and look after those of sources."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._pilots, self._sources = pilots, sources

    async def put(self, rows: Sequence[UsageDay]) -> PutCounts:
        """Write the rows that differ and note their pilots; raises NotFound for a pilot without a number.

        A pilot-day that was counted from people is left as it is, and counts as unchanged.
        """
        if not rows:
            return PutCounts()
        numbers = await self._pilots.known({r.pilot for r in rows})
        sources = await self._sources.allot(list({r.source for r in rows}))
        of_day = {day: (day - FIRST_DAY).days for day in {r.day for r in rows}}
        pilots, days = np.array([numbers[r.pilot] for r in rows]), np.array([of_day[r.day] for r in rows])
        runs = _runs(pilots, days, to_rows(rows, sources))
        whole = block_bytes(await self._client.hlen(self._keys.pilots))
        # The days first and by themselves, so that no row is ever without its day.
        await self._client.zadd(self._keys.days, {str(day): day for day in of_day.values()})
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, blob in _calls(runs):
                places = [self._keys.touched(shard), self._keys.touches(shard)]
                await self._scripts.add(pipe, "put_rows", places, [self._keys.roll_stem(shard), whole, blob])
            counts = await pipe.execute()
        return sum((PutCounts(*told) for told in counts), PutCounts())

    async def extent(self) -> tuple[date, date] | None:
        """Return the first and last day with any row."""
        first = await self._client.zrange(self._keys.days, 0, 0)
        last = await self._client.zrange(self._keys.days, -1, -1)
        return (_day(first[0]), _day(last[0])) if first and last else None

    async def window(self, pilots: Sequence[str], first: date, last: date) -> UsageWindow:
        """Return the figures of these pilots; pilots without rows are unknown throughout."""
        names = {number: name for name, number in (await self._sources.all()).items()}
        known = await self._pilots.some(pilots)
        numbers = np.array([known.get(pilot, -1) for pilot in pilots], dtype=np.int64)
        rows = np.zeros((len(pilots), (last - first).days + 1), dtype=ROW)
        by_shard = np.argsort(np.where(numbers >= 0, numbers % SHARDS, -1), kind="stable")
        by_shard = by_shard[np.count_nonzero(numbers < 0) :]
        shards, starts = np.unique(numbers[by_shard] % SHARDS, return_index=True)
        wanted = dict(zip(shards.tolist(), np.split(by_shard, starts[1:]), strict=False))
        epochs = range(epoch_of(first)[0], epoch_of(last)[0] + 1)
        for start in range(0, len(shards), SHARDS_AT_ONCE):
            part = {shard: wanted[shard] for shard in shards[start : start + SHARDS_AT_ONCE].tolist()}
            for shard, blocks in (
                await self._blocks({s: numbers[p] // SHARDS for s, p in part.items()}, epochs)
            ).items():
                for epoch, block in zip(epochs, blocks, strict=True):
                    _fill(rows, block, part[shard], (day_of(epoch, 0) - first).days)
        return StoredWindow.over(first, tuple(pilots), tuple(names[n] for n in sorted(names)), rows)

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

    async def _blocks(self, wanted: Mapping[int, NDArray[np.int64]], epochs: range) -> dict[int, list[Words]]:
        """Return for each shard and epoch the rows of its wanted pilots, given as their places in a block, as words."""
        pilots = await self._client.hlen(self._keys.pilots)
        few = {shard for shard, places in wanted.items() if len(places) * FEW * SHARDS < pilots}
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, places in wanted.items():
                keys = [self._keys.roll(shard, epoch) for epoch in epochs]
                if shard in few:
                    await self._scripts.add(pipe, "read_rows", keys, places.tolist())
                else:
                    add_mget(pipe, keys)
            found = await pipe.execute()
        return {
            shard: [_rows_at(raw or b"", np.arange(len(places)) if shard in few else places) for raw in raws]
            for (shard, places), raws in zip(wanted.items(), found, strict=True)
        }


def _day(member: object) -> date:
    """Return the day of a member of the index of days."""
    return FIRST_DAY + timedelta(days=int(to_text(member)))


def _runs(pilots: NDArray[np.int64], days: NDArray[np.int64], rows: Records) -> list[tuple[int, int, bytes]]:
    """Join rows of days side by side, the last one of a pilot-day; returns shard, number of rows, and bytes of each run."""
    order = np.lexsort((days, pilots))
    pilots, days = pilots[order], days[order]
    is_last = np.append((pilots[1:] != pilots[:-1]) | (days[1:] != days[:-1]), True)
    pilots, days, raw = pilots[is_last], days[is_last], rows[order[is_last]].tobytes()
    cuts = (pilots[1:] != pilots[:-1]) | (days[1:] != days[:-1] + 1) | (days[1:] % EPOCH_DAYS == 0)
    starts = np.flatnonzero(np.append(True, cuts))
    stops = np.append(starts[1:], pilots.size)
    found = []
    for pilot, day, start, stop in zip(
        pilots[starts].tolist(), days[starts].tolist(), starts.tolist(), stops.tolist(), strict=True
    ):
        size = (stop - start) * ROW.itemsize
        head = RUN.pack(pilot, day // EPOCH_DAYS, offset_of(pilot, day % EPOCH_DAYS), size)
        found.append((pilot % SHARDS, stop - start, head + raw[start * ROW.itemsize : stop * ROW.itemsize]))
    return found


def _calls(runs: Sequence[tuple[int, int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Join runs of one shard into calls of about as many rows as one takes."""
    by_shard: dict[int, list[bytes]] = defaultdict(list)
    sizes: dict[int, int] = defaultdict(int)
    for shard, count, run in runs:
        by_shard[shard].append(run)
        sizes[shard] += count
        if sizes[shard] >= CALL_ROWS:
            yield shard, b"".join(by_shard.pop(shard))
            del sizes[shard]
    for shard, rest in by_shard.items():
        yield shard, b"".join(rest)


def _rows_at(raw: bytes, places: NDArray[np.int64]) -> Words:
    """Return the rows of pilots at these places of a block, a line of words for each; missing ones are zeros."""
    line = EPOCH_DAYS * ROW.itemsize
    least = (int(places.max()) + 1) * line
    whole = (
        raw if len(raw) >= least and len(raw) % line == 0 else raw.ljust(max(least, -(-len(raw) // line) * line), b"\0")
    )
    block = np.frombuffer(whole, dtype=np.uint64).reshape(-1, line // 8)
    step = int(places[1] - places[0]) if len(places) > 1 else 1
    if step > 0 and (np.diff(places) == step).all():
        return block[int(places[0]) : int(places[-1]) + 1 : step]
    return block[places]


def _fill(rows: Records, block: Words, places: NDArray[np.int64], shift: int) -> None:
    """Copy a block's days into these places of the rows; `shift` is the column of the block's first day."""
    begin, end = max(0, -shift), min(EPOCH_DAYS, rows.shape[1] - shift)
    words = ROW.itemsize // 8
    plain = rows.view(np.uint64)
    plain[places, (shift + begin) * words : (shift + end) * words] = block[:, begin * words : end * words]
