"""What we ask of a server, tried at the start: a right that is missing is named before anything is done.

What a script runs is checked against the same list of permissions, so a command tried here is tried for scripts too.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha1
from typing import Any, Final, NamedTuple

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import NoPermissionError, ResponseError

from adapters.redis_store.wire import Client
from bot.errors import StoreUnavailable

KINDS: Final = frozenset({"string", "hash", "set", "zset", "list", "stream"})
"""Words that become keys of one call, so that two calls never meet."""
CHANNELS: Final = {"channel": "probe", "channels": "cancel:*"}
"""Words that become a channel of the engine, and the pattern that its workers listen to: a server lets a user listen
to a pattern only where its ACL has that very pattern."""
MOST_TRIES: Final = 64
"""Names tried for each primary of a Cluster to find one whose slot it holds."""
PROBE_SCRIPT: Final = "return(1)"
SHA: Final = sha1(PROBE_SCRIPT.encode(), usedforsecurity=False).hexdigest()

READING: Final = f"""
    SCRIPT|LOAD {PROBE_SCRIPT}
    SCRIPT|EXISTS {SHA}
    EVALSHA {SHA} 1 string
    EVAL {PROBE_SCRIPT} 1 string
    GET string
    MGET string
    GETRANGE string 0 0
    EXISTS string
    HGET hash a
    HMGET hash a b
    HGETALL hash
    HVALS hash
    HKEYS hash
    HLEN hash
    HEXISTS hash a
    SCARD set
    SISMEMBER set a
    SMISMEMBER set a b
    SMEMBERS set
    ZCOUNT zset 0 9
    ZRANGE zset 0 -1
    ZSCORE zset a
    ZRANGEBYSCORE zset 0 9
    ZMSCORE zset a
    LRANGE list 0 -1
    XRANGE stream - +
"""
"""What the ports and their scripts need to tell what is stored, and nothing else: the user `reader`."""
WRITING: Final = """
    SET string 1 EX 60
    SET string 1 KEEPTTL
    PERSIST string
    EXPIRE string 60
    SETRANGE string 0 1
    INCR string
    EXPIRE string 60
    HSET hash a 1
    EXPIRE hash 60
    HSETNX hash b 1
    HDEL hash b
    HINCRBY hash n 1
    SADD set a
    EXPIRE set 60
    SREM set b
    ZADD zset 1 a
    ZADD zset XX 1 a
    EXPIRE zset 60
    ZREM zset b
    ZREMRANGEBYSCORE zset 5 9
    RPUSH list a
    LSET list 0 a
    EXPIRE list 60
    XADD stream * a 1
    EXPIRE stream 60
    XGROUP CREATE stream readers 0
    XREADGROUP GROUP readers one COUNT 1 STREAMS stream >
    XPENDING stream readers
    XCLAIM stream readers one 0 0-1
    XACK stream readers 0-1
    XDEL stream 0-1
    XTRIM stream MINID 0
    XLEN stream
"""
"""What they need besides."""
ENGINE: Final = """
    PEXPIRE hash 60000
    ZCARD zset
    XREAD COUNT 1 STREAMS stream 0
    XAUTOCLAIM stream readers one 0 0-0
    PUBLISH channel probe
    MULTI
    EXEC
"""
"""What the work engine needs besides."""
LISTENING: Final = """
    MULTI
    PSUBSCRIBE channels
    PUNSUBSCRIBE channels
    DISCARD
