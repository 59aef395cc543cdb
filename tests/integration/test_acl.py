"""The users that ship with the docs: each may do its work, and nothing besides."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import redis
from loops import ask_and_answer, count_people
from servers import SECRET, Server, cluster, cluster_url, old_binary, serve
from world import world_of

from adapters.redis_store.address import client_for, engine_url
from adapters.redis_store.keys import Keys
from adapters.redis_store.permissions import ENGINE, LEAVING, LISTENING, READING, WRITING, lines_of
from adapters.redis_store.store import RedisStore
from bot.app.deliver import Delivered
from bot.app.export import export
from bot.domain.entry import Stream
from bot.errors import StoreUnavailable
from jobs.measures import Measures
from jobs.tasks import open_queue, register, work

ACL = Path(__file__).resolve().parent.parent.parent / "docs" / "acl"
ROLES = ("stickshaker", "feeder", "reader")
CONNECTING = {"ping", "select", "client|setinfo", "info", "cluster|slots", "command", "asking", "eval"}
"""What redis-py needs of any server and of a Cluster, and what is asked of any store."""
TASKS = 13
FORBIDDEN = (
    ["FLUSHALL"],
    ["FLUSHDB"],
    ["KEYS", "*"],
    ["SCAN", "0"],
    ["CONFIG", "GET", "*"],
    ["ACL", "LIST"],
    ["SHUTDOWN"],
    ["REPLICAOF", "NO", "ONE"],
    ["SCRIPT", "FLUSH"],
    ["CLIENT", "LIST"],
    ["CLUSTER", "RESET"],
    ["MONITOR"],
    ["GET", "other"],
    ["XADD", "other", "*", "a", "1"],
    ["PUBLISH", "other", "x"],
)


def words_of(role: str) -> list[str]:
    """Return the words of a file, with a password."""
    return (ACL / f"{role}.acl").read_text().replace("PASSWORD", SECRET).split()


def commands_of(role: str) -> set[str]:
    """Return the commands that a file allows."""
    return {word[1:] for word in words_of(role) if word.startswith("+")}


@pytest.fixture(scope="module", params=["valkey", "redis 6.2"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that was started with the files of the docs as its users."""
    folder = tmp_path_factory.mktemp("acl")
    users = folder / "users.acl"
    lines = [" ".join(words_of(role)) for role in ROLES]
    users.write_text("\n".join([f"user default on >{SECRET} ~* &* +@all", *lines, ""]))
    binary = None if request.param == "valkey" else old_binary()
    with serve(folder, binary=binary, users=users) as one:
        yield one


def url_of(server: Server, role: str) -> str:
    """Return the URL of a user."""
    return f"redis://{role}:{SECRET}@127.0.0.1:{server.port}/0"


def denied(server: Server) -> set[str]:
    """Return what was refused so far, but for what redis-py asks of old servers in vain, and forget it."""
    log = server.admin.execute_command("ACL", "LOG")
    server.admin.execute_command("ACL", "LOG", "RESET")
    told = [dict(zip(entry[::2], entry[1::2], strict=True)) if isinstance(entry, list) else entry for entry in log]
    objects = {value.decode() for entry in told for key, value in entry.items() if key == b"object"}
    return objects - {"client"}


class Duties:
    """What the engine runs in this test: every third task fails."""

    def __init__(self) -> None:
        """Nothing ran yet."""
        self.ran: list[str] = []
        self.all_ran = asyncio.Event()

    async def deliver(self, *letters: str) -> Delivered:
        """Run, or fail."""
        await self.run(" ".join(letters))
        return Delivered()

    async def run(self, name: str) -> timedelta:
        """Run, or fail."""
        self.ran.append(name)
        if len(set(self.ran)) == TASKS:
            self.all_ran.set()
        if len(self.ran) % 3 == 0:
            raise ValueError(name)
        return timedelta(0)


class Slow(Duties):
    """A task that takes longer than its lease, several times over."""

    async def run(self, name: str) -> timedelta:
        """Run for long."""
        self.ran.append(name)
        await asyncio.sleep(3)
        self.all_ran.set()
        return timedelta(0)


async def run_long(url: str) -> list[str]:
    """Run one task in two workers that live through many of their leases; returns each time it was begun."""
    duties = Slow()
    async with open_queue(url, Keys().engine) as queue:
        register(queue.docket, duties, Measures())  # type: ignore[arg-type]  # it asks for no more than these two
        ending = asyncio.Event()
        workers = [asyncio.create_task(work(queue.docket, f"w{n}", ending, timedelta(seconds=5))) for n in range(2)]
        await queue.submit("sweep")
        async with asyncio.timeout(10):
            await duties.all_ran.wait()
        ending.set()
        await asyncio.gather(*workers)
    return duties.ran


async def run_engine(url: str) -> None:
    """Ask for some tasks and run them in a worker, as the roles do."""
    duties = Duties()
    async with open_queue(url, Keys().engine) as queue:
        register(queue.docket, duties, Measures())  # type: ignore[arg-type]  # it asks for no more than these two
        ending = asyncio.Event()
        worker = asyncio.create_task(work(queue.docket, "w", ending, timedelta(seconds=5)))
        for n in range(TASKS - 1):
            await queue.submit("deliver", "ws", f"p{n} d{n}")
        await queue.submit("sweep")
        async with asyncio.timeout(10):
            await duties.all_ran.wait()
        ending.set()
        await worker


