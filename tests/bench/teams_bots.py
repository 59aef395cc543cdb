"""The bots that `teams.py` measures, each in a process of its own: ours, the whole of ours, and Microsoft's."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import aiohttp
from aiohttp import web
from botbuilder.core import ActivityHandler, CardFactory, MessageFactory, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ConversationReference
from servers import Papers
from teams_story import trusting
from world import RULES, world_of

from adapters.clock import SystemClock
from adapters.playground.teams_state import BOT, Body
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from adapters.teams.bearer import SigningKeys, Verifier
from adapters.teams.cards import to_card, to_summary
from adapters.teams.connector import CONNECTIONS, Connector, new_session
from adapters.teams.directory import BOT as OURS
from adapters.teams.directory import PERSONAL, SERVICE, USER
from adapters.teams.http import PATH, Allowed, Answer, TeamsRoute
from adapters.teams.pacing import Pacing, Windows
from adapters.teams.sdk import reply
from bot.domain.people import Person
from bot.domain.reference import Reference
from bot.messages.model import Message
from jobs.settings import TeamsSettings
from jobs.teams import Teams, is_local, open_teams

KEY = b"a key of the bench"
NOTE = Message(kind="nudge", body=("A fact.",), footer="Why me?")
Send = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bot runs: Microsoft's cloud for it, the Bot Connector, the folder of the store, and its core."""

    settings: TeamsSettings
    held: Papers
    service: str
    folder: str
    cores: Sequence[int]


class Unbounded(Pacing):
    """Counts each conversation by Microsoft's windows, and the whole app without a bound."""

    def __init__(self) -> None:
        """Count from now."""
        super().__init__()
        self._everywhere = Windows(((10**9, 1.0),))


@dataclass(frozen=True, slots=True)
class Echo:
    """Our bot: says a card to each message."""

    connector: Connector

    async def take(self, body: Body) -> Answer:
        """Answer."""
        await reply(self.connector, body, to_card(NOTE, ""), to_summary(NOTE), is_targeted=False)
        return Answer()


@dataclass(frozen=True, slots=True)
class Everybody:
    """References of people who came to us, without a store."""

    service: str

    async def keep(self, chat: str, reference: Reference) -> None:
        """Keep nothing."""

    async def of_user(self, chat: str, user: str) -> Reference | None:  # noqa: ARG002  the port's own names
        """Know nobody by their id."""
        return None

    async def of_person(self, chat: str, person: str) -> Reference | None:  # noqa: ARG002  as above
        """Return where somebody can be written to."""
        told = {SERVICE: self.service, USER: f"29:{person}", OURS: BOT, PERSONAL: f"a:1{person}"}
        return Reference(user=person, address=told)

    async def forget(self, chat: str, user: str) -> None:
        """Forget nothing."""


@asynccontextmanager
async def teams_at(place: Place) -> AsyncIterator[Teams]:
    """Join what speaks to Teams."""
    session = new_session(aiohttp.TCPConnector(limit=CONNECTIONS, ssl=trusting(place.held)))
    async with open_teams(place.settings, SystemClock(), [], session=session, pacing=Unbounded()) as teams:
        yield teams


@asynccontextmanager
async def ours(place: Place, site: web.Application) -> AsyncIterator[Send]:
    """Serve our route, and send."""
    async with teams_at(place) as teams:
        settings, messenger = place.settings, teams.messenger(Everybody(place.service))
        keys = SigningKeys(teams.session, settings.openid_metadata_url)
        verifier = Verifier(keys, settings.app_id or "", settings.issuer, SystemClock())
        allowed = Allowed(frozenset({settings.tenant_id}), settings.allowed_service_hosts, is_local(settings))
        TeamsRoute(Echo(teams.connector), verifier, allowed).add_to(site)

        async def send(n: int) -> None:
            await messenger.send(Person(id=f"p{n}", name=f"p{n}@n.example"), f"d{n}", NOTE)

        yield send


@asynccontextmanager
async def whole(place: Place, site: web.Application) -> AsyncIterator[Send | None]:
    """Serve the whole bot over its store."""
    store = RedisStore(client_of(EmbeddedServer(Path(place.folder))), KEY)
    world = world_of(store, at=datetime.now(UTC))

    async with teams_at(place) as teams, teams.listening(world.ports, RULES, site, {}):
        yield None  # nobody asks it to send
    await store.close()


@asynccontextmanager
async def stock(place: Place, site: web.Application) -> AsyncIterator[Send]:
    """Serve Microsoft's adapter as its samples do, and send."""
    from botbuilder.integration.aiohttp import (  # noqa: PLC0415  ours is measured without it too
        CloudAdapter,
        ConfigurationBotFrameworkAuthentication,
    )

    settings = SimpleNamespace(APP_ID="", APP_PASSWORD="", APP_TYPE="MultiTenant", APP_TENANTID="")
    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(settings)), StockEcho()

    async def take(request: web.Request) -> web.Response:
        return await adapter.process(request, bot)

    async def send(n: int) -> None:
        reference = ConversationReference(
            user=ChannelAccount(id=f"29:p{n}"),
            bot=ChannelAccount(id=BOT),
            conversation=ConversationAccount(id=f"a:1p{n}"),
            channel_id="msteams",
            service_url=place.service,
        )
        await adapter.continue_conversation(reference, lambda turn: turn.send_activity(stock_card()), "")

    site.router.add_post(PATH, take)
    yield send


class StockEcho(ActivityHandler):
    """Microsoft's bot: says the same card."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer."""
        await turn_context.send_activity(stock_card())


def stock_card() -> Activity:
    """Return the same card."""
    made = MessageFactory.attachment(CardFactory.adaptive_card(to_card(NOTE, "")))
    made.summary = to_summary(NOTE)
    return made


BOTS = {"ours": ours, "stock": stock, "whole": whole}


def serve(kind: str, place: Place, told: Connection) -> None:
    """Run a bot; tell its port, and stop when something is said back."""
    pin(place.cores)

    async def inner() -> None:
        site = web.Application()
        async with BOTS[kind](place, site) as send:
            if send is not None:
                site.router.add_get("/sends", _sends_of(send))
            site.router.add_get("/cpu", _cpu)
            runner = web.AppRunner(site, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            told.send(runner.addresses[0][1])
            with suppress(EOFError):  # whoever asks may have failed
                await asyncio.to_thread(told.recv)
            await runner.cleanup()

    asyncio.run(inner())


def _sends_of(send: Send) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def sends(request: web.Request) -> web.Response:
        await asyncio.gather(*(send(n) for n in range(int(request.query["count"]))))
        return web.Response()

    return sends


async def _cpu(_: web.Request) -> web.Response:
    return web.json_response(time.process_time())


def pin(cores: Sequence[int]) -> None:
    """Let this process run on these cores alone, where there are any to choose from."""
    if cores:
        os.sched_setaffinity(0, cores)
