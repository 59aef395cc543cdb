"""Deliveries in the store: each a hash on its recipient's shard, moved by one script a step."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from adapters.redis_store.audit import to_stored
from adapters.redis_store.keys import Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.wire import Client, add_mget, to_text
from bot.domain.audit import AuditEntry
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Role, Window, role_of
from bot.outgoing import Claim, Limits, Standing

MOMENTS: Final = {
    "made": "made_at",
    "due": "due_at",
    "claimed": "claimed_at",
    "looked": "looked_at",
    "settled": "settled_at",
}
PLAIN: Final = {
    "id": "id",
    "recipient": "recipient",
    "state": "state",
    "attempt": "attempt",
    "token": "token",
    "message": "message",
    "ref": "ref",
    "reason": "reason",
    "day": "local_day",
}
"""Fields of the hash that are read as they are, with their names in the record."""

REFUNDED: Final = frozenset({DeliveryState.DEAD, DeliveryState.DROPPED})
"""Ends of a claimed send in which the chat definitely took nothing."""


class RedisOutbox:
    """The Outbox port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, shards: Shards) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts, self._shards = client, keys, scripts, shards

    async def accept(self, outreach: Outreach, due_at: datetime) -> str:
        """Put outreach into a delivery and return the delivery's id."""
        person, shard = outreach.recipient, self._keys.shard_of_person(outreach.recipient)
        await self._shards.note([person])
        fresh = Delivery.identify(outreach)
        entry = _entry(outreach.decided_at, "delivery queued", fresh)
        found = await self._scripts.run(
            "accept",
            [
                self._keys.outreach(person, outreach.id),
                self._keys.open(person, outreach.role),
                self._keys.deliveries(shard),
                self._keys.due(shard),
                self._keys.letters(shard),
            ],
            [
                self._keys.delivery_stem(person),
                fresh,
                outreach.id,
                outreach.to_stored(),
                person,
                to_ms(outreach.decided_at),
                to_ms(due_at),
                entry,
            ],
        )
        return to_text(found)

    async def due(self, now: datetime) -> list[Delivery]:
        """Return deliveries whose time has come, worst first."""
        members = await self.waiting(to_ms(now))
        return sorted(await self.read(members), key=lambda d: (-d.severity, d.id))

    async def waiting(self, until: int | str) -> list[str]:
        """Return the members `person delivery` whose next action is due until a moment in ms, or `+inf`."""
        shards = await self._shards.of_people()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.zrangebyscore(self._keys.due(shard), "-inf", until)
            return [to_text(m) for found in await pipe.execute() for m in found]

    async def handed_out(self, deliveries: Sequence[Delivery], until: datetime) -> None:
        """Leave these out of `due` until then; the time in the record stays."""
        async with self._client.pipeline(transaction=False) as pipe:
            for one in deliveries:
                due = self._keys.due(self._keys.shard_of_person(one.recipient))
                pipe.zadd(due, {f"{one.recipient} {one.id}": to_ms(until)}, xx=True)
            await pipe.execute()

    async def get(self, recipient: str, delivery: str) -> Delivery | None:
        """Return one delivery."""
        found = await self.some([(recipient, delivery)])
        return found[0] if found else None

    async def some(self, letters: Sequence[tuple[str, str]]) -> list[Delivery]:
        """Return these deliveries, in this order."""
        return await self.read([f"{recipient} {delivery}" for recipient, delivery in letters])

    async def holding(self, outreach: Sequence[tuple[str, str]]) -> dict[str, Delivery]:
        """Return the delivery that holds each outreach, by its id."""
        by_shard: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for recipient, one in outreach:
            by_shard[self._keys.shard_of_person(recipient)].append((recipient, one))
        async with self._client.pipeline(transaction=False) as pipe:
            for together in by_shard.values():
                add_mget(pipe, [self._keys.outreach(recipient, one) for recipient, one in together])
            answers = [delivery for found in await pipe.execute() for delivery in found]
        asked = [pair for together in by_shard.values() for pair in together]
        member_of = {
            one: f"{recipient} {to_text(delivery)}"
            for (recipient, one), delivery in zip(asked, answers, strict=True)
            if delivery is not None
        }
        deliveries = {f"{d.recipient} {d.id}": d for d in await self.read(sorted(set(member_of.values())))}
        return {one: deliveries[member] for one, member in member_of.items() if member in deliveries}

    async def of(self, recipient: str) -> list[Delivery]:
        """Return the deliveries of one person, oldest first."""
        shard = self._keys.shard_of_person(recipient)
        members = [to_text(m) for m in await self._client.zrange(self._keys.deliveries(shard), 0, -1)]
        return await self.read([m for m in members if m.startswith(f"{recipient} ")])

    async def queued(self) -> list[Delivery]:
        """Return every queued delivery, by recipient and age."""
        # Whatever is queued has a time at which it is due.
        waiting = await self.read(await self.waiting("+inf"))
        return sorted((d for d in waiting if d.state is DeliveryState.QUEUED), key=_by_age)

    async def all(self) -> list[Delivery]:
        """Return every delivery kept, by recipient and age."""
        shards = await self._shards.of_people()
        async with self._client.pipeline(transaction=False) as pipe:
            for shard in shards:
                pipe.zrange(self._keys.deliveries(shard), 0, -1)
            members = [to_text(m) for found in await pipe.execute() for m in found]
        return sorted(await self.read(members), key=_by_age)

    async def withdraw(
        self, recipient: str, delivery: str, outreach: Sequence[str], reason: str, now: datetime
    ) -> None:
        """Take outreach out of a queued delivery."""
        shard = self._keys.shard_of_person(recipient)
        keys = [
            self._keys.delivery(recipient, delivery),
            self._keys.due(shard),
            self._keys.open(recipient, role_of(delivery)),
            self._keys.letters(shard),
        ]
        entry = _entry(now, "outreach withdrawn", delivery, reason)
        await self._scripts.run("withdraw", keys, [reason, to_ms(now), entry, *outreach])

    async def claim(
        self,
        delivery: Delivery,
        *,
        now: datetime,
        token: str,
        message: str,
        window: Window,
        look_at: datetime,
        limits: Limits,
    ) -> Claim:
        """Become the one who sends, or learn why not."""
        keys = [
            *self._held(delivery)[:2],
            self._keys.budget(delivery.recipient),
            self._keys.local_day(delivery.recipient, limits.local_day),
            self._keys.mode(self._keys.shard_of_person(delivery.recipient)),
            self._keys.open(delivery.recipient, delivery.role),
            self._keys.letters(self._keys.shard_of_person(delivery.recipient)),
        ]
        answer = await self._scripts.run(
            "claim",
            keys,
            [
                token,
                to_ms(now),
                to_ms(look_at),
                to_ms(window.opens_at),
                to_ms(window.closes_at),
                limits.per_week,
                limits.in_role,
                int(limits.min_gap.total_seconds() * 1000),
                message,
                _entry(now, "delivery claimed", delivery.id),
                limits.local_day,
                *(o.id for o in delivery.active),
            ],
        )
        return Claim(to_text(answer))

    async def settle(
        self, delivery: Delivery, *, token: str, state: DeliveryState, now: datetime, ref: str = "", reason: str = ""
    ) -> bool:
        """Record how a claimed send ended."""
        entry = _entry(now, f"delivery {state.value}", delivery.id, reason)
        refund = int(state in REFUNDED)
        stuck = self._keys.stuck(self._keys.shard_of_person(delivery.recipient))
        keys = [*self._held(delivery), *await self._day_and_trail(delivery), stuck]
        return bool(
            await self._scripts.run("settle", keys, [token, state.value, to_ms(now), ref, reason, refund, entry])
        )

    async def look_again(self, delivery: Delivery, *, token: str, now: datetime, due_at: datetime) -> bool:
        """Look into a claimed send once more at another time."""
        keys = self._held(delivery)[:2]
        return bool(await self._scripts.run("look_again", keys, [token, to_ms(now), to_ms(due_at)]))

    async def requeue(self, delivery: Delivery, *, token: str, due_at: datetime, reason: str) -> bool:
        """Put a claimed delivery back and refund it."""
        entry = _entry(due_at, "delivery queued again", delivery.id, reason)
        keys = [*self._held(delivery), *await self._day_and_trail(delivery)]
        return bool(await self._scripts.run("requeue", keys, [token, to_ms(due_at), reason, entry]))

    async def postpone(self, delivery: Delivery, due_at: datetime) -> None:
        """Move the time of a queued delivery."""
        await self._scripts.run("postpone", self._held(delivery)[:2], [to_ms(due_at)])

    async def standing(self, people: Sequence[str], since: datetime) -> dict[str, Standing]:
        """Return how much each of these people got, and whether anything is queued for them."""
        by_shard = self._keys.by_shard_of_person(people)
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, together in by_shard.items():
                await self._scripts.add(pipe, "read_claims", [self._keys.budget(p) for p in together], [to_ms(since)])
                pipe.zrange(self._keys.due(shard), 0, -1)
            found = await pipe.execute()
        wanted = [p for together in by_shard.values() for p in together]
        claims = dict(zip(wanted, (pairs for of_shard in found[::2] for pairs in of_shard), strict=True))
        # Whatever is queued has a time at which it is due.
        members = {to_text(m) for due in found[1::2] for m in due}
        waiting = await self.read(sorted(m for m in members if m.split(" ")[0] in claims))
        queued: dict[str, set[Role]] = defaultdict(set)
        for one in waiting:
            if one.state is DeliveryState.QUEUED and one.active:
                queued[one.recipient].add(one.role)
        return {p: Standing(_claims(pairs), frozenset(queued[p])) for p, pairs in claims.items()}

    async def reserve(self, day: date, outreach: str, limit: int) -> bool:
        """Take a place in the day's ramp."""
        return bool(await self._scripts.run("reserve", [self._keys.quota(day.isoformat())], [outreach, limit]))

    async def forget_text(self, recipient: str, delivery: str) -> None:
        """Delete the text of a delivery."""
        await self._client.hdel(self._keys.delivery(recipient, delivery), "message")

    async def forget(self, outreach: Sequence[tuple[str, str]], after: timedelta) -> None:
        """Let what outreach was mapped to expire."""
        async with self._client.pipeline(transaction=False) as pipe:
            for recipient, one in outreach:
                pipe.expire(self._keys.outreach(recipient, one), after)
            await pipe.execute()

    def _held(self, delivery: Delivery) -> list[str]:
        """Return the keys of delivery, due index and budget."""
        shard = self._keys.shard_of_person(delivery.recipient)
        return [
            self._keys.delivery(delivery.recipient, delivery.id),
            self._keys.due(shard),
            self._keys.budget(delivery.recipient),
        ]

    async def _day_and_trail(self, delivery: Delivery) -> list[str]:
        """Return the keys of the local day that the delivery took, as its claim wrote it, and of the trail."""
        day = delivery.local_day
        if day is None:  # read before its claim
            found = await self._client.hget(self._keys.delivery(delivery.recipient, delivery.id), "day")
            day = "none" if found is None else to_text(found)
        shard = self._keys.shard_of_person(delivery.recipient)
        return [self._keys.local_day(delivery.recipient, day), self._keys.letters(shard)]

    async def read(self, members: Sequence[str]) -> list[Delivery]:
        """Read deliveries by their index members `person delivery`."""
        async with self._client.pipeline(transaction=False) as pipe:
            for member in members:
                person, delivery = member.split(" ")
                pipe.hgetall(self._keys.delivery(person, delivery))
            found = [from_hash(fields) for fields in await pipe.execute()]
        return [d for d in found if d is not None]


