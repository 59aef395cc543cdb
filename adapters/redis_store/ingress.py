"""The streams that data teams write into, and the one of what could not be taken.

They are read by a consumer group, without waiting for what may come: a blocking read that outlasts the
socket's timeout fails in redis-py. One group and one consumer for all processes: who is at work is told
by how long the first entry in hand has been so.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from struct import Struct
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.outbox import to_ms
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import FAULTS, Client, to_bytes
from bot.domain.entry import LARGEST_ENTRY, Stream
from bot.errors import StoreUnavailable
from bot.intake import Entry, Handout, Refusal

GROUP: Final = "stickshaker"
"""The consumer group, and the only consumer in it."""
TIME: Final = timedelta(seconds=60)
"""How long a reader has for what it was handed out; then it counts as dead, and another one gets it."""
MOST_ENTRIES: Final = 4000
MOST_BYTES: Final = 2 * 1024 * 1024
"""What is handed out at once, but for the last entry, which may be larger."""
MOST_REJECTS: Final = 10_000
KEPT: Final = timedelta(days=30)
"""How many rejects are kept, and for how long."""
REJECTS_AT_ONCE: Final = 500

HEAD: Final = Struct(">II")
LENGTH: Final = Struct(">I")
"""How the script packs entries: bytes and number of names and contents, and the length of each text."""


class RedisIngress:
    """The Ingress port."""

    def __init__(
        self, client: Client, keys: Keys, scripts: Scripts, *, time: timedelta = TIME, most: int = MOST_ENTRIES
    ) -> None:
        """Keep what is needed; all state is in the store. `time` and `most` entries are what a reader has at once."""
        self._client, self._keys, self._scripts, self._time, self._most = client, keys, scripts, time, most

    async def read(self, stream: Stream) -> Handout:
        """Return the next entries of a stream."""
        most: list[str | int | float | bytes] = [self._most, MOST_BYTES, LARGEST_ENTRY]
        args = [GROUP, GROUP, int(self._time.total_seconds() * 1000), *most]
        state, packed = await self._scripts.run("hand_out", [self._keys.ingress(stream)], args)
        return Handout(tuple(_entries(to_bytes(packed))), is_again=state == b"again", is_busy=state == b"busy")

    async def done(self, stream: Stream, entries: Sequence[str]) -> None:
        """Acknowledge and delete entries in one step."""
        if entries:
            await self._scripts.run("taken_in", [self._keys.ingress(stream)], [GROUP, *entries])

    async def refuse(self, refusals: Sequence[Refusal], *, at: datetime, again: bool) -> None:
        """Write rejects, those of one entry in one step."""
        for part in _parts(refusals):
            args: list[str | int | float | bytes] = [int(again), MOST_REJECTS, int(KEPT.total_seconds())]
            for one in part:
                args += [at.isoformat(timespec="seconds"), one.stream, one.entry, one.place, one.field, one.reason]
            await self._scripts.run("refuse", [self._keys.rejects], args)

    async def waiting(self, stream: Stream) -> int:
        """Return how many entries of a stream are not done yet: what is done is deleted."""
        return int(await self._client.xlen(self._keys.ingress(stream)))

    async def expire(self, now: datetime) -> None:
        """Delete rejects that are past their time."""
        await self._client.xtrim(self._keys.rejects, minid=to_ms(now - KEPT), approximate=False)

    def is_at_fault(self, fault: Exception) -> bool:
        """Whether the store is at fault, or there is no memory left: each entry is as good as before."""
        return isinstance(fault, (*FAULTS, StoreUnavailable, OSError, MemoryError))


def _entries(packed: bytes) -> Iterator[Entry]:
    """Take apart what the script packed: one answer of many entries is read far quicker than many answers."""
    at = 0
    while at < len(packed):
        size, count = HEAD.unpack_from(packed, at)
        at += HEAD.size
        parts = []
        for _ in range(1 + count):
            (length,) = LENGTH.unpack_from(packed, at)
            parts.append(packed[at + LENGTH.size : at + LENGTH.size + length])
            at += LENGTH.size + length
        name, fields = parts[0].decode(), tuple(zip(parts[1::2], parts[2::2], strict=True))
        yield Entry(name, size, fields or None)


def _parts(refusals: Sequence[Refusal]) -> Iterator[list[Refusal]]:
    """Cut rejects into parts of some hundreds, never between two of one entry."""
    part: list[Refusal] = []
    for _, group in groupby(refusals, key=lambda one: (one.stream, one.entry)):
        part += group
        if len(part) >= REJECTS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part
