"""The service as a process: it starts, waits for its store, does its rounds and ends when it is asked to."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
import redis
from servers import SECRET, free_port, serve

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys

ROUNDS = Keys().rounds


@contextmanager
def running(folder: Path, *words: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run `stickshaker run`, and kill it in the end if it still runs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("STICKSHAKER_")}
    ours = {"STICKSHAKER_DATA_DIR": str(folder), "STICKSHAKER_HTTP_PORT": str(free_port())}
    command = [sys.executable, "-m", "jobs.cli", "run", *words]
    process = subprocess.Popen(
        command, env=kept | ours | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Return once something is so; fail when it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def has_swept(client: "redis.Redis") -> bool:
    """Whether a sweep has run to its end."""
    try:
        return bool(client.hexists(ROUNDS, "sweep"))
    except redis.ConnectionError:
        return False


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ask a process to end and return its exit code and what it said."""
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said


def test_one_process_with_a_store_of_its_own_sweeps_and_ends(tmp_path: Path) -> None:
    """Without any settings the service runs on the embedded store; asked to end, it does so at once and without fault."""
    socket = EmbeddedServer(tmp_path).socket_path
    with running(tmp_path) as process, redis.Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: has_swept(client))
        begin = time.monotonic()
        assert end(process)[0] == 0
        assert time.monotonic() - begin < 5


def ask(port: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    """Return status and text of what a process answers; status 0 while it does not listen."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", data=body, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except (URLError, OSError):
        return 0, ""


def test_who_asks_is_answered_before_there_is_a_store(tmp_path: Path) -> None:
    """Start order does not matter: until the store comes the process says that it lives and waits; then all goes on."""
    (tmp_path / "store").mkdir()
    with serve(tmp_path / "store") as server:
        server.kill()
        settings = {"STICKSHAKER_REDIS_URL": server.url, "STICKSHAKER_PSEUDONYM_KEY": "a key of the tests"}
        ports = {role: str(free_port()) for role in ("worker", "web")}
        given = {role: settings | {"STICKSHAKER_HTTP_PORT": port} for role, port in ports.items()}
        with (
            running(tmp_path, "--role", "worker", STICKSHAKER_ADMIN="x", **given["worker"]) as worker,
            running(tmp_path, "--role", "web", **given["web"]) as web,
        ):
            for port in ports.values():
                wait_until(lambda port=port: ask(port, "/healthz")[0] == 200)
                status, told = ask(port, "/readyz")
                assert (status, json.loads(told)["reasons"]) == (503, ["the store is awaited"])
                status, told = ask(port, "/metrics")
                assert (status, "stickshaker_store_up 0.0" in told) == (200, True)
            assert ask(ports["web"], "/v1/usage", b"{}")[0] == 503
            time.sleep(6)  # both have looked for the store by then, and found nothing
            assert (worker.poll(), web.poll()) == (None, None)
            server.start_again()
            wait_until(lambda: has_swept(server.admin))
            for port in ports.values():
                wait_until(lambda port=port: ask(port, "/readyz")[0] == 200)
                assert "stickshaker_store_up 1.0" in ask(port, "/metrics")[1]
            code, said = end(worker)
            assert (code, end(web)[0]) == (0, 0)
    assert f"The store at 127.0.0.1:{server.port}" in said
    assert "STICKSHAKER_ADMIN is no setting" in said
    assert SECRET not in said


def test_an_address_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    """Where nothing can be served the process ends with the sentence, whether or not there is a store."""
    settings = {"STICKSHAKER_REDIS_URL": "redis://127.0.0.1:1", "STICKSHAKER_PSEUDONYM_KEY": "a key of the tests"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running(tmp_path, **settings, STICKSHAKER_HTTP_PORT=port) as process:
            said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "set STICKSHAKER_HTTP_HOST and STICKSHAKER_HTTP_PORT" in said


@pytest.mark.parametrize("words", [("--role", "chief"), ("--role", "")])
def test_a_role_that_is_none_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A wrong role names the roles there are."""
    with running(tmp_path, *words) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "write all, web or worker" in said


@pytest.mark.parametrize("sign", "[]#?/")
def test_a_password_that_was_not_encoded_is_one_sentence(tmp_path: Path, sign: str) -> None:
    """Signs that end a URL's first part are no traceback; the sentence says how to write them, and not the password."""
    url = f"redis://u:SE{sign}CRETX@127.0.0.1:1/0"
    with running(tmp_path, STICKSHAKER_REDIS_URL=url, STICKSHAKER_PSEUDONYM_KEY="a key of the tests") as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "%23 %5B %5D %3F %2F" in said
    assert said.count("\n") == 1
    assert "CRETX" not in said


def test_a_wrong_key_ends_it_since_waiting_mends_nothing(tmp_path: Path) -> None:
    """A store that holds the data of another key is no reason to wait."""
    with serve(tmp_path) as server:
        settings = {"STICKSHAKER_REDIS_URL": server.url, "STICKSHAKER_PSEUDONYM_KEY": "a key of the tests"}
        with running(tmp_path, **settings) as process:
            wait_until(lambda: has_swept(server.admin))
            assert end(process)[0] == 0
        with running(tmp_path, **(settings | {"STICKSHAKER_PSEUDONYM_KEY": "another key of them"})) as process:
            said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "another key of them" not in said