"""
"""The rest of it, queued and thrown away: a real subscription would take the connection."""
LEAVING: Final = "DEL string hash set zset list stream"
AT_INGRESS: Final = "XRANGE {0} - + COUNT 1", "XDEL {0} 0-1"
"""What shows that a stream of others may be read and written, and changes nothing in it."""
AT_ENGINE: Final = "SET {0} 1 EX 60", "DEL {0}"

FORBIDDEN: Final = re.compile(r"'([a-z|]+)' command")
"""How a server names the command that a user may not run."""


class Names(NamedTuple):
    """What the names of keys begin with: ours, those of the streams of others, and those of the engine."""

    root: str
    inlet: str
    engine: str


class Probe(NamedTuple):
    """A command, and what the user is to be allowed should a key or channel of it be refused."""

    words: tuple[str, ...]
    allows: str


async def try_all(client: Client, names: Names, *, reading: bool) -> None:
    """Try every command we need on keys of this call, in one round trip or two, and leave nothing behind.

    Raises StoreUnavailable that names every command, key and channel that is refused; any other
    refusal is raised as it came. What can't be removed expires after a minute.
    """
    is_cluster = isinstance(client, RedisCluster)
    if is_cluster:
        names = names._replace(engine=f"{{{names.engine}}}")
    stems = _stems(client, names.root)
    first, second = _needed(names, reading=reading)
    for probes in (first, second):
        refused: list[tuple[Probe, ResponseError]] = []
        for stem, node in stems:
            refused += await _refused(client, [_named(p, stem, names) for p in probes], node)
        if probes is first and not reading:
            refused += await _refused(client, list(_elsewhere(names, is_cluster=is_cluster)), None)
        missing = [(probe, fault) for probe, fault in refused if isinstance(fault, NoPermissionError)]
        if missing:
            raise StoreUnavailable(_missing(missing))
        for _, fault in refused:
            raise fault


def may_not_run(commands: Iterable[str]) -> str:
    """Return the sentence about commands that a user may not run, each named as an ACL does."""
    named = ", ".join(dict.fromkeys(command.upper().replace("|", " ") for command in commands))
    return f"The user of STICKSHAKER_REDIS_URL may not run {named}; allow that in the server's ACL."


def _needed(names: Names, *, reading: bool) -> tuple[list[Probe], list[Probe]]:
    """Return what is tried at once, and what only if none of that was refused."""
    tried = READING if reading else WRITING + READING + ENGINE
    lines = [*lines_of(tried), *([] if reading else [LEAVING])]
    later = [] if reading else lines_of(LISTENING)
    return [_probe(line, names) for line in lines], [_probe(line, names) for line in later]


def lines_of(commands: str) -> list[str]:
    """Return the commands of one of the lists above."""
    return [line for line in map(str.strip, commands.splitlines()) if line]


def _probe(line: str, names: Names) -> Probe:
    words = tuple(line.split())
    if "channels" in words:
        return Probe(words, f"&{names.engine}:{CHANNELS['channels']}")
    return Probe(words, f"&{names.engine}:*" if "channel" in words else f"~{names.root}:*")


def _elsewhere(names: Names, *, is_cluster: bool) -> Iterable[Probe]:
    """Return what is tried on keys of other names than our own."""
    for stream in ("usage", "registry", "rejects"):
        for line in AT_INGRESS:
            yield Probe(tuple(line.format(f"{names.inlet}:{stream}").split()), f"~{names.inlet}:*")
    if is_cluster:  # there the engine puts all its keys into one slot
        key = f"{names.engine}:probe-{secrets.token_hex(8)}"
        for line in AT_ENGINE:
            yield Probe(tuple(line.format(key).split()), f"~{names.engine}:*")


def _stems(client: Client, root: str) -> list[tuple[str, Any]]:
    """Return what the keys of this call begin with; of a Cluster, whose nodes have an ACL each, for every primary."""
    token = secrets.token_hex(8)
    if not isinstance(client, RedisCluster):
        return [(f"{root}:{{probe-{token}}}", None)]
    found: dict[str, tuple[str, Any]] = {}
    primaries = len(client.get_primaries())
    for n in range(primaries * MOST_TRIES):
        stem = f"{root}:{{probe-{token}-{n}}}"
        node = client.get_node_from_key(stem)
        if node is not None:
            found.setdefault(node.name, (stem, node))
        if len(found) == primaries:
            break
    return list(found.values())


def _named(probe: Probe, stem: str, names: Names) -> Probe:
    """Return a probe with keys and a channel of its own."""
    channels = {word: f"{names.engine}:{rest}" for word, rest in CHANNELS.items()}
    words = [f"{stem}:{w}" if w in KINDS else channels.get(w, w) for w in probe.words]
    return probe._replace(words=(words[0].replace("|", " "), *words[1:]))


async def _refused(client: Client, probes: Sequence[Probe], node: object) -> list[tuple[Probe, ResponseError]]:
    """Try these in one round trip; returns those that were refused and how."""
    target = {} if node is None else {"target_nodes": node}
    async with client.pipeline(transaction=False) as pipe:
        for probe in probes:
            pipe.execute_command(*probe.words, **target)
        answers = await pipe.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, ResponseError):
            raise answer
    return [(p, answer) for p, answer in zip(probes, answers, strict=True) if isinstance(answer, ResponseError)]


def _missing(refused: Sequence[tuple[Probe, ResponseError]]) -> str:
    """Say which commands are refused, else which keys and channels."""
    commands = [probe.words[0] for probe, fault in refused if FORBIDDEN.search(str(fault))]
    if commands:
        return may_not_run(commands)
    allows = " ".join(sorted({probe.allows for probe, _ in refused}))
    return (
        f"The server keeps keys or channels of ours from the user of STICKSHAKER_REDIS_URL; allow {allows} in its ACL."
    )
