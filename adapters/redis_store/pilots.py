"""The registry: a record for each pilot under its number."""

from collections.abc import Sequence

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import CHUNK, Numbers
from adapters.redis_store.records import Records
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.touched import RedisTouched
from adapters.redis_store.wire import Client
from bot.domain.pilot import Pilot
from bot.intake import PutCounts


class RedisPilots:
    """The Pilots port. A number without a record (a load cut off between) is no pilot yet."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, numbers: Numbers, touched: RedisTouched) -> None:
        """Share the pilots' numbers with the other ports, and note what changed."""
        self._client, self._keys, self._numbers, self._touched = client, keys, numbers, touched
        self._records = Records(client, keys, scripts)

    async def put(self, pilots: Sequence[Pilot]) -> PutCounts:
        """Store pilots and count what that changed."""
        counts = PutCounts()
        numbers = await self._numbers.allot([p.id for p in pilots])
        for start in range(0, len(pilots), CHUNK):
            part = pilots[start : start + CHUNK]
            before = await self._documents([numbers[p.id] for p in part])
            documents = [p.to_stored().encode() for p in part]
            async with self._client.pipeline(transaction=False) as pipe:
                for one, document in zip(part, documents, strict=True):
                    pipe.hset(self._keys.pilot(numbers[one.id]), "doc", document)
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
        document = (await self._documents([number]))[0]
        return None if document is None else Pilot.from_stored(document)

    async def all(self) -> list[Pilot]:
        """Return every pilot, sorted by id."""
        return await self._of(list((await self._numbers.all()).values()))

    async def some(self, ids: Sequence[str]) -> list[Pilot]:
        """Return these pilots, sorted by id."""
        numbers = await self._numbers.some(ids)
        return await self._of(list(numbers.values()))

    async def _of(self, numbers: Sequence[int]) -> list[Pilot]:
        found = [Pilot.from_stored(d) for d in await self._documents(numbers) if d is not None]
        return sorted(found, key=lambda p: p.id)

    async def ids(self) -> set[str]:
        """Return the ids of every pilot with a record."""
        return {p.id for p in await self.all()}

    async def _documents(self, numbers: Sequence[int]) -> list[bytes | None]:
        return [document for (document,) in await self._records.of(numbers, self._keys.pilot, "doc")]
