"""What of the outbox waits or is in trouble, counted and listed, and an admin's word on it."""

from collections import Counter

from adapters.redis_store.audit import to_stored
from adapters.redis_store.keys import Keys
from adapters.redis_store.outbox import RedisOutbox, to_ms
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_text
from bot.domain.audit import AuditEntry
from bot.domain.outreach import Delivery, DeliveryState
from bot.outgoing import OutboxLoad

IN_TROUBLE = frozenset({DeliveryState.DEAD, DeliveryState.UNKNOWN})


class RedisDeadLetters:
    """The DeadLetters port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards, outbox: RedisOutbox) -> None:
        """Keep what is needed; deliveries are read by the outbox."""
        self._client, self._keys, self._scripts, self._shards, self._outbox = client, keys, scripts, shards, outbox

    async def load(self) -> OutboxLoad:
        """Count what waits and what is in trouble."""
        waiting = await self._outbox.read(await self._outbox.waiting("+inf"))
        states = Counter(d.state.value for d in [*waiting, *await self.all()])
        return OutboxLoad(
            queued=states["queued"],
            sending=states["sending"],
            unknown=states["unknown"],
            dead=states["dead"],
            oldest_due_at=min((d.due_at for d in waiting), default=None),
        )

    async def all(self) -> list[Delivery]:
        """Return what is dead or unknown, oldest first."""
        shards = await self._shards.of_people()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.zrange(self._keys.stuck(shard), 0, -1)
            members = [to_text(m) for found in await pipe.execute() for m in found]
        found = [d for d in await self._outbox.read(members) if d.state in IN_TROUBLE]
        return sorted(found, key=lambda d: (d.settled_at or d.made_at, d.id))

    async def retry(self, delivery: Delivery, entry: AuditEntry) -> bool:
        """Queue it once more."""
        person, shard = delivery.recipient, self._keys.shard_of_person(delivery.recipient)
        keys = [
            self._keys.delivery(person, delivery.id),
            self._keys.due(shard),
            self._keys.budget(person),
            self._keys.local_day(person, delivery.local_day or "none"),
            self._keys.letters(shard),
            self._keys.stuck(shard),
        ]
        return bool(await self._scripts.run("retry", keys, [to_ms(entry.at), to_stored(entry)]))

    async def drop(self, delivery: Delivery, entry: AuditEntry) -> bool:
        """Give it up for good."""
        person, shard = delivery.recipient, self._keys.shard_of_person(delivery.recipient)
        keys = [
            self._keys.delivery(person, delivery.id),
            self._keys.due(shard),
            self._keys.open(person, delivery.role),
            self._keys.letters(shard),
            self._keys.stuck(shard),
        ]
        return bool(await self._scripts.run("drop", keys, [to_ms(entry.at), entry.why, to_stored(entry)]))
