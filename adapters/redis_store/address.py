"""Addresses of a store: one server, a primary that Sentinels name, or a Cluster; and the client for each."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import redis.asyncio as redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import (
    ConnectionError,  # noqa: A004  redis-py's own name; the built-in is an OSError and caught as such
    TimeoutError,  # noqa: A004  as above
)

from adapters.redis_store.sentinels import SENTINEL_PORT, WatchedPool, Watchers
from adapters.redis_store.wire import FAULTS, Client
from bot.errors import SettingsError

SINGLE: Final = ("redis", "rediss", "unix")
SENTINEL: Final = ("redis+sentinel", "rediss+sentinel")
CLUSTER: Final = ("redis+cluster", "rediss+cluster")
FORMS: Final = "redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// (rediss+ with TLS)"
SCHEME: Final = re.compile(r"[a-z+]{1,20}")
"""What may be repeated of a URL, and only before its `://`: anything else may be a password."""
IN_PASSWORDS: Final = "in a password write # [ ] ? / @ as %23 %5B %5D %3F %2F %40"
PORT: Final = 6379
WATCHER: Final = "sentinel_"
"""What the options of a URL begin with that are of the Sentinels: `sentinel_username`, `sentinel_password`."""
PAPERS: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""Options that name a file."""
TIMEOUT_SECONDS: Final = 5.0
TRIES: Final = 3
"""A pool from a URL has no retry of its own in redis-py 8.1, so an idle connection that the server closed would
fail each time; an async Retry cures it (redis-py issue 4252)."""


def _again() -> Retry:
    return Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.01), TRIES)


MOST_CONNECTIONS: Final = 1_000
"""Of one process. A pool of redis-py refuses the hundred-and-first use at the same time unless it is told otherwise; the
worker's own limits keep it far below this."""

BEHAVIOUR: Final[dict[str, Any]] = {
    "decode_responses": False,
    "socket_timeout": TIMEOUT_SECONDS,
    "socket_connect_timeout": TIMEOUT_SECONDS,
    "retry": _again(),
    "retry_on_error": [ConnectionError, TimeoutError],
    "max_connections": MOST_CONNECTIONS,
}
"""How every client of ours behaves, whatever it connects to."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart: how to reach the servers, and (`name`, `watching`) the Sentinels that name the primary."""

    hosts: tuple[tuple[str, int], ...]
    options: Mapping[str, Any]
    name: str = ""
    watching: Mapping[str, Any] | None = None


def client_for(url: str) -> Client:
    """Return a client for a URL of one of FORMS; nothing is sent yet.

    Raises SettingsError for a URL that can't be one, without repeating its password.
    """
    try:
        return _client(url)
    except (ValueError, TypeError, *FAULTS) as fault:
        form = _form(url.partition("://")[0])
        msg = f"STICKSHAKER_REDIS_URL can't be read; write it as {form}; {IN_PASSWORDS}."
        raise SettingsError(msg) from fault


def engine_url(url: str, client: Client) -> str:
    """Return what the work engine is given for a URL of ours: the same, but for a Cluster one node of those at hand.

    It reads the other forms as we do; of a Cluster it takes a single host, so it gets one that answered.
    """
    parts = _split(url)
    if parts.scheme not in CLUSTER or not isinstance(client, RedisCluster):
        return url
    nodes = client.get_primaries() or list(client.nodes_manager.startup_nodes.values())
    user, at, _ = parts.netloc.rpartition("@")
    host = f"[{nodes[0].host}]" if ":" in nodes[0].host else nodes[0].host
    return parts._replace(netloc=f"{user}{at}{host}:{nodes[0].port}").geturl()


def where(client: Client) -> str:
    """Return the address without user and password."""
    if isinstance(client, RedisCluster):
        nodes = list(client.nodes_manager.startup_nodes.values())
        return ", ".join(f"{node.host}:{node.port}" for node in nodes[:3])
    pool = client.connection_pool
    if isinstance(pool, WatchedPool):
        return f"{pool.service_name} (Sentinels {pool.sentinels.told})"
    given = pool.connection_kwargs
    return str(given.get("path") or f"{given.get('host', 'localhost')}:{given.get('port', PORT)}")


class Place(NamedTuple):
    """Where the first server or Sentinel of a URL is spoken to, and how."""

    host: str
    port: int
    is_secure: bool
    shows_certificate: bool


def first_place(client: Client) -> Place | None:
    """Return where a client speaks to first, None where that is a socket of this machine."""
    speaker: Any
    if isinstance(client, RedisCluster):
        speaker = next(iter(client.nodes_manager.startup_nodes.values()))
    elif isinstance(client.connection_pool, WatchedPool):
        speaker = client.connection_pool.sentinels.sentinels[0].connection_pool
    else:
        speaker = client.connection_pool
    given = speaker.connection_kwargs
    if "path" in given:
        return None
    is_secure = issubclass(speaker.connection_class, SSLConnection)
    return Place(given.get("host", "localhost"), given.get("port", PORT), is_secure, bool(given.get("ssl_certfile")))


class ClusterClient(RedisCluster):
    """A client of a Cluster that closes what it opened, also when it lost the Cluster meanwhile."""

    async def aclose(self) -> None:
        """Let go of all nodes."""
        await super().aclose()
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")


