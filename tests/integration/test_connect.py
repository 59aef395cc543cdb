"""Reaching a store: what works is named, what does not is one sentence without a secret."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.redis_store.connect import PROBES, ServerFacts, client_for, verify
from adapters.redis_store.embedded import EmbeddedServer, server_binary
from bot.domain.people import Person
from bot.errors import InputError, SettingsError, StoreUnavailable
from jobs.settings import Settings
from jobs.wiring import Process, open_process

SECRET = "s3cret-of-the-store"  # noqa: S105  made for this test
STORE = Path(__file__).resolve().parent.parent.parent / "adapters" / "redis_store"
PROBED = {" ".join(line.split()[:2]) if "SCRIPT" in line else line.split()[0] for line in PROBES.strip().splitlines()}
CLIENT_CALL = re.compile(r"(?:pipe|_client)\.([a-z_]+)\(")
SCRIPT_CALL = re.compile(r"redis\.p?call\('([A-Z]+)'")


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[redis.Redis]:
    """Run a server with a password on a port of its own; gives a client of its admin."""
    port = free_port()
    command = [str(server_binary()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([*command, "--requirepass", SECRET, *options], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port, password=SECRET, retry=Retry(NoBackoff(), 0)) as admin:
            await_answer(process, admin)
            yield admin
    finally:
        process.terminate()
        process.wait()


def await_answer(process: subprocess.Popen[bytes], admin: redis.Redis) -> None:
    """Return once a server answers; fail at once when it ended, and after ten seconds in any case."""
    until = time.monotonic() + 10
    while True:
        try:
            admin.ping()
        except redis.ConnectionError:
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < until, "the server never answered"
            time.sleep(0.01)
        else:
            return


def port_of(admin: redis.Redis) -> int:
    """Return the port of a server."""
    return int(admin.connection_pool.connection_kwargs["port"])


def allow(admin: redis.Redis, *rules: str) -> str:
    """Give the user `weak` these rights and no others, and return the URL of that user."""
    admin.execute_command("ACL", "SETUSER", "weak", "reset", "on", f">{SECRET}", *rules)
    return f"redis://weak:{SECRET}@127.0.0.1:{port_of(admin)}"


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """Return the admin of a server with a password."""
    with serve(tmp_path_factory.mktemp("guarded")) as one:
        yield one


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


async def test_many_commands_at_once_do_not_disturb_each_other(admin: redis.Redis) -> None:
    """Fifty that try the store one shortly after the other all find it good, and none leaves anything behind."""
    url = allow(admin, "~*", "+@all")

    async def come(after: float) -> str:
        await asyncio.sleep(after)
        client = client_for(url)
        facts = await verify(client, "ss")
        await client.aclose()
        return facts.name

    assert set(await asyncio.gather(*(come(n / 1000) for n in range(50)))) == {"valkey"}
    assert admin.dbsize() == 0


async def test_a_wrong_or_missing_password_is_said_without_it(admin: redis.Redis) -> None:
    """Neither the right nor the wrong password is in the sentence."""
    port = port_of(admin)
    for given in (f"redis://:wrong-{SECRET}@127.0.0.1:{port}", f"redis://127.0.0.1:{port}"):
        said = await fault(given)
        assert "user or password" in said
        assert SECRET not in said


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (["~*", "+@all", "-evalsha"], "may not run EVALSHA;"),
        (["~*", "+@all", "-script|load"], "may not run SCRIPT LOAD;"),
        (["~*", "+@all", "-hgetall", "-xrange", "-rpush"], "may not run HGETALL, RPUSH, XRANGE;"),
        (["~*", "+@all", "-info"], "may not run INFO;"),
        (["~*", "+@all", "-expire", "-del"], "may not run EXPIRE, DEL;"),
        (["~other:*", "+@all"], "allow ~ss:*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_a_missing_permission_is_named(admin: redis.Redis, rules: list[str], words: str) -> None:
    """All commands that the user may not run are named at once; a right on other keys only is said too."""
    said = await fault(allow(admin, *rules))
    assert words in said
    assert SECRET not in said
    assert "weak" not in said


def test_every_command_that_the_store_uses_is_tried() -> None:
    """No port and no script uses a command that the probe leaves out, and the probe tries none in vain."""
    python = "\n".join(p.read_text() for p in STORE.glob("*.py") if p.stem != "connect")
    lua = "\n".join(p.read_text() for p in (STORE / "lua").glob("*.lua"))
    called = {name.upper() for name in CLIENT_CALL.findall(python)}
    ours = {"PIPELINE", "EXECUTE", "REGISTER_SCRIPT", "ACLOSE"}
    used = called - ours | set(SCRIPT_CALL.findall(lua)) | {"EVALSHA", "SCRIPT LOAD", "SCRIPT EXISTS"}
    assert used == PROBED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("LOADING Redis is loading the dataset in memory", "still reading its data"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "full (maxmemory)"),
        ("MISCONF Errors writing to the AOF file: No space left on device", "can't write to its disk"),
        ("READONLY You can't write against a read only replica.", "read-only replica"),
        ("MOVED 3999 10.0.0.1:6381", "part of a Cluster"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "part of a Cluster"),
        ("DENIED Redis is running in protected mode", "protected mode"),
        ("ERR max number of clients reached", "maxclients"),
        ("ERR unknown command 'INFO', with args beginning with: ", "refused INFO"),
        ("ERR something new", "refused a command"),
    ],
    ids=lambda value: value.split()[0],
)
async def test_a_refusal_of_the_server_is_one_sentence(line: str, words: str) -> None:
    """What a server says instead of an answer becomes a sentence that names the remedy."""
    async with answering(f"-{line}\r\n".encode()) as port:
        said = await fault(f"redis://127.0.0.1:{port}")
    assert words in said
    assert said.count(". ") == 0


async def test_a_cluster_is_refused(tmp_path: Path) -> None:
    """A server in cluster mode is said to be one, also where it would take some of our keys."""
    # Without a port of its own the cluster bus takes port + 10000, which may lie beyond the last one.
    with serve(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as admin:
        assert "runs as cluster" in await fault(f"redis://:{SECRET}@127.0.0.1:{port_of(admin)}")


async def work(admin: redis.Redis, step: Callable[[Process], Awaitable[object]]) -> None:
    """Open the process on a server, as every command does, and do one step in it."""
    url = SecretStr(allow(admin, "~*", "+@all"))
    async with open_process(Settings(redis_url=url, pseudonym_key=SecretStr(SECRET))) as process:
        await step(process)


async def said_in(admin: redis.Redis, step: Callable[[Process], Awaitable[object]]) -> str:
    """Return the sentence with which a step ends."""
    with pytest.raises(StoreUnavailable) as told:
        await work(admin, step)
    return str(told.value)


async def test_a_permission_taken_away_later_is_named(admin: redis.Redis) -> None:
    """A command that is forbidden in the middle, on its own or inside a script, is one sentence."""

    async def read(process: Process) -> None:
        allow(admin, "~*", "+@all", "-hgetall")
        await process.ports.pilots.all()

    async def run_script(process: Process) -> None:
        allow(admin, "~*", "+@all", "-scard")
        await process.ports.outbox.reserve(process.ports.clock.now().date(), "o", 5)

    assert "may not run HGETALL" in await said_in(admin, read)
    assert "may not run SCARD" in await said_in(admin, run_script)


async def test_a_store_that_fails_in_the_middle_is_one_sentence(tmp_path: Path) -> None:
    """A full server and one that was killed are said with the remedy; a fault of ours stays what it is."""

    async def write(process: Process) -> None:
        await process.ports.people.put([Person(id="p_1", name="dana@n.example")])

    async def fill_and_write(process: Process) -> None:
        admin.config_set("maxmemory", 1)
        await write(process)

    async def kill_and_write(process: Process) -> None:
        os.kill(admin.info("server")["process_id"], signal.SIGKILL)
        await write(process)

    async def misread(_: Process) -> None:
        raise InputError("a bad file")

    with serve(tmp_path) as admin:
        with pytest.raises(InputError, match="a bad file"):
            await work(admin, misread)
        full = await said_in(admin, fill_and_write)
        assert "is full" in full
        assert "run the command again" in full
        assert "dana" not in full
        admin.config_set("maxmemory", 0)
        gone = await said_in(admin, kill_and_write)
        assert "stopped answering" in gone
        assert "run the command again" in gone
        assert SECRET not in gone


async def test_nobody_there_and_somebody_else_are_said() -> None:
    """A closed port and a server that speaks HTTP are both one sentence with the address."""
    closed = free_port()
    assert f"127.0.0.1:{closed} can't be reached" in await fault(f"redis://u:{SECRET}@127.0.0.1:{closed}")

    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert "is no Redis" in await fault(f"redis://127.0.0.1:{port}")


@asynccontextmanager
async def answering(line: bytes) -> AsyncIterator[int]:
    """Run a server that says the same to everything; gives its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(line)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "http://host",
        "redis+sentinel://host",
        f"redis://:{SECRET}@host:port",
        f"redis://:{SECRET}@[::1",
        f"redis://:{SECRET}@host?foo=bar",
        f"redis://:{SECRET}@host?db=x",
        f"redis://:{SECRET}@host?decode_responses=true",
        f"rediss://:{SECRET}@host?ssl_cert_reqs=maybe",
    ],
)
def test_a_url_that_cannot_be_one_is_refused(url: str) -> None:
    """A wrong scheme, port, address or option is said, without the password."""
    with pytest.raises(SettingsError, match="STICKSHAKER_REDIS_URL") as told:
        client_for(url)
    assert SECRET not in str(told.value)
