"""The whole store as one thing: every port over one client."""

from contextlib import AbstractContextManager

import redis.asyncio as redis
from redis.asyncio.connection import ConnectionPool, UnixDomainSocketConnection

from adapters.redis_store.actors import RedisActors
from adapters.redis_store.address import BEHAVIOUR, client_for, engine_url
from adapters.redis_store.asks import RedisAsks
from adapters.redis_store.audit import RedisAudit
from adapters.redis_store.cases import RedisCases
from adapters.redis_store.connect import ServerFacts, faults_said, verify
from adapters.redis_store.dead_letters import RedisDeadLetters
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.facts import RedisFacts
from adapters.redis_store.inbox import RedisInbox
from adapters.redis_store.ingress import RedisIngress
from adapters.redis_store.keys import Keys
from adapters.redis_store.nowhere import RedisNowhere
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.organisation import RedisSettings
from adapters.redis_store.outbox import RedisOutbox
from adapters.redis_store.people import RedisPeople
from adapters.redis_store.pilots import RedisPilots
from adapters.redis_store.references import RedisReferences
from adapters.redis_store.roster import RedisRoster
from adapters.redis_store.rounds import RedisRounds
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.shards import Shards
from adapters.redis_store.sources import RedisSources
from adapters.redis_store.telemetry import RedisTelemetry
from adapters.redis_store.touched import RedisTouched
from adapters.redis_store.turns import RedisTurns
from adapters.redis_store.weeklies import RedisWeeklies
from adapters.redis_store.wire import Client


class RedisStore:
    """Every port of the store, sharing one client, the key names and the numbers."""

    def __init__(self, client: Client, secret: bytes, keys: Keys | None = None) -> None:
        """Build the ports; nothing is sent yet. `secret` is the organisation's pseudonym key."""
        self.client, self.keys = client, keys or Keys()
        self._secret = secret
        scripts = Scripts(client)
        numbers = Numbers(client, scripts, self.keys.pilots)
        sources = Numbers(client, scripts, self.keys.source_numbers)
        surfaces = Numbers(client, scripts, self.keys.surface_numbers)
        shards = Shards(client, self.keys)
        self.touched = RedisTouched(client, self.keys, scripts, numbers, shards)
        self.pilots = RedisPilots(client, self.keys, scripts, numbers, self.touched)
        self.telemetry = RedisTelemetry(client, self.keys, scripts, numbers, sources)
        self.roster = RedisRoster(client, self.keys, scripts, numbers, sources)
        self.facts = RedisFacts(client, self.keys, scripts, numbers, sources, surfaces, self.roster)
        self.actors = RedisActors(client, self.keys, scripts, secret)
        self.nowhere = RedisNowhere(client, self.keys)
        self.sources = RedisSources(client, self.keys, scripts)
        self.cases = RedisCases(client, self.keys, scripts, numbers, shards)
        self.asks = RedisAsks(client, self.keys, scripts, shards)
        self.weeklies = RedisWeeklies(client, self.keys, scripts, shards)
        self.outbox = RedisOutbox(client, self.keys, scripts, shards)
        self.dead_letters = RedisDeadLetters(client, self.keys, scripts, shards, self.outbox)
        self.inbox = RedisInbox(client, self.keys, scripts, shards)
        self.turns = RedisTurns(client, self.keys, scripts)
        self.ingress = RedisIngress(client, self.keys, scripts)
        self.people = RedisPeople(client, self.keys, scripts, shards, secret)
        self.references = RedisReferences(client, self.keys, self.people.identify)
        self.settings = RedisSettings(client, self.keys, scripts)
        self.rounds = RedisRounds(client, self.keys)
        self.audit = RedisAudit(client, self.keys, numbers)

    async def open(self, *, reading: bool = False) -> ServerFacts:
        """Make sure that the server can be used, or only read, and holds data of our key.

        Raises StoreUnavailable or WrongKey.
        """
        facts = await verify(self.client, self.keys, reading=reading)
        await self.settings.check_key(self._secret, reading=reading)
        return facts

    def faults_said(self) -> AbstractContextManager[None]:
        """Return a block in which whatever goes wrong with the server is StoreUnavailable in one sentence."""
        return faults_said(self.client, self.keys)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.client.aclose()


def client_of(server: EmbeddedServer) -> Client:
    """Return a client of the embedded server that starts it again when its owner has ended."""
    pool: ConnectionPool = ConnectionPool(
        connection_class=_Reviving, path=str(server.socket_path), server=server, **BEHAVIOUR
    )
    return redis.Redis.from_pool(pool)


class _Reviving(UnixDomainSocketConnection):
    """A connection that asks for the server before it gives up on the socket."""

    def __init__(self, *, server: EmbeddedServer, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]  # handed through as redis-py's pool gives it
        self._server = server

    async def _connect(self) -> None:
        try:
            await super()._connect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        except OSError:
            self._server.ensure()
            self.path = str(self._server.socket_path)  # whoever started it again may have chosen another
            await super()._connect()  # type: ignore[no-untyped-call]  # as above


__all__ = ["RedisStore", "client_for", "client_of", "engine_url"]
