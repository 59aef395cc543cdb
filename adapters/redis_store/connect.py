"""One way to reach the store, and one clear sentence for each way in which it can't be used."""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004  redis-py's own name; the built-in is an OSError and caught as such
    NoPermissionError,
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


KINDS: Final = frozenset({"string", "hash", "set", "zset", "list", "stream"})
PROBES: Final = """
    SCRIPT LOAD return(1)
    SCRIPT EXISTS 930269f31393d0be681588b6ab08dccee7d6bb67
    EVALSHA 930269f31393d0be681588b6ab08dccee7d6bb67 0
    SET string 1 EX 60
    GET string
    MGET string
    SET string 1 KEEPTTL
    PERSIST string
    EXPIRE string 60
    SETRANGE string 0 1
    GETRANGE string 0 0
    INCR string
    EXISTS string
    EXPIRE string 60
    HSET hash a 1
    EXPIRE hash 60
    HSETNX hash b 1
    HGET hash a
    HMGET hash a b
    HGETALL hash
    HVALS hash
    HKEYS hash
    HLEN hash
    HEXISTS hash a
    HDEL hash b
    SADD set a
    EXPIRE set 60
    SCARD set
    SISMEMBER set a
    SMEMBERS set
    SREM set b
    ZADD zset 1 a
    EXPIRE zset 60
    ZCOUNT zset 0 9
    ZRANGE zset 0 -1
    ZSCORE zset a
    ZRANGEBYSCORE zset 0 9
    ZMSCORE zset a
    ZREM zset b
    ZREMRANGEBYSCORE zset 5 9
    RPUSH list a
    EXPIRE list 60
    LRANGE list 0 -1
    XADD stream * a 1
    EXPIRE stream 60
    XRANGE stream - +
    XGROUP CREATE stream readers 0
    XREADGROUP GROUP readers one COUNT 1 STREAMS stream >
    XPENDING stream readers
    XCLAIM stream readers one 0 0-1
    XACK stream readers 0-1
    XDEL stream 0-1
    XTRIM stream MINID 0
    DEL string hash set zset list stream
"""
"""Every command that the ports and their scripts use, tried once at the start: what a script runs is checked against
the same list of permissions. Words of KINDS become keys of this one call, so that two calls never meet."""

SAYS: Final = {
    "LOADING": "is still reading its data; wait a moment and run the command again",
    "OOM": "is full (maxmemory); give it more memory and run the command again, nothing is lost",
    "MISCONF": "can't write to its disk; mend that there and run the command again, nothing is lost",
    "NOREPLICAS": "has fewer replicas than it demands for writing; mend that there and run the command again",
    "BUSY": "is busy with somebody's long script; run the command again later",
    "READONLY": "is a read-only replica; point STICKSHAKER_REDIS_URL at the primary",
    "MASTERDOWN": "is a replica that lost its primary; point STICKSHAKER_REDIS_URL at the primary",
    "NOAUTH": "refused user or password; check them in STICKSHAKER_REDIS_URL",
    "WRONGPASS": "refused user or password; check them in STICKSHAKER_REDIS_URL",
    "DENIED": "lets no other machine in (protected mode); give it a password",
    "NOPERM": "keeps our keys from the user of STICKSHAKER_REDIS_URL; allow ~{root}:* and ~stickshaker:in:* in its ACL",
    "can't run this command": "keeps a command of ours from its user; `stickshaker check` names it",
    "max number of clients": "has no connection left (maxclients); raise that or run the command again later",
    **dict.fromkeys(
        ("CLUSTERDOWN", "MOVED", "ASK", "CROSSSLOT"),
        "is part of a Cluster, which is not supported yet; point STICKSHAKER_REDIS_URL at a single server",
    ),
}
"""What a refusal of the server means, by the word it begins with."""

FORBIDDEN: Final = re.compile(r"'([a-z|]+)' command")
"""How a server names the command that a user may not run."""
UNKNOWN: Final = re.compile(r"unknown command [`']?(\w+)")
"""How a server names a command that it does not have, or that was taken away from it."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What answered: `redis` or `valkey`, and its version."""

    name: str
    version: str


def client_for(url: str) -> redis.Redis:
    """Return a client for a redis://, rediss:// or unix:// URL; nothing is sent yet.

    Raises SettingsError for a URL that can't be one, without repeating its password.
    """
    try:
        parts = urlsplit(url)
        _check_url(parts.scheme, parse_qs(parts.query))
        client = redis.Redis.from_url(url, **BEHAVIOUR)
        # An option that nobody knows shows only when a connection is made.
        client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    except (ValueError, TypeError, RedisError) as fault:
        msg = "STICKSHAKER_REDIS_URL can't be read; write it as redis://user:password@host:6379/0."
        raise SettingsError(msg) from fault
    return client


