"""The embedded store: a real server that keeps what it acknowledged."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis
from servers import old_binary

from adapters.redis_store.embedded import EmbeddedServer, server_binary
from adapters.redis_store.store import client_of
from bot.errors import StoreUnavailable

OWNER = """
import sys, time
from pathlib import Path
from adapters.redis_store.embedded import EmbeddedServer, server_binary
server = EmbeddedServer(Path(sys.argv[1]))
print(server.ensure(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """Return a server of a fresh folder."""
    one = EmbeddedServer(tmp_path)
    yield one
    one.close()


def ask(url: str) -> redis.Redis:
    """Return a plain client, closed by its context."""
    return redis.Redis.from_url(url)


def gone(path: Path) -> bool:
    """Wait up to five seconds for the server on a socket to end."""
    for _ in range(500):
        try:
            with ask(f"unix://{path}") as client:
                client.ping()
        except (redis.ConnectionError, OSError):
            return True
        time.sleep(0.01)
    return False


def test_what_was_written_is_there_after_a_restart(server: EmbeddedServer, tmp_path: Path) -> None:
    """Stopped and started again, the store holds what it held; ensure twice starts one server."""
    with ask(server.ensure()) as client:
        client.set("a", "1")
        first = client.info("server")["process_id"]
    with ask(server.ensure()) as client:
        assert client.info("server")["process_id"] == first
    server.close()
    assert gone(server.socket_path)
    with EmbeddedServer(tmp_path) as again, ask(again.url) as client:
        assert client.get("a") == b"1"


def test_a_killed_server_loses_nothing_it_acknowledged(server: EmbeddedServer) -> None:
    """After kill -9 in the middle of writes every acknowledged one is there."""
    with ask(server.ensure()) as client:
        for n in range(500):
            client.set(f"k{n}", n)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    assert gone(server.socket_path)
    with ask(server.ensure()) as client:
        assert client.dbsize() == 500


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_owner_takes_its_server_along_and_another_starts_it_again(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """A second process uses the owner's server, and starts its own when the owner was killed."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline().strip() == server.ensure()
    with ask(server.url) as client:
        client.set("a", "1")
    owner.kill()
    owner.wait()
    assert gone(server.socket_path)
    with ask(server.ensure()) as client:
        assert client.get("a") == b"1"


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    """A data folder whose path is too long for a socket works all the same."""
    deep = tmp_path / ("x" * 120)
    with EmbeddedServer(deep) as server, ask(server.url) as client:
        assert len(str(server.socket_path)) < 100
        assert client.ping()


@pytest.fixture
def rooms() -> Iterator[tuple[str, str]]:
    """Return two runtime folders; their paths are short, as those of a login are, wherever tests have theirs."""
    with tempfile.TemporaryDirectory(prefix="ss") as folder:
        for name in "ab":
            (Path(folder) / name).mkdir()
        yield f"{folder}/a", f"{folder}/b"


async def test_a_long_path_is_shared_whatever_the_runtime_folder(
    tmp_path: Path, rooms: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second process with another runtime folder uses the first one's server, and its own once that ended."""
    login, cron = rooms
    deep = tmp_path / ("x" * 120)
    monkeypatch.setenv("XDG_RUNTIME_DIR", login)
    first, second = EmbeddedServer(deep), EmbeddedServer(deep)
    url = first.ensure()
    monkeypatch.setenv("XDG_RUNTIME_DIR", cron)
    began = time.monotonic()
    assert second.ensure() == url
    assert time.monotonic() - began < 1
    client = client_of(second)
    await client.set("a", "1")
    first.close()
    assert gone(first.socket_path)
    assert await client.get("a") == b"1"
    assert str(second.socket_path).startswith(cron)
    assert first.ensure() == second.url
    await client.aclose()
    second.close()


def test_a_copy_of_a_data_folder_is_a_store_of_its_own(
    tmp_path: Path, rooms: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copied folder does not lead to the server of the folder it was copied from."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", rooms[0])
    deep, copy = tmp_path / ("x" * 120), tmp_path / ("y" * 120)
    with EmbeddedServer(deep) as server:
        shutil.copytree(deep, copy, ignore=shutil.ignore_patterns("lock"))
        with EmbeddedServer(copy) as other:
            assert other.url != server.url


def test_a_socket_that_fits_nowhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the runtime folder has a long path too, one sentence asks for a shorter one."""
    (tmp_path / ("z" * 120)).mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("z" * 120)))
    with pytest.raises(StoreUnavailable, match="shorter path"):
        EmbeddedServer(tmp_path / ("x" * 120)).ensure()


def test_faults_are_one_sentence(server: EmbeddedServer, tmp_path: Path) -> None:
    """A folder that is a file, and a store that can't be read, are said with the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="STICKSHAKER_DATA_DIR"):
        EmbeddedServer(tmp_path / "file").ensure()
    broken = server.folder / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("this is no manifest\n")
    with pytest.raises(StoreUnavailable, match=r"did not start.*valkey\.log"):
        server.ensure()


NO_WHEEL = partial(server_binary, "a_package_that_nobody_has")


def test_where_the_wheel_has_no_build_a_server_on_the_path_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redis-server that the PATH finds runs as the embedded store, keeps what it is told, and gives way to a Valkey."""
    old, programs = old_binary(), tmp_path / "bin"
    programs.mkdir()
    (programs / "redis-server").symlink_to(old)
    monkeypatch.setenv("PATH", str(programs))
    for _ in range(2):
        with EmbeddedServer(tmp_path / "data", NO_WHEEL) as server, ask(server.url) as client:
            assert client.info("server")["redis_version"].startswith("6.2")
            client.incr("starts")
    with EmbeddedServer(tmp_path / "data", NO_WHEEL) as server, ask(server.url) as client:
        assert client.get("starts") == b"2"
    (programs / "valkey-server").symlink_to(server_binary())
    assert NO_WHEEL() == programs / "valkey-server"
    with EmbeddedServer(tmp_path / "data", NO_WHEEL) as server, ask(server.url) as client:
        assert "valkey_version" in client.info("server")
        assert client.get("starts") == b"2"


@pytest.mark.parametrize(
    "says", ["Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64", "no version at all", None], ids=str
)
def test_a_server_that_cannot_be_used_is_passed_by_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str | None
) -> None:
    """One that is too old, one that is none, and none at all: one sentence names both remedies."""
    if says is not None:
        program = tmp_path / "redis-server"
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreUnavailable) as told:
        EmbeddedServer(tmp_path / "data", NO_WHEEL).ensure()
    assert "install valkey-server or redis-server 6.2 or newer" in str(told.value)
    assert "set STICKSHAKER_REDIS_URL" in str(told.value)
