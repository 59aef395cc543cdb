"""The one place where adapters are built and joined to the core."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from adapters.clock import SystemClock
from adapters.content import load_texts
from adapters.inline_queue import InlineQueue
from adapters.redis_store.connect import ServerFacts
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_for, client_of
from adapters.terminal.chat import Chat
from adapters.terminal.messenger import TerminalMessenger
from bot.app.deliver import Deliverer
from bot.app.dispatch import relay
from bot.app.replies import reflect_deliveries, work_off_replies
from bot.app.rules import Rules
from bot.detection.detect import Detector
from bot.domain.people import Person
from bot.domain.settings import DetectionSettings
from bot.ports import Clock, Messenger, Ports
from jobs.settings import Settings, secret_of
from jobs.shown import OUT, typed

MIN_GROUP_OF_AGGREGATES: Final = 10
"""People of the smallest group whose figures are taken in and shown where nothing about a person is taken in."""


@dataclass(frozen=True, slots=True)
class Process:
    """Everything a command needs: ports, rules, the queue to drain, and what answered as the store."""

    ports: Ports
    rules: Rules
    queue: InlineQueue
    server: ServerFacts
    settings: Settings

    async def work(self) -> None:
        """Work off replies, then pending outreach, then what is due."""
        for task in ("replies", "relay", "deliver"):
            await self.ports.queue.submit(task)
        await self.queue.drain()


def today() -> date:
    """Return the UTC day of this machine's clock."""
    return SystemClock().now().date()


def terminal_chat(process: Process, person: Person) -> Chat:
    """Return the chat of a person in this terminal."""
    return Chat(process.ports, process.rules, person, process.work, OUT, typed)


def rules_of(settings: Settings) -> Rules:
    """Return what the organisation has settled; raises ContentError when our own words do not hold."""
    detection = DetectionSettings()
    if settings.aggregate_only:
        detection = DetectionSettings(min_group=MIN_GROUP_OF_AGGREGATES)
    return Rules(
        texts=load_texts(),
        detection=detection,
        timezone=settings.timezone,
        detect=Detector().detect,
        may_send=settings.mode != "shadow",
    )


@asynccontextmanager
async def open_process(
    settings: Settings, *, clock: Clock | None = None, messenger: Messenger | None = None
) -> AsyncIterator[Process]:
    """Connect the store, join every port and let go at the end.

    Raises SettingsError, StoreUnavailable or WrongKey in one sentence; StoreUnavailable also for what
    the store does later on. Call it from the main thread: the embedded server ends with the thread
    that started it.
    """
    secret = secret_of(settings)
    server = None
    if settings.redis_url is None:
        server = EmbeddedServer(settings.folder)
        server.ensure()
        client = client_of(server)
    else:
        client = client_for(settings.redis_url.get_secret_value())
    store = RedisStore(client, secret)
    try:
        with store.faults_said():
            facts = await store.open()
            yield _join(store, facts, settings, clock or SystemClock(), messenger or TerminalMessenger())
    finally:
        await store.close()
        if server is not None:
            server.close()


def _join(store: RedisStore, facts: ServerFacts, settings: Settings, clock: Clock, messenger: Messenger) -> Process:
    queue, rules = InlineQueue(), rules_of(settings)
    ports = Ports(
        clock=clock,
        pilots=store.pilots,
        telemetry=store.telemetry,
        touched=store.touched,
        sources=store.sources,
        facts=store.facts,
        roster=store.roster,
        actors=store.actors,
        nowhere=store.nowhere,
        ingress=store.ingress,
        cases=store.cases,
        outbox=store.outbox,
        dead_letters=store.dead_letters,
        inbox=store.inbox,
        people=store.people,
        settings=store.settings,
        audit=store.audit,
        rounds=store.rounds,
        messenger=messenger,
        queue=queue,
    )
    deliverer = Deliverer(ports, rules, secrets.token_hex(8))

    async def replies() -> None:
        await work_off_replies(ports, rules)

    async def relayed() -> None:
        await relay(ports, rules)

    async def deliver() -> None:
        await deliverer.deliver_due()
        await reflect_deliveries(ports, list(await ports.touched.read()))

    queue.register("replies", replies)
    queue.register("relay", relayed)
    queue.register("deliver", deliver)
    return Process(ports, rules, queue, facts, settings)
