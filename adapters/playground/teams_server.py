"""A local Microsoft cloud: keys, tokens and the Bot Connector of one tenant, over HTTP, refusing what Microsoft refuses.

It is written from Microsoft's documentation and knows nothing of our own limits, so that it finds where those are wrong.
"""

import asyncio
import json
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from aiohttp import web

from adapters.playground.teams_hands import Hands, Way
from adapters.playground.teams_keys import APP_SERVICE, ISSUER, MACHINE, Keys, Login, Place
from adapters.playground.teams_state import APP, BOT, TENANT, Body, Conversation, Failure, Fault, TeamsState

LARGEST: Final = 100 * 1024
"""Bytes in UTF-16 of what is posted."""
WINDOWS: Final = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
"""Sends of the bot into one conversation, by Microsoft's page on rate limits."""


@dataclass(slots=True)
class LocalTeams:
    """A tenant that listens on this machine; `url` is what its Bot Connector is told by."""

    state: TeamsState = field(default_factory=TeamsState)
    keys: Keys = field(default_factory=Keys)
    login: Login = field(default_factory=lambda: Login(TENANT, APP))
    way: Way = field(default_factory=Way)
    weather: Callable[[str, Body], Fault | None] = lambda _what, _body: None
    """How a call fails for which no fault waits."""
    latency: float = 0.0
    """Seconds before a call is looked at."""
    is_limited: bool = False
    """Whether it counts as Microsoft does; stories live a year in a minute."""
    root: str = ""
    _hanging: asyncio.Event = field(default_factory=asyncio.Event)
    _made: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=1800)))

    @property
    def url(self) -> str:
        """Return the service url."""
        return self.state.url

    @property
    def metadata_url(self) -> str:
        """Return where the OpenID metadata are."""
        return f"{self.root}/v1/.well-known/openidconfiguration"

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["LocalTeams"]:
        """Serve on a port of its own."""
        app = web.Application(client_max_size=2**20)
        app.router.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        app.router.add_get("/v1/.well-known/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        app.router.add_get("/metadata/identity/oauth2/token", self._identity(MACHINE))
        app.router.add_get("/msi/token", self._identity(APP_SERVICE))
        stem = "/teams/v3/conversations"
        app.router.add_post(stem, self._call("open", self._open))
        app.router.add_post(f"{stem}/{{at}}/activities", self._call("post", self._post))
        app.router.add_put(f"{stem}/{{at}}/activities/{{id}}", self._call("put", self._put))
        app.router.add_delete(f"{stem}/{{at}}/activities/{{id}}", self._call("delete", self._delete))
        app.router.add_get(f"{stem}/{{at}}/members/{{user}}", self._call("member", self._member))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        scheme = "https" if tls else "http"
        self.root = f"{scheme}://localhost:{runner.addresses[0][1]}"
        self.state.url = f"{self.root}/teams/"
        try:
            yield self
        finally:
            self._hanging.set()
            await runner.cleanup()

    def hands(self, email: str) -> Hands:
        """Return what somebody may do here."""
        return Hands(self.state, self.keys, self.way, email)

    async def _metadata(self, _: web.Request) -> web.Response:
        if self.keys.is_broken:
            return web.Response(status=500)
        told = {"issuer": ISSUER, "jwks_uri": f"{self.root}/v1/.well-known/keys"}
        return web.json_response(told | {"id_token_signing_alg_values_supported": ["RS256"]})

    async def _keys(self, _: web.Request) -> web.Response:
        self.keys.loads += 1
        return web.Response(status=500) if self.keys.is_broken else web.json_response(self.keys.to_body())

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        status, body = self.login.answer(request.match_info["tenant"], form, f"{self.root}{request.path}")
        return await self._given(status, body)

    def _identity(self, place: Place) -> Callable[[web.Request], Any]:
        """Return what gives tokens to a managed identity, as Azure does at this place."""

        async def handle(request: web.Request) -> web.Response:
            return await self._given(*self.login.identify(place, request.headers, request.query))

        return handle

    async def _given(self, status: int, body: Body) -> web.Response:
        if self.login.is_silent:
            await self._hanging.wait()
        return web.json_response(body, status=status)

    def _call(self, what: str, do: Callable[[web.Request, Body], Body]) -> Callable[[web.Request], Any]:
        """Return the handler of a call: it does it, or fails as it was told to."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if self.latency:
                await asyncio.sleep(self.latency)
            if not self.login.is_valid(request.headers.get("Authorization", "")):
                return _refused(401, "Unauthorized", "Authorization has been denied for this request.")
            try:
                body = await request.json() if request.can_read_body else {}
            except ValueError:
                return _refused(400, "BadSyntax", "not JSON")
            self.state.calls.append((request.method, request.path_qs, body))
            waiting = self.state.faults[what]
            fault = waiting.pop(0) if waiting else self.weather(what, body)
            if fault is not None and fault.failure is Failure.REFUSED:
                return _failed(fault)
            try:
                answer = do(request, body)
            except Refused as refused:
                return refused.answer
            return web.json_response(answer, status=201) if fault is None else await self._cut_off(request, fault)

        return handle

    async def _cut_off(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Leave the caller without an answer to what was done, or with a wrong one."""
        if fault.failure is Failure.REFUSED_AFTER:
            return _failed(fault)
        if fault.failure is Failure.HANGING:
            await self._hanging.wait()
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=500)

    def _open(self, _: web.Request, body: Body) -> Body:
        """Open the chat of one person with the bot."""
        members = body.get("members") or []
        person = self.state.person_of(str(members[0].get("id"))) if len(members) == 1 else None
        if body.get("bot", {}).get("id") != BOT or person is None:
            raise Refused(400, "BadSyntax", "Bot or member unknown")
        if body.get("tenantId") != TENANT:
            raise Refused(403, "Forbidden", "another tenant")
        if not person.is_installed:
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        return {"id": self.state.chat_of(person.email).id}

    def _post(self, request: web.Request, body: Body) -> Body:
        """Post an activity."""
        chat = self._conversation(request)
        self._count(chat.id)
        _judge(body)
        is_targeted = request.query.get("isTargetedActivity") == "true"
        if is_targeted and not (body.get("recipient") or {}).get("isTargeted"):
            raise Refused(400, "BadArgument", "a targeted message needs a targeted recipient")
        number = self.state.number()
        chat.activities.append(body | {"id": number, "from": {"id": BOT}, "targeted": is_targeted})
        return {"id": number}

    def _put(self, request: web.Request, body: Body) -> Body:
        """Put an activity into the place of another."""
        chat = self._conversation(request)
        _judge(body)
        for one in chat.activities:
            if one["id"] == request.match_info["id"] and one["from"]["id"] == BOT:
                told = body | {"id": one["id"], "from": {"id": BOT}, "edited": True}
                one.clear()  # whoever looks at it sees what it is now
                one.update(told)
                return {"id": one["id"]}
        raise Refused(404, "ActivityNotFoundInConversation", "The activity is not there.")

    def _delete(self, request: web.Request, _: Body) -> Body:
        """Take an activity away."""
        chat = self._conversation(request)
        left = [one for one in chat.activities if one["id"] != request.match_info["id"]]
        if len(left) == len(chat.activities):
            raise Refused(404, "ActivityNotFoundInConversation", "The activity is not there.")
        chat.activities[:] = left
        return {}

    def _member(self, request: web.Request, _: Body) -> Body:
        """Tell of one member of a conversation."""
        chat = self._conversation(request, writes=False)
        person = self.state.person_of(request.match_info["user"])
        if person is None or person.email not in chat.people:
            raise Refused(404, "MemberNotFoundInConversation", "The member is not there.")
        return person.to_body()

    def _conversation(self, request: web.Request, *, writes: bool = True) -> Conversation:
        """Return the conversation of a call; raises Refused where the bot may not write there."""
        chat = self.state.conversations.get(request.match_info["at"])
        if chat is None:
            raise Refused(404, "ConversationNotFound", "The conversation is not there.")
        if chat.kind == "personal" and writes:
            person = self.state.people[chat.people[0]]
            if not person.is_installed or person.has_blocked:
                inner = {"subCode": "MessageWritesBlocked", "details": "Thread is blocked", "errorCode": 209}
                raise Refused(403, "", json.dumps({"errorCode": 209, "message": json.dumps(inner)}))
        return chat

    def _count(self, name: str) -> None:
        """Refuse a send that is one too many in one of Microsoft's windows."""
        now, made = monotonic(), self._made[name]
        if self.is_limited:
            for most, length in WINDOWS:
                if len(made) >= most and now - made[-most] < length:
                    raise Refused(429, "TooManyRequests", "slow down", retry_after="1")
        made.append(now)


