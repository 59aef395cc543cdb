"""Teams in this process: what is joined so that messages leave by it, and what people do in it comes in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

import aiohttp
from aiohttp import web

from adapters.clock import SystemClock
from adapters.content import load_texts
from adapters.teams.app import CALLED, TeamsApp
from adapters.teams.bearer import SigningKeys, Verifier
from adapters.teams.certificate import read_certificate
from adapters.teams.check import Found, check_teams
from adapters.teams.connector import Connector, new_session
from adapters.teams.directory import Directory
from adapters.teams.errors import NoToken
from adapters.teams.hosts import is_loopback
from adapters.teams.http import Allowed, TeamsRoute
from adapters.teams.in_place import InPlace
from adapters.teams.inbound import CHAT
from adapters.teams.messenger import TeamsMessenger
from adapters.teams.pacing import Pacing
from adapters.teams.package import to_manifest, to_package
from adapters.teams.tokens import App, Tokens, tokens_of
from adapters.teams.voice import TeamsVoice
from bot.app.directory import known_as
from bot.app.rules import Rules
from bot.app.turns import answer_turn
from bot.domain.turn import Turn
from bot.errors import SettingsError
from bot.messages.command_texts import COMMANDS
from bot.messages.model import Message
from bot.ports import Clock, Ports
from bot.talking import References, Voice
from jobs.desk import Desk
from jobs.readiness import Readiness
from jobs.settings import TeamsSettings

LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Teams:
    """One bot in one tenant, as far as it needs no store."""

    session: aiohttp.ClientSession
    tokens: Tokens
    connector: Connector
    settings: TeamsSettings
    clock: Clock
    admins: Sequence[str]
    readiness: Readiness = field(init=False)
    name: ClassVar[str] = CHAT

    def __post_init__(self) -> None:
        """Ask nobody yet."""
        self.readiness = Readiness(self._refusal)

    def directory(self, references: References) -> Directory:
        """Return the users who came to us, kept there."""
        return Directory(self.connector, references, self.clock, self.settings.tenant_id)

    def messenger(self, references: References) -> TeamsMessenger:
        """Return what sends."""
        return TeamsMessenger(self.connector, self.directory(references))

    def voice_of(self, references: References) -> TeamsVoice:
        """Return what answers."""
        return TeamsVoice(self.connector, self.directory(references))

    async def ready(self) -> None:
        """Raise where Microsoft refuses the app."""
        await self.readiness.check()

    async def _refusal(self) -> NoToken | None:
        try:
            await self.tokens.get()
        except NoToken as refused:
            return refused if refused.is_of_setup else None
        return None

    @asynccontextmanager
    async def listening(
        self, ports: Ports, rules: Rules, site: web.Application, others: Mapping[str, Voice]
    ) -> AsyncIterator[TeamsApp]:
        """Take what Teams delivers on this site until the block ends."""
        settings, directory = self.settings, self.directory(ports.references)
        desk = TeamsDesk(ports, rules, TeamsVoice(self.connector, directory), self.admins, others)
        app = TeamsApp(self.connector, directory, desk, ports.clock, rules.texts.talk, frozenset(COMMANDS))
        keys = SigningKeys(self.session, settings.openid_metadata_url)
        verifier = Verifier(keys, settings.app_id or "", settings.issuer, self.clock)
        allowed = Allowed(frozenset({settings.tenant_id}), settings.allowed_service_hosts, is_local(settings))
        TeamsRoute(app, verifier, allowed).add_to(site)
        waking = asyncio.create_task(desk.waking())
        try:
            yield app
        finally:
            waking.cancel()
            with suppress(asyncio.CancelledError):
                await waking
            await app.close()
            await desk.close()


class TeamsDesk(Desk):
    """The desk of Teams, which answers a tap while whoever tapped waits."""

    def __init__(
        self, ports: Ports, rules: Rules, voice: TeamsVoice, admins: Sequence[str], others: Mapping[str, Voice]
    ) -> None:
        """Keep turns in the store of these ports."""
        super().__init__(ports, rules, voice, admins, CALLED, others=others)
        self._teams = voice
        self._answering: set[asyncio.Task[bool]] = set()

    async def take_in_place(self, turn: Turn, seconds: float) -> InPlace | None:
        """Keep a turn once and answer it here and now; None where somebody else does, or it takes longer."""
        if not await self._ports.turns.take(turn):
            return None
        voice = InPlace(self._teams, turn)
        task = asyncio.create_task(answer_turn(turn, voice, self._ports, self._rules))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            voice.is_waited_for = False
        is_over = bool(done) and not task.cancelled() and task.exception() is None and task.result()
        if is_over or voice.said is not None:  # what was said so is said by nobody else
            return voice
        self._wake.set()
        return None

    async def command(self, user: str, called: str, text: str, key: str) -> Message:
        """Carry out a command; whom the registry names may be written to from now on, wherever they were met."""
        said = await super().command(user, called, text, key)
        if not self._teams.is_kept(user) and await known_as(await self._teams.aliases(user), self._ports) is not None:
            await self._teams.keep_named(user)
        return said

    async def is_first(self, key: str) -> bool:
        """Whether this is the first that is heard of something that is done at once and kept for nobody."""
        return await self._ports.turns.is_first(key)

    async def close(self) -> None:
        """Wait for answers that are under way."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=5.0)


def package(app_id: str, website: str, version: str, *, older: bool, for_graph: bool) -> bytes:
    """Return the app package that a tenant uploads."""
    said = load_texts().commands
    return to_package(to_manifest(said, app_id, website, version, older=older, for_graph=for_graph))


async def check(settings: TeamsSettings, session: aiohttp.ClientSession | None = None) -> list[Found]:
    """Return what is right and wrong with the bot."""
    async with open_teams(settings, SystemClock(), (), session=session) as teams:
        keys = SigningKeys(teams.session, settings.openid_metadata_url)
        urls = [settings.token_url, settings.openid_metadata_url]
        return await check_teams(teams.tokens, keys, urls, settings.allowed_service_hosts)


def is_local(settings: TeamsSettings) -> bool:
    """Whether the keys come from this machine: somebody tests, and our token may go there too."""
    return is_loopback(settings.openid_metadata_url)


@asynccontextmanager
async def open_teams(
    settings: TeamsSettings,
    clock: Clock,
    admins: Sequence[str],
    *,
    session: aiohttp.ClientSession | None = None,
    pacing: Pacing | None = None,
) -> AsyncIterator[Teams]:
    """Join what speaks to Teams, over one session; raises SettingsError where no app is set, or its certificate is none."""
    if settings.app_id is None:
        raise SettingsError("TEAMS_APP_ID is not set (docs/install-teams.md).")
    async with session or new_session() as one:
        certificate = read_certificate(settings.certificate) if settings.certificate else b""
        secret = settings.app_password.get_secret_value() if settings.app_password else ""
        app = App(
            id=settings.app_id,
            tenant=settings.tenant_id,
            secret=secret,
            certificate=certificate,
            login=settings.token_url,
            scope=f"{settings.scope}/.default",
        )
        tokens = tokens_of(app, one)
        hosts, local = settings.allowed_service_hosts, is_local(settings)
        connector = Connector(one, tokens, clock, hosts=hosts, is_local=local, pacing=pacing)
        yield Teams(one, tokens, connector, settings, clock, admins)
