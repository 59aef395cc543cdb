"""Killed with -9 while it takes in the streams, and started again: nothing lost, nothing counted twice."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from world import world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_for
from bot.app.export import export

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

DRIVER = Path(__file__).with_name("ingress_driver.py")
ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = b"a key of the kill tests"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PILOTS, BATCHES, DAYS = 12, 50, 28
KILLS, PAUSE = 6, 0.05
"""How often it is killed, and its pause from one handful to the next in seconds."""
USAGE, REGISTRY, REJECTS = (f"stickshaker:in:{name}" for name in ("usage", "registry", "rejects"))


def send(client: redis.Redis) -> None:
    """Send pilots, facts in batches and alone, corrections, daily rows, and what can't be taken, in a fixed order."""
    for n in range(PILOTS):
        pilot = {"id": f"p{n}", "name": f"Pilot {n}", "routes": [{"group": f"g{n}"}]}
        client.xadd(REGISTRY, {"pilot": json.dumps(pilot)})
        client.xadd(REGISTRY, {"pilot": json.dumps({"id": f"d{n}", "name": f"Daily {n}"})})
    for n in range(BATCHES):
        on = f"2026-02-{1 + n % (DAYS - 1):02}"
        when = {"source": "chat", "start": on, "end": f"2026-02-{2 + n % (DAYS - 1):02}", "surface": "chat.web"}
        facts = [when | {"user": f"u{n}.{m}", "group": f"g{m % PILOTS}", "actions": n + m} for m in range(60)]
        client.xadd(USAGE, {"kind": "fact", "batch": json.dumps([*facts, {"user": f"u{n}"}])})
        client.xadd(USAGE, {"fact": json.dumps(facts[n % 60] | {"actions": 1})})
        row = {"pilot": f"d{n % PILOTS}", "day": on, "source": "ads", "active_users": n % 41, "seats": 60}
        client.xadd(USAGE, {"day": json.dumps(row)})


def start(url: str) -> subprocess.Popen[str]:
    """Start the driver and wait until it begins."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, str(DRIVER), url, str(PAUSE)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def finish(url: str) -> None:
    """Run the driver to its end."""
    process = start(url)
    out, _ = process.communicate(timeout=120)
    assert (out.strip(), process.returncode) == ("done", 0)


async def outcome(url: str) -> tuple[list[str], list[tuple[bytes, bytes]]]:
    """Return everything stored of pilots, in the form in which figures are not suppressed, and the rejects."""
    store = RedisStore(client_for(url), SECRET)
    ports = world_of(store, at=NOW).ports
    lines = [line async for line in export(ports, 0)]
    found = await store.client.xrange(REJECTS)
    await store.close()
    return lines, [(fields[b"place"], fields[b"reason"]) for _, fields in found]


def test_killed_while_it_takes_in(tmp_path: Path) -> None:
    """However often it is killed, rows and rejects are those of a run that was not, and the streams end empty."""
    with EmbeddedServer(tmp_path / "whole") as server, redis.Redis.from_url(server.url) as client:
        send(client)
        finish(server.url)
        expected = asyncio.run(outcome(server.url))
    assert len(expected[1]) == BATCHES
    assert len(expected[0]) > 2 * PILOTS + 2 * (DAYS - 1)
    dice = random.Random(1)  # noqa: S311  the moments of the kills, no secret
    with EmbeddedServer(tmp_path / "killed") as server, redis.Redis.from_url(server.url) as client:
        send(client)
        for _ in range(KILLS):
            before = client.xlen(USAGE)
            process = start(server.url)
            while client.xlen(USAGE) == before and process.poll() is None:
                time.sleep(0.005)
            time.sleep(dice.uniform(0.0, 2 * PAUSE))
            assert process.poll() is None
            process.kill()
            process.communicate()
        assert client.xlen(USAGE) > 0
        finish(server.url)
        assert asyncio.run(outcome(server.url)) == expected
        assert client.xlen(USAGE) == client.xlen(REGISTRY) == 0
        assert client.xpending(USAGE, "stickshaker")["pending"] == 0
