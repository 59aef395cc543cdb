"""Speed of taking in use and of counting it, each figure beside a limit measured in the same run: `make bench`.

The limit of ingest is the bare command (HINCRBY), by redis-benchmark where that is installed, else by a pipelined
client that does nothing else; that of reading is the bare GET of the same bytes.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from adapters.redis_store.cells import HOT_DAYS
from adapters.redis_store.codec import EPOCH_DAYS, ROW, SHARDS, epoch_of
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.fact import Cell
from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay

TODAY = date(2026, 6, 30)
DAY = timedelta(days=1)
DAYS = 180
MEDIAN_PEOPLE = 25
SPREAD = 0.94
"""Of the logarithm of a pilot's people: mean 39 at a median of 25 (storage.md, section 4)."""
PIPELINE = 10_000
"""Commands in one round trip of the bare client."""
# The design asks for 150 us a pilot-day on a machine whose client sends 90,000 commands a second (storage.md, sections 4
# and 9): 13 commands' worth. So a machine that is slow or shared says as much as a fast one.
REVISION = 1_782_000_000


async def seconds(body: Callable[[], Awaitable[object]]) -> float:
    """Return how long a coroutine takes."""
    begin = time.perf_counter()
    await body()
    return time.perf_counter() - begin


async def best(body: Callable[[], Awaitable[object]], rounds: int = 3) -> float:
    """Return the shortest of some rounds, in seconds."""
    return min([await seconds(body) for _ in range(rounds)])


def say(what: str, figure: str, limit: str = "", ratio: str = "") -> None:
    """Print one line."""
    print(f"{what:<40}{figure:<30}{limit:<44}{ratio:>10}", flush=True)  # noqa: T201  the bench speaks


def sizes(pilots: int) -> list[int]:
    """Return how many people each pilot has: lognormal, mean 39."""
    drawn = np.random.default_rng(1).lognormal(np.log(MEDIAN_PEOPLE), SPREAD, size=pilots)
    return [max(1, int(n)) for n in drawn]


def name_of(number: int) -> str:
    """Return the id of a pilot."""
    return f"p{number:06}"


def cells_of(people: list[int], day: date, pilots: Iterator[int] | range | None = None) -> list[Cell]:
    """Return the cells of a day: half of the people of each pilot (or of these), on one surface or two."""
    dice = np.random.default_rng(day.toordinal())
    found = []
    for n in pilots if pilots is not None else range(len(people)):
        drawn = dice.random((people[n], 2))
        acts = dice.integers(0, 40, size=people[n]).tolist()
        for k in np.flatnonzero(drawn[:, 0] < 0.5).tolist():
            actor = (n * 1_000_003 + k).to_bytes(10)
            surfaces = ("code.chat_panel", "code.code_completion")[: 1 + (drawn[k, 1] < 0.4)]
            found += [
                Cell(name_of(n), day, actor, "github_copilot/acme", s, REVISION, active=True, actions=acts[k])
                for s in surfaces
            ]
    return found


async def bare_client(store: RedisStore, count: int = 100_000) -> float:
    """Return how many bare commands a second a client sends that does nothing else."""

    async def bare() -> None:
        for start in range(0, count, PIPELINE):
            async with store.client.pipeline(transaction=False) as pipe:
                for n in range(start, start + PIPELINE):
                    pipe.hincrby(f"bench:{n % 5000}", str(n % 40), 1)
                await pipe.execute()

    return count / await best(bare)


