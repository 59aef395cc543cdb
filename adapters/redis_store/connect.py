"""Make sure that a store can be used, and one clear sentence for each way in which it can't be."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from adapters.redis_store.address import Place, first_place, where
from adapters.redis_store.keys import Keys
from adapters.redis_store.permissions import FORBIDDEN, Names, may_not_run, try_all
from adapters.redis_store.wire import FAULTS, Client
from bot.errors import StoreUnavailable

LEAST: Final = (6, 2)
HELLO_SECONDS: Final = 2.0
"""How long a server has to answer when it is tried whether it would rather have TLS, or none."""

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
    "NOPERM": "keeps our keys from the user of STICKSHAKER_REDIS_URL; allow ~{root}:* and ~{inlet}:* in its ACL",
    "can't run this command": "keeps a command of ours from its user; `stickshaker check` names it",
    "DB index is out of range": "has no database of this number; write one that it has, such as /0, at the end of "
    "STICKSHAKER_REDIS_URL",
    "max number of clients": "has no connection left (maxclients); raise that or run the command again later",
    "CLUSTERDOWN": "is a Cluster that is down: it isn't formed, or slots have no primary; mend that there and run the "
    "command again",
    "slots are not covered": "is a Cluster with slots that no node holds; mend that there (redis-cli --cluster fix) and "
    "run the command again",
    "Cluster mode is not enabled": "is no Cluster; write redis:// instead of redis+cluster:// in STICKSHAKER_REDIS_URL",
    **dict.fromkeys(
        ("MOVED", "ASK", "CROSSSLOT", "TRYAGAIN"),
        "is part of a Cluster; write redis+cluster:// instead of redis:// in STICKSHAKER_REDIS_URL",
    ),
    "CERTIFICATE_VERIFY_FAILED": "shows a certificate that nobody we trust has signed, or of another name; set "
    "ssl_ca_certs in STICKSHAKER_REDIS_URL to the file of its authority",
}
"""What a refusal means, by the word it begins with, or words that are in it."""
SPEAKS_TLS: Final = "speaks TLS; write rediss instead of redis in STICKSHAKER_REDIS_URL"
SPEAKS_NO_TLS: Final = "speaks no TLS; write redis instead of rediss in STICKSHAKER_REDIS_URL"
MAY_WANT_CERTIFICATE: Final = (
    "can't be reached, is no Redis, or wants a certificate of ours; check that it runs, and ssl_certfile and ssl_keyfile "
    "in STICKSHAKER_REDIS_URL"
)
AGAIN: Final = "check STICKSHAKER_REDIS_URL and that it runs, then run the command again"
SILENT: Final = f"can't be reached or is no Redis; {AGAIN}"
STOPPED: Final = f"stopped answering; {AGAIN}"

UNKNOWN: Final = re.compile(r"unknown command [`']?(\w+)")
"""How a server names the command that it does not have, or that was taken away from it."""
MODES: Final = {
    "cluster": "redis+cluster://",
    "sentinel": "redis+sentinel://, with the name of the primary at the end,",
}


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What answered: `redis` or `valkey`, and its version."""

    name: str
    version: str


async def verify(client: Client, keys: Keys, *, reading: bool = False) -> ServerFacts:
    """Ask the server who it is and try every command we need, or only those for `reading`, on keys of this call.

    Raises StoreUnavailable with one sentence: unreachable, wrong password, too old, read-only, a
    missing permission (named), the wrong kind of URL, or no Redis at all.
    """
    trying = asyncio.create_task(_tried(client, keys, reading=reading))
    try:
        await asyncio.wait({trying}, timeout=HELLO_SECONDS)
        other = None if trying.done() else await _other_speech(client)
        if other in {SPEAKS_TLS, SPEAKS_NO_TLS}:
            raise _unavailable(client, other)
        return await trying
    except (*FAULTS, OSError, ValueError) as fault:
        understood = _understood(fault, client, keys)
        raise (understood or _unavailable(client, await _other_speech(client))) from fault
    finally:
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)


async def _tried(client: Client, keys: Keys, *, reading: bool) -> ServerFacts:
    facts = await _facts(client)
    await try_all(client, Names(keys.root, keys.inlet, keys.engine), reading=reading)
    return facts


