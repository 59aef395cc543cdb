"""One way to reach the store, and one clear sentence for each way in which it can't be used."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004  redis-py's own name; the built-in is an OSError and caught as such
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004  as above
)

from bot.errors import SettingsError, StoreUnavailable

SCHEMES: Final = ("redis", "rediss", "unix")
LEAST: Final = (6, 2)
TIMEOUT_SECONDS: Final = 5.0
TRIES: Final = 3
"""A pool from a URL has no retry of its own in redis-py 8.1, so an idle connection that the server closed would
fail each time; an async Retry cures it (redis-py issue 4252)."""

BEHAVIOUR: Final[dict[str, Any]] = {
    "decode_responses": False,
    "socket_timeout": TIMEOUT_SECONDS,
    "socket_connect_timeout": TIMEOUT_SECONDS,
    "retry": Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.01), TRIES),
    "retry_on_error": [ConnectionError, TimeoutError],
}
"""How every client of ours behaves, whatever it connects to."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What answered: `redis` or `valkey`, and its version."""

    name: str
    version: str


def client_for(url: str) -> redis.Redis:
    """Return a client for a redis://, rediss:// or unix:// URL; nothing is sent yet.

    Raises SettingsError for a URL that can't be one, without repeating its password.
    """
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        msg = f"STICKSHAKER_REDIS_URL starts with '{scheme}://'; use redis://, rediss:// or unix://."
        raise SettingsError(msg)
    try:
        return redis.Redis.from_url(url, **BEHAVIOUR)
    except ValueError as fault:
        msg = "STICKSHAKER_REDIS_URL can't be read; write it as redis://user:password@host:6379/0."
        raise SettingsError(msg) from fault


async def verify(client: redis.Redis, prefix: str) -> ServerFacts:
    """Ask the server who it is and try each kind of command we need on one key under `prefix`.

    Raises StoreUnavailable with one sentence: unreachable, wrong password, too old, read-only, a
    missing permission (named), or no Redis at all.
    """
    try:
        facts = await _facts(client)
        await _probe(client, f"{prefix}:probe")
    except (AuthenticationError, NoPermissionError, ReadOnlyError, ResponseError) as fault:
        raise StoreUnavailable(_refused(fault)) from fault
    except (RedisError, OSError, ValueError) as fault:
        where = _where(client)
        msg = f"The store at {where} can't be reached or is no Redis; check STICKSHAKER_REDIS_URL and that it runs."
        raise StoreUnavailable(msg) from fault
    return facts


async def _facts(client: redis.Redis) -> ServerFacts:
    """Read name and version; a Valkey gives its own version beside the Redis one it speaks."""
    told: dict[str, Any] = await client.info("server")
    spoken = str(told.get("redis_version", ""))
    numbers = tuple(int(part) for part in spoken.split(".")[:2] if part.isdigit())
    if numbers < LEAST:
        msg = f"The store is Redis {spoken or 'of an unknown version'}; Stickshaker needs 6.2 or newer, or Valkey."
        raise StoreUnavailable(msg)
    valkey = told.get("valkey_version")
    return ServerFacts("valkey", str(valkey)) if valkey else ServerFacts("redis", spoken)


async def _probe(client: redis.Redis, key: str) -> None:
    """Try what the store needs on one key each, and leave nothing behind."""
    commands: tuple[tuple[str | bytes | int, ...], ...] = (
        ("DEL", key),
        ("HSET", key, "a", "1"),
        ("DEL", key),
        ("ZADD", key, 1, "a"),
        ("DEL", key),
        ("XADD", key, "*", "a", "1"),
        ("DEL", key),
        ("SETRANGE", key, 0, "a"),
        ("DEL", key),
        ("SET", key, "1", "NX", "EX", 5),
        ("EVAL", "return redis.call('GET', KEYS[1])", 1, key),
        ("EXPIRE", key, 5),
        ("DEL", key),
    )
    for command in commands:
        try:
            await client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        except NoPermissionError as fault:
            raise StoreUnavailable(_missing(str(command[0]))) from fault


def _missing(command: str) -> str:
    return f"The user of STICKSHAKER_REDIS_URL may not run {command} on keys of ours; allow it in the server's ACL."


def _refused(fault: RedisError) -> str:
    """Say what the server objected to, without its words: they may hold the user's name."""
    text = str(fault)
    if isinstance(fault, NoPermissionError):
        return _missing("INFO")
    if isinstance(fault, ReadOnlyError):
        return "The store is a read-only replica; point STICKSHAKER_REDIS_URL at the primary."
    if isinstance(fault, AuthenticationError) or text.startswith(("NOAUTH", "WRONGPASS", "Authentication")):
        return "The store refused user or password; check them in STICKSHAKER_REDIS_URL."
    return (
        "The store refused a command it should know; check that it is Redis 6.2 or newer, or Valkey, and not a proxy."
    )


def _where(client: redis.Redis) -> str:
    """Return the address without user and password."""
    given = client.connection_pool.connection_kwargs
    return str(given.get("path") or f"{given.get('host', 'localhost')}:{given.get('port', 6379)}")