class Refused(Exception):  # noqa: N818  an answer
    """A call is not done; it knows what is answered."""

    def __init__(self, status: int, code: str, words: str, retry_after: str = "") -> None:
        """Answer with this status; without a code the words are the whole body."""
        super().__init__(words)
        body = json.dumps({"error": {"code": code, "message": words}}) if code else words
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.answer = web.Response(status=status, text=body, content_type="application/json", headers=headers)


def _refused(status: int, code: str, words: str) -> web.Response:
    return Refused(status, code, words).answer


def _failed(fault: Fault) -> web.Response:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    return web.Response(status=fault.status, text=fault.body, content_type="application/json", headers=headers)


def _judge(body: Body) -> None:
    """Refuse an activity that Teams would not take."""
    if len(json.dumps(body, ensure_ascii=False).encode("utf-16-le")) > LARGEST:
        raise Refused(413, "MessageSizeTooBig", "The message is too large.")
    cards = [one.get("content") for one in body.get("attachments") or [] if isinstance(one, dict)]
    if body.get("type") != "message" or not (body.get("text") or cards):
        raise Refused(400, "BadSyntax", "The activity says nothing.")
    if any(entity.get("type") != "mention" for entity in body.get("entities") or [] if "mentioned" in entity):
        raise Refused(400, "BadArgument", "a mention needs its type")
    for card in cards:
        if not isinstance(card, dict) or card.get("type") != "AdaptiveCard" or card.get("version", "9") > "1.5":
            raise Refused(400, "BadArgument", "The card can't be shown.")
