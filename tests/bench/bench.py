"""Speed, each figure beside a limit measured in the same run: `make bench`.

A ratio says more than seconds: it holds on another machine, and shows how far we are from what can't be beaten.
"""

import asyncio
import csv
import io
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from world import world_of

from adapters.redis_store.codec import epoch_of
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from adapters.sources.daily import read_daily
from bot.app.sweep import sweep
from bot.detection.detect import Detector, detect
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageDay

FIRST = date(2026, 1, 1)
DAYS = 180
PILOTS = 1000
ROUNDS = 3


def best(body: Callable[[], object]) -> float:
    """Return the shortest of some rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        body()
        times.append(time.perf_counter() - begin)
    return min(times)


async def best_of(body: Callable[[], Awaitable[object]]) -> float:
    """Return the shortest of some rounds of a coroutine, in seconds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        await body()
        times.append(time.perf_counter() - begin)
    return min(times)


def fleet() -> tuple[list[Pilot], list[UsageDay]]:
    """Return pilots with steady use."""
    dice = np.random.default_rng(1)
    pilots = [
        Pilot.model_validate(
            {"id": f"p{n:04}", "name": f"P {n}", "owner": f"o{n}", "stage": "pilot", "stage_since": FIRST, "seats": 60}
        )
        for n in range(PILOTS)
    ]
    usual = dice.poisson(25, size=(PILOTS, DAYS))
    rows = [
        UsageDay(pilot=p.id, day=FIRST + timedelta(days=d), source="chat", active_users=int(usual[n, d]), seats=60)
        for n, p in enumerate(pilots)
        for d in range(DAYS)
    ]
    return pilots, rows


def say(what: str, figure: str, limit: str, ratio: float) -> None:
    """Print one line."""
    print(f"{what:<34}{figure:<32}{limit:<44}{ratio:8.1f} x")  # noqa: T201  the bench speaks


def importing(rows: list[UsageDay]) -> None:
    """Read a daily table; the limit is the bare csv reader on the same bytes."""
    lines = "".join(f"{r.pilot},{r.day},{r.active_users},{r.seats}\n" for r in rows[:100_000])
    table = ("pilot,day,active_users,seats\n" + lines).encode()
    today = FIRST + timedelta(days=400)
    ours = best(lambda: sum(1 for _ in read_daily(io.BytesIO(table), source="chat", today=today)))
    bare = best(lambda: sum(1 for _ in csv.reader(io.StringIO(table.decode()))))
    say(
        "reading a daily table",
        f"{100_000 / ours:,.0f} rows/s",
        f"csv.reader {100_000 / bare:,.0f} rows/s",
        ours / bare,
    )


async def storing(store: RedisStore, pilots: list[Pilot], rows: list[UsageDay]) -> None:
    """Write rows and read them as a window; the limits are one SETRANGE a run of days and the bare GETs."""
    await store.pilots.put(pilots)
    first = time.perf_counter()
    await store.telemetry.put(rows)
    wrote = time.perf_counter() - first
    again = await best_of(lambda: store.telemetry.put(rows))
    say("writing usage", f"{len(rows) / wrote:,.0f} rows/s", "writing the same again", wrote / again)
    ids = [p.id for p in pilots]
    last = FIRST + timedelta(days=DAYS - 1)
    window = await best_of(lambda: store.telemetry.window(ids, FIRST, last))

    async def bare() -> None:
        async with store.client.pipeline(transaction=False) as pipe:
            for shard in range(256):
                for epoch in range(epoch_of(FIRST)[0], epoch_of(last)[0] + 1):
                    pipe.get(store.keys.roll(shard, epoch))
            await pipe.execute()

    limit = await best_of(bare)
    each = 1e6 * window / len(pilots)
    say(
        f"a window of {DAYS} days",
        f"{each:.1f} us a pilot",
        f"bare GETs {1e6 * limit / len(pilots):.1f} us",
        window / limit,
    )


async def judging(store: RedisStore, pilots: list[Pilot]) -> None:
    """Detect and sweep; the limits are one pass of numpy over the same days, and detection alone."""
    last, today = FIRST + timedelta(days=DAYS - 1), FIRST + timedelta(days=DAYS)
    window = await store.telemetry.window([p.id for p in pilots], FIRST, last)
    await store.sources.put(SourceStatus(source="chat", newest_day=last))
    sources = await store.sources.all()
    world = world_of(store)
    rules = world.rules
    found = best(
        lambda: detect(window, pilots, sources, today=today, calendar=rules.calendar, settings=rules.detection)
    )
    few, kept = await store.telemetry.window([p.id for p in pilots[:14]], FIRST, last), Detector()
    looks = []
    for day in range(DAYS - 10, DAYS + 1):
        begin = time.perf_counter()
        asked = {"today": FIRST + timedelta(days=day), "calendar": rules.calendar, "settings": rules.detection}
        kept.detect(few, pilots[:14], sources, **asked)
        looks.append(time.perf_counter() - begin)
    next_day = min(looks[1:])
    say("the next day of 14 pilots", f"{1e3 * next_day:.1f} ms", f"anew {1e3 * looks[0]:.1f} ms", next_day / looks[0])
    plain = best(lambda: [np.nanmean(window.active[:, max(0, d - 27) : d + 1], axis=1) for d in range(DAYS)])
    cells = PILOTS * DAYS
    say(
        "detection",
        f"{1e6 * found / cells:.2f} us a pilot-day",
        f"a 28-day mean a day {1e6 * plain / cells:.2f} us",
        found / plain,
    )
    world.clock.at = world.clock.at.replace(year=today.year, month=today.month, day=today.day)
    whole = await best_of(lambda: sweep(world.ports, rules, world.clock.at, dry_run=True))
    say(f"a sweep of {PILOTS} pilots", f"{whole:.2f} s", f"its detection {found:.2f} s", whole / found)


async def run() -> None:
    """Measure everything on a store of its own."""
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n")  # noqa: T201  as above
    say("what", "figure", "limit or peer in this run", float("nan"))
    pilots, rows = fleet()
    importing(rows)
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        store = RedisStore(client_of(server), b"bench")
        await store.open()
        await storing(store, pilots, rows)
        await judging(store, pilots)
        await store.close()


if __name__ == "__main__":
    asyncio.run(run())
