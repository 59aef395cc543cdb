"""What people do in a local Teams, delivered as the Bot Connector delivers it: with a signed token, over HTTP."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from adapters.playground.teams_keys import Keys
from adapters.playground.teams_state import APP, BOT, TENANT, Body, Conversation, LocalPerson, TeamsState

PATIENCE: Final = 15.0
"""Seconds that Teams waits for an answer."""
DONE: Final = 200
CARD: Final = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to a delivery; status 0 where nothing came in time."""

    status: int
    body: Body = field(default_factory=dict)


@dataclass(slots=True)
class Way:
    """The way to the bot: its address, and what trusts it."""

    address: str = ""
    tls: ssl.SSLContext | None = None

    async def deliver(self, body: Body, token: str) -> Answer:
        """Deliver an activity."""
        if not self.address:  # nobody listens
            return Answer(0)
        limit, headers = aiohttp.ClientTimeout(total=PATIENCE), {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(timeout=limit) as session:
            try:
                async with session.post(self.address, json=body, headers=headers) as answer:
                    return Answer(answer.status, _read(await answer.text()))
            except (TimeoutError, aiohttp.ClientError):
                return Answer(0)


@dataclass(slots=True)
class Screen:
    """What is open in front of somebody: a dialog, and cards that an answer has replaced for them alone."""

    dialog: Body | None = None
    replaced: dict[str, Body] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Short words that answered a tap."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What one person does in front of their screen."""

    state: TeamsState
    keys: Keys
    way: Way
    email: str

    @property
    def me(self) -> LocalPerson:
        """Return who they are."""
        return self.state.people[self.email]

    @property
    def user(self) -> str:
        """Return their id at Entra."""
        return self.me.aad

    @property
    def screen(self) -> Screen:
        """Return what is open in front of them."""
        found: Screen = self.state.screens.setdefault(self.email, Screen())
        return found

    @property
    def chat(self) -> Conversation:
        """Return their chat with the bot."""
        return self.state.chat_of(self.email)

    @property
    def posts(self) -> list[Body]:
        """Return what the bot has in it, oldest first."""
        return self.state.to(self.email)

    async def install(self) -> Answer:
        """Install the app for themselves."""
        self.me.is_installed = True
        joined = {"membersAdded": [{"id": self.me.id, "aadObjectId": self.me.aad}, {"id": BOT}]}
        await self._deliver("conversationUpdate", joined)
        return await self._deliver("installationUpdate", {"action": "add"})

    async def uninstall(self) -> Answer:
        """Take the app away."""
        self.me.is_installed = False
        return await self._deliver("installationUpdate", {"action": "remove"})

    async def write(
        self, text: str, at: Conversation | None = None, *, again: str = "", about: "Hands | None" = None
    ) -> Answer:
        """Write to the bot, in a channel by a mention; with the id `again` it is the same once more.

        There words can end with a mention of somebody they are `about`.
        """
        chat, more = at or self.chat, {}
        if chat.kind != "personal":
            mention = {
                "type": "mention",
                "mentioned": {"id": BOT, "name": "Stickshaker"},
                "text": "<at>Stickshaker</at>",
            }
            entities = [mention]
            if about is not None:
                name = f"<at>{about.me.name}</at>"
                entities.append(
                    {"type": "mention", "mentioned": {"id": about.me.id, "name": about.me.name}, "text": name}
                )
                text = f"{text} {name}"
            text, more = f"<at>Stickshaker</at> {text}", {"entities": entities}
        number = again or self.state.number()
        if not again:
            chat.activities.append({"id": number, "from": {"id": self.me.id}, "text": text, "type": "message"})
        return await self._deliver("message", {"text": text, "textFormat": "plain", "id": number, **more}, chat)

    async def slash(self, text: str, at: Conversation) -> Answer:
        """Type one of the bot's slash commands in a channel: only the bot sees it."""
        told = {
            "text": text,
            "textFormat": "plain",
            "recipient": {"id": BOT, "name": "Stickshaker", "isTargeted": True},
        }
        return await self._deliver("message", told, at)

    async def tap(self, label: str, post: Body | None = None, *, submits: bool = False, at: str = "") -> Answer:
        """Tap the button of this label on a card, the newest that has it; raises LookupError where none has.

        With `submits` the client is one that knows no Action.Execute and no dialogs; with the same id `at` it is the same tap once more, whatever
        has taken the place of the card meanwhile.
        """
        for seen in [post] if post else reversed(self.posts):
            for action in _actions(card_of(seen) if at else self.card(seen)):
                if action.get("title") == label:
                    return await self._act(action, seen, submits=submits, again=at)
        msg = f"no button is called {label!r}; there are {self.labels(post)}"
        raise LookupError(msg)

    def labels(self, post: Body | None = None) -> list[str]:
        """Return what every button is called that they see."""
        return [str(a.get("title")) for one in ([post] if post else self.posts) for a in _actions(self.card(one))]

    def card(self, post: Body) -> Body:
        """Return the card of a post as they see it: an answer in its place is theirs alone."""
        return self.screen.replaced.get(str(post["id"])) or card_of(post)

    @property
    def dialog(self) -> Body:
        """Return the card of the dialog that is open; raises LookupError where none is."""
        if self.screen.dialog is None:
            raise LookupError("no dialog is open")
        found: Body = self.screen.dialog["card"]
        return found

    async def send(self, **values: str) -> Answer:
        """Fill in and send the dialog; it closes unless the bot shows it again."""
        card = self.dialog
        submit = card["actions"][0]
        filled = {one["id"]: values.get(one["id"], one.get("value", "")) for one in _inputs(card)}
        lacking = [one["id"] for one in _inputs(card) if one.get("isRequired") and not filled[one["id"]]]
        if lacking:  # the client itself does not send it
            msg = f"the dialog asks for {lacking}"
            raise LookupError(msg)
        data = submit["data"] | {name: value for name, value in filled.items() if value}
        answer = await self._deliver(
            "invoke", {"name": "task/submit", "value": {"data": data, "context": {"theme": "default"}}}
        )
        if answer.status == DONE:
            self._show_dialog(answer)
        return answer

    async def _act(self, action: Body, post: Body, *, submits: bool, again: str) -> Answer:
        """Do what a button does."""
        at = {"replyToId": post["id"]} | ({"id": again} if again else {})
        opens = action["type"] == "Action.Submit" and action["data"].get("msteams", {}).get("type") == "task/fetch"
        if opens and not submits:
            value = {"data": action["data"], "context": {"theme": "default"}}
            answer = await self._deliver("invoke", {"name": "task/fetch", "value": value, **at})
            if answer.status == DONE:
                self._show_dialog(answer)
            return answer
        if action["type"] == "Action.Execute" and submits:
            action = action["fallback"]
        if action["type"] == "Action.Submit":
            return await self._deliver("message", {"value": action["data"], "text": "", **at})
        done = {"type": action["type"], "title": action["title"], "verb": action["verb"], "data": action["data"]}
        answer = await self._deliver(
            "invoke", {"name": "adaptiveCard/action", "value": {"action": done, "trigger": "manual"}, **at}
        )
        if answer.status == DONE:
            self._show_answer(answer, str(post["id"]))
        return answer

    def _show_dialog(self, answer: Answer) -> None:
        task = answer.body.get("task") or {}
        is_open = task.get("type") == "continue"
        value = task.get("value") or {}
        self.screen.dialog = {"title": value.get("title", ""), "card": value["card"]["content"]} if is_open else None

    def _show_answer(self, answer: Answer, post: str) -> None:
        if answer.body.get("type") == CARD:
            self.screen.replaced[post] = answer.body["value"]
        elif isinstance(answer.body.get("value"), str):
            self.screen.said.append(answer.body["value"])

    async def _deliver(self, kind: str, more: Mapping[str, Any], at: Conversation | None = None) -> Answer:
        body = self.activity(kind, more, at)
        return await self.way.deliver(body, self.keys.sign(APP, body["serviceUrl"]))

    def activity(self, kind: str, more: Mapping[str, Any] | None = None, at: Conversation | None = None) -> Body:
        """Return an activity of theirs as Teams writes it."""
        chat = at or self.chat
        return {
            "type": kind,
            "id": self.state.number(),
            "timestamp": "2026-03-10T09:00:00.000Z",
            "localTimestamp": "2026-03-10T10:00:00.000+01:00",
            "localTimezone": self.me.timezone,
            "serviceUrl": self.state.url,
            "channelId": "msteams",
            "from": {"id": self.me.id, "name": self.me.name, "aadObjectId": self.me.aad},
            "conversation": {"conversationType": chat.kind, "tenantId": TENANT, "id": chat.id},
            "recipient": {"id": BOT, "name": "Stickshaker"},
            "locale": "en-GB",
            "channelData": {"tenant": {"id": TENANT}},
            **(more or {}),
        }


def card_of(post: Body) -> Body:
    """Return the card of a post, empty where it has none."""
    cards = [one["content"] for one in post.get("attachments") or [] if one.get("contentType") == CARD]
    return cards[0] if cards else {}


def to_text(card: Body) -> str:
    """Return the words of a card in their order."""
    return " ".join(_words(card.get("body", []))).replace("\n", " ")


def _words(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") == "RichTextBlock":
            yield "".join(str(run.get("text", "")) for run in part["inlines"])
            return
        told = part.get("title") if str(part.get("type", "")).startswith("Chart.") else part.get("text")
        if isinstance(told, str):
            yield told
        for name, value in part.items():
            if name not in {"fallback", "actions"}:
                yield from _words(value)
    elif isinstance(part, list):
        for one in part:
            yield from _words(one)


def _actions(part: object) -> Iterator[Body]:
    """Yield every button of a card."""
    if isinstance(part, dict):
        if str(part.get("type", "")).startswith("Action."):
            yield part
            return
        for value in part.values():
            yield from _actions(value)
    elif isinstance(part, list):
        for one in part:
            yield from _actions(one)


def _inputs(part: object) -> list[Body]:
    """Return every input of a card."""
    if isinstance(part, dict):
        own = [part] if str(part.get("type", "")).startswith("Input.") else []
        return own + [found for value in part.values() for found in _inputs(value)]
    if isinstance(part, list):
        return [found for one in part for found in _inputs(one)]
    return []


def _read(text: str) -> Body:
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text} if text else {}
    return found if isinstance(found, dict) else {}
