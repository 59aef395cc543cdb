"""Reaching a store: what works is named, what does not is one sentence without a secret."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from servers import SECRET, Server, free_port, serve

from adapters.redis_store.address import client_for
from adapters.redis_store.connect import ServerFacts, verify
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.permissions import LEAVING, READING, WRITING, lines_of
from bot.domain.people import Person
from bot.errors import InputError, SettingsError, StoreUnavailable
from jobs.settings import Settings
from jobs.wiring import Process, open_process

STORE = Path(__file__).resolve().parent.parent.parent / "adapters" / "redis_store"
KEYS = Keys("ss", "acme")
CLIENT_CALL = re.compile(r"(?:pipe|_client)\.([a-z_]+)\(")
RAW_CALL = re.compile(r"execute_command\(\"([A-Z]+)\"")
SCRIPT_CALL = re.compile(r"redis\.p?call\('([A-Z]+)'")


def allow(guarded: Server, *rules: str) -> str:
    """Give the user `weak` these rights and no others, and return the URL of that user."""
    guarded.admin.execute_command("ACL", "SETUSER", "weak", "reset", "on", f">{SECRET}", *rules)
    return f"redis://weak:{SECRET}@127.0.0.1:{guarded.port}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the admin of a server with a password."""
    with serve(tmp_path_factory.mktemp("guarded")) as one:
        yield one


async def fault(url: str) -> str:
    """Return the sentence with which a store is refused."""
    client = client_for(url)
    try:
        with pytest.raises(StoreUnavailable) as told:
            await verify(client, KEYS)
        return str(told.value)
    finally:
        await client.aclose()


async def test_a_good_store_says_who_it_is_and_keeps_nothing_of_the_probe(tmp_path: Path) -> None:
    """The embedded server is a Valkey, and after the probe it is as empty as before."""
    with EmbeddedServer(tmp_path) as server:
        client = client_for(server.url)
        facts = await verify(client, KEYS)
        assert facts.name == "valkey"
        assert facts == ServerFacts("valkey", facts.version)
        assert await client.dbsize() == 0
        await client.aclose()


async def test_many_commands_at_once_do_not_disturb_each_other(guarded: Server) -> None:
    """Fifty that try the store one shortly after the other all find it good, and none leaves anything behind."""
    url = allow(guarded, "~*", "&*", "+@all")

    async def come(after: float) -> str:
        await asyncio.sleep(after)
        client = client_for(url)
        facts = await verify(client, KEYS)
        await client.aclose()
        return facts.name

    assert set(await asyncio.gather(*(come(n / 1000) for n in range(50)))) == {"valkey"}
    assert guarded.admin.dbsize() == 0


