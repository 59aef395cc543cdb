"""People in the store: under keyed ids, with what they set themselves kept apart."""

import hmac
from collections.abc import Sequence
from datetime import date
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.records import refuse_newer
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.people import Person, Preferences, normalise

UNSAID: Final = {"opted_out": False, "gone_on": None, "met_in": None, "preferences": Preferences()}
"""What a record of the registry says nothing of: it is kept apart."""
BITS: Final = 80
"""Length of a person id; enough that two people of one organisation never meet (model.md)."""


class RedisPeople:
    """The People port. Ids are HMAC-SHA256 of the alias under the organisation's key."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards, secret: bytes) -> None:
        """Keep the secret of this organisation; it is never stored here."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._shards, self._secret = shards, secret

    def identify(self, alias: str) -> str:
        """Return our id of the person behind an alias."""
        digest = hmac.digest(self._secret, normalise(alias).encode(), "sha256")
        return "p_" + digest[: BITS // 8].hex()

    async def put(self, people: Sequence[Person]) -> None:
        """Store people; whether they opted out is kept apart and not touched."""
        await self._shards.note([p.id for p in people])
        await self._refuse_newer([p.id for p in people])
        async with self._client.pipeline(transaction=False) as pipe:
            for person in people:
                plain = person.model_copy(update=UNSAID)
                pipe.hset(self._keys.people(self._keys.shard_of_person(person.id)), person.id, plain.to_stored())
            await pipe.execute()

    async def _refuse_newer(self, people: Sequence[str]) -> None:
        """Raise NewerRecord where one of these was written by a newer program."""
        by_shard = self._keys.by_shard_of_person(people)
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, together in by_shard.items():
                pipe.hmget(self._keys.people(shard), together)
            refuse_newer(Person, (one for records in await pipe.execute() for one in records))

    async def get(self, person: str) -> Person | None:
        """Return one person."""
        return (await self.some([person])).get(person)

    async def all(self) -> dict[str, Person]:
        """Return everybody by id."""
        people: dict[str, Person] = {}
        for records, opted_out, *apart in await self._everybody():
            out = {member.decode() for member in opted_out}
            said = [dict(zip(flat[::2], flat[1::2], strict=True)) for flat in apart]
            for one in map(Person.from_stored, records):
                own = [held.get(one.id.encode()) for held in said]
                people[one.id] = _with(one, own, is_out=one.id in out)
        return people

    async def _everybody(self) -> list[list[list[bytes]]]:
        """Return what the hashes of each shard hold, with one call a shard: one for each would take four times as long."""
        shards = await self._shards.of_people()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                held = [self._keys.people(shard), self._keys.opted_out(shard), *self._apart(shard)]
                await self._scripts.add(pipe, "read_people", held, [])
            found: list[list[list[bytes]]] = await pipe.execute()
        return found

    def _apart(self, shard: int) -> list[str]:
        """Name the hashes of what people said and chats know, in the order in which `_with` takes them."""
        keys = self._keys
        return [keys.preferences(shard), keys.gone(shard), keys.zones(shard), keys.met(shard)]

    async def some(self, people: Sequence[str]) -> dict[str, Person]:
        """Return these people by id."""
        by_shard = self._keys.by_shard_of_person(people)
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, together in by_shard.items():
                pipe.hmget(self._keys.people(shard), together)
                pipe.smismember(self._keys.opted_out(shard), together)
                for key in self._apart(shard):
                    pipe.hmget(key, together)
            found = await pipe.execute()
        known: dict[str, Person] = {}
        width = len(found) // len(by_shard) if by_shard else 0
        for n, together in enumerate(by_shard.values()):
            columns = found[width * n : width * (n + 1)]
            for person, record, out, *own in zip(together, *columns, strict=True):
                if record is not None:
                    known[person] = _with(Person.from_stored(record), own, is_out=bool(out))
        return known

    async def prefer(self, person: str, preferences: Preferences) -> None:
        """Remember what somebody set for themselves."""
        await self._shards.note([person])
        shard = self._keys.shard_of_person(person)
        held = await self._client.hget(self._keys.preferences(shard), person)
        refuse_newer(Preferences, [None if held is None else to_bytes(held)])
        await self._client.hset(self._keys.preferences(shard), person, preferences.to_stored())

    async def lost(self, person: str, day: date | None) -> None:
        """Remember since when the chat knows nobody of this name; the first such day counts."""
        await self._shards.note([person])
        key = self._keys.gone(self._keys.shard_of_person(person))
        if day is None:
            await self._client.hdel(key, person)
        else:
            await self._client.hsetnx(key, person, day.isoformat())

    async def learn_zone(self, person: str, timezone: str) -> None:
        """Remember the time zone that the chat has for somebody."""
        await self._shards.note([person])
        await self._client.hset(self._keys.zones(self._keys.shard_of_person(person)), person, timezone)

    async def meet(self, person: str, chat: str) -> None:
        """Remember in which chat somebody answered last."""
        await self._shards.note([person])
        await self._client.hset(self._keys.met(self._keys.shard_of_person(person)), person, chat)

    async def opt_out(self, person: str) -> None:
        """Remember that this person wants no messages."""
        await self._shards.note([person])
        await self._client.sadd(self._keys.opted_out(self._keys.shard_of_person(person)), person)

    async def opt_in(self, person: str) -> None:
        """Forget that this person wanted no messages."""
        await self._client.srem(self._keys.opted_out(self._keys.shard_of_person(person)), person)


def _with(person: Person, apart: Sequence[bytes | None], *, is_out: bool) -> Person:
    """Return a person as registry, they themselves and their chats have it."""
    set_by_them, gone, zone, met = apart
    changes: dict[str, object] = {
        "opted_out": is_out,
        "preferences": Preferences() if set_by_them is None else Preferences.from_stored(set_by_them),
        "gone_on": None if gone is None else date.fromisoformat(gone.decode()),
        "met_in": None if met is None else met.decode(),
    }
    if person.timezone is None and zone is not None:
        changes["timezone"] = zone.decode()
    return person.model_copy(update=changes)
