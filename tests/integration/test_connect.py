"""Reaching a store: what works is named, what does not is one sentence without a secret."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from adapters.redis_store.connect import ServerFacts, client_for, verify
from adapters.redis_store.embedded import EmbeddedServer, server_binary
from bot.errors import SettingsError, StoreUnavailable

SECRET = "s3cret-of-the-store"  # noqa: S105  made for this test


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a server with a password and a user who may do little; return its port."""
    port, folder = free_port(), tmp_path_factory.mktemp("guarded")
    command = [str(server_binary()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([*command, "--requirepass", SECRET], stdout=subprocess.DEVNULL)
    for _ in range(500):
        try:
            with redis.Redis(port=port, password=SECRET) as admin:
                admin.execute_command("ACL", "SETUSER", "weak", "on", f">{SECRET}", "~*", "+@all", "-eval")
                break
        except redis.ConnectionError:
            time.sleep(0.01)
    yield port
    process.terminate()
    process.wait()


async def fault(url: str) -> str:
    """Return the sentence with which a store is refused."""
    client = client_for(url)
    try:
        with pytest.raises(StoreUnavailable) as told:
            await verify(client, "ss")
        return str(told.value)
    finally:
        await client.aclose()


async def test_a_good_store_says_who_it_is_and_keeps_nothing_of_the_probe(tmp_path: Path) -> None:
    """The embedded server is a Valkey, and after the probe it is as empty as before."""
    with EmbeddedServer(tmp_path) as server:
        client = client_for(server.url)
        facts = await verify(client, "ss")
        assert facts.name == "valkey"
        assert facts == ServerFacts("valkey", facts.version)
        assert await client.dbsize() == 0
        await client.aclose()


async def test_a_wrong_or_missing_password_is_said_without_it(guarded: int) -> None:
    """Neither the right nor the wrong password is in the sentence."""
    for given in (f"redis://:wrong-{SECRET}@127.0.0.1:{guarded}", f"redis://127.0.0.1:{guarded}"):
        said = await fault(given)
        assert "user or password" in said
        assert SECRET not in said


async def test_a_missing_permission_is_named(guarded: int) -> None:
    """The command that the user may not run is named."""
    said = await fault(f"redis://weak:{SECRET}@127.0.0.1:{guarded}")
    assert "may not run EVAL" in said
    assert SECRET not in said


async def test_nobody_there_and_somebody_else_are_said() -> None:
    """A closed port and a server that speaks HTTP are both one sentence with the address."""
    closed = free_port()
    assert f"127.0.0.1:{closed} can't be reached" in await fault(f"redis://u:{SECRET}@127.0.0.1:{closed}")

    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak_http, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert "is no Redis" in await fault(f"redis://127.0.0.1:{port}")


@pytest.mark.parametrize("url", ["http://host", "redis+sentinel://host", f"redis://:{SECRET}@host:port"])
def test_a_url_that_cannot_be_one_is_refused(url: str) -> None:
    """A wrong scheme and a port that is no number are said, without the password."""
    with pytest.raises(SettingsError, match="STICKSHAKER_REDIS_URL") as told:
        client_for(url)
    assert SECRET not in str(told.value)
