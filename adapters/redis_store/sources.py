"""What is known of each source of usage."""

import redis.asyncio as redis

from adapters.redis_store.keys import Keys
from bot.domain.telemetry import SourceStatus


class RedisSources:
    """The Sources port."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        """Keep all statuses in one hash: there are few."""
        self._client, self._keys = client, keys

    async def put(self, status: SourceStatus) -> None:
        """Store a status; the newest day never moves back."""
        stored = await self._client.hget(self._keys.sources, status.source)
        if stored is not None:
            days = [d for d in (SourceStatus.from_stored(stored).newest_day, status.newest_day) if d]
            status = status.model_copy(update={"newest_day": max(days, default=None)})
        await self._client.hset(self._keys.sources, status.source, status.to_stored())

    async def all(self) -> list[SourceStatus]:
        """Return every status, sorted by source."""
        stored = await self._client.hgetall(self._keys.sources)
        return sorted((SourceStatus.from_stored(s) for s in stored.values()), key=lambda s: s.source)