async def test_stickshaker_may_do_all_its_work(server: Server) -> None:
    """The store, the streams of others and the engine run under the user of the docs, and nothing is refused."""
    store = RedisStore(client_for(url_of(server, "stickshaker")), b"k")
    await store.open()
    denied(server)
    await ask_and_answer(store)
    await count_people(store)
    for stream in Stream:
        server.admin.xadd(store.keys.ingress(stream), {"kind": "x"})
        (entry,) = (await store.ingress.read(stream)).entries
        await store.ingress.done(stream, [entry.id])
    await run_engine(url_of(server, "stickshaker"))
    assert denied(server) == set()
    await store.close()


async def test_a_task_longer_than_its_lease_runs_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Workers that renew their leases many times under the user of the docs lose neither the store nor the task."""
    monkeypatch.setattr("jobs.tasks.LEASE", timedelta(seconds=1))
    monkeypatch.setattr("jobs.tasks.CHECK", timedelta(milliseconds=20))
    denied(server)
    assert await run_long(url_of(server, "stickshaker")) == ["sweep"]
    assert denied(server) == set()
    assert "unavailable" not in caplog.text


async def test_a_reader_may_export_and_nothing_else(server: Server) -> None:
    """It reads what an export holds, line for line, writes nothing, and sees no person, cell, message or stream."""
    mine = RedisStore(client_for(url_of(server, "stickshaker")), b"k")
    await mine.open()
    await mine.pilots.put([])
    expected = [line async for line in export(world_of(mine).ports, 5)]
    theirs = RedisStore(client_for(url_of(server, "reader")), b"k")
    await theirs.open(reading=True)
    denied(server)
    assert [line async for line in export(world_of(theirs).ports, 5)] == expected
    assert denied(server) == set()
    with pytest.raises(StoreUnavailable, match="may not run SET"):
        await theirs.open()
    keys = mine.keys
    hidden = [keys.hot(0, 1), keys.users(0), keys.seats(0), keys.people(0), keys.delivery("p", "d"), keys.aliases]
    with redis.Redis.from_url(url_of(server, "reader")) as client:
        for key in [*hidden, keys.ingress("usage")]:
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.hgetall(key)
        for words in (["HSET", keys.pilots, "a", "1"], ["DEL", keys.pilots], ["EXPIRE", keys.pilots, "1"]):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*words)
    await mine.close()
    await theirs.close()


@pytest.mark.parametrize("role", ROLES)
def test_nobody_may_do_more(server: Server, role: str) -> None:
    """Commands that look into or change the server, and keys and channels of others, are refused to each user."""
    with redis.Redis.from_url(url_of(server, role)) as client:
        for words in FORBIDDEN:
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*words)


async def test_the_engine_runs_under_the_user_of_the_docs_on_a_cluster(tmp_path: Path) -> None:
    """In a Cluster, where the engine's keys begin with a brace, store and engine may do their work too."""
    with cluster(tmp_path) as nodes:
        for node in nodes:
            node.admin.execute_command("ACL", "SETUSER", *words_of("stickshaker")[1:])
        url = cluster_url(nodes, "stickshaker")
        store = RedisStore(client_for(url), b"k")
        await store.open()
        await count_people(store)
        await run_engine(engine_url(url, store.client))
        assert set().union(*map(denied, nodes)) == set()
        await store.close()


def test_the_files_allow_what_is_tried_and_no_more() -> None:
    """Every command of a file is one that the store tries at the start or that a connection needs, and the other way round."""

    def tried(commands: str) -> set[str]:
        return {line.split()[0].lower() for line in lines_of(commands)}

    ours = tried(READING + WRITING + ENGINE + LISTENING + LEAVING)
    assert commands_of("stickshaker") == {"xgroup|create" if c == "xgroup" else c for c in ours} | CONNECTING
    assert commands_of("reader") == tried(READING) | CONNECTING
    line = re.search(r"^ +ACL SETUSER (feeder .*)$", (ACL.parent / "ingress.md").read_text(), re.MULTILINE)
    assert line is not None
    assert set(line[1].replace("SECRET", SECRET).split()) == set(words_of("feeder")[1:])


def test_every_command_of_the_engines_scripts_is_tried() -> None:
    """Whatever a script of the engine runs, in any situation, is on the list that is tried at the start."""
    scripts = (files("docket") / "lua").iterdir()
    used = {name for one in scripts for name in re.findall(r"redis\.p?call\(\s*'([A-Z]+)'", one.read_text())}
    assert "PEXPIRE" in used
    assert used <= {line.split()[0] for line in lines_of(READING + WRITING + ENGINE + LEAVING)}


def test_each_file_is_one_user_of_its_own() -> None:
    """A file is one line, as a server wants it, under the name of its role, closed but for what it names."""
    for path in sorted(ACL.glob("*.acl")):
        (line,) = path.read_text().splitlines()
        assert line.startswith(f"user {'stickshaker' if path.stem == 'sentinel' else path.stem} on >PASSWORD ")
        assert "-@all" in line
        assert "resetchannels" in line
