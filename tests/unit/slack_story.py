"""A firm whose people sit in a local Slack: a story whose messages leave by the real library, and whose answers come back signed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from stories import Story, pilot_of

from adapters.playground.slack_hands import SECRET, Answer, Hands
from adapters.playground.slack_server import APP_TOKEN, TOKEN, LocalSlack
from adapters.playground.slack_state import Body
from adapters.slack.app import SlackApp
from adapters.slack.client import SlackClient, new_session, web_client
from adapters.slack.directory import Directory
from adapters.slack.http import PATH, SlackRoute
from adapters.slack.inbound import CHAT
from adapters.slack.messenger import SlackMessenger
from adapters.slack.pacing import Pacing
from adapters.slack.socket import SlackSocket
from adapters.slack.voice import SlackVoice
from bot.app.turns import answer_turns
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.messages.model import Message
from bot.outgoing import Found, Messenger
from jobs.slack import desk_of

FIRM = "n.example"


def at_firm(name: str) -> str:
    """Return the address of somebody."""
    return f"{name}@{FIRM}"


def slack_pilot(name: str = "tax", owner: str = "dana", **given: object) -> Pilot:
    """Return a pilot whose people are written by their addresses."""
    people = {"sponsor": at_firm("sam"), "programme_lead": at_firm("lee")}
    return pilot_of(name, at_firm(owner), **(people | given))


class AtOnce(Pacing):
    """Lets everything through: a story lives a year in a minute."""

    async def turn(self, method: str, channel: str = "") -> None:
        """Wait for nothing."""


class Heard:
    """A messenger that remembers for the story what another one sends."""

    def __init__(self, real: Messenger, story: Story) -> None:
        """Send by the real one."""
        self._real, self._story = real, story

    def workspace(self, person: Person) -> str:
        """Ask the real one."""
        return self._real.workspace(person)

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Send, then remember."""
        ref = await self._real.send(person, delivery, message)
        self._story.world.chat.got.append((self._story.world.clock.at, person.id, delivery, message))
        return ref

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Ask the real one."""
        return await self._real.find(person, delivery)


@dataclass(slots=True)
class Office:
    """The firm and its Slack."""

    story: Story
    slack: LocalSlack
    app: SlackApp
    voice: SlackVoice
    client: SlackClient

    def at(self, name: str) -> Hands:
        """Return somebody's hands."""
        return self.slack.hands(at_firm(name))

    async def act(self, doing: Awaitable[Answer]) -> Answer:
        """Do something in Slack, have it answered, and let the firm work."""
        answer = await doing
        await self.settle()
        return answer

    async def settle(self) -> None:
        """Answer what people did, and do what follows."""
        await self.app.close()
        world = self.story.world
        while await answer_turns(world.ports, world.rules, {CHAT: self.voice}):
            pass
        await world.work()

    def last(self, name: str) -> Body:
        """Return the newest post of somebody's direct messages."""
        return self.at(name).posts[-1]

    def reads(self, name: str) -> str:
        """Return the newest post of somebody as they read it."""
        return to_text(self.last(name))


def to_text(post: Body) -> str:
    """Return the words of a post's blocks, in their order, or where it has none its text."""
    words = _words(post["blocks"]) if post.get("blocks") else [str(post.get("text", ""))]
    return " ".join(words).replace("\n", " ")


def _words(part: object) -> list[str]:
    if isinstance(part, dict):
        own = part.get("text")
        title = [part["title"]] if isinstance(part.get("title"), str) else []  # of a chart
        return [own] if isinstance(own, str) else [*title, *(w for v in part.values() for w in _words(v))]
    if isinstance(part, list):
        return [w for one in part for w in _words(one)]
    return []


@asynccontextmanager
async def office_of(story: Story, *names: str, by: str = "http") -> AsyncIterator[Office]:
    """Open the office of a story for these people, reached by HTTP or by a socket."""
    world = story.world
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack().running())
        session = await stack.enter_async_context(new_session())
        for name in names:
            slack.state.add_user(at_firm(name))
        api = web_client(TOKEN, session, slack.url)
        client = SlackClient(api, session, AtOnce())
        directory = Directory(client, world.clock)
        voice = SlackVoice(client, directory)
        world.use_chat(Heard(SlackMessenger(client, directory), story))
        desk = desk_of(world.ports, world.rules, voice, [at_firm("ada")])
        is_socket = by == "socket"
        app = SlackApp(api, client, desk, world.clock, world.rules.texts.talk)
        if is_socket:
            socket = SlackSocket(app, APP_TOKEN, api)
            await stack.enter_async_context(socket.running())
            async with asyncio.timeout(5):
                while not slack.deliveries.sockets:  # noqa: ASYNC110  the server is another program to us
                    await asyncio.sleep(0.01)
        else:
            slack.deliveries.address = await stack.enter_async_context(served(SlackRoute(app, SECRET)))
        yield Office(story, slack, app, voice, client)


@asynccontextmanager
async def served(route: SlackRoute) -> AsyncIterator[str]:
    """Serve a route as the service has it, and return its address."""
    site = web.Application(handler_args={"auto_decompress": False})
    route.add_to(site)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()
