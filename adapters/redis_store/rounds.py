"""Rounds of the jobs in the store: a key for each one taken, and how the last of each job went."""

import json
from datetime import UTC, datetime, timedelta

from adapters.redis_store.keys import Keys
from adapters.redis_store.wire import Client, to_bytes, to_text
from bot.ports import Round


class RedisRounds:
    """The Rounds port."""

    def __init__(self, client: Client, keys: Keys) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys = client, keys

    async def claim(self, job: str, start: datetime, life: timedelta) -> bool:
        """Take a round; True for one caller only."""
        key = self._keys.round(job, int(start.timestamp() * 1000))
        return bool(await self._client.set(key, 1, nx=True, ex=life))

    async def ended(self, job: str, last: Round) -> None:
        """Remember how the last round of a job went."""
        told = {"ended": last.ended_at.timestamp(), "took": last.took.total_seconds()}
        await self._client.hset(self._keys.rounds, job, json.dumps(told))

    async def last(self) -> dict[str, Round]:
        """Return the last round of each job."""
        found = await self._client.hgetall(self._keys.rounds)
        return {to_text(job): _from_json(to_bytes(told)) for job, told in found.items()}


def _from_json(told: bytes) -> Round:
    values = json.loads(told)
    return Round(datetime.fromtimestamp(values["ended"], UTC), timedelta(seconds=values["took"]))