def _client(url: str) -> Client:
    scheme, mark, _ = url.partition("://")
    if not mark or scheme not in (*SINGLE, *SENTINEL, *CLUSTER):
        begins = f"starts with '{scheme}://'" if mark and SCHEME.fullmatch(scheme) else "has no scheme"
        msg = f"STICKSHAKER_REDIS_URL {begins}; use {FORMS}."
        raise SettingsError(msg)
    parts = _split(url)
    if "#" in url:  # else all behind it would be left out in silence
        raise ValueError(url)
    options = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    _check_options(options)
    _check_database([_database(parts), *options.get("db", [])])
    if scheme in CLUSTER:
        return _cluster(_address(url))
    client = redis.Redis.from_url(url, **BEHAVIOUR) if scheme in SINGLE else _watched(_address(url))
    # An option that nobody knows shows only when a connection is made.
    client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    return client


def _check_options(options: Mapping[str, list[str]]) -> None:
    ours = sorted(BEHAVIOUR.keys() & options)
    if ours:
        msg = f"STICKSHAKER_REDIS_URL sets {', '.join(ours)}, which Stickshaker chooses itself; leave that out."
        raise SettingsError(msg)
    for name in PAPERS:
        for path in options.get(name, []):
            if not os.access(path, os.R_OK):
                msg = f"STICKSHAKER_REDIS_URL names a file that can't be read as {name}; set it to the path of a PEM file."
                raise SettingsError(msg)


def _check_database(told: Sequence[str]) -> None:
    """Refuse what is no number of a database: redis-py would take database 0 instead, and say nothing."""
    if not all(re.fullmatch(r"[0-9]*", number) for number in told):
        msg = (
            f"STICKSHAKER_REDIS_URL must end with the number of a database, such as /0, or without any; {IN_PASSWORDS}."
        )
        raise SettingsError(msg)


def _database(parts: SplitResult) -> str:
    """Return what stands where the number of the database belongs; empty without any, as in every path of a socket."""
    path = parts.path.strip("/")
    if parts.scheme in SENTINEL:
        return path.partition("/")[2]
    return "" if parts.scheme == "unix" else path


def _watched(address: Address) -> redis.Redis:
    # There are several Sentinels: one that is silent is not asked again, the next one is.
    sentinels = Watchers(
        address.hosts, sentinel_kwargs={**BEHAVIOUR, **(address.watching or {}), "retry": Retry(NoBackoff(), 0)}
    )  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    return redis.Redis.from_pool(WatchedPool(address.name, sentinels, **BEHAVIOUR, **address.options))


def _cluster(address: Address) -> RedisCluster:
    nodes = [ClusterNode(host, port) for host, port in address.hosts]
    client = ClusterClient(startup_nodes=nodes, **{**BEHAVIOUR, "retry": _again()}, **address.options)
    first = next(iter(client.nodes_manager.startup_nodes.values()))
    first.release(first.acquire_connection())  # as above: an option shows its fault when a connection is made
    return client


def _address(url: str) -> Address:
    """Take the URL of Sentinels or of a Cluster apart; raises ValueError where that can't be done."""
    parts = _split(url)
    user, at, hosts = parts.netloc.rpartition("@")
    is_watched = parts.scheme in SENTINEL
    base = parts.scheme.partition("+")[0]
    query = parse_qs(parts.query, keep_blank_values=True)
    of_watchers = {name.removeprefix(WATCHER): query.pop(name)[0] for name in list(query) if name.startswith(WATCHER)}
    name = parts.path.strip("/").partition("/")[0] if is_watched else ""
    if is_watched and not name:
        raise ValueError(url)
    plain = f"{base}://{user}{at}host/{int(_database(parts) or 0)}?{urlencode(query, doseq=True)}"
    options: dict[str, Any] = dict(parse_url(plain))
    options.pop("host")
    if options.pop("connection_class", None) is SSLConnection:
        options["ssl"] = True
    secured = {name: value for name, value in options.items() if name.startswith("ssl")}
    port = SENTINEL_PORT if is_watched else PORT
    return Address(
        hosts=tuple(_host(member, port) for member in hosts.split(",")),
        options=options,
        name=name,
        watching=of_watchers | secured,
    )


def _host(member: str, port: int) -> tuple[str, int]:
    """Return host and port of one member of a list of hosts; raises ValueError for none."""
    parts = urlsplit(f"//{member}")
    if not parts.hostname:
        raise ValueError(member)
    return parts.hostname, parts.port or port


def _split(url: str) -> SplitResult:
    """Take a URL apart; hosts stay together, also where Python sees no address in them (`a:1,[::1]:2`)."""
    scheme, _, rest = url.partition("://")
    end = min((rest.index(mark) for mark in "/?#" if mark in rest), default=len(rest))
    return urlsplit(f"{scheme}://host{rest[end:]}")._replace(netloc=rest[:end])


def _form(scheme: str) -> str:
    """Return how a URL of this kind is written."""
    if scheme in SENTINEL:
        return f"{scheme}://user:password@host1:{SENTINEL_PORT},host2:{SENTINEL_PORT}/name-of-the-primary/0"
    if scheme in CLUSTER:
        return f"{scheme}://user:password@host1:{PORT},host2:{PORT}"
    return f"redis://user:password@host:{PORT}/0"