async def bare_rate(store: RedisStore, server: EmbeddedServer) -> tuple[str, float]:
    """Return who measured the bare command, and how many of them a second."""
    tool = shutil.which("redis-benchmark")
    if not tool:
        return "a pipelined client", await bare_client(store)
    words = [tool, "-s", str(server.socket_path), "-n", "200000", "-P", "100", "-r", "100000", "--csv"]
    process = await asyncio.create_subprocess_exec(
        *words, "HINCRBY", "bench:__rand_int__", "f", "1", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    return "redis-benchmark", float(told.decode().strip().splitlines()[-1].split(",")[1].strip('"'))


async def ingest(store: RedisStore, server: EmbeddedServer, people: list[int]) -> None:
    """Take in facts and daily totals."""
    who, rate = await bare_rate(store, server)
    limit = f"HINCRBY, {who}: {rate:,.0f}/s"
    cells = cells_of(people, TODAY - 2 * DAY)
    took = await seconds(lambda: store.facts.put(cells, today=TODAY))
    say("facts taken in", f"{len(cells) / took:,.0f} cells/s", limit, f"{len(cells) / took / rate:.2f} x")
    counts = []

    async def again() -> None:
        counts.append(await store.facts.put(cells, today=TODAY))

    took = await best(again)
    fresh = sum(c.new + c.changed for c in counts)
    say(
        f"the same again, {fresh} newly counted",
        f"{len(cells) / took:,.0f} cells/s",
        limit,
        f"{len(cells) / took / rate:.2f} x",
    )
    told = [
        UsageDay(pilot=name_of(n), day=TODAY - (100 + d) * DAY, source="daily", active_users=d % 20, seats=40)
        for n in range(len(people))
        for d in range(50)
    ]
    took = await seconds(lambda: store.telemetry.put(told))
    say("daily totals taken in", f"{len(told) / took:,.0f} rows/s", limit, f"{len(told) / took / rate:.2f} x")


async def fold(store: RedisStore, people: list[int]) -> None:
    """Count what changed: a history, one day of all pilots, and one day of 1 % of them."""
    pilots = len(people)
    for back in range(28, 1, -1):
        await store.facts.put(cells_of(people, TODAY - back * DAY), today=TODAY)
    days = (await store.facts.fold(TODAY)).pilot_days
    say("fold of a month at once", f"{days:,} pilot-days")
    await store.facts.put(cells_of(people, TODAY - DAY), today=TODAY)
    took = await seconds(lambda: store.facts.fold(TODAY))
    each, command = 1e6 * took / pilots, 1e6 / await bare_client(store)
    limit = f"13 bare commands of a client: {13 * command:,.0f} us"
    say(f"fold of a day of {pilots:,} pilots", f"{each:,.0f} us a pilot-day", limit, f"{each / command / 13:.2f} x")
    few = range(0, pilots, 100)
    await store.facts.put(cells_of(people, TODAY, few), today=TODAY)
    part = await seconds(lambda: store.facts.fold(TODAY))
    say("fold of a day of 1 % of them", f"{1e3 * part:.1f} ms", f"of all {1e3 * took:,.0f} ms", f"{part / took:.3f} x")
    nothing = await best(lambda: store.facts.fold(TODAY))
    say("fold of nothing", f"{1e3 * nothing:.1f} ms")


async def memory(store: RedisStore, people: list[int]) -> None:
    """Live through half a year day by day and see what it takes; what would have expired by then is removed."""
    before = (await store.client.info("memory"))["used_memory"]
    for back in range(DAYS, 0, -1):
        today = TODAY - (back - 1) * DAY
        await store.facts.put(cells_of(people, TODAY - back * DAY), today=today)
        await store.facts.fold(today)
        old = store.keys.hot
        gone = (today - (HOT_DAYS + 1) * DAY - date(1970, 1, 1)).days
        await store.client.delete(*(old(n, gone) for n in range(len(people))))
    await store.facts.forget(TODAY)
    whole = (await store.client.info("memory"))["used_memory"] - before
    hot = [k async for k in store.client.scan_iter(f"{store.keys.root}:hot:*", count=5000)]
    for start in range(0, len(hot), PIPELINE):
        await store.client.delete(*hot[start : start + PIPELINE])
    kept = (await store.client.info("memory"))["used_memory"] - before
    cells = len(people) * DAYS
    mean = sum(people) / len(people)
    say(
        f"memory, {mean:.0f} people a pilot, {DAYS} days",
        f"{kept / cells:.1f} bytes a pilot-day",
        "60",
        f"{kept / cells / 60:.2f} x",
    )
    say(f"with the cells of {HOT_DAYS} days", f"{whole / cells:.1f} bytes a pilot-day")


async def reading(store: RedisStore, pilots: int) -> None:
    """Read half a year of every pilot; the limit is the bare GET of the same blocks."""
    dice = np.random.default_rng(1)
    first, last = TODAY - DAYS * DAY, TODAY - DAY
    epochs = range(epoch_of(first)[0], epoch_of(last)[0] + 1)
    ids = [name_of(n) for n in range(pilots)]
    await store.client.hset(store.keys.pilots, mapping={name: n for n, name in enumerate(ids)})
    await store.client.hset(store.keys.source_numbers, "daily", 0)
    for shard in range(SHARDS):
        for epoch in epochs:
            rows = np.zeros((-(-pilots // SHARDS), EPOCH_DAYS), dtype=ROW)
            for name in ("dau", "wau", "mau", "seats", "people", "actions", "habitual", "new"):
                rows[name] = dice.integers(0, 60, size=rows.shape)
            rows["flags"] = 3
            await store.client.set(store.keys.roll(shard, epoch), rows.tobytes())

    async def bare() -> None:
        async with store.client.pipeline(transaction=False) as pipe:
            for shard in range(SHARDS):
                for epoch in epochs:
                    pipe.get(store.keys.roll(shard, epoch))
            await pipe.execute()

    limit = await best(bare)
    took = await best(lambda: store.telemetry.window(ids, first, last))
    begin = time.perf_counter()
    window = await store.telemetry.window(ids, first, last)
    total = float(np.nansum(window.active))
    decoded = time.perf_counter() - begin
    say(
        f"reading {DAYS} days of {pilots:,} pilots",
        f"{1e3 * took:,.0f} ms",
        f"bare GETs {1e3 * limit:,.0f} ms",
        f"{took / limit:.2f} x",
    )
    say(
        f"and summing a figure ({total:,.0f})",
        f"{1e3 * decoded:,.0f} ms",
        f"bare GETs {1e3 * limit:,.0f} ms",
        f"{decoded / limit:.2f} x",
    )


async def run(pilots: int, readers: int, keepers: int) -> None:
    """Measure everything, each part on a server of its own."""
    people = sizes(pilots)
    for part in ("ingest", "fold", "memory", "reading"):
        with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
            store = RedisStore(client_of(server), b"bench")
            await store.open()
            named = {"memory": keepers, "reading": 0}.get(part, pilots)
            await store.pilots.put([Pilot(id=name_of(n), name="p") for n in range(named)])
            match part:
                case "ingest":
                    await ingest(store, server, people)
                case "fold":
                    await fold(store, people)
                case "memory":
                    await memory(store, sizes(keepers))
                case _:
                    await reading(store, readers)
            await store.close()


def main() -> None:
    """Read the sizes and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=2000, help="pilots whose use is taken in and counted")
    parser.add_argument("--readers", type=int, default=100_000, help="pilots that are read")
    parser.add_argument("--keepers", type=int, default=200, help="pilots that live through half a year")
    given = parser.parse_args()
    asyncio.run(run(given.pilots, given.readers, given.keepers))


if __name__ == "__main__":
    main()
