"""Pilots about which something changed since they were last looked at, so that a look need not read all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.records import Records
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, Pipe
from bot.domain.pilot import Pilot


class RedisTouched:
    """The Touched port: a sorted set for each shard, scored by a sequence that only grows."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, pilots: Numbers, shards: Shards) -> None:
        """Share the pilots' numbers."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._pilots, self._shards, self._records = pilots, shards, Records(client, keys, scripts)

    async def note(self, pilots: Sequence[str]) -> None:
        """Remember that something about these pilots changed; call it after the change."""
        numbers = await self._pilots.some(sorted(set(pilots)))
        async with self._client.pipeline(transaction=False) as pipe:
            await self.mark(pipe, numbers.values())
            await pipe.execute()

    async def mark(self, pipe: Pipe, numbers: Iterable[int]) -> None:
        """Put what `note` does into the pipeline of the change itself, behind it."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            by_shard[self._keys.shard_of_pilot(number)].append(number)
        for shard, together in sorted(by_shard.items()):
            places = [self._keys.touched(shard), self._keys.touches(shard)]
            await self._scripts.add(pipe, "touch", places, list(together))

    async def read(self) -> dict[str, int]:
        """Return each pilot that changed with its mark, the place of its last change in its shard's sequence."""
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in await self._shards.of_pilots():
                pipe.zrange(self._keys.touched(shard), 0, -1, withscores=True)
            found = await pipe.execute()
        marks = {int(number): int(mark) for members in found for number, mark in members}
        names = await self._names(list(marks))
        # A number without a record is of a load that was cut off: it's no pilot yet.
        return {names[number]: mark for number, mark in marks.items() if number in names}

    async def _names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the ids of pilots by their records: far fewer changed than there are."""
        records = await self._records.of(numbers, self._keys.pilot, "doc")
        return {n: Pilot.from_stored(r).id for n, (r,) in zip(numbers, records, strict=True) if r is not None}

    async def looked_at(self, marks: Mapping[str, int]) -> None:
        """Forget these pilots, but for those that changed again after their mark was read."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for pilot, number in (await self._pilots.some(sorted(marks))).items():
            by_shard[self._keys.shard_of_pilot(number)] += [number, marks[pilot]]
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, pairs in sorted(by_shard.items()):
                await self._scripts.add(pipe, "looked", [self._keys.touched(shard)], list(pairs))
            await pipe.execute()
