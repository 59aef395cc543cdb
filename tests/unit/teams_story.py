"""A firm whose people sit in a local Teams: a story whose cards leave by the real connector, and whose answers come back signed."""

import io
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from office import Heard, Office, at_firm
from servers import Papers
from stories import Story

from adapters.clock import SystemClock
from adapters.playground.teams_hands import Hands, to_text
from adapters.playground.teams_keys import new_pair
from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import APP, TENANT, Body, Failure, Fault
from adapters.teams.app import TeamsApp
from adapters.teams.cards import CLOCK
from adapters.teams.connector import new_session
from adapters.teams.http import PATH
from adapters.teams.inbound import CHAT
from adapters.teams.pacing import Pacing
from adapters.teams.voice import TeamsVoice
from bot.outgoing import Messenger
from jobs.settings import TeamsSettings
from jobs.teams import Teams, open_teams


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
class TeamsOffice(Office):
    """The firm and its Teams."""

    story: Story
    cloud: LocalTeams
    teams: Teams
    app: TeamsApp
    papers: Papers
    chat = CHAT
    called = "pilots"
    nobody = "99999999-9999-4999-8999-999999999999"

    @property
    def voice(self) -> TeamsVoice:
        """Return what answers."""
        return self.teams.voice_of(self.story.world.ports.references)

    @property
    def messenger(self) -> Messenger:
        """Return what sends."""
        return self.teams.messenger(self.story.world.ports.references)

    def new_session(self) -> aiohttp.ClientSession:
        """Return a session that trusts this cloud."""
        return new_session(aiohttp.TCPConnector(ssl=trusting(self.papers)))

    async def close(self) -> None:
        """Wait for what goes on after Teams was answered."""
        await self.app.close()

    def at(self, name: str) -> Hands:
        """Return somebody's hands."""
        return self.cloud.hands(at_firm(name))

    def said(self, name: str, post: Body) -> str:
        """Return the words of a post as somebody reads them."""
        return said(self.at(name), post)

    def markup(self, name: str) -> str:
        """Return texts that Teams reads Markdown in, and words without a card."""
        hands = self.at(name)
        blocks = [part["text"] for one in hands.posts for part in _parts(hands.card(one)) if is_marked(part)]
        return " ".join([*blocks, *(str(one.get("text") or "") for one in hands.posts)])

    def besides(self, name: str) -> str:
        """Return what answered their last tap beside the card, or else stands in their chat."""
        told = self.at(name).screen.said
        return told[-1] if told else self.reads(name)

    def named(self, name: str) -> str:
        """Return an address: in a chat with the bot alone Teams offers nobody to mention."""
        return at_firm(name)

    def picked(self, name: str) -> str:
        """Return an address."""
        return at_firm(name)

    def moment(self, at: datetime) -> dict[str, str]:
        """Return day and time, which are two fields, in the zone of everybody here."""
        here = at.astimezone(ZoneInfo("Europe/Berlin"))
        return {"at": here.date().isoformat(), f"at{CLOCK}": f"{here:%H:%M}"}

    def delete(self, name: str, post: Body) -> None:
        """Take it out of the chat."""
        self.at(name).chat.activities.remove(post)

    def form(self, name: str) -> dict[str, str | None]:
        """Return the fields of the dialog that is open."""
        try:
            card = self.at(name).dialog
        except LookupError:
            return {}
        return {one["id"]: one.get("value") for one in card["body"] if one["type"].startswith("Input.")}

    async def fill(self, name: str, **values: str) -> str:
        """Send the dialog; it shows what is wrong with it."""
        answer = await self.act(self.at(name).send(**values))
        assert answer.status == 200
        return to_text(self.at(name).dialog) if answer.body else ""

    async def typed(self, name: str, text: str) -> str:
        """Type a command in the chat with the bot alone."""
        before = len(self.at(name).posts)
        assert (await self.act(self.at(name).write(f"/{text or 'help'}"))).status == 200
        assert len(self.at(name).posts) == before + 1
        return self.reads(name)

    async def home(self, name: str) -> str:
        """Ask for what a home tab would show."""
        return await self.say(name, "home")

    async def join(self, name: str) -> None:
        """Let them install the app."""
        self.cloud.state.add_person(at_firm(name))
        await self.act(self.at(name).install())

    async def leave(self, name: str) -> None:
        """Take the app away."""
        await self.act(self.at(name).uninstall())

    def break_off(self, *, taken: bool) -> None:
        """Close the connection, or break before it was taken."""
        self.cloud.state.fail("post", Fault(Failure.DROPPED) if taken else Fault(Failure.REFUSED, 500))

    def greeting(self) -> bytes:
        """Return a message of somebody's."""
        return json.dumps(self.at("dana").activity("message", {"text": "help"})).encode()

    async def knock(self, body: bytes, *, is_signed: bool = True) -> int:
        """Post a body to the address of activities."""
        keys, url = self.cloud.keys, self.cloud.url
        token = keys.sign(APP, url) if is_signed else keys.sign(APP, url, pair=new_pair("another"))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        address = self.cloud.way.address
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status

    def refuse(self, doing: str, *, seconds: int = 0, times: int = 1) -> None:
        """Refuse posts or updates."""
        fault = Fault(Failure.REFUSED, 429, retry_after=str(seconds)) if seconds else Fault(Failure.REFUSED, 500)
        self.cloud.state.fail({"say": "post", "show": "put"}[doing], fault, times=times)


def is_marked(part: Body) -> bool:
    """Whether Teams reads Markdown in a part of a card."""
    return part.get("type") in {"TextBlock", "FactSet", "Fact"} and "text" in part


def _parts(part: object) -> Iterator[Body]:
    if isinstance(part, dict):
        yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _parts(one)


def said(hands: Hands, post: Body) -> str:
    """Return the words of a post as somebody reads them."""
    card = hands.card(post)
    return to_text(card) if card else str(post.get("text", ""))


@asynccontextmanager
async def office_of(story: Story, papers: Papers, *names: str, installed: bool = True) -> AsyncIterator[TeamsOffice]:
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
        office = TeamsOffice(story, cloud, teams, app, papers)
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
