"""The registry: a record for each pilot under its number."""

from collections.abc import Sequence

import redis.asyncio as redis

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import CHUNK, Numbers
from adapters.redis_store.touched import RedisTouched
from bot.domain.pilot import Pilot
from bot.intake import PutCounts


class RedisPilots:
    """The Pilots port. A number without a record (a load cut off between) is no pilot yet."""

    def __init__(self, client: redis.Redis, keys: Keys, numbers: Numbers, touched: RedisTouched) -> None:
        """Share the pilots' numbers with the other ports, and note what changed."""
        self._client, self._keys, self._numbers, self._touched = client, keys, numbers, touched

    async def put(self, pilots: Sequence[Pilot]) -> PutCounts:
        """Store pilots and count what that changed."""
        counts = PutCounts()
        numbers = await self._numbers.allot([p.id for p in pilots])
        for start in range(0, len(pilots), CHUNK):
            part = pilots[start : start + CHUNK]
            places = [self._keys.pilot(numbers[p.id]) for p in part]
            before = await self._records(places)
            documents = [p.to_stored().encode() for p in part]
            async with self._client.pipeline(transaction=False) as pipe:
                for place, document in zip(places, documents, strict=True):
                    pipe.hset(place, "doc", document)
                await pipe.execute()
            new = sum(b is None for b in before)
            moved = [p.id for p, b, d in zip(part, before, documents, strict=True) if b != d]
            same = len(part) - len(moved)
            await self._touched.note(moved)
            counts += PutCounts(new, len(part) - new - same, same)
        return counts

    async def get(self, pilot_id: str) -> Pilot | None:
        """Return one pilot."""
        number = await self._numbers.of(pilot_id)
        if number is None:
            return None
        document = (await self._records([self._keys.pilot(number)]))[0]
        return None if document is None else Pilot.from_stored(document)

    async def all(self) -> list[Pilot]:
        """Return every pilot, sorted by id."""
        return await self._of(list((await self._numbers.all()).values()))

    async def some(self, ids: Sequence[str]) -> list[Pilot]:
        """Return these pilots, sorted by id."""
        numbers = await self._numbers.some(ids)
        return await self._of(list(numbers.values()))

    async def _of(self, numbers: Sequence[int]) -> list[Pilot]:
        places = [self._keys.pilot(n) for n in numbers]
        found: list[Pilot] = []
        for start in range(0, len(places), CHUNK):
            documents = await self._records(places[start : start + CHUNK])
            found += [Pilot.from_stored(d) for d in documents if d is not None]
        return sorted(found, key=lambda p: p.id)

    async def ids(self) -> set[str]:
        """Return the ids of every pilot with a record."""
        return {p.id for p in await self.all()}

    async def _records(self, places: Sequence[str]) -> list[bytes | None]:
        async with self._client.pipeline(transaction=False) as pipe:
            for place in places:
                pipe.hget(place, "doc")
            return list(await pipe.execute())
