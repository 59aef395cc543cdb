"""How a sweep grows with the organisation: a look at everything, and a look at the 1 % that changed.

    python tests/bench/scale.py [--pilots 1000 10000 100000]

Each organisation has so many pilots with 180 days of use in an embedded store. Figures are wall seconds of the
use case in one process that has just started. The growth shows in microseconds a pilot and in milliseconds a
changed pilot: they fall as long as nothing grows faster than the organisation.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from world import World, world_of

from adapters.redis_store.codec import COMPLETE, EPOCH_DAYS, PRESENT, ROW, SHARDS, day_of, epoch_of
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.app.sweep import sweep
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageDay

DAYS = 180
TODAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
LAST = TODAY.date() - timedelta(days=1)
FIRST = LAST - timedelta(days=DAYS - 1)
SOURCES = 20
CHANGED = 0.01
PILOTS_PER_OWNER = 4
BATCH = 10_000


def pilot(number: int) -> Pilot:
    """Return one pilot of the organisation; one of twenty has outstayed its stage."""
    long_since = number % 20 == 0
    return Pilot(
        id=f"pilot-{number:06}",
        name=f"Pilot {number}",
        owner=f"owner-{number // PILOTS_PER_OWNER}@example.org",
        stage="pilot" if long_since else "production",
        stage_since=date(2025, 6, 1) if long_since else date(2026, 1, 7),
        planned_stage_days=None,
        seats=60,
        country="DE",
        timezone="Europe/Berlin",
    )


async def fill(store: RedisStore, pilots: int) -> None:
    """Store pilots, their owners and their use; the rows are written as blocks, as they lie in the store."""
    everybody = [pilot(n) for n in range(pilots)]
    for start in range(0, pilots, BATCH):
        await store.pilots.put(everybody[start : start + BATCH])
    owners = sorted({p.owner for p in everybody if p.owner})
    await store.people.put([Person(id=store.people.identify(name), name=name) for name in owners])
    names = [f"source-{n}" for n in range(SOURCES)]
    # One row of each source by the usual way gives it its number.
    await store.telemetry.put([UsageDay(pilot=everybody[n].id, day=LAST, source=names[n]) for n in range(SOURCES)])
    for name in names:
        await store.sources.put(SourceStatus(source=name, newest_day=LAST))
    dice = np.random.default_rng(7)
    slots = -(-pilots // SHARDS)
    for epoch in range(epoch_of(FIRST)[0], epoch_of(LAST)[0] + 1):
        days = [day_of(epoch, place) for place in range(EPOCH_DAYS)]
        known = np.array([FIRST <= d <= LAST for d in days])
        share = np.array([0.45 if d.weekday() < 5 else 0.01 for d in days])
        for shard in range(SHARDS):
            block = np.zeros((slots, EPOCH_DAYS), dtype=ROW)
            for name in ("wau", "mau", "new", "people", "habitual"):
                block[name] = 0xFFFF
            block["actions"], block["breadth"], block["seats"] = 0xFFFFFFFF, 3, 60
            block["dau"] = dice.binomial(60, share, size=block.shape)
            block["flags"] = PRESENT | COMPLETE
            block["source"] = (np.arange(slots) % SOURCES)[:, None]
            block[:, ~known] = np.zeros((), dtype=ROW)
            await store.client.set(store.keys.roll(shard, epoch), block.tobytes())
    dated = {str((FIRST + timedelta(days=n) - date(1970, 1, 1)).days): 0 for n in range(DAYS)}
    await store.client.zadd(store.keys.days, {d: int(d) for d in dated})


async def change(world: World, pilots: int) -> int:
    """Correct yesterday's figure of every hundredth pilot and return how many that are."""
    step = round(1 / CHANGED)
    rows = [
        UsageDay(pilot=f"pilot-{n:06}", day=LAST, source=f"source-{n % SOURCES}", active_users=31, seats=60)
        for n in range(0, pilots, step)
    ]
    await world.ports.telemetry.put(rows)
    return len(rows)


async def measure(pilots: int) -> tuple[float, float, int]:
    """Return the seconds of a look at everything and of one at what changed, and how many pilots that were."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        store = RedisStore(client_of(server), b"a bench has no secrets")
        try:
            await fill(store, pilots)
            world = world_of(store, TODAY)
            await world.live()
            begin = time.perf_counter()
            await world.sweep()
            everything = time.perf_counter() - begin
            changed = await change(world_of(store, TODAY), pilots)
            begin = time.perf_counter()
            report = await sweep(world.ports, world.rules, TODAY, changed_only=True)
            some = time.perf_counter() - begin
            if report.pilots != changed:
                sys.exit(f"looked at {report.pilots} pilots where {changed} had changed")
            return everything, some, changed
        finally:
            await store.close()


def main() -> None:
    """Measure the sizes asked for and print them side by side."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pilots", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    print(f"{'pilots':>8} {'everything s':>13} {'us a pilot':>11} {'changed':>8} {'s':>7} {'ms a changed pilot':>19}")  # noqa: T201  a bench speaks
    for pilots in asked.parse_args().pilots:
        everything, some, changed = asyncio.run(measure(pilots))
        each = some / changed * 1000
        print(f"{pilots:8} {everything:13.2f} {everything / pilots * 1e6:11.0f} {changed:8} {some:7.2f} {each:19.2f}")  # noqa: T201  as above


if __name__ == "__main__":
    main()
