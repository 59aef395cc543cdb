"""What people do in a local Slack, delivered as Slack delivers it: signed by HTTP, or in envelopes on a socket."""

import asyncio
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from adapters.playground.slack_state import Body, SlackState

SECRET: Final = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  of a server on this machine
PATIENCE: Final = 3.0
"""Seconds that Slack waits for an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered to a delivery; status 0 where nothing came within three seconds."""

    status: int
    body: Body = field(default_factory=dict)


@dataclass(slots=True)
class Deliveries:
    """The two ways to an app; `address` is the HTTP one, and sockets are those that are open."""

    address: str = ""
    secret: str = SECRET
    sockets: list[aiohttp.web.WebSocketResponse] = field(default_factory=list)
    waiting: dict[str, asyncio.Future[Body]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    async def event(self, body: Body) -> Answer:
        """Deliver an event."""
        return await self._by_socket("events_api", body) or await self._by_http(json.dumps(body), "application/json")

    async def interaction(self, body: Body) -> Answer:
        """Deliver a tap or a form."""
        form = urlencode({"payload": json.dumps(body)})
        return await self._by_socket("interactive", body) or await self._by_http(form, FORM)

    async def command(self, body: Mapping[str, str]) -> Answer:
        """Deliver a slash command."""
        return await self._by_socket("slash_commands", dict(body)) or await self._by_http(urlencode(body), FORM)

    async def _by_http(self, body: str, kind: str) -> Answer:
        if not self.address:  # nobody listens
            return Answer(0)
        stamp = str(int(datetime.now(UTC).timestamp()))  # noqa: TID251  the wire is checked against the real clock
        signed = hmac.new(self.secret.encode(), f"v0:{stamp}:{body}".encode(), sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        limit = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=limit) as session:
            try:
                async with session.post(self.address, data=body.encode(), headers=headers) as response:
                    return Answer(response.status, _read(await response.text()))
            except TimeoutError:
                return Answer(0)

    async def _by_socket(self, kind: str, body: Body) -> Answer | None:
        """Deliver on one of the sockets that are open; None where none is."""
        alive = [one for one in self.sockets if not one.closed]
        if not alive:
            return None
        name = f"e{next(self._numbers)}"
        self.waiting[name] = asyncio.get_running_loop().create_future()
        envelope = {"envelope_id": name, "type": kind, "payload": body, "accepts_response_payload": True}
        await alive[-1].send_json(envelope)
        try:
            async with asyncio.timeout(PATIENCE):
                return Answer(200, await self.waiting[name])
        except TimeoutError:
            return Answer(0)
        finally:
            self.waiting.pop(name, None)


FORM: Final = "application/x-www-form-urlencoded"


def _read(text: str) -> Body:
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text} if text else {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Hands:
    """What one person does in front of their screen."""

    state: SlackState
    deliveries: Deliveries
    email: str

    @property
    def user(self) -> str:
        """Return their id."""
        return self.state.user_of(self.email).id

    @property
    def channel(self) -> str:
        """Return the channel of their direct messages with the app."""
        return self.state.channel_of(self.user)

    @property
    def posts(self) -> list[Body]:
        """Return what they see in it, oldest first."""
        return self.state.posts[self.channel]

    async def write(self, text: str) -> Answer:
        """Write to the app."""
        stamp = self.state.stamp()
        self.state.posts[self.channel].append({"ts": stamp, "user": self.user, "text": text})
        event = {
            "type": "message",
            "channel_type": "im",
            "user": self.user,
            "channel": self.channel,
            "text": text,
            "ts": stamp,
        }
        return await self.deliveries.event(self._callback(event))

    async def open_home(self) -> Answer:
        """Turn to the home tab of the app."""
        event = {"type": "app_home_opened", "user": self.user, "channel": self.channel, "tab": "home"}
        return await self.deliveries.event(self._callback(event))

    async def tap(self, label: str, post: Body | None = None, *, at: str = "") -> Answer:
        """Tap the button of this label on a post, the newest that has it; raises LookupError where none has.

        With the same time stamp `at` it is the same tap, delivered once more.
        """
        for seen in [post] if post else reversed(self.posts):
            for block in seen.get("blocks", []):
                for element in _buttons(block):
                    if element["text"]["text"] == label:
                        return await self.deliveries.interaction(self._tapped(element, seen["ts"], at))
        msg = f"no button is called {label!r}; there are {self.labels(post)}"
        raise LookupError(msg)

    def labels(self, post: Body | None = None) -> list[str]:
        """Return what every button is called that they see."""
        seen = [post] if post else self.posts
        return [
            element["text"]["text"] for one in seen for block in one.get("blocks", []) for element in _buttons(block)
        ]

    @property
    def view(self) -> Body:
        """Return the modal that is open in front of them; raises LookupError where none is."""
        found = [view for view in self.state.views.values() if view["user"] == self.user]
        if not found:
            raise LookupError("no modal is open")
        return found[-1]

    async def send(self, **values: object) -> Answer:
        """Fill in and send the modal; it closes unless the app says what is wrong with it."""
        view = self.view
        state = {b["block_id"]: {b["block_id"]: _state(b, values.get(b["block_id"]))} for b in _inputs(view)}
        body = {
            "type": "view_submission",
            "user": {"id": self.user, "team_id": self.state.team},
            "team": {"id": self.state.team, "domain": "local"},
            "view": {key: view[key] for key in ("id", "callback_id", "private_metadata") if key in view}
            | {"type": "modal", "state": {"values": state}},
        }
        answer = await self.deliveries.interaction(body)
        if answer.status == 200 and answer.body.get("response_action") != "errors":  # noqa: PLR2004  taken
            self.state.views.pop(view["id"], None)
        return answer

    async def shortcut(self, name: str, post: Body) -> Answer:
        """Pick a shortcut of the app at a message."""
        body = {
            "type": "message_action",
            "callback_id": name,
            "user": {"id": self.user, "team_id": self.state.team},
            "team": {"id": self.state.team, "domain": "local"},
            "channel": {"id": self.channel, "name": "directmessage"},
            "message": {"ts": post["ts"], "blocks": post.get("blocks", []), "text": post.get("text", "")},
            "message_ts": post["ts"],
            "action_ts": self.state.stamp(),
            "trigger_id": self.state.trigger(self.user),
            "response_url": f"{self.state.url}response/{self.user}",
        }
        return await self.deliveries.interaction(body)

    @property
    def home(self) -> Body:
        """Return what they see on the home tab; raises KeyError where nothing was shown."""
        return self.state.homes[self.user]

    async def tap_home(self, label: str, number: int = 0) -> Answer:
        """Tap a button on the home tab, the first of its name or another one."""
        found = [e for block in self.home["blocks"] for e in _buttons(block) if e["text"]["text"] == label]
        body = self._tapped(found[number], "0", "")
        body["container"] = {"type": "view", "view_id": "V0"}
        return await self.deliveries.interaction(body)

    async def leave(self) -> Answer:
        """Be deactivated by an admin of the workspace."""
        user = self.state.user_of(self.email)
        user.deleted = True
        return await self.deliveries.event(self._callback({"type": "user_change", "user": user.to_body()}))

    async def command(self, text: str, name: str = "/pilots") -> Answer:
        """Type a slash command."""
        given = {
            "command": name,
            "text": text,
            "user_id": self.user,
            "team_id": self.state.team,
            "channel_id": self.channel,
            "trigger_id": self.state.trigger(self.user),
            "response_url": f"{self.state.url}response/{self.user}",
            "api_app_id": "A1",
        }
        return await self.deliveries.command(given)

    def _callback(self, event: Body) -> Body:
        self.state.events += 1
        return {
            "type": "event_callback",
            "team_id": self.state.team,
            "api_app_id": "A1",
            "event_id": f"Ev{self.state.events}",
            "event": event,
        }

    def _tapped(self, element: Body, stamp: str, at: str) -> Body:
        return {
            "type": "block_actions",
            "user": {"id": self.user, "team_id": self.state.team},
            "team": {"id": self.state.team, "domain": "local"},
            "api_app_id": "A1",
            "trigger_id": self.state.trigger(self.user),
            "container": {"type": "message", "message_ts": stamp, "channel_id": self.channel},
            "channel": {"id": self.channel, "name": "directmessage"},
            "actions": [
                {
                    "type": "button",
                    "action_id": element["action_id"],
                    "value": element.get("value", ""),
                    "action_ts": at or self.state.stamp(),
                }
            ],
        }


def _buttons(block: Body) -> list[Body]:
    found = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
    return [one for one in found if one.get("type") == "button"]


def _inputs(view: Body) -> list[Body]:
    return [block for block in view["blocks"] if block["type"] == "input"]


KEYS: Final = {
    "datepicker": "selected_date",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "plain_text_input": "value",
}


def _state(block: Body, value: object) -> Body:
    """Return the state of an input as Slack sends it."""
    element = block["element"]
    kind = element["type"]
    if kind in {"radio_buttons", "static_select"}:
        picked = value if value is not None else element.get("initial_option", {}).get("value")
        option = next((one for one in element["options"] if one["value"] == picked), None)
        return {"type": kind, "selected_option": option}
    initial = {"datepicker": "initial_date", "datetimepicker": "initial_date_time", "plain_text_input": "initial_value"}
    given = value if value is not None else element.get(initial.get(kind, ""))
    return {"type": kind, KEYS[kind]: given}
