"""Which shards hold anything, so that a small organisation isn't asked 256 times."""

from collections.abc import Iterable

from adapters.redis_store.keys import SHARDS, Keys
from adapters.redis_store.wire import Client, to_text


class Shards:
    """Shards of pilots follow from their dense numbers; those of people are noted before they are first written to."""

    def __init__(self, client: Client, keys: Keys) -> None:
        """Remember what this process has noted already."""
        self._client, self._keys = client, keys
        self._noted: set[int] = set()

    async def of_pilots(self) -> range:
        """Return the shards that may hold pilots."""
        return range(min(SHARDS, await self._client.hlen(self._keys.pilots)))

    async def note(self, people: Iterable[str]) -> None:
        """Note the shards of these people; call it before anything of theirs is written."""
        fresh = {self._keys.shard_of_person(p) for p in people} - self._noted
        if fresh:
            await self._client.sadd(self._keys.people_shards, *sorted(fresh))
            self._noted |= fresh

    async def of_people(self) -> list[int]:
        """Return the shards that may hold people, their deliveries and their replies."""
        return sorted(int(to_text(s)) for s in await self._client.smembers(self._keys.people_shards))
