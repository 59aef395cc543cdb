"""Hashes of many pilots, read a shard at a time: a command for each would cost ten times as much."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import CHUNK
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client

CALLS: Final = 32
"""Calls of a script in one pipeline; bounds what is in memory at a time."""


class Records:
    """Reads the same fields of the hashes of many pilots."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts = client, keys, scripts

    async def of(self, numbers: Sequence[int], key: Callable[[int], str], *fields: str) -> list[list[bytes | None]]:
        """Return the values of these fields of the hash `key(number)`, in the order of the numbers."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            by_shard[self._keys.shard_of_pilot(number)].append(number)
        parts = [s[start : start + CHUNK] for s in by_shard.values() for start in range(0, len(s), CHUNK)]
        found: dict[int, list[bytes | None]] = {}
        for start in range(0, len(parts), CALLS):
            together = parts[start : start + CALLS]
            async with self._client.pipeline(transaction=False) as pipe:
                for part in together:
                    await self._scripts.add(pipe, "read_hashes", [key(n) for n in part], list(fields))
                answers = await pipe.execute()
            for part, values in zip(together, answers, strict=True):
                found.update(zip(part, values, strict=True))
        return [found[number] for number in numbers]
