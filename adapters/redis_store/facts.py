"""Person-level use under pseudonyms: cells while they may be restated, then a bit for each day, then rows of pilots."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import Numbered, day_number, groups_of
from adapters.redis_store.fold import Fold
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.reader import Reader
from adapters.redis_store.retention import Retention
from adapters.redis_store.roster import RedisRoster
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.segmenting import segments_of
from adapters.redis_store.wire import Client
from bot.domain.fact import Cell, Partition
from bot.intake import FoldReport, PutCounts
from bot.metrics.people import MONTH, Segments

BLOB_CELLS: Final = 200
"""Cells in one call of the script; more only where a pilot-day of a partition has more."""
CALLS: Final = 200
"""Calls in one round trip."""


class RedisFacts:
    """The Facts port."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        scripts: Scripts,
        pilots: Numbers,
        sources: Numbers,
        surfaces: Numbers,
        roster: RedisRoster,
    ) -> None:
        """Share the numbers of pilots and sources, and look after those of surfaces."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._pilots, self._sources, self._surfaces = pilots, sources, surfaces
        self._roster = roster

    async def put(self, cells: Sequence[Cell], *, today: date, whole: Partition | None = None) -> PutCounts:
        """Take in cells; raises NotFound for a pilot without a number, ValueError for a cell outside `whole`."""
        numbers = Numbered(
            pilots=await self._pilots.known([*{c.pilot for c in cells}, *(whole.pilots if whole else ())]),
            sources=await self._sources.allot([*{c.source for c in cells}, *([whole.source] if whole else ())]),
            surfaces=await self._surfaces.allot(list({c.surface for c in cells})),
        )
        calls = self._calls(groups_of(cells, numbers, day_number(today), whole))
        counts = PutCounts()
        for start in range(0, len(calls), CALLS):
            async with self._client.pipeline(transaction=False) as pipe:
                for shard, blob in calls[start : start + CALLS]:
                    stems = [self._keys.hot_stem(shard), self._keys.roll_stem(shard)]
                    places = [self._keys.dirty(shard), self._keys.writes(shard)]
                    await self._scripts.add(pipe, "put_cells", places, [*stems, blob])
                counts = sum((PutCounts(*answer) for answer in await pipe.execute()), counts)
        return counts

    async def fold(self, today: date) -> FoldReport:
        """Turn what changed since the last fold into rows of pilots."""
        await self._roster.spread_away()
        return await Fold(self._client, self._keys, self._scripts, self._sources, today).run()

    async def forget(self, today: date) -> int:
        """Delete what is past its time; what was used and by whom beyond that is in rows of pilots only."""
        return await Retention(self._client, self._keys, self._scripts, today).run()

    async def segments(self, pilot: str, today: date) -> Segments | None:
        """Say how many people use a pilot how; None where fewer than five do or have a seat, or it isn't known."""
        number = await self._pilots.of(pilot)
        if number is None:
            return None
        last = day_number(today)
        axis = Axis.of(last, last, last, last)
        month = range(last - MONTH + 1, last + 1)
        return segments_of((await Reader(self._client, self._keys, self._scripts).read({number: month}, axis))[0], axis)

    def _calls(self, groups: Sequence[tuple[int, int, bytes]]) -> list[tuple[int, bytes]]:
        """Join groups of one shard into blobs of about as many cells as one call takes."""
        by_shard: dict[int, list[tuple[int, bytes]]] = {}
        for pilot, count, group in groups:
            by_shard.setdefault(self._keys.shard_of_pilot(pilot), []).append((count, group))
        calls: list[tuple[int, bytes]] = []
        for shard, found in by_shard.items():
            part: list[bytes] = []
            size = 0
            for count, group in found:
                part.append(group)
                size += count + 1
                if size >= BLOB_CELLS:
                    calls.append((shard, b"".join(part)))
                    part, size = [], 0
            if part:
                calls.append((shard, b"".join(part)))
        return calls
