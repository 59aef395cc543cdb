"""Killed with -9 in the middle and started again: nothing lost, nothing repeated."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from world import old_pilot, world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.outreach import DeliveryState

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

DRIVER = Path(__file__).with_name("driver.py")
ROOT = Path(__file__).resolve().parent.parent.parent
OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PILOTS, DAYS = 60, 120
SECRET = b"a key of the kill tests"
KEY = {"STICKSHAKER_PSEUDONYM_KEY": SECRET.decode()}
"""An export tells which key its ids were made with."""


async def with_store(folder: Path, body: object) -> object:
    """Run `body` on the store of a folder."""
    server = EmbeddedServer(folder)
    server.ensure()
    store = RedisStore(client_of(server), SECRET)
    await store.open()
    try:
        return await body(store)  # type: ignore[operator]  # a coroutine function of the store
    finally:
        await store.close()
        server.close()


async def fill(store: RedisStore) -> None:
    """Register pilots that are all due a question, each with an owner of its own, and go live."""
    world = world_of(store, at=OPEN)
    await world.register(*(old_pilot(f"p{n:02}", f"owner{n}") for n in range(PILOTS)))
    await world.live()


def start(folder: Path, at: datetime, worker: str) -> subprocess.Popen[str]:
    """Start the driver and wait until it begins to work."""
    process = subprocess.Popen(
        [sys.executable, str(DRIVER), str(folder), at.isoformat(), worker],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_in_the_middle_of_sweeps_and_sends(tmp_path: Path, seed: int) -> None:
    """However often it is killed, every owner of the first days gets one message and no delivery goes out twice."""
    asyncio.run(with_store(tmp_path, fill))
    dice = random.Random(seed)  # noqa: S311  the moments of the kills, no secret
    at, kills = OPEN, 0
    for round_ in range(10):
        process = start(tmp_path, at, f"w{round_}")
        time.sleep(dice.uniform(0.0, 0.5))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
        at += timedelta(minutes=3)
    assert kills > 3
    for _ in range(5):  # what a kill left as sending is looked after once its time is up, twice, and then sent
        last = start(tmp_path, at, "last")
        assert last.stdout is not None
        assert last.stdout.readline().strip() == "done"
        last.stdout.close()
        assert last.wait() == 0
        at += timedelta(minutes=3)

    async def check(store: RedisStore) -> None:
        lines = (tmp_path / "chat.txt").read_text().split()[::3]
        kept = await store.outbox.all()
        sent = [d.id for d in kept if d.state is DeliveryState.SENT]
        assert len(lines) == len(set(lines)) == 5  # the ramp: five owners a day
        assert sorted(sent) == sorted(lines)
        assert len(kept) == PILOTS
        assert {d.state for d in kept} == {DeliveryState.SENT, DeliveryState.QUEUED}
        held = [o.id for d in kept for o in d.outreach]
        asked = [a.outreach for c in (await store.cases.all()).values() for a in c.case.asked]
        assert sorted(held) == sorted(asked)
        assert len(set(held)) == PILOTS

    asyncio.run(with_store(tmp_path, check))


def test_killed_in_the_middle_of_a_load(tmp_path: Path) -> None:
    """A load that was killed and is run again leaves the same store as one that was not."""
    registry, usage = tmp_path / "registry.csv", tmp_path / "usage.csv"
    registry.write_text("id,name,owner\n" + "".join(f"p{n},Pilot {n},o{n}\n" for n in range(200)))
    days = [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)).date() for n in range(DAYS)]
    usage.write_text(
        "pilot,day,active_users,seats\n" + "".join(f"p{n},{day},{n % 30},40\n" for day in days for n in range(200))
    )
    whole, _ = export(tmp_path / "whole", registry, usage, kills=0)
    again, hits = export(tmp_path / "killed", registry, usage, kills=3)
    assert hits > 0
    assert again == whole
    assert len(whole.splitlines()) == 1 + 1 + 200 + 200 * DAYS + 1


def export(folder: Path, registry: Path, usage: Path, kills: int) -> tuple[str, int]:
    """Load both files, killing the first tries of the second once rows arrive; return export and hits."""
    env = {**os.environ, "STICKSHAKER_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)} | KEY
    command = [sys.executable, "-m", "jobs.cli"]
    dice = random.Random(kills)  # noqa: S311  the moments of the kills, no secret
    subprocess.run([*command, "load", "registry", str(registry)], env=env, check=True, capture_output=True)
    load = [*command, "load", "usage", str(usage), "--source", "chat"]
    hits = 0
    for round_ in range(kills):
        process = subprocess.Popen(load, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_rows(EmbeddedServer(folder), 1 + DAYS // 4 * round_, process)
        time.sleep(dice.uniform(0.0, 0.2))
        hits += process.poll() is None
        process.kill()
        process.wait()
    subprocess.run(load, env=env, check=True, capture_output=True)
    done = subprocess.run([*command, "export"], env=env, check=True, capture_output=True, text=True)
    return done.stdout, hits


def wait_for_rows(server: EmbeddedServer, days: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until rows of so many days are in the store that a load fills, or the load has ended."""
    while process.poll() is None:
        try:
            with redis.Redis(unix_socket_path=str(server.socket_path)) as client:
                if client.zcard("ss:default:days") >= days:
                    return
        except redis.ConnectionError:
            time.sleep(0.01)
