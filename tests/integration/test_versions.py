"""A store that a newer Stickshaker wrote is refused in one sentence, whatever of it is read first."""

import re
from collections.abc import Awaitable, Callable, Mapping

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.domain.falls import CommonFalls
from bot.domain.outreach import DeliveryState
from bot.domain.reply import OnTrack
from bot.domain.telemetry import SourceStatus
from bot.errors import NewerRecord
from bot.messages.model import Message
from bot.ports import Ports

SENTENCE = r"has version 2, this program knows version 1: it was written by a newer Stickshaker; install that version"
MARK = re.compile(rb'\{"v":1')
NEWER = b'{"v":2,"hue":"of a later version"'


async def messages(ports: Ports) -> None:
    """Read the frozen text of every message."""
    for delivery in await ports.outbox.all():
        if delivery.message:
            Message.from_stored(delivery.message)


READERS: Mapping[str, Callable[[Ports], Awaitable[object]]] = {
    "pilot": lambda ports: ports.pilots.all(),
    "case": lambda ports: ports.cases.all(),
    "people": lambda ports: ports.people.all(),
    "sources": lambda ports: ports.sources.all(),
    "common": lambda ports: ports.sources.common(),
    "switch": lambda ports: ports.settings.read(),
    "in": lambda ports: ports.inbox.waiting(),
    "dlv": lambda ports: ports.outbox.all(),
    "message": messages,
}
"""Who reads each kind of stored record first."""


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation that holds a record of every kind, among them a message that was sent."""
    one = world_of(store)
    await one.register(old_pilot("a"), old_pilot("b", "erin"))
    await one.ports.sources.put(SourceStatus(source="chat"))
    await one.ports.sources.keep_common(CommonFalls())
    await one.live()
    await one.day()
    await one.answer("a", OnTrack(), "k1")
    return one


def kind_of(store: RedisStore, key: bytes, field: bytes) -> str:
    """Name what kind of record a key and field hold."""
    name = key.decode().removeprefix(f"{store.keys.root}:")
    parts = [p for p in name.split(":") if not p.startswith("{")]
    return "message" if field == b"message" else parts[0]


async def records(store: RedisStore) -> dict[str, list[tuple[bytes, bytes]]]:
    """Return where records of each kind are: key and field (empty for a string)."""
    found: dict[str, list[tuple[bytes, bytes]]] = {}
    async for key in store.client.scan_iter(f"{store.keys.root}:*"):
        kind = await store.client.type(key)
        values = {b"": await store.client.get(key)} if kind == b"string" else {}
        values = await store.client.hgetall(key) if kind == b"hash" else values
        for field, value in values.items():
            if value and MARK.match(value):
                found.setdefault(kind_of(store, key, field), []).append((key, field))
    return found


async def rewrite(store: RedisStore, places: list[tuple[bytes, bytes]]) -> None:
    """Store what is there as a later version would: a higher number, and a field nobody here knows."""
    for key, field in places:
        if field:
            value = await store.client.hget(key, field)
            await store.client.hset(key, field, MARK.sub(NEWER, value or b"", count=1))
        else:
            await store.client.set(key, MARK.sub(NEWER, await store.client.get(key) or b"", count=1))


@pytest.mark.parametrize("kind", READERS)
async def test_a_record_of_a_later_version_is_refused(world: World, kind: str) -> None:
    """Read after a downgrade, each kind of record gives the sentence with both versions and the remedy."""
    await READERS[kind](world.ports)
    await rewrite(world.store, (await records(world.store))[kind])
    with pytest.raises(NewerRecord, match=SENTENCE):
        await READERS[kind](world.ports)


async def test_no_kind_of_record_is_left_out(world: World) -> None:
    """What a living store holds as versioned records is just what the tests above look at."""
    assert [d.state for d in await world.ports.outbox.all()] == [DeliveryState.SENT] * 2
    assert set(await records(world.store)) == set(READERS)
