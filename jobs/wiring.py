"""The one place where adapters are built and joined to the core."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from adapters.clock import SystemClock
from adapters.content import load_texts
from adapters.inline_queue import InlineQueue
from adapters.redis_store.address import engine_url
from adapters.redis_store.connect import ServerFacts
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_for, client_of
from adapters.terminal.chat import Chat
from adapters.terminal.messenger import TerminalMessenger
from bot.app.deliver import Deliverer
from bot.app.dispatch import relay
from bot.app.duties import Duties
from bot.app.ingress import Receiver
from bot.app.push import Pushed, push
from bot.app.replies import reflect_deliveries, work_off_replies
from bot.app.rules import Rules
from bot.app.vitals import Check, checks_of, vitals
from bot.app.weekly import make_weeklies
from bot.detection.detect import Detector
from bot.domain.people import Person
from bot.domain.settings import DetectionSettings
from bot.errors import SettingsError
from bot.outgoing import Messenger
from bot.ports import Clock, Ports, WorkQueue
from bot.talking import References, Voice
from jobs.measures import Measures
from jobs.settings import Settings, secret_of
from jobs.shown import OUT, typed

if TYPE_CHECKING:  # a third of a second to load, which only the service needs
    from aiohttp.web import Application, AppRunner

MIN_GROUP_OF_AGGREGATES: Final = 10
"""People of the smallest group whose figures are taken in and shown where nothing about a person is taken in."""


class Listening(Protocol):
    """What takes what a chat delivers while the block lasts, by the site where it comes by HTTP."""

    def __call__(self, ports: Ports, rules: Rules, site: "Application") -> AbstractAsyncContextManager[object]:
        """Open it."""
        ...


class Speaking(Protocol):
    """The chats by which messages leave and people are answered, once there is a store."""

    def messenger(self, references: References) -> Messenger:
        """Return what sends."""
        ...

    def voices(self, references: References) -> Mapping[str, Voice]:
        """Return what answers, by the name of the chat."""
        ...


@dataclass(frozen=True, slots=True)
class Process:
    """Everything a command needs: ports, rules, the jobs, and what answered as the store."""

    ports: Ports
    rules: Rules
    duties: Duties
    server: ServerFacts
    settings: Settings
    faults_said: Callable[[], AbstractContextManager[None]]
    """A block in which whatever goes wrong with the store is StoreUnavailable in one sentence."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What must go well for this process to be of use, by the names of adapters.web.server.SAID."""

    async def work(self) -> None:
        """Work off replies, weekly messages, then pending outreach, then what is due, here and now."""
        await work_off_replies(self.ports, self.rules)
        await make_weeklies(self.ports, self.rules, self.ports.clock.now())
        await relay(self.ports, self.rules)
        await self.duties.deliverer.deliver_due()
        await reflect_deliveries(self.ports, list(await self.ports.touched.read()))


def today() -> date:
    """Return the UTC day of this machine's clock."""
    return SystemClock().now().date()


def machine_clock() -> Clock:
    """Return the clock of this machine, whatever clock a process is given to judge by."""
    return SystemClock()


def worker_name() -> str:
    """Return a name that no other process has."""
    return f"{socket.gethostname()}#{os.getpid()}-{secrets.token_hex(4)}"


@asynccontextmanager
async def open_web(
    process: Process, measures: Measures, *, version: str, takes_facts: bool, chat: Listening | None = None
) -> AsyncIterator[None]:
    """Serve how we are, and with `takes_facts` what data teams push and a chat delivers, until the block ends.

    Raises SettingsError when nothing can be served at that address.
    """
    from aiohttp import web  # noqa: PLC0415  a third of a second to load, which only the service needs

    from adapters.web.push import Pusher  # noqa: PLC0415  as above
    from adapters.web.server import Watch, application  # noqa: PLC0415  as above

    ports, settings = process.ports, process.settings

    async def take(source: str, body: bytes) -> Pushed:
        return await push(ports, source, body, least_group=process.rules.detection.min_group)

    watch = Watch(
        version=version,
        checks=process.checks,
        vitals=lambda: vitals(ports, ports.clock.now()),
        faults=process.faults_said,
        registry=measures.registry,
    )
    tokens = settings.pushers if takes_facts else {}
    pusher = Pusher(take, tokens, faults=process.faults_said, is_closed=settings.aggregate_only) if tokens else None
    site = application(watch, pusher)
    listens = chat(ports, process.rules, site) if chat is not None and takes_facts else nullcontext()
    async with listens, _served(web.AppRunner(site, access_log=None), settings):
        yield


