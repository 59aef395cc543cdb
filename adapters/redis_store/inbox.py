"""Replies in the store: the record of a reply is also the record that it was said."""

from datetime import timedelta
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.outbox import to_ms
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_text
from bot.domain.reply import NeedsFirst, Object, Reply

FORGOTTEN: Final = "(deleted)"
KEPT: Final = timedelta(days=90)
"""How long a reply stays as the record of duplicates (model.md)."""


class RedisInbox:
    """The Inbox port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts, self._shards = client, keys, scripts, shards

    async def receive(self, reply: Reply) -> bool:
        """Store a reply once."""
        await self._shards.note([reply.person])
        shard = self._keys.shard_of_person(reply.person)
        keys = [self._keys.reply(reply.person, reply.key), self._keys.inbox(shard)]
        member = f"{reply.person} {reply.key}"
        seconds = int(KEPT.total_seconds())
        return bool(
            await self._scripts.run("receive", keys, [reply.to_stored(), member, to_ms(reply.received_at), seconds])
        )

    async def waiting(self) -> list[Reply]:
        """Return replies not yet applied, oldest first."""
        shards = await self._shards.of_people()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.zrange(self._keys.inbox(shard), 0, -1)
            members = [to_text(m).split(" ", 1) for found in await pipe.execute() for m in found]
        async with self._client.pipeline(transaction=False) as pipe:
            for person, key in members:
                pipe.hget(self._keys.reply(person, key), "doc")
            replies = [Reply.from_stored(doc) for doc in await pipe.execute() if doc is not None]
        return sorted(replies, key=lambda r: (r.received_at, r.key))

    async def forget_words(self, person: str, key: str) -> None:
        """Delete what a person wrote in an answer to an Ask."""
        found = await self._client.hget(self._keys.reply(person, key), "doc")
        reply = None if found is None else Reply.from_stored(found)
        if reply is not None and isinstance(reply.answer, Object | NeedsFirst):
            words = {"words": None} if isinstance(reply.answer, Object) else {"what": FORGOTTEN}
            bare = reply.model_copy(update={"answer": reply.answer.model_copy(update=words)})
            await self._client.hset(self._keys.reply(person, key), "doc", bare.to_stored())

    async def applied(self, reply: Reply, note: str) -> None:
        """Mark a reply as worked off; the note first, so that it is never off the list without one."""
        shard = self._keys.shard_of_person(reply.person)
        await self._client.hset(self._keys.reply(reply.person, reply.key), "note", note)
        await self._client.zrem(self._keys.inbox(shard), f"{reply.person} {reply.key}")

    async def note(self, reply: Reply) -> str | None:
        """Return what became of a reply."""
        return await self.note_of(reply.person, reply.key)

    async def note_of(self, person: str, key: str) -> str | None:
        """Return what became of a person's reply of this key."""
        found = await self._client.hget(self._keys.reply(person, key), "note")
        return None if found is None else to_text(found)
