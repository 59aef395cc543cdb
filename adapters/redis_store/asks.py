"""Asks in the store: on the shard of whoever is asked, moved by compare-and-set like a case."""

from collections.abc import Sequence

from adapters.redis_store.audit import to_stored
from adapters.redis_store.keys import Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_bytes, to_text
from bot.domain.ask import Ask
from bot.domain.audit import AuditEntry
from bot.errors import Conflict
from bot.ports import StoredAsk


class RedisAsks:
    """The Asks port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts, self._shards = client, keys, scripts, shards

    async def some(self, asks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredAsk]:
        """Return the latest Ask of each person and thing that ever had one."""
        wanted = sorted(set(asks))
        async with self._client.pipeline(transaction=False) as pipe:
            for person, thing in wanted:
                pipe.hmget(self._keys.ask(person, thing), ["rev", "doc"])
            found = await pipe.execute()
        return {
            one: StoredAsk(Ask.from_stored(to_bytes(document)), int(to_text(revision)))
            for one, (revision, document) in zip(wanted, found, strict=True)
            if document is not None
        }

    async def save(self, ask: Ask, *, expected: int, entry: AuditEntry) -> int:
        """Store an Ask and its audit entry in one step."""
        await self._shards.note([ask.person])
        thing, shard = ask.thing.key, self._keys.shard_of_person(ask.person)
        keys = [self._keys.ask(ask.person, thing), self._keys.past_asks(ask.person, thing), self._keys.letters(shard)]
        args: list[str | int | float | bytes] = [expected, ask.ordinal, ask.to_stored(), to_stored(entry)]
        revision = int(await self._scripts.run("save_ask", keys, args))
        if revision < 0:
            msg = "The Ask was moved by somebody else meanwhile; read it again."
            raise Conflict(msg)
        return revision