@asynccontextmanager
async def _served(runner: "AppRunner", settings: Settings) -> AsyncIterator[None]:
    """Serve at the address of the settings until the block ends."""
    from aiohttp import web  # noqa: PLC0415  as above

    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        yield
    except OSError as fault:
        where = f"{settings.http_host}:{settings.http_port}"
        msg = (
            f"Nothing can be served at {where} ({fault.strerror}); set STICKSHAKER_HTTP_HOST and STICKSHAKER_HTTP_PORT."
        )
        raise SettingsError(msg) from fault
    finally:
        await runner.cleanup()


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


Engine = Callable[[str, str], AbstractAsyncContextManager[WorkQueue]]
"""Opens what hands out work, over the store at this URL and under a name of its own there."""


@asynccontextmanager
async def open_process(
    settings: Settings,
    *,
    clock: Clock | None = None,
    messenger: Messenger | None = None,
    chats: Speaking | None = None,
    rules: Rules | None = None,
    engine: Engine | None = None,
    reading: bool = False,
) -> AsyncIterator[Process]:
    """Connect the store, join every port and let go at the end; without an engine work is done in line.

    With `reading` the user of the store need not be allowed to write.

    Raises SettingsError, StoreUnavailable or WrongKey in one sentence; StoreUnavailable also for what
    the store does later on. Call it from the main thread: the embedded server ends with the thread
    that started it.
    """
    secret = secret_of(settings)
    server = None
    if settings.redis_url is None:
        server = EmbeddedServer(settings.folder)
        server.ensure()
        client, url = client_of(server), f"unix://{server.socket_path}"
    else:
        url = settings.redis_url.get_secret_value()
        client = client_for(url)
    store = RedisStore(client, secret)
    try:
        with store.faults_said():
            facts = await store.open(reading=reading)
            async with (
                engine(engine_url(url, client), store.keys.engine) if engine else nullcontext(InlineQueue()) as queue
            ):
                sends = messenger or (chats.messenger(store.references) if chats else TerminalMessenger())
                ports = _join(store, clock or SystemClock(), sends, queue)
                voices = chats.voices(store.references) if chats else {}
                process = _process(ports, rules or rules_of(settings), settings, facts, store, voices)
                key = partial(store.settings.check_key, secret, reading=True)
                yield replace(process, checks={**checks_of(ports), "key": key})
    finally:
        await store.close()
        if server is not None:
            server.close()


def _join(store: RedisStore, clock: Clock, messenger: Messenger, queue: WorkQueue) -> Ports:
    return Ports(
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
        asks=store.asks,
        weeklies=store.weeklies,
        outbox=store.outbox,
        dead_letters=store.dead_letters,
        inbox=store.inbox,
        turns=store.turns,
        references=store.references,
        people=store.people,
        settings=store.settings,
        audit=store.audit,
        rounds=store.rounds,
        messenger=messenger,
        queue=queue,
    )


def _process(
    ports: Ports, rules: Rules, settings: Settings, facts: ServerFacts, store: RedisStore, voices: Mapping[str, Voice]
) -> Process:
    duties = Duties(
        ports=ports,
        rules=rules,
        receiver=Receiver(ports, aggregate_only=settings.aggregate_only, least_group=rules.detection.min_group),
        deliverer=Deliverer(ports, rules, secrets.token_hex(8)),
        voices=voices,
    )
    return Process(ports, rules, duties, facts, settings, store.faults_said)
