"""Slack in this process: what is joined so that messages leave by it, and what people do in it comes in."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from adapters.content import load_texts
from adapters.slack.app import SlackApp
from adapters.slack.check import Found, check_slack
from adapters.slack.client import SlackClient, new_session, web_client
from adapters.slack.directory import Directory
from adapters.slack.errors import Kind, SlackError
from adapters.slack.http import SlackRoute
from adapters.slack.inbound import CHAT
from adapters.slack.manifest import COMMAND, to_manifest
from adapters.slack.messenger import SlackMessenger
from adapters.slack.socket import SlackSocket
from adapters.slack.voice import SlackVoice
from bot.app.rules import Rules
from bot.errors import SettingsError
from bot.ports import Clock, Ports
from bot.talking import References, Voice
from jobs.desk import Desk
from jobs.readiness import Readiness
from jobs.settings import SlackSettings


@dataclass(slots=True)
class Slack:
    """One workspace, as far as it needs no store."""

    api: AsyncWebClient
    client: SlackClient
    voice: SlackVoice
    sender: SlackMessenger
    settings: SlackSettings
    admins: Sequence[str]
    readiness: Readiness = field(init=False)
    name: ClassVar[str] = CHAT

    def __post_init__(self) -> None:
        """Ask nobody yet."""
        self.readiness = Readiness(self._refusal)

    def messenger(self, references: References) -> SlackMessenger:  # noqa: ARG002  Slack finds people by their address
        """Return what sends."""
        return self.sender

    def voice_of(self, references: References) -> SlackVoice:  # noqa: ARG002  as above
        """Return what answers."""
        return self.voice

    async def ready(self) -> None:
        """Raise where Slack refuses the app."""
        await self.readiness.check()

    async def _refusal(self) -> SlackError | None:
        try:
            await self.client.call("auth.test")
        except SlackError as error:
            return error if error.kind is Kind.SETUP else None
        return None

    @asynccontextmanager
    async def listening(
        self, ports: Ports, rules: Rules, site: web.Application, others: Mapping[str, Voice]
    ) -> AsyncIterator[SlackApp]:
        """Take what Slack delivers until the block ends: by a socket with an app token, else by HTTP on this site."""
        settings, desk = self.settings, desk_of(ports, rules, self.voice, self.admins, others)
        secret = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
        app = SlackApp(self.api, self.client, desk, ports.clock, rules.texts.talk)
        waking = asyncio.create_task(desk.waking())
        try:
            async with AsyncExitStack() as stack:
                if settings.app_token is not None:
                    socket = SlackSocket(app, settings.app_token.get_secret_value(), self.api)
                    await stack.enter_async_context(socket.running())
                else:
                    SlackRoute(app, secret).add_to(site)
                yield app
        finally:
            waking.cancel()
            with suppress(asyncio.CancelledError):
                await waking
            await app.close()


@asynccontextmanager
async def open_slack(settings: SlackSettings, clock: Clock, admins: Sequence[str]) -> AsyncIterator[Slack]:
    """Join what speaks to Slack, over one session; raises SettingsError where no token is set."""
    if settings.bot_token is None:
        raise SettingsError("SLACK_BOT_TOKEN is not set (docs/install-slack.md).")
    async with new_session() as session:
        web_api = web_client(settings.bot_token.get_secret_value(), session, settings.api_base_url)
        client = SlackClient(web_api, session)
        directory = Directory(client, clock)
        voice = SlackVoice(client, directory)
        yield Slack(web_api, client, voice, SlackMessenger(client, directory), settings, admins)


async def check(settings: SlackSettings) -> list[Found]:
    """Return what is right and wrong with the installation."""
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    app_token = settings.app_token.get_secret_value() if settings.app_token else None
    async with new_session() as session:
        return await check_slack(web_client(token, session, settings.api_base_url), app_token)


def manifest(address: str | None, *, reads_words: bool) -> dict[str, Any]:
    """Return the manifest of the app."""
    return to_manifest(load_texts().commands, address, reads_words=reads_words)


def desk_of(
    ports: Ports, rules: Rules, voice: SlackVoice, admins: Sequence[str], others: Mapping[str, Voice] | None = None
) -> Desk:
    """Return where the listeners of Slack hand over."""
    return Desk(ports, rules, voice, admins, COMMAND, forget=voice.forget, others=others)