async def test_a_wrong_or_missing_password_is_said_without_it(guarded: Server) -> None:
    """Neither the right nor the wrong password is in the sentence."""
    port = guarded.port
    for given in (f"redis://:wrong-{SECRET}@127.0.0.1:{port}", f"redis://127.0.0.1:{port}"):
        said = await fault(given)
        assert "user or password" in said
        assert SECRET not in said


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (["~*", "&*", "+@all", "-evalsha"], "may not run EVALSHA;"),
        (["~*", "&*", "+@all", "-script|load"], "may not run SCRIPT LOAD;"),
        (["~*", "&*", "+@all", "-hgetall", "-xrange", "-rpush"], "may not run RPUSH, HGETALL, XRANGE;"),
        (["~*", "&*", "+@all", "-info"], "may not run INFO;"),
        (["~*", "&*", "+@all", "-expire", "-del"], "may not run EXPIRE, DEL;"),
        (["~other:*", "&*", "+@all"], "allow ~ss:acme:* ~stickshaker:in:*"),
        (["~*", "+@all"], "allow &ss:acme:docket:* in"),
        (["~*", "&ss:*", "+@all"], "allow &ss:acme:docket:cancel:* in"),
        (["~*", "&*", "+@all", "-psubscribe", "-discard"], "may not run PSUBSCRIBE, DISCARD;"),
        (["~*", "&*", "+@all", "-pexpire"], "may not run PEXPIRE;"),
        (["~*", "&*", "+@all", "-multi", "-publish"], "may not run PUBLISH, MULTI;"),
        (["~ss:*", "&*", "+@all"], "allow ~stickshaker:in:* in"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_a_missing_permission_is_named(guarded: Server, rules: list[str], words: str) -> None:
    """All commands that the user may not run are named at once; a right on other keys only is said too."""
    said = await fault(allow(guarded, *rules))
    assert words in said
    assert SECRET not in said
    assert "weak" not in said


def test_every_command_that_the_store_uses_is_tried() -> None:
    """No port and no script uses a command that the probe leaves out, and the probe tries none in vain."""
    python = "\n".join(p.read_text() for p in STORE.glob("*.py") if p.stem not in {"connect", "permissions"})
    lua = "\n".join(p.read_text() for p in (STORE / "lua").glob("*.lua"))
    called = {name.upper() for name in CLIENT_CALL.findall(python)} | set(RAW_CALL.findall(python))
    called = {"DEL" if name == "DELETE" else name for name in called}  # the library's word for it
    ours = {"PIPELINE", "EXECUTE", "EXECUTE_COMMAND", "REGISTER_SCRIPT", "ACLOSE"}
    used = called - ours | set(SCRIPT_CALL.findall(lua)) | {"EVALSHA", "SCRIPT LOAD", "SCRIPT EXISTS"}
    tried = {line.split()[0].replace("|", " ") for line in lines_of(READING + WRITING + LEAVING)}
    assert used == tried


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


async def work(guarded: Server, step: Callable[[Process], Awaitable[object]]) -> None:
    """Open the process on a server, as every command does, and do one step in it."""
    url = SecretStr(allow(guarded, "~*", "&*", "+@all"))
    async with open_process(Settings(redis_url=url, pseudonym_key=SecretStr(SECRET))) as process:
        await step(process)


async def said_in(guarded: Server, step: Callable[[Process], Awaitable[object]]) -> str:
    """Return the sentence with which a step ends."""
    with pytest.raises(StoreUnavailable) as told:
        await work(guarded, step)
    return str(told.value)


async def test_a_permission_taken_away_later_is_named(guarded: Server) -> None:
    """A command that is forbidden in the middle, on its own or inside a script, is one sentence."""

    async def read(process: Process) -> None:
        allow(guarded, "~*", "&*", "+@all", "-hgetall")
        await process.ports.pilots.all()

    async def run_script(process: Process) -> None:
        allow(guarded, "~*", "&*", "+@all", "-scard")
        await process.ports.outbox.reserve(process.ports.clock.now().date(), "o", 5)

    assert "may not run HGETALL" in await said_in(guarded, read)
    assert "may not run SCARD" in await said_in(guarded, run_script)


async def test_a_database_that_the_server_lacks_is_said(guarded: Server) -> None:
    """A number beyond the last one is told with what to write instead."""
    said = await fault(allow(guarded, "~*", "&*", "+@all") + "/99")
    assert "no database of this number" in said
    assert "/0" in said


async def test_a_store_that_fails_in_the_middle_is_one_sentence(tmp_path: Path) -> None:
    """A full server and one that was killed are said with the remedy; a fault of ours stays what it is."""

    async def write(process: Process) -> None:
        await process.ports.people.put([Person(id="p_1", name="dana@n.example")])

    async def fill_and_write(process: Process) -> None:
        guarded.admin.config_set("maxmemory", 1)
        await write(process)

    async def kill_and_write(process: Process) -> None:
        os.kill(guarded.admin.info("server")["process_id"], signal.SIGKILL)
        await write(process)

    async def misread(_: Process) -> None:
        raise InputError("a bad file")

    with serve(tmp_path) as guarded:
        with pytest.raises(InputError, match="a bad file"):
            await work(guarded, misread)
        full = await said_in(guarded, fill_and_write)
        assert "is full" in full
        assert "run the command again" in full
        assert "dana" not in full
        guarded.admin.config_set("maxmemory", 0)
        gone = await said_in(guarded, kill_and_write)
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
        f"redis+sentinel://:{SECRET}@host:port/name",
        f"redis+sentinel://:{SECRET}@host/name/one",
        f"redis+sentinel://:{SECRET}@host/name?foo=bar",
        f"redis+cluster://:{SECRET}@",
        f"redis+cluster://:{SECRET}@host,,other",
        f"redis+cluster://:{SECRET}@host/1",
        f"redis+cluster://:{SECRET}@host?foo=bar",
        f"rediss+cluster://:{SECRET}@host?ssl_cert_reqs=maybe",
        f"redis://:{SECRET}@host:port",
        f"redis://:{SECRET}@[::1",
        f"redis://:{SECRET}@host?foo=bar",
        f"redis://:{SECRET}@host/mydb",
        f"redis://:{SECRET}@host/foo/bar",
        f"redis://:{SECRET}@host/0/extra",
        f"redis://:{SECRET}@host/-1",
        f"redis://:{SECRET}@host/+1",
        f"redis://:{SECRET}@host?db=-1",
        f"redis+sentinel://:{SECRET}@host/name/-1",
        f"redis+sentinel://:{SECRET}@host/name/0/extra",
        f"redis+cluster://:{SECRET}@host/mydb",
        f"redis://u:1/{SECRET}@host:1/0",
        f"redis://u:1?{SECRET}@host:1/0",
        f"redis://u:1#{SECRET}@host:1/0",
        f"redis://u:1[{SECRET}@host:1/0",
        f"redis://u:1]{SECRET}@host:1/0",
        f"stickshaker:{SECRET}@127.0.0.1:7411",
        f"{SECRET}@127.0.0.1:7411",
        f"stickshaker:{SECRET}@127.0.0.1/x://y",
        SECRET,
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
