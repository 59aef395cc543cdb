"""A firm whose people sit in a local Teams: a story whose cards leave by the real connector, and whose answers come back signed."""

import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from servers import Papers
from slack_story import FIRM, Heard, at_firm
from stories import Story

from adapters.clock import SystemClock
from adapters.playground.teams_hands import Answer, Hands, to_text
from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import APP, TENANT, Body
from adapters.teams.app import TeamsApp
from adapters.teams.connector import new_session
from adapters.teams.http import PATH
from adapters.teams.pacing import Pacing
from bot.app.turns import answer_turns
from jobs.settings import TeamsSettings
from jobs.teams import Teams, open_teams

__all__ = ["FIRM", "Office", "at_firm", "office_of"]


class AtOnce(Pacing):
    """Lets everything through: a story lives a year in a minute."""

    async def turn(self, conversation: str = "") -> None:
        """Wait for nothing."""


def settings_of(teams: LocalTeams, **given: object) -> TeamsSettings:
    """Return the settings of a bot in a local tenant."""
    told: dict[str, object] = {
        "app_id": APP,
        "tenant_id": TENANT,
        "app_password": teams.login.secret,
        "openid_metadata_url": teams.metadata_url,
        "token_url": teams.root,
    }
    return TeamsSettings.model_validate(told | given)


def trusting(papers: Papers) -> ssl.SSLContext:
    """Return what trusts the certificates of the tests."""
    return ssl.create_default_context(cafile=str(papers.authority))


def serving(papers: Papers) -> ssl.SSLContext:
    """Return what serves with them."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(papers.server, papers.server_key)
    return context


@dataclass(slots=True)
class Office:
    """The firm and its Teams."""

    story: Story
    cloud: LocalTeams
    teams: Teams
    app: TeamsApp
    papers: Papers

    def new_session(self) -> aiohttp.ClientSession:
        """Return a session that trusts this cloud."""
        return new_session(aiohttp.TCPConnector(ssl=trusting(self.papers)))

    def at(self, name: str) -> Hands:
        """Return somebody's hands."""
        return self.cloud.hands(at_firm(name))

    async def act(self, doing: Awaitable[Answer]) -> Answer:
        """Do something in Teams, have it answered, and let the firm work."""
        answer = await doing
        await self.settle()
        return answer

    async def settle(self) -> None:
        """Answer what people did, and do what follows."""
        await self.app.close()
        world = self.story.world
        while await answer_turns(world.ports, world.rules, {"teams": self.teams.voice_of(world.ports.references)}):
            pass
        await world.work()

    def last(self, name: str) -> Body:
        """Return the newest post in somebody's chat."""
        return self.at(name).posts[-1]

    def reads(self, name: str) -> str:
        """Return the newest post of somebody as they read it."""
        return said(self.at(name), self.last(name))


def said(hands: Hands, post: Body) -> str:
    """Return the words of a post as somebody reads them."""
    card = hands.card(post)
    return to_text(card) if card else str(post.get("text", ""))


@asynccontextmanager
async def office_of(story: Story, papers: Papers, *names: str, installed: bool = True) -> AsyncIterator[Office]:
    """Open the office of a story for these people, who have the app unless it is not `installed`."""
    world = story.world
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(LocalTeams().running(serving(papers)))
        for name in names:
            cloud.state.add_person(at_firm(name))
        session = new_session(aiohttp.TCPConnector(ssl=trusting(papers)))
        opening = open_teams(settings_of(cloud), SystemClock(), [at_firm("ada")], session=session, pacing=AtOnce())
        teams = await stack.enter_async_context(opening)
        world.use_chat(Heard(teams.messenger(world.ports.references), story))
        site = web.Application()
        app = await stack.enter_async_context(teams.listening(world.ports, world.rules, site, {}))
        cloud.way.address = await stack.enter_async_context(served(site))
        office = Office(story, cloud, teams, app, papers)
        if installed:
            for name in names:
                await office.at(name).install()
            await app.close()
        yield office


@asynccontextmanager
async def served(site: web.Application) -> AsyncIterator[str]:
    """Serve a site, and return the address of the bot on it."""
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()
