"""How many deliveries a worker makes a second, beside the engine alone with tasks that do nothing.

    python tests/bench/delivery.py [--deliveries 2000] [--idle 20]

Both in one run, one after the other: one worker process with the settings of the service over an embedded
store; the chat is a server on loopback in a process of its own. Demand: at least .4 of the empty tasks. Also
the memory of a worker, and which share of a core it takes while nothing is to be done (demand: 2 % at most).
"""

import argparse
import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "chaos"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chat_server import ChatServer, Faults
from firm import settle_down
from jumping import JumpingClock
from replica import EVERYBODY, hurried
from servers import free_port
from storm import KEY, Service
from world import world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_of
from bot.app.dispatch import relay
from bot.app.sweep import sweep
from jobs.tasks import AT_ONCE, CHECK, open_queue, work

EARLY = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
OPEN = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def chat(folder: str, told: Connection) -> None:
    """Run the chat in a process of its own; tell its address."""

    async def inner() -> None:
        one = ChatServer(JumpingClock(Path(folder) / "clock"), Random(1), faults=Faults(latency=timedelta(0)))  # noqa: S311  nothing is secret here
        async with one.running() as environment:
            told.send(environment)
            await asyncio.to_thread(told.recv)

    asyncio.run(inner())


async def nothing() -> None:
    """Do nothing."""


def empty(url: str, name: str, told: Connection) -> None:
    """Work off empty tasks in a process of its own, until told to end."""

    async def inner() -> None:
        async with open_queue(url, name) as queue:
            queue.docket.register(nothing)
            ending = asyncio.Event()
            running = asyncio.create_task(work(queue.docket, "empty", ending, timedelta(seconds=5)))
            await asyncio.to_thread(told.recv)
            ending.set()
            await running

    asyncio.run(inner())


async def drained(count: Callable[[], Awaitable[int]], total: int) -> float:
    """Return how many a second are done, between a tenth and the whole of them."""
    begin, first = 0.0, 0
    while (done := await count()) < total:
        if not begin and done >= total // 10:
            begin, first = time.perf_counter(), done
        await asyncio.sleep(0.02)
    return (total - first) / (time.perf_counter() - begin)


async def empty_tasks(url: str, total: int) -> float:
    """Return how many empty tasks a worker does a second."""
    context = multiprocessing.get_context("spawn")
    async with open_queue(url, "bench:empty") as queue:
        queue.docket.register(nothing)
        for n in range(total):
            await queue.docket.add(nothing, key=str(n))()
        ours, theirs = context.Pipe()
        process = context.Process(target=empty, args=(url, "bench:empty", theirs))
        process.start()

        async def done() -> int:
            return total - await queue.depth()

        rate = await drained(done, total)
        ours.send(None)
        process.join()
        return rate


async def deliveries(
    server: EmbeddedServer, url: str, environment: Mapping[str, str], folder: Path, total: int
) -> None:
    """Print how many deliveries a worker makes a second, and what it holds in memory."""
    clock = JumpingClock(folder / "clock")
    clock.jump_to(EARLY)
    store = RedisStore(client_of(server), KEY.encode(), Keys())
    await store.open()
    world = world_of(store, EARLY)
    rules = hurried(world.rules, EVERYBODY)
    await settle_down(world.ports, clock, range(total))
    await sweep(world.ports, rules, EARLY)
    await relay(world.ports, rules)
    clock.jump_to(OPEN)
    service = Service(url, environment, folder / "clock", folder, EVERYBODY)
    service.start("worker", "worker")
    shards = [store.keys.due(shard) for shard in range(256)]

    async def done() -> int:
        async with store.client.pipeline(transaction=False) as pipe:
            for key in shards:
                pipe.zcard(key)
            return total - sum(await pipe.execute())

    rate = await drained(done, total)
    empties = await empty_tasks(url, total)
    memory = megabytes(service.replicas["worker"].pid)
    service.end()
    await store.close()
    for line in (
        f"one worker, {AT_ONCE} tasks at once, check interval {CHECK.total_seconds() * 1000:.0f} ms",
        f"{total} deliveries: {rate:.0f} a second; empty tasks: {empties:.0f}; ratio {rate / empties:.2f} (at least .40)",
        f"memory of the worker afterwards: {memory:.0f} MiB",
    ):
        print(line)  # noqa: T201  a bench speaks


def megabytes(pid: int) -> float:
    """Return the memory that a process holds, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idling(seconds: float) -> None:
    """Print what a worker without work holds in memory and takes of a core, once it has started."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"STICKSHAKER_DATA_DIR": folder, "STICKSHAKER_HTTP_PORT": str(free_port())}
        words = [sys.executable, "-m", "jobs.cli", "run", "--role", "worker"]
        process = subprocess.Popen(words, env=env, cwd=Path(__file__).resolve().parents[2], stderr=subprocess.DEVNULL)
        time.sleep(10)
        before, begin = processor_seconds(process.pid), time.perf_counter()
        time.sleep(seconds)
        share = (processor_seconds(process.pid) - before) / (time.perf_counter() - begin)
        held = megabytes(process.pid)
        process.terminate()
        process.wait()
    print(f"idle for {seconds:.0f} s: {share * 100:.1f} % of a core (at most 2), {held:.0f} MiB")  # noqa: T201  a bench speaks


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--deliveries", type=int, default=2_000)
    asked.add_argument("--idle", type=float, default=20)
    given = asked.parse_args()
    idling(given.idle)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "store") as server:
        ours, theirs = context.Pipe()
        process = context.Process(target=chat, args=(folder, theirs))
        process.start()
        url = f"unix://{server.socket_path}"
        asyncio.run(deliveries(server, url, ours.recv(), Path(folder), given.deliveries))
        ours.send(None)
        process.join()


if __name__ == "__main__":
    main()