def _check_url(scheme: str, options: dict[str, list[str]]) -> None:
    if scheme not in SCHEMES:
        msg = f"STICKSHAKER_REDIS_URL starts with '{scheme}://'; use redis://, rediss:// or unix://."
        raise SettingsError(msg)
    ours = sorted(BEHAVIOUR.keys() & options)
    if ours:
        msg = f"STICKSHAKER_REDIS_URL sets {', '.join(ours)}, which Stickshaker chooses itself; leave that out."
        raise SettingsError(msg)


async def verify(client: redis.Redis, prefix: str) -> ServerFacts:
    """Ask the server who it is and try every command we need on keys of this call under `prefix`.

    Raises StoreUnavailable with one sentence: unreachable, wrong password, too old, read-only, a
    missing permission (named), or no Redis at all.
    """
    try:
        facts = await _facts(client)
        await _probe(client, prefix)
    except (RedisError, OSError, ValueError) as fault:
        raise StoreUnavailable(_sentence(fault, client, prefix, "can't be reached or is no Redis")) from fault
    return facts


@contextmanager
def faults_said(client: redis.Redis, prefix: str) -> Iterator[None]:
    """Turn what goes wrong with the server inside this block into StoreUnavailable; anything else passes.

    Every step of ours may be done again, so the remedy is always the same command once more.
    """
    try:
        yield
    except RedisError as fault:
        raise StoreUnavailable(_sentence(fault, client, prefix, "stopped answering")) from fault


async def _facts(client: redis.Redis) -> ServerFacts:
    """Read name and version; a Valkey gives its own version beside the Redis one it speaks."""
    told: dict[str, Any] = await client.info("server")
    spoken = str(told.get("redis_version", ""))
    numbers = tuple(int(part) for part in spoken.split(".")[:2] if part.isdigit())
    if numbers < LEAST:
        msg = f"The store is Redis {spoken or 'of an unknown version'}; Stickshaker needs 6.2 or newer, or Valkey."
        raise StoreUnavailable(msg)
    mode = told.get("server_mode") or told.get("redis_mode")
    if mode in {"cluster", "sentinel"}:
        msg = f"The store at {_where(client)} runs as {mode}; point STICKSHAKER_REDIS_URL at a single server."
        raise StoreUnavailable(msg)
    valkey = told.get("valkey_version")
    return ServerFacts("valkey", str(valkey)) if valkey else ServerFacts("redis", spoken)


async def _probe(client: redis.Redis, prefix: str) -> None:
    """Try every command in one round trip, and leave nothing behind; what can't be removed expires."""
    stem = f"{prefix}:{{probe-{secrets.token_hex(8)}}}"
    commands = [line.split() for line in PROBES.strip().splitlines()]
    async with client.pipeline(transaction=False) as pipe:
        for words in commands:
            pipe.execute_command(*(f"{stem}:{word}" if word in KINDS else word for word in words))
        answers = await pipe.execute(raise_on_error=False)
    refused = [(words, a) for words, a in zip(commands, answers, strict=True) if isinstance(a, ResponseError)]
    missing = [_name(words) for words, a in refused if isinstance(a, NoPermissionError) and FORBIDDEN.search(str(a))]
    if missing:
        raise StoreUnavailable(_missing(list(dict.fromkeys(missing))))
    for _, fault in refused:
        raise fault


def _name(words: Sequence[str]) -> str:
    """Return the name of a command as an ACL knows it."""
    return " ".join(words[:2]) if words[0] == "SCRIPT" else words[0]


def _missing(commands: Sequence[str]) -> str:
    named = ", ".join(commands)
    return f"The user of STICKSHAKER_REDIS_URL may not run {named}; allow that in the server's ACL."


def _sentence(fault: BaseException, client: redis.Redis, prefix: str, silent: str) -> str:
    """Say what went wrong without the server's own words: they may hold the user's name, or what we store.

    `silent` is what a server did that gave no answer we understand.
    """
    at: BaseException | None = fault
    while at is not None:  # redis-py wraps what our own connection raises
        if isinstance(at, StoreUnavailable):
            return str(at)
        at = at.__cause__
    text = str(fault).rpartition("caused error: ")[2]  # a pipeline puts the command in front, with our data
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        return _missing([forbidden[1].replace("|", " ").upper()])
    where = f"The store at {_where(client)}"
    code = "NOAUTH" if isinstance(fault, AuthenticationError) else getattr(fault, "status_code", None)
    for word, says in SAYS.items():
        if word == code or re.search(rf"\b{word}\b", text):
            return f"{where} {says.format(root=prefix)}."
    if isinstance(fault, ResponseError):
        unknown = UNKNOWN.search(text)
        command = unknown[1] if unknown else "a command"
        return f"{where} refused {command}, which it should know; check that it is Redis 6.2 or newer, or Valkey."
    return f"{where} {silent}; check STICKSHAKER_REDIS_URL and that it runs, then run the command again."


def _where(client: redis.Redis) -> str:
    """Return the address without user and password."""
    given = client.connection_pool.connection_kwargs
    return str(given.get("path") or f"{given.get('host', 'localhost')}:{given.get('port', 6379)}")