@contextmanager
def faults_said(client: Client, keys: Keys) -> Iterator[None]:
    """Turn what goes wrong with the server inside this block into StoreUnavailable; anything else passes.

    Every step of ours may be done again, so the remedy is always the same command once more.
    """
    try:
        yield
    except FAULTS as fault:
        raise (_understood(fault, client, keys) or _unavailable(client, STOPPED)) from fault


async def _facts(client: Client) -> ServerFacts:
    """Read name and version; a Valkey gives its own version beside the Redis one it speaks."""
    told: dict[str, Any] = await client.info("server")
    spoken = str(told.get("redis_version", ""))
    numbers = tuple(int(part) for part in spoken.split(".")[:2] if part.isdigit())
    if numbers < LEAST:
        msg = f"The store is Redis {spoken or 'of an unknown version'}; Stickshaker needs 6.2 or newer, or Valkey."
        raise StoreUnavailable(msg)
    mode = told.get("server_mode") or told.get("redis_mode")
    if mode in MODES and not isinstance(client, RedisCluster):
        msg = f"The store at {where(client)} runs as {mode}; write {MODES[mode]} in STICKSHAKER_REDIS_URL."
        raise StoreUnavailable(msg)
    valkey = told.get("valkey_version")
    return ServerFacts("valkey", str(valkey)) if valkey else ServerFacts("redis", spoken)


async def _other_speech(client: Client) -> str | None:
    """Say whether a server that did not answer would have, were it spoken to with TLS, or without."""
    place = first_place(client)
    if place is None:
        return None
    if not place.is_secure:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE  # nothing is said but hello
        return SPEAKS_TLS if await _answer(place, anybody, b"") is not None else None
    if await _answer(place, None, b"PING\r\n"):
        return SPEAKS_NO_TLS
    return None if place.shows_certificate else MAY_WANT_CERTIFICATE


async def _answer(place: Place, security: ssl.SSLContext | None, said: bytes) -> bytes | None:
    """Return what is answered to `said` within a time, None where nobody listens or understands."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            reader, writer = await asyncio.open_connection(place.host, place.port, ssl=security)
            writer.write(said)
            answer = await reader.read(1) if said else b""
    except (OSError, TimeoutError):
        return None
    writer.close()
    return answer


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """Iterate over a fault and what it came from, the first one last: redis-py wraps, and says it or not."""
    at: BaseException | None = fault
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _understood(fault: BaseException, client: Client, keys: Keys) -> StoreUnavailable | None:
    """Say what went wrong without the server's own words: they may hold the user's name, or what we store.

    Returns None where no answer came, or none that a Redis would give.
    """
    chain = list(_chain(fault))
    for at in chain:
        if isinstance(at, StoreUnavailable):
            return StoreUnavailable(str(at), why=at.why)
    # What the server itself said, where redis-py has made something else of it.
    said = next((at for at in chain if isinstance(at, NoPermissionError | AuthenticationError)), fault)
    text = str(said).rpartition("caused error: ")[2]  # a pipeline puts the command in front, with our data
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        command = forbidden[1].upper().replace("|", " ")
        return StoreUnavailable(may_not_run([forbidden[1]]), why=f"does not let us run {command}")
    at_store = f"The store at {where(client)}"
    code = "NOAUTH" if isinstance(said, AuthenticationError) else getattr(said, "status_code", None)
    for word, says in SAYS.items():
        if word == code or re.search(rf"\b{word}\b", text):
            told = says.format(root=keys.root, inlet=keys.inlet)
            return StoreUnavailable(f"{at_store} {told}.", why=told.partition(";")[0])
    if isinstance(said, ResponseError):
        unknown = UNKNOWN.search(text)
        command = unknown[1] if unknown else "a command"
        says = f"refused {command}, which it should know"
        return StoreUnavailable(f"{at_store} {says}; check that it is Redis 6.2 or newer, or Valkey.", why=says)
    return None


def _unavailable(client: Client, did: str | None) -> StoreUnavailable:
    """Return the fault of a server that gave no answer we understand."""
    return StoreUnavailable(f"The store at {where(client)} {did or SILENT}.")
