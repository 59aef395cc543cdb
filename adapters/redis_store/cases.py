"""Cases in the store: one write moves a case, with its pending outreach and its audit entry."""

from collections.abc import Mapping, Sequence

from adapters.redis_store.audit import to_stored
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.records import Records
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_bytes, to_text
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import Outreach
from bot.errors import Conflict, NotFound
from bot.ports import StoredCase


class RedisCases:
    """The Cases port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, pilots: Numbers, shards: Shards) -> None:
        """Share the pilots' numbers."""
        self._client, self._keys, self._scripts, self._pilots = client, keys, scripts, pilots
        self._shards, self._records = shards, Records(client, keys, scripts)

    async def get(self, pilot: str) -> StoredCase | None:
        """Return the latest case of a pilot."""
        number = await self._pilots.of(pilot)
        if number is None:
            return None
        revision, document = await self._client.hmget(self._keys.case(number), ["rev", "doc"])
        return None if document is None else StoredCase(Case.from_stored(to_bytes(document)), int(to_text(revision)))

    async def all(self) -> dict[str, StoredCase]:
        """Return the latest case of each pilot that ever had one."""
        return await self._of(await self._pilots.all())

    async def some(self, pilots: Sequence[str]) -> dict[str, StoredCase]:
        """Return the latest case of each of these pilots that ever had one."""
        return await self._of(await self._pilots.some(pilots))

    async def _of(self, numbers: Mapping[str, int]) -> dict[str, StoredCase]:
        records = await self._records.of(list(numbers.values()), self._keys.case, "rev", "doc")
        return {
            pilot: StoredCase(Case.from_stored(document), int(revision))
            for pilot, (revision, document) in zip(numbers, records, strict=True)
            if document is not None and revision is not None
        }

    async def opened(self) -> list[str]:
        """Return the pilots that have an open case, sorted."""
        shards = await self._shards.of_pilots()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.smembers(self._keys.opened(shard))
            return sorted(to_text(p) for members in await pipe.execute() for p in members)

    async def past(self, pilot: str) -> list[Case]:
        """Return the earlier cases of a pilot, oldest first."""
        number = await self._pilots.of(pilot)
        if number is None:
            return []
        return [Case.from_stored(to_bytes(d)) for d in await self._client.lrange(self._keys.past(number), 0, -1)]

    async def rewrite_past(self, pilot: str, place: int, case: Case) -> None:
        """Replace an earlier case of a pilot."""
        number = await self._pilots.of(pilot)
        if number is not None:
            await self._client.lset(self._keys.past(number), place, case.to_stored())

    async def save(self, case: Case, *, expected: int, outreach: Sequence[Outreach], entry: AuditEntry) -> int:
        """Store case, outreach and entry in one step."""
        number = await self._pilots.of(case.pilot)
        if number is None:
            msg = f"There is no pilot '{case.pilot}' in the registry; load the registry first."
            raise NotFound(msg)
        shard = self._keys.shard_of_pilot(number)
        keys = [
            self._keys.case(number),
            self._keys.past(number),
            self._keys.pending(shard),
            self._keys.audit(shard),
            self._keys.opened(shard),
        ]
        args: list[str | int | float | bytes] = [expected, case.ordinal, case.to_stored(), number, to_stored(entry)]
        args += [case.pilot, int(not case.is_closed)]
        for one in outreach:
            args += [one.id, one.to_stored()]
        revision = int(await self._scripts.run("save_case", keys, args))
        if revision < 0:
            msg = f"The case {case.id} was moved by somebody else meanwhile; read it again."
            raise Conflict(msg)
        return revision

    async def pending(self) -> list[Outreach]:
        """Return outreach that waits to be relayed, worst first."""
        shards = await self._shards.of_pilots()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.smembers(self._keys.pending(shard))
            marked = [int(n) for members in await pipe.execute() for n in members]
        found: list[Outreach] = []
        async with self._client.pipeline(transaction=False) as pipe:
            for number in sorted(marked):
                pipe.hgetall(self._keys.case(number))
            for fields in await pipe.execute():
                found += [Outreach.from_stored(v) for field, v in fields.items() if field.startswith(b"o:")]
        return sorted(found, key=lambda o: (-o.severity, o.id))

    async def relayed(self, outreach: Outreach) -> None:
        """Forget one pending outreach."""
        number = await self._pilots.of(outreach.pilot)
        if number is not None:
            keys = [self._keys.case(number), self._keys.pending(self._keys.shard_of_pilot(number))]
            await self._scripts.run("relayed", keys, [outreach.id, number])
