"""Beside a newer program: an older one writes over nothing of it, and says why in one sentence."""

import re
from collections.abc import Awaitable, Callable, Mapping

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.ingress import Receiver
from bot.domain.audit import AuditEntry
from bot.domain.entry import Stream
from bot.domain.falls import CommonFalls
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode, OrgState
from bot.domain.telemetry import SourceStatus
from bot.errors import NewerRecord
from bot.ports import Ports

FIRST = re.compile(rb'^\{"v":1')
LATER = b'{"v":2,"hue":"of a later version"'


def named(pilot: str, name: str) -> Pilot:
    """Return a pilot of another name."""
    return old_pilot(pilot).model_copy(update={"name": name})


async def turn(ports: Ports) -> None:
    """Turn the switch, as somebody does who read it first."""
    state = await ports.settings.read()
    entry = AuditEntry(at=ports.clock.now(), who="test", what="turned")
    await ports.settings.write(OrgState(mode=Mode.PAUSED, revision=state.revision), entry)


WRITERS: Mapping[str, tuple[str, str, Callable[[Ports], Awaitable[object]]]] = {
    "pilot": ("pilot", "doc", lambda ports: ports.pilots.put([old_pilot("a"), named("b", "Another name")])),
    "source": ("sources", "chat", lambda ports: ports.sources.put(SourceStatus(source="chat", lag_days=9))),
    "common": ("common", "", lambda ports: ports.sources.keep_common(CommonFalls())),
    "switch": ("switch", "doc", turn),
}
"""Who writes over each kind of stored record: what its key holds, its field, and how."""


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation with a record of each of these kinds."""
    one = world_of(store)
    await one.register(old_pilot("a"), old_pilot("b"))
    await one.ports.sources.put(SourceStatus(source="chat"))
    await one.ports.sources.keep_common(CommonFalls())
    await one.live()
    return one


def key_of(store: RedisStore, kind: str) -> str:
    """Return the key of a kind of record; of pilots the second one's."""
    keys = store.keys
    return {"pilot": keys.pilot(1), "sources": keys.sources, "common": keys.common, "switch": keys.org}[kind]


async def held(store: RedisStore, key: str, field: str) -> bytes:
    """Return what is stored."""
    found = await (store.client.hget(key, field) if field else store.client.get(key))
    assert found is not None
    return bytes(found)


async def make_newer(store: RedisStore, key: str, field: str) -> bytes:
    """Store what is there as a later version would; returns that."""
    after = FIRST.sub(LATER, await held(store, key, field))
    assert after.startswith(LATER)
    await (store.client.hset(key, field, after) if field else store.client.set(key, after))
    return after


@pytest.mark.parametrize("kind", WRITERS)
async def test_what_a_newer_program_wrote_is_not_written_over(world: World, kind: str) -> None:
    """Put over a record of a later version, each kind is refused by the sentence, and stays byte for byte."""
    name, field, write = WRITERS[kind]
    await write(world.ports)
    key = key_of(world.store, name)
    before = await make_newer(world.store, key, field)
    with pytest.raises(NewerRecord, match="newer Stickshaker; install that version"):
        await write(world.ports)
    assert await held(world.store, key, field) == before


async def test_a_refused_load_changes_no_pilot(world: World) -> None:
    """Of many pilots put at once, none is stored when one of them was written by a newer program."""
    await make_newer(world.store, world.store.keys.pilot(1), "doc")
    before = await held(world.store, world.store.keys.pilot(0), "doc")
    with pytest.raises(NewerRecord):
        await world.ports.pilots.put([named("a", "New words"), old_pilot("b")])
    assert await held(world.store, world.store.keys.pilot(0), "doc") == before


async def test_a_damaged_record_may_be_mended_by_a_load(world: World) -> None:
    """What is no record of any version is written over, as before."""
    key = world.store.keys.pilot(0)
    await world.store.client.hset(key, "doc", "{half of a reco")
    assert (await world.ports.pilots.put([old_pilot("a")])).changed == 1
    assert await world.ports.pilots.get("a") == old_pilot("a")


async def test_of_the_same_pilot_twice_the_last_one_holds(world: World) -> None:
    """Put twice in one call, also when the last one is what was stored, a pilot is as the last one says."""
    await world.ports.pilots.put([named("a", "Between"), old_pilot("a")])
    assert await world.ports.pilots.get("a") == old_pilot("a")
    await world.ports.pilots.put([old_pilot("a"), named("a", "Last")])
    assert await world.ports.pilots.get("a") == named("a", "Last")


async def test_an_entry_of_a_stream_waits_for_the_newer_program(world: World) -> None:
    """What a data team sent is not given up because an older program can't take it in: it stays, and has no reject."""
    await make_newer(world.store, world.store.keys.pilot(1), "doc")
    stream = world.store.keys.ingress(Stream.REGISTRY)
    await world.store.client.xadd(stream, {"pilot": named("b", "As sent").to_stored()})
    with pytest.raises(NewerRecord):
        await Receiver(world.ports).take_in()
    assert await world.ports.ingress.waiting(Stream.REGISTRY) == 1
    assert not await world.store.client.exists(world.store.keys.rejects)
