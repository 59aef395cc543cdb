"""A firm whose people sit in a local Slack: a story whose messages leave by the real library, and whose answers come back signed."""

import asyncio
import hmac
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import aiohttp
from aiohttp import web
from office import Heard, Office, at_firm
from stories import Story

from adapters.playground.slack_hands import SECRET, Hands
from adapters.playground.slack_server import APP_TOKEN, TOKEN, LocalSlack
from adapters.playground.slack_state import Body, Failure, Fault
from adapters.slack.app import SlackApp
from adapters.slack.client import SlackClient, new_session, web_client
from adapters.slack.directory import Directory
from adapters.slack.http import PATH, SlackRoute
from adapters.slack.inbound import CHAT
from adapters.slack.messenger import SlackMessenger
from adapters.slack.pacing import Pacing
from adapters.slack.socket import SlackSocket
from adapters.slack.voice import SlackVoice
from jobs.slack import desk_of


class AtOnce(Pacing):
    """Lets everything through: a story lives a year in a minute."""

    async def turn(self, method: str, channel: str = "") -> None:
        """Wait for nothing."""


@dataclass(slots=True)
class SlackOffice(Office):
    """The firm and its Slack."""

    story: Story
    slack: LocalSlack
    app: SlackApp
    speaking: SlackVoice
    client: SlackClient
    sending: SlackMessenger
    chat = CHAT
    called = "/pilots"
    nobody = "U99999999"

    @property
    def voice(self) -> SlackVoice:
        """Return what answers."""
        return self.speaking

    @property
    def messenger(self) -> SlackMessenger:
        """Return what sends."""
        return self.sending

    async def close(self) -> None:
        """Wait for what goes on after Slack was answered."""
        await self.app.close()

    def at(self, name: str) -> Hands:
        """Return somebody's hands."""
        return self.slack.hands(at_firm(name))

    def said(self, name: str, post: Body) -> str:  # noqa: ARG002  in Slack everybody sees the same
        """Return the words of a post."""
        return to_text(post)

    def markup(self, name: str) -> str:
        """Return texts of Slack's own markup, and what stands for blocks where it is not escaped."""
        ours = [one for one in self.at(name).posts if one["user"] == self.slack.state.bot]
        marked = [part["text"] for one in ours for part in _parts(one.get("blocks")) if part.get("type") == "mrkdwn"]
        return " ".join([*marked, *(one["text"] for one in ours if "<" in one["text"])])

    def besides(self, name: str) -> str:
        """Return what only they were told last."""
        told = [one for one in self.slack.state.private if one["user"] == self.at(name).user]
        return str(told[-1]["text"])

    def named(self, name: str) -> str:
        """Return a mention."""
        return f"<@{self.at(name).user}>"

    def picked(self, name: str) -> str:
        """Return the user who is picked."""
        return self.at(name).user

    def moment(self, at: datetime) -> dict[str, str]:
        """Return seconds, as Slack counts them."""
        return {"at": str(int(at.timestamp()))}

    def delete(self, name: str, post: Body) -> None:
        """Take it out of the channel."""
        self.at(name).posts.remove(post)

    def form(self, name: str) -> dict[str, str | None]:
        """Return the fields of the modal that is open."""
        try:
            view = self.at(name).view
        except LookupError:
            return {}
        inputs = [block for block in view["blocks"] if block["type"] == "input"]
        return {block["block_id"]: block["element"].get("initial_value") for block in inputs}

    async def fill(self, name: str, **values: str) -> str:
        """Send the modal."""
        answer = await self.act(self.at(name).send(**values))
        assert answer.status == 200
        return " ".join(answer.body.get("errors", {}).values())

    async def typed(self, name: str, text: str) -> str:
        """Type the slash command."""
        answer = await self.act(self.at(name).command(text))
        assert (answer.status, answer.body["response_type"]) == (200, "ephemeral")
        return to_text(answer.body)

    async def home(self, name: str) -> str:
        """Open the home tab."""
        assert (await self.act(self.at(name).open_home())).status == 200
        return to_text(self.at(name).home)

    async def join(self, name: str) -> None:
        """Have an account made for them."""
        self.slack.state.add_user(at_firm(name))

    async def leave(self, name: str) -> None:
        """Have them deactivated."""
        await self.act(self.at(name).leave())

    def break_off(self, *, taken: bool) -> None:
        """Close the connection, or break before it was taken."""
        self.slack.state.fail("chat.postMessage", Fault(Failure.DROPPED if taken else Failure.BROKEN))

    def greeting(self) -> bytes:
        """Return what Slack asks an address first."""
        return json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()

    async def knock(self, body: bytes, *, is_signed: bool = True) -> int:
        """Post a body to the address of events."""
        headers = signed(body, SECRET if is_signed else "another") | {"Content-Type": "application/json"}
        address = self.slack.deliveries.address
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status

    def refuse(self, doing: str, *, seconds: int = 0, times: int = 1) -> None:
        """Refuse posts or updates."""
        method = {"say": "chat.postMessage", "show": "chat.update"}[doing]
        fault = Fault(Failure.LIMITED, retry_after=seconds) if seconds else Fault(Failure.BROKEN)
        self.slack.state.fail(method, fault, times=times)


def signed(body: bytes, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    """Return the headers that Slack signs a body with."""
    stamp = str(int(datetime.now(UTC).timestamp()) - age)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def to_text(post: Body) -> str:
    """Return the words of a post's blocks, in their order, or where it has none its text."""
    words = _words(post["blocks"]) if post.get("blocks") else [str(post.get("text", ""))]
    return " ".join(words).replace("\n", " ")


def _parts(part: object) -> Iterator[Body]:
    if isinstance(part, dict):
        yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _parts(one)


def _words(part: object) -> list[str]:
    if isinstance(part, dict):
        own = part.get("text")
        title = [part["title"]] if isinstance(part.get("title"), str) else []  # of a chart
        return [own] if isinstance(own, str) else [*title, *(w for v in part.values() for w in _words(v))]
    if isinstance(part, list):
        return [w for one in part for w in _words(one)]
    return []


@asynccontextmanager
async def office_of(story: Story, *names: str, by: str = "http") -> AsyncIterator[SlackOffice]:
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
        messenger = SlackMessenger(client, directory)
        world.use_chat(Heard(messenger, story))
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
        yield SlackOffice(story, slack, app, voice, client, messenger)


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
