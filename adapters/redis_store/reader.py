"""Read what the store holds of pilots' people: one call for the pilots of a shard, one piece of bytes for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from struct import pack

from adapters.redis_store.axis import Axis
from adapters.redis_store.held import PERSON, Held
from adapters.redis_store.keys import Keys
from adapters.redis_store.roster import SPAN
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.seating import Span
from adapters.redis_store.wire import Client, to_bytes


class Reader:
    """Reads pilots for a fold, for their segments, and for what is to be forgotten."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts) -> None:
        """Share client, key names and scripts."""
        self._client, self._keys, self._scripts = client, keys, scripts

    async def read(self, days: Mapping[int, Sequence[int]], axis: Axis) -> list[Held]:
        """Read pilots with the cells of these days."""
        by_shard: dict[int, list[int]] = defaultdict(list)
        for pilot in days:
            by_shard[self._keys.shard_of_pilot(pilot)].append(pilot)
        bits, rows = axis.bit_epochs, axis.row_epochs
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, pilots in by_shard.items():
                stems = [self._keys.users_stem(shard), self._keys.bits_stem(shard), self._keys.seats_stem(shard)]
                stems += [self._keys.roll_stem(shard), self._keys.hot_stem(shard)]
                wanted = b"".join([pack(f">IH{len(days[p])}H", p, len(days[p]), *days[p]) for p in pilots])
                args: list[str | int | float | bytes] = [*stems, bits[0], bits[-1], rows[0], rows[-1], wanted]
                await self._scripts.add(pipe, "read_fold", [self._keys.folded(shard)], args)
            answers = await pipe.execute()
        return [
            Held.from_parts(pilot, days[pilot], state or b"", parts)
            for pilots, (states, *told) in zip(by_shard.values(), answers, strict=True)
            for pilot, state, parts in zip(pilots, states, told, strict=True)
        ]

    async def away(self, held: Sequence[Held]) -> dict[bytes, list[Span]]:
        """Return when people with seats are known to be away."""
        if not await self._client.hlen(self._keys.away):
            return {}
        names = sorted({name for one in held for name in one.seats["actor"].tolist()})
        if not names:
            return {}
        whole = [name.ljust(PERSON["actor"].itemsize, b"\0") for name in names]
        told = await self._client.hmget(self._keys.away, whole)
        return {
            n: [Span(*s) for s in SPAN.iter_unpack(to_bytes(spans))]
            for n, spans in zip(names, told, strict=True)
            if spans
        }
