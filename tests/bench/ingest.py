"""Speed of taking in use and of counting it, each figure beside a limit measured in the same run: `make bench`.

The limit of ingest is the bare command (HINCRBY), by redis-benchmark where that is installed, else by a pipelined
client that does nothing else; that of reading is the bare GET of the same bytes.
"""

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from adapters.redis_store.codec import epoch_of
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import SHARDS
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.fact import Cell, Partition
from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay

TODAY = date(2026, 6, 30)
DAY = timedelta(days=1)
DAYS = 180
MEDIAN_PEOPLE = 25
SPREAD = 0.94
"""Of the logarithm of a pilot's people: mean 39 at a median of 25."""
PIPELINE = 10_000
"""Commands in one round trip of the bare client."""


async def seconds(body: Callable[[], Awaitable[object]]) -> float:
    """Return how long a coroutine takes."""
    begin = time.perf_counter()
    await body()
    return time.perf_counter() - begin


async def best(body: Callable[[], Awaitable[object]], rounds: int = 3) -> float:
    """Return the shortest of some rounds, in seconds."""
    return min([await seconds(body) for _ in range(rounds)])


def say(what: str, figure: str, limit: str, ratio: float) -> None:
    """Print one line."""
    print(f"{what:<38}{figure:<34}{limit:<46}{ratio:8.2f} x")  # noqa: T201  the bench speaks


def sizes(pilots: int, seed: int = 1) -> list[int]:
    """Return how many people each pilot has: lognormal, mean 39."""
    dice = np.random.default_rng(seed)
    return [max(1, int(n)) for n in dice.lognormal(np.log(MEDIAN_PEOPLE), SPREAD, size=pilots)]


def name_of(number: int) -> str:
    """Return the id of a pilot."""
    return f"p{number:06}"


def cells_of(people: list[int], days: list[date], seed: int = 2) -> list[Cell]:
    """Return the cells of these days: half of the people on each of them, on one surface or two."""
    dice = random.Random(seed)
    return [
        Cell(name_of(n), day, n.to_bytes(5) + k.to_bytes(5), "github_copilot/acme", surface, 1_782_000_000, True, dice.randrange(40))
        for n, count in enumerate(people)
        for day in days
        for k in range(count)
        if dice.random() < 0.5
        for surface in (("code.chat_panel",) if dice.random() < 0.6 else ("code.chat_panel", "code.code_completion"))
    ]


async def bare_rate(store: RedisStore, server: EmbeddedServer, count: int = 200_000) -> tuple[str, float]:
    """Return who measured the bare command, and how many of them a second."""
    tool = shutil.which("redis-benchmark")
    if tool:
        asked = [tool, "-s", str(server.socket_path), "-n", str(count), "-P", "100", "-q", "--csv"]
        told = subprocess.run(  # noqa: S603  a tool of the server's own
            [*asked, "-r", "100000", "HINCRBY", "bench:__rand_int__", "f", "1"], capture_output=True, text=True, check=True
        )
        return "redis-benchmark", float(told.stdout.strip().splitlines()[-1].split(",")[1].strip('"'))

    async def bare() -> None:
        for start in range(0, count, PIPELINE):
            async with store.client.pipeline(transaction=False) as pipe:
                for n in range(start, start + PIPELINE):
                    pipe.hincrby(f"bench:{n % 5000}", str(n % 40), 1)
                await pipe.execute()

    return "a pipelined client", count / await best(bare)


async def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        store = RedisStore(client_of(server), b"bench")
        await store.open()
        who, rate = await bare_rate(store, server)
        people = sizes(given.pilots)
        await store.pilots.put([Pilot(id=name_of(n), name="p") for n in range(given.pilots)])
        cells = cells_of(people, [TODAY - 2 * DAY])
        took = await seconds(lambda: store.facts.put(cells, today=TODAY))
        say("facts taken in", f"{len(cells) / took:,.0f} cells/s", f"HINCRBY, {who}: {rate:,.0f}/s", len(cells) / took / rate)
        took = await seconds(lambda: store.facts.put(cells, today=TODAY))
        say("the same facts again", f"{len(cells) / took:,.0f} cells/s", f"HINCRBY, {who}: {rate:,.0f}/s", len(cells) / took / rate)
        took = await seconds(lambda: store.facts.fold(TODAY))
        say("fold, first day", f"{1e6 * took / given.pilots:,.0f} us a pilot-day", "", took)
        cells = cells_of(people, [TODAY - DAY], 3)
        await store.facts.put(cells, today=TODAY)
        took = await seconds(lambda: store.facts.fold(TODAY))
        say("fold, next day", f"{1e6 * took / given.pilots:,.0f} us a pilot-day", "", took)
        rows = [UsageDay(pilot=name_of(n), day=TODAY - d * DAY, source="daily", active_users=d % 20, seats=40) for n in range(given.pilots) for d in range(10, 60)]
        took = await seconds(lambda: store.telemetry.put(rows))
        say("daily totals", f"{len(rows) / took:,.0f} rows/s", f"HINCRBY, {who}: {rate:,.0f}/s", len(rows) / took / rate)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
