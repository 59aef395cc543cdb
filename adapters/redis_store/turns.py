"""Turns in the store: the record of a turn is also the record that it was done."""

from datetime import datetime, timedelta
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.outbox import to_ms
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_text
from bot.domain.turn import Meant, Settled, Turn

KEPT: Final = timedelta(days=90)
"""How long a turn waits to be answered, whatever keeps us from it."""
KNOWN: Final = timedelta(days=1)
"""How long an answered one stays as the record of duplicates: a chat delivers again for an hour at the most."""
MEANT: Final = timedelta(hours=1)
"""How long we remember what somebody said before they said yes."""
AT_ONCE: Final = 200


class RedisTurns:
    """The Turns port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts = client, keys, scripts

    async def take(self, turn: Turn) -> bool:
        """Store a turn once."""
        keys, seconds = [self._keys.turn(turn.key), self._keys.turns], int(KEPT.total_seconds())
        moment = to_ms(turn.at)
        return bool(await self._scripts.run("receive", keys, [turn.to_stored(), turn.key, moment, seconds]))

    async def is_first(self, key: str) -> bool:
        """Leave the record of duplicates, and nothing else."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hsetnx(self._keys.turn(key), "done", 1)
            pipe.expire(self._keys.turn(key), KNOWN)
            is_new, _ = await pipe.execute()
        return bool(is_new)

    async def due(self, now: datetime) -> list[Turn]:
        """Return turns that wait, the longest waiting first; one whose record is gone is dropped."""
        found = await self._client.zrangebyscore(self._keys.turns, "-inf", to_ms(now), start=0, num=AT_ONCE)
        keys = [to_text(key) for key in found]
        async with self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(self._keys.turn(key), "doc")
            records = await pipe.execute()
        gone = [key for key, record in zip(keys, records, strict=True) if record is None]
        if gone:
            await self._client.zrem(self._keys.turns, *gone)
        return [Turn.from_stored(record) for record in records if record is not None]

    async def hold(self, turn: Turn, now: datetime, until: datetime) -> int:
        """Become the one who answers it."""
        keys = [self._keys.turn(turn.key), self._keys.turns]
        return int(await self._scripts.run("hold", keys, [turn.key, to_ms(now), to_ms(until)]))

    async def later(self, turn: Turn, at: datetime) -> None:
        """Let it wait."""
        await self._client.zadd(self._keys.turns, {turn.key: to_ms(at)}, xx=True)

    async def settle(self, turn: Turn, settled: Settled) -> None:
        """Keep what it led to beside what was done."""
        await self._client.hset(self._keys.turn(turn.key), "led", settled.to_stored())

    async def settled(self, turn: Turn) -> Settled | None:
        """Return what it led to."""
        found = await self._client.hget(self._keys.turn(turn.key), "led")
        return None if found is None else Settled.from_stored(found)

    async def answered(self, turn: Turn) -> None:
        """Forget what was done; off the list last, so that it is never without an answer and off it."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hset(self._keys.turn(turn.key), "done", 1)
            pipe.hdel(self._keys.turn(turn.key), "doc", "led")
            pipe.expire(self._keys.turn(turn.key), KNOWN)
            pipe.zrem(self._keys.turns, turn.key)
            await pipe.execute()

    async def meant(self, person: str) -> Meant | None:
        """Return what waits for a person's yes."""
        found = await self._client.get(self._keys.meant(person))
        return None if found is None else Meant.from_stored(found)

    async def keep_meant(self, person: str, meant: Meant | None) -> None:
        """Keep or drop it."""
        if meant is None:
            await self._client.delete(self._keys.meant(person))
        else:
            await self._client.set(self._keys.meant(person), meant.to_stored(), ex=MEANT)
