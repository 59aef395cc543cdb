"""The registry: a record for each pilot under its number."""

import json
from collections.abc import Mapping, Sequence

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import CHUNK, Numbers
from adapters.redis_store.records import Records, refuse_newer
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.touched import RedisTouched
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.pilot import Pilot
from bot.domain.upkeep import Gap, with_filled
from bot.intake import PutCounts


class RedisPilots:
    """The Pilots port. A number without a record (a load cut off between) is no pilot yet."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, numbers: Numbers, touched: RedisTouched) -> None:
        """Share the pilots' numbers with the other ports, and note what changed."""
        self._client, self._keys, self._numbers, self._touched = client, keys, numbers, touched
        self._scripts, self._records = scripts, Records(client, keys, scripts)

    async def put(self, pilots: Sequence[Pilot]) -> PutCounts:
        """Store pilots and count what that changed; raises NewerRecord, before anything changed, over a newer one."""
        counts = PutCounts()
        numbers = await self._numbers.allot([p.id for p in pilots])
        held = await self._documents([numbers[p.id] for p in pilots])
        refuse_newer(Pilot, held)
        for start in range(0, len(pilots), CHUNK):
            part, before = pilots[start : start + CHUNK], held[start : start + CHUNK]
            documents = [p.to_stored().encode() for p in part]
            places = [numbers[p.id] for p in part]
            await self._swap(dict(zip(places, before, strict=True)), dict(zip(places, documents, strict=True)))
            new = sum(b is None for b in before)
            moved = [p.id for p, b, d in zip(part, before, documents, strict=True) if b != d]
            same = len(part) - len(moved)
            await self._touched.note(moved)
            counts += PutCounts(new, len(part) - new - same, same)
        return counts

    async def _swap(self, before: Mapping[int, bytes | None], after: Mapping[int, bytes]) -> None:
        """Store documents by number over what was read; what somebody else changed meanwhile is read and tried again."""
        left = {n: document for n, document in after.items() if document != before[n]}
        while left:
            async with self._client.pipeline(transaction=False) as pipe:
                for n, document in left.items():
                    await self._scripts.add(pipe, "swap", [self._keys.pilot(n)], ["doc", before[n] or "", document])
                done = await pipe.execute()
            left = {n: document for (n, document), is_stored in zip(left.items(), done, strict=True) if not is_stored}
            before = dict(zip(left, await self._documents(list(left)), strict=True))
            refuse_newer(Pilot, before.values())

    async def get(self, pilot_id: str) -> Pilot | None:
        """Return one pilot."""
        number = await self._numbers.of(pilot_id)
        if number is None:
            return None
        document, filled = await self._client.hmget(self._keys.pilot(number), ["doc", "filled"])
        return None if document is None else _read(to_bytes(document), to_bytes(filled) if filled else None)

    async def all(self) -> list[Pilot]:
        """Return every pilot, sorted by id."""
        return await self._of(list((await self._numbers.all()).values()))

    async def some(self, ids: Sequence[str]) -> list[Pilot]:
        """Return these pilots, sorted by id."""
        numbers = await self._numbers.some(ids)
        return await self._of(list(numbers.values()))

    async def _of(self, numbers: Sequence[int]) -> list[Pilot]:
        records = await self._records.of(numbers, self._keys.pilot, "doc", "filled")
        found = [_read(document, filled) for document, filled in records if document is not None]
        return sorted(found, key=lambda p: p.id)

    async def fill(self, gap: Gap, value: str) -> None:
        """Keep what somebody said in the place of what the registry lacks."""
        number = (await self._numbers.known([gap.pilot]))[gap.pilot]
        is_stored = False
        while not is_stored:
            before = await self._client.hget(self._keys.pilot(number), "filled")
            held = json.loads(before) if before else {}
            after = json.dumps(held | {gap.id: value}, sort_keys=True)
            args: list[str | int | float | bytes] = ["filled", before or "", after]
            is_stored = bool(await self._scripts.run("swap", [self._keys.pilot(number)], args))
        await self._touched.note([gap.pilot])

    async def ids(self) -> set[str]:
        """Return the ids of every pilot with a record."""
        return {p.id for p in await self.all()}

    async def _documents(self, numbers: Sequence[int]) -> list[bytes | None]:
        return [document for (document,) in await self._records.of(numbers, self._keys.pilot, "doc")]


def _read(document: bytes, filled: bytes | None) -> Pilot:
    """Return a pilot as its registry has it, with what people said where that says nothing."""
    pilot = Pilot.from_stored(document)
    return with_filled(pilot, json.loads(filled)) if filled else pilot
