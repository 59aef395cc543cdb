"""Records as they are stored: hashes of many pilots, read a shard at a time, and versions that we must not write over.

A command for each hash would cost ten times as much.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import CHUNK
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client
from bot.domain.record import KNOWN, Record

CALLS: Final = 32
"""Calls of a script in one pipeline; bounds what is in memory at a time."""

OURS: Final = f'{{"v":{KNOWN},'.encode()
"""What a record of this version begins with."""


def refuse_newer(kind: type[Record], stored: Iterable[bytes | None]) -> None:
    """Raise NewerRecord where one of these was written by a newer program, whose fields we would lose.

    Call it with what is stored before anything is written over it; what is damaged may be written over.
    """
    for text in stored:
        if text is not None and not text.startswith(OURS):
            with suppress(ValidationError):
                kind.from_stored(text)


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
