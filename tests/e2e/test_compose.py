"""What docker-compose.yml starts, started as processes of this machine: same commands, same settings, same users."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from redis.exceptions import NoPermissionError

from adapters.redis_store.embedded import server_binary

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
USERS = """{ours}
user backup on >{backup} resetkeys resetchannels -@all +config|get +config|set +info +bgrewriteaof +ping
user default on nopass resetkeys resetchannels -@all +ping
"""
"""The users that docs/deploy.md makes."""

Env = dict[str, str]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.fixture
def env(tmp_path: Path) -> Iterator[Env]:
    """Start the store by the compose file's own command and return the settings of a replica over it."""
    password, backup, port = secrets.token_hex(32), secrets.token_hex(32), free_port()
    ours = (ROOT / "docs/acl/stickshaker.acl").read_text().strip().replace("PASSWORD", password)
    (tmp_path / "users.acl").write_text(USERS.format(ours=ours, backup=backup))
    places = {"/data": str(tmp_path), "/run/secrets/valkey_acl": str(tmp_path / "users.acl")}
    command = [places.get(word, word) for word in SERVICES["valkey"]["command"][1:]]
    listening = ["--port", str(port), "--bind", "127.0.0.1"]
    server = subprocess.Popen([str(server_binary()), *command, *listening], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as anybody:
            assert eventually(anybody.ping)
            with pytest.raises(NoPermissionError):
                anybody.get("ss:default:pilots")
        with redis.Redis(port=port, username="backup", password=backup) as who_copies:
            assert who_copies.config_set("auto-aof-rewrite-percentage", 0)
            assert who_copies.info("persistence")["aof_enabled"] == 1
            with pytest.raises(NoPermissionError):
                who_copies.get("ss:default:pilots")
        given = {name: str(value) for name, value in SERVICES["web"]["environment"].items()}
        own = {
            "STICKSHAKER_HTTP_HOST": "127.0.0.1",
            "STICKSHAKER_REDIS_URL": f"redis://stickshaker:{password}@127.0.0.1:{port}/0",
            "STICKSHAKER_PSEUDONYM_KEY": secrets.token_hex(32),
            "STICKSHAKER_DATA_DIR": str(tmp_path / "none"),
        }
        yield {**os.environ, "PYTHONPATH": str(ROOT), **given, **own}
    finally:
        server.terminate()
        server.wait(10)


def eventually(ask: Any, seconds: float = 20.0) -> bool:  # noqa: ANN401  whatever is true in the end
    """Ask until the answer is true; False when it never is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if ask():
                return True
        except (redis.RedisError, OSError):
            pass
        time.sleep(0.1)
    return False


def command(env: Env, *words: str, stdin: str = "") -> str:
    """Run a command in a replica's settings and return what it printed."""
    call = [sys.executable, "-m", "jobs.cli", *words]
    told = subprocess.run(call, env=env, input=stdin, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode in {0, 1}, told.stderr
    return told.stdout


def test_the_processes_of_the_compose_file_work_together(env: Env, tmp_path: Path) -> None:
    """One web and two workers over a store with its users: rounds run, the image's check passes, all end at SIGTERM."""
    started = []
    for name in ("web", "worker"):
        for _ in range(SERVICES[name]["deploy"].get("replicas", 1)):
            port = str(free_port())
            call = [sys.executable, "-m", "jobs.cli", *SERVICES[name]["command"]]
            with (tmp_path / f"{name}{port}.log").open("w") as log:
                process = subprocess.Popen(call, env={**env, "STICKSHAKER_HTTP_PORT": port}, stdout=log, stderr=log)
            started.append((process, port))
    try:
        assert len(started) == 3
        assert all(eventually(lambda port=port: is_ready(port)) for _, port in started), said(tmp_path)
        registry = "id,name,owner,stage,stage_since,seats\ntax,Tax letters,dana@n.example,pilot,2024-01-02,40\n"
        command(env, "load", "registry", "-", stdin=registry)
        command(env, "golive", "--yes")
        assert eventually(lambda: "A process is at work" in command(env, "doctor", "tax")), said(tmp_path)
    finally:
        for process, _ in started:
            process.send_signal(signal.SIGTERM)
        ends = [process.wait(30) for process, _ in started]
    assert ends == [0, 0, 0], said(tmp_path)


def is_ready(port: str) -> bool:
    """Ask as the image's own check does, with the port of this process."""
    words = next(x for x in (ROOT / "Dockerfile").read_text().splitlines() if "urlopen" in x)
    asked = words.split('"-c", "')[1].rpartition('"')[0].replace("8080", port)
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False).returncode == 0


def said(folder: Path) -> str:
    """Return what the processes logged."""
    return "\n".join(log.read_text()[-2000:] for log in sorted(folder.glob("*.log")))
