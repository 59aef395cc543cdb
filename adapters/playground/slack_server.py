"""A local Slack: the methods of the Web API that we call, over HTTP, refusing what Slack refuses.

It is written from Slack's documentation and knows nothing of our own limits, so that it finds where those are wrong.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from adapters.playground.slack_hands import Deliveries, Hands
from adapters.playground.slack_rules import judge_message
from adapters.playground.slack_state import Body, Failure, Fault, LocalUser, SlackState
from adapters.playground.slack_views import Refused, open_view, publish_home, update_view

TOKEN = "xoxb-local"  # noqa: S105  of a server on this machine
APP_TOKEN = "xapp-local"  # noqa: S105  as above
PAGE = 100


@dataclass(slots=True)
class LocalSlack:
    """A workspace that listens on this machine; `url` is what `SLACK_API_BASE_URL` names."""

    state: SlackState = field(default_factory=SlackState)
    deliveries: Deliveries = field(default_factory=Deliveries)
    weather: Callable[[str, Body], Fault | None] = lambda _method, _body: None
    """How a call fails for which no fault waits."""
    latency: float = 0.0
    """Seconds before a call is looked at."""
    deaf: set[int] = field(default_factory=set)
    """Sockets (by `id`) on which nothing is answered any more, not even a ping."""
    url: str = ""
    _hanging: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LocalSlack"]:
        """Serve on a port of its own."""
        app = web.Application(client_max_size=2**20)
        app.router.add_post("/api/{method}", self._call)
        app.router.add_get("/api/{method}", self._call)
        app.router.add_post("/response/{user}", self._respond)
        app.router.add_get("/ws", self._socket)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.state.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        self.url = f"{self.state.url}api/"
        try:
            yield self
        finally:
            self._hanging.set()
            await self.drop_sockets()
            await runner.cleanup()

    def hands(self, email: str) -> Hands:
        """Return what somebody may do here."""
        return Hands(self.state, self.deliveries, email)

    async def drop_sockets(self) -> None:
        """Close every socket, as Slack does from time to time."""
        for socket in [*self.deliveries.sockets]:
            await socket.close()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        """Speak the protocol of Socket Mode with one connection of the app."""
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.deliveries.sockets) + 1})
        self.deliveries.sockets.append(socket)
        try:
            async for said in socket:
                if id(socket) in self.deaf:
                    continue
                if said.type is WSMsgType.PING:
                    await socket.pong(said.data)
                    continue
                found = json.loads(said.data) if said.type is WSMsgType.TEXT else {}
                answered = self.deliveries.waiting.get(found.get("envelope_id", ""))
                if answered is not None and not answered.done():
                    answered.set_result(found.get("payload") or {})
        finally:
            self.deliveries.sockets.remove(socket)
        return socket

    async def _respond(self, request: web.Request) -> web.Response:
        """Take what the app says later to a command."""
        self.state.responses.append({"user": request.match_info["user"]} | await request.json())
        return web.Response(text="ok")

    async def _call(self, request: web.Request) -> web.StreamResponse:
        """Answer a call, or fail as it was told to."""
        method, body = request.match_info["method"], await _body_of(request)
        self.state.calls.append((method, body))
        waiting = self.state.faults[method]
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = waiting.pop(0) if waiting else self.weather(method, body)
        if fault is not None and fault.failure in BEFORE:
            return BEFORE[fault.failure](fault)
        try:
            answer: Body = {"ok": True, **self._answer(request, method, body)}
        except Refused as refused:
            answer = {"ok": False, "error": refused.code} | refused.more
        if fault is None:
            return web.json_response(answer, headers={"X-OAuth-Scopes": ",".join(sorted(self.state.scopes))})
        return await self._cut_off(request, fault)

    async def _cut_off(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Leave the caller without an answer to what was done."""
        if fault.failure is Failure.BROKEN_AFTER:
            return web.Response(status=500)
        if fault.failure is Failure.HANGING:
            await self._hanging.wait()
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=500)

    def _answer(self, request: web.Request, method: str, body: Body) -> Body:
        """Do what a method does."""
        if method == "apps.connections.open":
            return self._connect(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused("invalid_auth" if "Authorization" in request.headers else "not_authed")
        if method in self.state.missing_scopes:
            raise Refused("missing_scope", needed=SCOPES.get(method, "chat:write"), provided="commands")
        handler: Callable[[Body], Body] | None = self._methods().get(method)
        if handler is None:
            raise Refused("unknown_method", req_method=method)
        return handler(body)

    def _connect(self, request: web.Request) -> Body:
        """Return where a socket is opened."""
        if request.headers.get("Authorization") != f"Bearer {APP_TOKEN}":
            raise Refused("invalid_auth")
        return {"url": f"{self.state.url.replace('http', 'ws', 1)}ws"}

    def _methods(self) -> dict[str, Callable[[Body], Body]]:
        return {
            "auth.test": lambda _: self._whoami(),
            "users.lookupByEmail": self._lookup,
            "users.info": lambda body: {"user": self._user(body.get("user")).to_body()},
            "dnd.info": lambda body: self._user(body.get("user")).to_dnd(),
            "conversations.open": self._open,
            "conversations.history": self._history,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "views.open": lambda body: open_view(self.state, body),
            "views.update": lambda body: update_view(self.state, body),
            "views.publish": lambda body: publish_home(self.state, body),
        }

    def _whoami(self) -> Body:
        names = {"team": "Local", "user": "stickshaker", "bot_id": "B1"}
        ids = {"team_id": self.state.team, "user_id": self.state.bot}
        return names | ids | {"is_enterprise_install": self.state.is_organisation}

    def _user(self, user: object) -> LocalUser:
        if user not in self.state.users:
            raise Refused("user_not_found")
        return self.state.users[str(user)]

    def _lookup(self, body: Body) -> Body:
        found = next((u for u in self.state.users.values() if u.email == body.get("email")), None)
        if found is None:
            raise Refused("users_not_found")
        return {"user": found.to_body()}

    def _open(self, body: Body) -> Body:
        user = self._user(body.get("users"))
        if user.deleted:
            raise Refused("user_disabled")
        return {"channel": {"id": self.state.channel_of(user.id)}}

    def _history(self, body: Body) -> Body:
        channel = self._channel(body)
        posts = [_without_metadata(p, body) for p in reversed(self.state.posts[channel])]
        return {"messages": posts[: int(body.get("limit", PAGE))], "has_more": False}

    def _post(self, body: Body) -> Body:
        channel = self._channel(body)
        judge_message(body, self.state.refused_blocks)
        kept = ("text", "blocks", "metadata", "thread_ts")
        post = {"ts": self.state.stamp(), "user": self.state.bot} | {k: body[k] for k in kept if k in body}
        self.state.posts[channel].append(post)
        return {"channel": channel, "ts": post["ts"], "message": post}

    def _update(self, body: Body) -> Body:
        channel = self._channel(body)
        judge_message(body, self.state.refused_blocks)
        for post in self.state.posts[channel]:
            if post["ts"] == body.get("ts"):
                post.update({k: body[k] for k in ("text", "blocks") if k in body} | {"edited": True})
                return {"channel": channel, "ts": post["ts"], "text": post.get("text", "")}
        raise Refused("message_not_found")

    def _whisper(self, body: Body) -> Body:
        self._channel(body)
        self._user(body.get("user"))
        judge_message(body, self.state.refused_blocks)
        self.state.private.append(body)
        return {"message_ts": self.state.stamp()}

    def _channel(self, body: Body) -> str:
        channel = body.get("channel")
        if channel not in self.state.channels:
            raise Refused("channel_not_found")
        return str(channel)


SCOPES = {
    "dnd.info": "dnd:read",
    "conversations.history": "im:history",
    "users.lookupByEmail": "users:read.email",
    "conversations.open": "im:write",
}


READS = frozenset({"users.lookupByEmail", "users.info", "conversations.history", "dnd.info"})
"""Methods for which Slack leaves JSON unread."""


async def _body_of(request: web.Request) -> Body:
    """Return the arguments of a call, sent as JSON, as a form or as a query."""
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "application/json":
        if request.match_info["method"] in READS:
            return {}
        given = await request.json()
        return given if isinstance(given, dict) else {}
    form = await request.post()
    return {name: _value(str(value)) for name, value in form.items()}


def _value(text: str) -> object:
    """Return a value of a form: lists and objects come as JSON."""
    if text[:1] in {"[", "{"}:
        return json.loads(text)
    return text


def _without_metadata(post: Body, body: Body) -> Body:
    is_asked = str(body.get("include_all_metadata", "")).casefold() in {"true", "1"}
    return post if is_asked else {k: v for k, v in post.items() if k != "metadata"}


def _limited(fault: Fault) -> web.Response:
    answer = {"ok": False, "error": "ratelimited"}
    return web.json_response(answer, status=429, headers={"Retry-After": str(fault.retry_after)})


def _error(fault: Fault) -> web.Response:
    more = {"needed": fault.needed} if fault.needed else {}
    return web.json_response({"ok": False, "error": fault.code} | more)


BEFORE: dict[Failure, Callable[[Fault], web.Response]] = {
    Failure.LIMITED: _limited,
    Failure.ERROR: _error,
    Failure.BROKEN: lambda _: web.Response(status=500),
}
"""Failures before anything is done."""
