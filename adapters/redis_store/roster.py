"""Who has access to which pilot, over time, who is in which group of a vendor, and who is away: under pseudonyms."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from struct import Struct
from typing import Final

from adapters.redis_store.cells import day_number
from adapters.redis_store.codec import FIRST_DAY
from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.fact import ACTOR_BYTES, Away, Seat
from bot.intake import PutCounts

SPAN: Final = Struct(">HH")
"""First day with access and first day without, since 1970; away: first and last day."""
BEGINNING, EVER = 0, 0xFFFF
CHUNK: Final = 500
GROUPS_KEPT: Final = timedelta(days=91)
"""Groups that no source has told for so long are forgotten."""


class RedisRoster:
    """The Roster port. Seats live with their pilot; each actor's pilots are kept beside, for who is away."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, pilots: Numbers, sources: Numbers) -> None:
        """Share the numbers of pilots and sources."""
        self._client, self._keys, self._scripts = client, keys, scripts
        self._pilots, self._sources = pilots, sources

    async def put(self, seats: Sequence[Seat], *, source: str, whole_on: date | None = None) -> PutCounts:
        """Store seats; with `whole_on` they are all seats of the source on that day, and others end with it.

        Of a whole roster a seat without a beginning begins with it, but in the first one of a pilot it
        was there from the beginning. A whole roster older than one known already ends nothing. Raises
        NotFound for a pilot without a number.
        """
        numbers = await self._pilots.known([s.pilot for s in seats])
        told = (await self._sources.allot([source]))[source]
        by_pilot: dict[int, list[bytes]] = defaultdict(list)
        for seat in seats:
            by_pilot[numbers[seat.pilot]].append(seat.actor + _span(seat))
        if whole_on is not None:
            for member in await self._client.smembers(self._keys.rosters(told)):
                by_pilot.setdefault(int(member), [])
        await self._index(by_pilot, told)
        on = "" if whole_on is None else day_number(whole_on)
        counts = PutCounts()
        ordered = sorted(by_pilot.items())
        for start in range(0, len(ordered), CHUNK):
            async with self._client.pipeline(transaction=False) as pipe:
                for number, packed in ordered[start : start + CHUNK]:
                    args: list[str | int | float | bytes] = [number, told.to_bytes(2), on, b"".join(packed)]
                    cleared = self._keys.cleared(self._keys.shard_of_pilot(number))
                    await self._scripts.add(pipe, "put_seats", [*self._places(number), cleared], args)
                counts = sum((PutCounts(*answer) for answer in await pipe.execute()), counts)
        return counts

    async def seats(self, source: str, pilots: Sequence[str]) -> list[Seat]:
        """Return every span of access to these pilots by a source; unknown pilots have none."""
        number = await self._sources.of(source)
        known = await self._pilots.some(pilots)
        if number is None or not known:
            return []
        async with self._client.pipeline(transaction=False) as pipe:
            for place in known.values():
                pipe.hgetall(self._keys.seats(place))
            found = await pipe.execute()
        ending = number.to_bytes(2)
        return [
            Seat(pilot, source, field[:ACTOR_BYTES], _day(since), _day(until))
            for pilot, fields in zip(known, found, strict=True)
            for field, spans in fields.items()
            if len(field) == ACTOR_BYTES + len(ending) and field.endswith(ending)
            for since, until in SPAN.iter_unpack(spans)
        ]

    async def put_groups(self, source: str, groups: Mapping[bytes, Sequence[str]], *, whole: bool) -> None:
        """Store in which groups of a source each actor is; with `whole` nobody else is in any."""
        key = self._keys.groups((await self._sources.allot([source]))[source])
        gone = [actor for actor in await self._client.hkeys(key) if actor not in groups] if whole else []
        told = [(actor, json.dumps(sorted(set(names)))) for actor, names in groups.items()]
        async with self._client.pipeline(transaction=False) as pipe:
            for start in range(0, len(told), CHUNK):
                pipe.hset(key, mapping=dict(told[start : start + CHUNK]))
            for start in range(0, len(gone), CHUNK):
                pipe.hdel(key, *gone[start : start + CHUNK])
            pipe.expire(key, GROUPS_KEPT)
            await pipe.execute()

    async def groups(self, source: str, actors: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
        """Return the groups of these actors in a source; those in none are left out."""
        number = await self._sources.of(source)
        if number is None:
            return {}
        found: dict[bytes, tuple[str, ...]] = {}
        for start in range(0, len(actors), CHUNK):
            part = list(actors[start : start + CHUNK])
            told = await self._client.hmget(self._keys.groups(number), part)
            found |= {actor: tuple(json.loads(t)) for actor, t in zip(part, told, strict=True) if t}
        return {actor: names for actor, names in found.items() if names}

    async def put_away(self, spans: Sequence[Away]) -> PutCounts:
        """Store days on which people are known to be away; their pilots are told by the next fold."""
        counts = PutCounts()
        for start in range(0, len(spans), CHUNK):
            args: list[str | int | float | bytes] = []
            for one in spans[start : start + CHUNK]:
                args += [one.actor, SPAN.pack(day_number(one.first), day_number(one.last))]
            new, same = await self._scripts.run("put_away", [self._keys.away, self._keys.away_changed], args)
            counts += PutCounts(new=new, unchanged=same)
        return counts

    async def spread_away(self) -> None:
        """Let the next fold count the pilots of everybody whose days away changed; may be cut off anywhere."""
        stored = await self._client.hgetall(self._keys.away_changed)
        if not stored:
            return
        changed = {to_bytes(actor): to_bytes(day) for actor, day in stored.items()}
        actors = sorted(changed)
        async with self._client.pipeline(transaction=False) as pipe:
            for actor in actors:
                pipe.hkeys(self._keys.seated(actor))
            found = await pipe.execute()
        async with self._client.pipeline(transaction=False) as pipe:
            for actor, fields in zip(actors, found, strict=True):
                for number in (int.from_bytes(f[ACTOR_BYTES:]) for f in fields if f.startswith(actor)):
                    await self._scripts.add(pipe, "mark_seats", self._places(number), [number, int(changed[actor])])
            await pipe.execute()
        for actor in actors:
            # Only if nobody noted an earlier day meanwhile.
            await self._scripts.run("shorten", [self._keys.away_changed], [actor, changed[actor], ""])

    async def _index(self, by_pilot: Mapping[int, Sequence[bytes]], source: int) -> None:
        """Remember, before a seat is written, where to find it: from its source and from its actor."""
        if not by_pilot:
            return
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.sadd(self._keys.rosters(source), *sorted(by_pilot))
            for number, packed in by_pilot.items():
                for one in packed:
                    actor = one[:ACTOR_BYTES]
                    pipe.hset(self._keys.seated(actor), actor + number.to_bytes(4), "")
            await pipe.execute()

    def _places(self, number: int) -> list[str]:
        shard = self._keys.shard_of_pilot(number)
        return [self._keys.seats(number), self._keys.dirty(shard), self._keys.writes(shard)]


def _day(number: int) -> date | None:
    return None if number in {BEGINNING, EVER} else FIRST_DAY + timedelta(days=number)


def _span(seat: Seat) -> bytes:
    since = BEGINNING if seat.since is None else day_number(seat.since)
    return SPAN.pack(since, EVER if seat.until is None else day_number(seat.until))
