"""How fast the streams of data teams are taken in: `python tests/bench/ingress.py [FACTS] [PILOTS]`.

Beside it: the same facts without streams, read, checked and stored by the same code in one table.
"""

import asyncio
import json
import platform
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from world import World, world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.app.ingest import take_facts
from bot.app.ingress import Receiver
from bot.domain.fact import WireFact
from bot.domain.pilot import Pilot
from bot.domain.table import Row
from bot.domain.wire import read_wire

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PEOPLE = 5003
DAYS = 4


def facts_of(count: int, pilots: int) -> list[str]:
    """Return facts of some thousand people over a few days, as a sender writes them."""
    told = []
    for n in range(count):
        start = date(2026, 3, 2) + timedelta(days=n * DAYS // count)
        person = n % PEOPLE
        fact = {"source": "chat", "user": f"user{person}@n.example", "surface": "chat.web", "actions": n % 17}
        fact |= {"start": str(start), "end": str(start + timedelta(days=1)), "group": f"g{person % pilots}"}
        told.append(json.dumps(fact))
    return told


async def fresh(server: EmbeddedServer, pilots: int) -> World:
    """Return an empty organisation with pilots that take the facts."""
    store = RedisStore(client_of(server), b"a key of the bench")
    await store.client.flushdb()
    world = world_of(store, at=NOW)
    found = [{"id": f"p{n}", "name": "Pilot", "routes": [{"group": f"g{n}"}]} for n in range(pilots)]
    await world.ports.pilots.put([Pilot.model_validate(pilot) for pilot in found])
    return world


async def by_stream(world: World, entries: list[dict[str, str]]) -> float:
    """Send entries and return the seconds in which they are taken in."""
    async with world.store.client.pipeline(transaction=False) as pipe:
        for entry in entries:
            pipe.xadd(world.store.keys.ingress("usage"), entry)  # type: ignore[arg-type]  # str is a field value
        await pipe.execute()
    begin = time.perf_counter()
    taken = await Receiver(world.ports).take_in()
    spent = time.perf_counter() - begin
    assert (taken.entries, taken.rejected) == (len(entries), 0)
    return spent


async def by_table(world: World, facts: list[str]) -> float:
    """Return the seconds in which the facts are taken in as one table."""
    begin = time.perf_counter()
    rows = (Row(n, {}, read_wire(WireFact, fact)) for n, fact in enumerate(facts))
    report = await take_facts(rows, world.ports, print, today=NOW.date())
    assert report.rejected == 0
    return time.perf_counter() - begin


async def run(server: EmbeddedServer, count: int, pilots: int) -> None:
    """Print a line for each size of entry."""
    facts = facts_of(count, pilots)
    print(f"{count:,} facts, {pilots:,} pilots, {DAYS} days; {platform.machine()}, Python {platform.python_version()}")  # noqa: T201  a bench speaks
    world = await fresh(server, pilots)
    bare = await by_table(world, facts)
    print(f"{'one table':>22}: {count / bare:>9,.0f} facts/s")  # noqa: T201  a bench speaks
    await world.store.close()
    for size in (1, 100, 1000):
        parts = [facts[start : start + size] for start in range(0, count, size)]
        entries = [{"fact": p[0]} if size == 1 else {"kind": "fact", "batch": "\n".join(p)} for p in parts]
        world = await fresh(server, pilots)
        spent = await by_stream(world, entries)
        speed = (
            f"{count / spent:>9,.0f} facts/s, {len(entries) / spent:>7,.0f} entries/s, {bare / spent:.2f} x the table"
        )
        print(f"{size:>12} an entry: {speed}")  # noqa: T201  a bench speaks
        await world.store.close()


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]] + [50_000, 100][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as running:
        asyncio.run(run(running, *given))
