"""Pilots about which something changed since they were last looked at, so that a look need not read all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import redis.asyncio as redis

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards


class RedisTouched:
    """The Touched port: a sorted set for each shard, scored by a sequence that only grows."""

    def __init__(self, client: redis.Redis, keys: Keys, scripts: Scripts, pilots: Numbers, shards: Shards) -> None:
        """Share the pilots' numbers."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._pilots, self._shards = pilots, shards

    async def note(self, pilots: Sequence[str]) -> None:
        """Remember that something about these pilots changed; call it after the change."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for pilot in set(pilots):
            number = await self._pilots.of(pilot)
            if number is not None:
                by_shard[self._keys.shard_of_pilot(number)].append(number)
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, numbers in sorted(by_shard.items()):
                await self._scripts.add(pipe, "touch", self._places(shard), list(numbers))
            await pipe.execute()

    async def read(self) -> dict[str, int]:
        """Return each pilot that changed with its mark, the place of its last change in its shard's sequence."""
        names = {number: name for name, number in (await self._pilots.all()).items()}
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in await self._shards.of_pilots():
                pipe.zrange(self._keys.touched(shard), 0, -1, withscores=True)
            found = await pipe.execute()
        # A number without a name is of a load that was cut off: it has no pilot yet.
        return {names[int(n)]: int(mark) for members in found for n, mark in members if int(n) in names}

    async def looked_at(self, marks: Mapping[str, int]) -> None:
        """Forget these pilots, but for those that changed again after their mark was read."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for pilot, mark in marks.items():
            number = await self._pilots.of(pilot)
            if number is not None:
                by_shard[self._keys.shard_of_pilot(number)] += [number, mark]
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, pairs in sorted(by_shard.items()):
                await self._scripts.add(pipe, "looked", [self._keys.touched(shard)], list(pairs))
            await pipe.execute()

    def _places(self, shard: int) -> list[str]:
        return [self._keys.touched(shard), self._keys.touches(shard)]