def _claims(pairs: Sequence[bytes]) -> dict[str, datetime]:
    """Read deliveries and the moments of their claims, one after the other."""
    return {to_text(one): from_ms(int(at)) for one, at in zip(pairs[::2], pairs[1::2], strict=True)}


def from_hash(fields: dict[bytes, bytes]) -> Delivery | None:
    """Read a delivery from its hash; None when there is none."""
    if not fields:
        return None
    text = {name.decode(): value.decode() for name, value in fields.items()}
    outreach = [Outreach.from_stored(v) for k, v in text.items() if k.startswith("o:")]
    moments = {name: from_ms(int(text[key])) for key, name in MOMENTS.items() if text.get(key)}
    kept = {name: text[key] for key, name in PLAIN.items() if text.get(key)}
    withdrawn = {k.removeprefix("w:"): v for k, v in text.items() if k.startswith("w:")}
    return Delivery.model_validate(kept | moments | {"outreach": outreach, "withdrawn": withdrawn})


def _by_age(delivery: Delivery) -> tuple[str, datetime, str]:
    return delivery.recipient, delivery.made_at, delivery.id


def to_ms(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_ms(moment: int) -> datetime:
    """Return the moment of milliseconds since 1970, aware UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC)


def _entry(at: datetime, what: str, delivery: str, why: str = "") -> str:
    return to_stored(AuditEntry(at=at, who="stickshaker", what=what, after=delivery, why=why))
