"""Whether a process is of use: asked of a store that is full, forbids writing, or was filled by a newer program."""

import gzip
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from servers import SECRET, Server, serve
from world import World, old_pilot, world_of

from adapters.redis_store.address import client_for
from adapters.redis_store.store import RedisStore
from adapters.web.push import Pusher
from adapters.web.server import Watch, application
from bot.app.push import push
from bot.app.vitals import checks_of, vitals
from jobs.measures import Measures

TOKEN = "a-token-of-the-chat-feed"  # noqa: S105  made for these tests
FACT = {"source": "chat", "user": "dana@n.example", "start": "2026-03-02", "end": "2026-03-03", "surface": "chat.web"}
RIGHTS = ("reset", "on", f">{SECRET}", "~*", "&*", "+@all")


@dataclass(slots=True)
class Site:
    """A running web server on a store of its own server."""

    server: Server
    world: World
    url: str

    async def ask(self, path: str) -> tuple[int, list[str]]:
        """Return the status of an answer, and its reasons or lines."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            text = await answer.text()
            return answer.status, json.loads(text)["reasons"] if path == "/readyz" else text.splitlines()

    async def push(self) -> tuple[int, str]:
        """Push one fact and return status and text of the answer."""
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        }
        body = gzip.compress(json.dumps(FACT).encode())
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url + "/v1/usage", data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Return a web server over a store that we may do to what we like."""
    with serve(tmp_path) as server:
        server.admin.execute_command("ACL", "SETUSER", "weak", *RIGHTS)
        store = RedisStore(client_for(f"redis://weak:{SECRET}@127.0.0.1:{server.port}"), b"k")
        await store.open()
        world, measures = world_of(store), Measures()
        await world.register(old_pilot("a"))
        watch = Watch(
            version="1",
            checks=checks_of(world.ports),
            vitals=lambda: vitals(world.ports, world.clock.at),
            faults=store.faults_said,
            registry=measures.registry,
        )
        pusher = Pusher(lambda s, b: push(world.ports, s, b), {"chat": TOKEN}, faults=store.faults_said)
        runner = web.AppRunner(application(watch, pusher), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield Site(server, world, f"http://127.0.0.1:{runner.addresses[0][1]}")
        await runner.cleanup()
        await store.close()


async def test_a_full_store_is_named_and_good_again_once_there_is_room(site: Site) -> None:
    """Reading still works then, and yet nothing is ready: readiness and a push say that the store is full."""
    assert await site.ask("/readyz") == (200, [])
    site.server.admin.config_set("maxmemory", 1)
    assert await site.ask("/readyz") == (503, ["the store is full (maxmemory)"])
    status, told = await site.push()
    assert (status, json.loads(told)) == (503, {"error": "the store is full (maxmemory); send it again"})
    site.server.admin.config_set("maxmemory", 0)
    assert await site.ask("/readyz") == (200, [])
    assert (await site.push())[0] == 200


async def test_a_right_that_is_missing_is_named_without_a_secret(site: Site) -> None:
    """A command that the user may no longer run is in the answer; user, password and address are not."""
    site.server.admin.execute_command("ACL", "SETUSER", "weak", "-set")
    assert await site.ask("/readyz") == (503, ["the store does not let us run SET"])
    site.server.admin.execute_command("ACL", "SETUSER", "weak", "+set", "-hmget", "-hset", "-eval", "-evalsha")
    status, told = await site.push()
    assert status == 503
    assert "the store does not let us run " in told
    for word in (SECRET, "weak", "127.0.0.1", "dana"):
        assert word not in told


async def test_the_trial_leaves_nothing_for_long(site: Site) -> None:
    """What is written to find out is one key that nobody reads, and it goes by itself within ten seconds."""
    before = set(site.server.admin.keys("*"))
    await site.ask("/readyz")
    (key,) = set(site.server.admin.keys("*")) - before
    assert 0 < site.server.admin.ttl(key) <= 10


async def test_beside_a_newer_program_readiness_says_so_and_figures_go_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """While a record of a later version is stored, our own figures are told, and the sentence stands in answer and log."""
    key = site.world.store.keys.pilot(0)
    kept = site.server.admin.hget(key, "doc")
    site.server.admin.hset(key, "doc", kept.replace(b'{"v":1', b'{"v":2,"hue":"x"'))
    for _ in range(3):
        status, lines = await site.ask("/metrics")
        assert (status, "stickshaker_store_up 0.0" in lines) == (200, True)
        assert any(line.startswith("process_resident_memory_bytes") for line in lines)
        status, reasons = await site.ask("/readyz")
        assert status == 503
        assert [one.partition(",")[0] for one in reasons] == ["A stored Pilot has version 2"]
    status, told = await site.push()
    assert (status, "has version 2" in told) == (503, True)
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING and "figures" in r.getMessage()]
    assert len(said) == 1
    assert "install that version again" in said[0]
