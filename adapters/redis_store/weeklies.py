"""Weekly messages in the store: a hash for each person, by kind and week, replaced where nobody else was faster."""

from collections.abc import Sequence

from adapters.redis_store.keys import Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client
from bot.domain.weekly import Weekly
from bot.errors import Conflict


class RedisWeeklies:
    """The Weeklies port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts, self._shards = client, keys, scripts, shards

    async def of(self, people: Sequence[str]) -> dict[str, list[Weekly]]:
        """Return what each of these people got or is to get, oldest first."""
        wanted = sorted(set(people))
        async with self._client.pipeline(transaction=False) as pipe:
            for person in wanted:
                pipe.hvals(self._keys.weekly(person))
            found = await pipe.execute()
        read = ([Weekly.from_stored(document) for document in documents] for documents in found)
        return {p: sorted(w, key=lambda one: (one.week, one.kind)) for p, w in zip(wanted, read, strict=True)}

    async def save(self, weekly: Weekly, before: Weekly | None) -> None:
        """Put a message in the place of the one that was read, or of none."""
        await self._shards.note([weekly.person])
        field = f"{weekly.kind.value}:{weekly.week.isoformat()}"
        args: list[str | int | float | bytes] = [field, before.to_stored() if before else "", weekly.to_stored()]
        if not await self._scripts.run("swap", [self._keys.weekly(weekly.person)], args):
            msg = "The weekly message was changed by somebody else meanwhile; read it again."
            raise Conflict(msg)
