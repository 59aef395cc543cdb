"""The fold: what changed since the last one is read, counted and written back under a guard, a batch at a time."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import KEPT_DAYS, day_number
from adapters.redis_store.codec import EPOCH_DAYS, FOLDED, ROW, block_bytes
from adapters.redis_store.fold_piece import USERS_SECONDS, Dirty, to_piece
from adapters.redis_store.fold_state import FoldState
from adapters.redis_store.held import Held
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.reader import Reader
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.tally import Folded, Sources, tally
from adapters.redis_store.wire import Client
from bot.domain.telemetry import SourceStatus
from bot.intake import FoldReport
from bot.metrics.people import MONTH, SEASON_DAYS

BATCH: Final = 256
"""Pilots counted together."""
AT_ONCE: Final = 2
TRIES: Final = 3
"""How often a pilot that changed while it was counted is counted again in one fold."""
SEATS: Final = b"seats"


class Fold:
    """One fold as of a day."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, sources: Numbers, today: date) -> None:
        """Share client, key names and numbers."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._shards, self._reader = Shards(client, keys), Reader(client, keys, scripts)
        self._source_numbers = sources
        self._today = day_number(today)

    async def run(self) -> FoldReport:
        """Fold everything that is dirty; a pilot that keeps changing meanwhile is left for the next fold."""
        declared = (await self._sources()).newest
        behind = await self._behind()
        report = FoldReport()
        for _ in range(TRIES):
            dirty = await self._dirty()
            for pilot in behind:
                dirty.setdefault(pilot, Dirty())
            done = await self._batches(dirty)
            left = {n: d for n, d in dirty.items() if n not in done}
            report = FoldReport(
                report.pilot_days + sum(len(dirty[n].days) for n in done), report.rows + sum(done.values())
            )
            behind = [n for n in behind if n in left]
            if not left:
                break
        report = replace(report, left=sum(len(d.days) for d in left.values()))
        if declared and not behind:
            await self._client.hset(self._keys.reached, mapping={str(n): day for n, day in declared.items()})
        return report

    async def _batches(self, dirty: Mapping[int, Dirty]) -> dict[int, int]:
        """Count pilots, those with alike days and those of a shard together; returns the stored ones with their rows."""
        ordered = sorted(dirty, key=lambda n: (self._reach(dirty[n]), self._keys.shard_of_pilot(n), n))
        parts = iter([ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)])
        done: dict[int, int] = {}

        async def work() -> None:
            for part in parts:
                done.update(await self._batch({n: dirty[n] for n in part}))

        # While the server works for one batch, another is counted here.
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return done

    async def _dirty(self) -> dict[int, Dirty]:
        shards = await self._shards.of_pilots()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.zrange(self._keys.dirty(shard), 0, -1, withscores=True)
            found = await pipe.execute()
        dirty: dict[int, Dirty] = defaultdict(Dirty)
        for member, score in (pair for members in found for pair in members):
            pilot, _, what = member.partition(b":")
            if what == SEATS:
                dirty[int(pilot)].seats = int(score)
            else:
                dirty[int(pilot)].days[int(what)] = int(score)
        return dirty

    async def _behind(self) -> list[int]:
        """Return pilots with several sources of which one has declared days since that nothing else would tell of."""
        stored = await self._client.hgetall(self._keys.reached)
        reached = {int(number): int(day) for number, day in stored.items()}
        fresh = {n: day for n, day in (await self._sources()).newest.items() if day > reached.get(n, 0)}
        if not fresh:
            return []
        shards = await self._shards.of_pilots()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.smembers(self._keys.several(shard))
            members = await pipe.execute()
        several = [(shard, sorted(found)) for shard, found in zip(shards, members, strict=True) if found]
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, pilots in several:
                pipe.hmget(self._keys.folded(shard), pilots)
            states = await pipe.execute()
        return [
            int(pilot)
            for (_, pilots), found in zip(several, states, strict=True)
            for pilot, state in zip(pilots, found, strict=True)
            if any(fresh.get(s, 0) > feed.through for s, feed in FoldState.from_bytes(state).feeds.items())
        ]

    def _reach(self, dirty: Dirty) -> int:
        """Return the first day that a pilot's figures rest on, so that pilots with alike days are counted together."""
        days = [*dirty.days, *([self._today - KEPT_DAYS] if dirty.seats is not None or not dirty.days else [])]
        return min(days) - SEASON_DAYS + 1

    async def _sources(self) -> Sources:
        names = {number: name for name, number in (await self._source_numbers.all()).items()}
        stored = await self._client.hgetall(self._keys.sources)
        newest = {
            status.source: day_number(status.newest_day)
            for status in map(SourceStatus.from_stored, stored.values())
            if status.newest_day is not None
        }
        return Sources(names, {number: newest[name] for number, name in names.items() if name in newest})

    async def _batch(self, dirty: Mapping[int, Dirty]) -> dict[int, int]:
        kept = self._today - KEPT_DAYS
        earliest = min(self._reach(d) for d in dirty.values())
        newest = max(max(d.days, default=0) for d in dirty.values())
        days = {n: sorted(d.days) for n, d in dirty.items()}
        # Of a pilot whose figures rest on kept days only, older rows tell nothing but surfaces.
        rows_from = None if earliest < kept else earliest + SEASON_DAYS - MONTH
        axis = Axis.of(earliest, newest, self._today, rows_from)
        held = await self._reader.read(days, axis)
        further = [one.state.old_from - SEASON_DAYS + 1 for one in held if self._reaches_back(one)]
        if further and min(further) < earliest:
            axis = Axis.of(min(further), newest, self._today)
            held = await self._reader.read(days, axis)
        for one in held:
            one.dirty = frozenset(dirty[one.pilot].days)
        await self._add_old_days(held, axis)
        away = await self._reader.away(held)
        # Asked after the cells were read, so that each of their sources has a name.
        sources = await self._sources()
        return await self._write(tally(held, axis, sources, away), dirty, axis)

    def _reaches_back(self, one: Held) -> bool:
        """Whether seats changed on old days whose cells are still at hand."""
        is_old = one.seats_from is not None and one.seats_from < self._today - KEPT_DAYS
        return is_old and one.state.old_until >= self._today

    async def _add_old_days(self, held: Sequence[Held], axis: Axis) -> None:
        """Read cells that are still at hand of days from before the kept ones, where a history was just taken in."""
        kept = self._today - KEPT_DAYS
        wanted: dict[int, list[int]] = {}
        for one in held:
            if one.state.old_until >= self._today:
                rows = np.frombuffer(one.raw_rows, dtype=ROW)
                folded = np.flatnonzero((rows["flags"] & FOLDED) > 0) + axis.row_epochs[0] * EPOCH_DAYS
                wanted[one.pilot] = [d for d in folded.tolist() if axis.first <= d < kept and d not in one.hot]
        found = {one.pilot: one.hot for one in await self._reader.read(wanted, axis)} if wanted else {}
        for one in held:
            one.hot |= found.get(one.pilot, {})

    async def _write(self, folded: Sequence[Folded], dirty: Mapping[int, Dirty], axis: Axis) -> dict[int, int]:
        by_shard: dict[int, list[Folded]] = defaultdict(list)
        for one in folded:
            by_shard[self._keys.shard_of_pilot(one.held.pilot)].append(one)
        days = {one.days[n] for one in folded for n in one.changed}
        block = block_bytes(await self._client.hlen(self._keys.pilots))
        if days:
            # The days first and by themselves, so that no row is ever without its day.
            await self._client.zadd(self._keys.days, {str(day): day for day in days})
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, part in by_shard.items():
                keys = [self._keys.dirty(shard), self._keys.folded(shard), self._keys.touched(shard)]
                keys += [self._keys.touches(shard), self._keys.several(shard), self._keys.cleared(shard)]
                stems = [self._keys.users_stem(shard), self._keys.bits_stem(shard)]
                stems += [self._keys.roll_stem(shard), self._keys.seats_stem(shard)]
                told = [to_piece(one, dirty[one.held.pilot], axis, block) for one in part]
                await self._scripts.add(pipe, "fold", keys, [*stems, USERS_SECONDS, *told])
            answers = await pipe.execute()
        return {
            one.held.pilot: len(one.changed)
            for part, stored in zip(by_shard.values(), answers, strict=True)
            for one, is_stored in zip(part, stored, strict=True)
            if is_stored
        }
