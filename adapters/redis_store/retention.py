"""What is past its time goes: days of people after 90 days, people off the roster, seats and leave of long ago.

Cells and whole epochs of bits expire by themselves; here goes what shares its key with what is kept.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import KEPT_DAYS, day_number
from adapters.redis_store.fold_state import FoldState
from adapters.redis_store.held import Held, day_bits, to_bits
from adapters.redis_store.keys import Keys
from adapters.redis_store.reader import Reader
from adapters.redis_store.roster import SPAN
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.fact import ACTOR_BYTES
from bot.metrics.people import WORD, DayBits

BATCH: Final = 256
EACH_DAYS: Final = 7
"""Days between two clearings of a pilot; what is past its time is masked in every read from its first day on."""
PAST_EPOCHS: Final = 4
"""Epochs of bits before the kept ones that are deleted, should they not have expired."""


class Retention:
    """One clearing as of a day."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, today: date) -> None:
        """Share client and key names."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._reader, self._shards = Reader(client, keys, scripts), Shards(client, keys)
        self._today = day_number(today)

    async def run(self) -> int:
        """Clear what is past its time, each pilot once a week; returns how many keys and entries went."""
        gone = await self._leave()
        pilots = await self._due()
        for start in range(0, len(pilots), BATCH):
            part = pilots[start : start + BATCH]
            gone += await self._past(part)
            gone += await self._people(part)
            async with self._client.pipeline(transaction=False) as pipe:
                for pilot in part:
                    pipe.zadd(self._keys.cleared(self._keys.shard_of_pilot(pilot)), {str(pilot): self._today})
                await pipe.execute()
        return gone

    async def _due(self) -> list[int]:
        """Return pilots with people or seats that were last cleared a week ago or more."""
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in await self._shards.of_pilots():
                pipe.zrangebyscore(self._keys.cleared(shard), 0, self._today - EACH_DAYS)
            found = await pipe.execute()
        return [int(pilot) for pilots in found for pilot in pilots]

    async def _people(self, pilots: Sequence[int]) -> int:
        """Clear the bits of days before the kept ones, and drop people without any who are on no roster."""
        axis = Axis.of(self._today, self._today, self._today, self._today)
        kept = [(held, *self._kept(held, axis)) for held in await self._reader.read(dict.fromkeys(pilots, ()), axis)]
        told = [one for one in kept if not one[1].all() or one[2] != one[0].raw_bits]
        async with self._client.pipeline(transaction=False) as pipe:
            for held, keeps, bits in told:
                keys = [self._keys.folded(self._keys.shard_of_pilot(held.pilot)), self._keys.users(held.pilot)]
                keys += [self._keys.bits(held.pilot, epoch) for epoch in axis.bit_epochs]
                people = held.people[keeps].tobytes()
                args: list[str | int | float | bytes] = [held.pilot, held.raw_state, _next(held.state), people, *bits]
                await self._scripts.add(pipe, "forget", keys, args)
            answers = list(map(int, await pipe.execute()))
        left = [int(np.count_nonzero(~keeps)) for _, keeps, _ in told]
        return sum(people + keys for people, keys in zip(left, answers, strict=True) if keys >= 0)

    def _kept(self, held: Held, axis: Axis) -> "tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], list[bytes]]":
        """Say which people are kept, and what is kept of their bits."""
        sits = set(held.seats["actor"][held.seats["until"] > self._today].tolist())
        keeps = np.array([name in sits for name in held.people["actor"].tolist()], dtype=np.bool_)
        days = day_bits([held], [held.count], axis)
        keeps |= (days.words > 0).any(axis=0)
        return keeps, [bits if bits.strip(b"\0") else b"" for bits in to_bits(DayBits(days.words[:, keeps]), axis)]

    async def _past(self, pilots: Sequence[int]) -> int:
        """Drop epochs of bits and seats that ended before the kept days, and where to find these."""
        kept = self._today - KEPT_DAYS
        past = range(kept // WORD - PAST_EPOCHS, kept // WORD)
        async with self._client.pipeline(transaction=False) as pipe:
            for pilot in pilots:
                keys = [self._keys.seats(pilot), *(self._keys.bits(pilot, epoch) for epoch in past)]
                await self._scripts.add(pipe, "forget_past", keys, [kept])
            found = await pipe.execute()
        gone = [(n, to_bytes(field)) for n, (_, *fields) in zip(pilots, found, strict=True) for field in fields]
        keys_gone = sum(int(count) for count, *_ in found)
        async with self._client.pipeline(transaction=False) as pipe:
            for pilot, field in gone:
                pipe.hdel(self._keys.seated(field), field[:ACTOR_BYTES] + pilot.to_bytes(4))
            await pipe.execute()
        async with self._client.pipeline(transaction=False) as pipe:
            for pilot, _ in gone:
                pipe.hkeys(self._keys.seats(pilot))
            left = await pipe.execute()
        async with self._client.pipeline(transaction=False) as pipe:
            for (pilot, field), fields in zip(gone, left, strict=True):
                # Seats of another source, or given meanwhile, are still to be found.
                if any(len(f) > ACTOR_BYTES and f.startswith(field[:ACTOR_BYTES]) for f in fields):
                    pipe.hset(self._keys.seated(field), field[:ACTOR_BYTES] + pilot.to_bytes(4), "")
            await pipe.execute()
        return keys_gone + len(gone)

    async def _leave(self) -> int:
        """Drop days away that are over since before the kept days."""
        gone = 0
        for actor, spans in (await self._client.hgetall(self._keys.away)).items():
            told = list(SPAN.iter_unpack(to_bytes(spans)))
            kept = [span for span in told if span[1] >= self._today - KEPT_DAYS]
            if len(kept) < len(told):
                fresh = b"".join(SPAN.pack(*span) for span in kept)
                await self._scripts.run("shorten", [self._keys.away], [actor, spans, fresh])
                gone += 1
        return gone


def _next(state: FoldState) -> bytes:
    """Return the state after a write of people, so that a fold that read them before is refused."""
    return state.told({}, (), {}).to_bytes()
