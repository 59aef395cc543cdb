"""What Teams delivers, known to come from Microsoft for our tenant, is understood, kept, and answered: in that order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from adapters.teams.cards import Card, read_values, to_card, to_form, to_home, to_said, to_summary
from adapters.teams.connector import Address, Connector
from adapters.teams.directory import Directory
from adapters.teams.errors import ConnectorError, Kind
from adapters.teams.http import Answer
from adapters.teams.inbound import (
    CARD,
    CHAT,
    FETCH,
    SUBMIT,
    Activity,
    Dialog,
    Typed,
    read_activity,
    read_dialog,
    read_tap,
    read_words,
)
from adapters.teams.sdk import card_to, reply
from bot.app.turns import Wanted
from bot.domain.turn import Form, Turn
from bot.messages.home import Home
from bot.messages.model import Message
from bot.messages.talk import told
from bot.messages.talk_texts import TalkTexts
from bot.ports import Clock

LOG = logging.getLogger(__name__)

CALLED: Final = "pilots"
"""What commands are called by, where something stands before them."""
HOME: Final = "home"
"""The word that shows what a home tab would."""
QUICK: Final = 10.0
"""Seconds that we take before Teams is answered: it sends again after fifteen."""
AT_ONCE: Final = 4.0
"""Seconds in which a tap is answered in its place; whoever taps looks at a spinner meanwhile."""
CONTENT: Final = "application/vnd.microsoft.card.adaptive"
SAID: Final = "application/vnd.microsoft.activity.message"
TITLE: Final = "Stickshaker"
ADDED: Final = frozenset({"add", "add-upgrade"})
REMOVED: Final = frozenset({"remove", "remove-upgrade"})


class Shown(Protocol):
    """What answering a tap led to."""

    shown: tuple[Message, str] | None
    said: str | None


class Core(Protocol):
    """What the handlers hand over to."""

    async def take(self, turn: Turn) -> None:
        """Keep a turn once, and have it answered."""
        ...

    async def take_in_place(self, turn: Turn, seconds: float) -> Shown | None:
        """Keep a turn once and answer it here and now; None where somebody else does, or it takes longer."""
        ...

    async def form(self, user: str, ref: tuple[str, str, str]) -> Wanted | str:
        """Return the form behind delivery, section and choice, or why there is none."""
        ...

    async def faults(self, user: str, form: Form) -> Mapping[str, str]:
        """Return what can't be taken of a form, by field."""
        ...

    async def command(self, user: str, called: str, text: str, key: str) -> Message:
        """Carry out what somebody typed, and return what is said to that."""
        ...

    async def home(self, user: str) -> Home | None:
        """Return what somebody sees of their pilots; None for a stranger."""
        ...

    async def is_first(self, key: str) -> bool:
        """Whether this is the first that is heard of something that is done at once and kept for nobody."""
        ...

    async def change(self, user: str, alias: str, *, is_gone: bool) -> None:
        """Note that somebody can be written to, or no more."""
        ...


class TeamsApp:
    """The handlers of one bot."""

    def __init__(
        self,
        connector: Connector,
        directory: Directory,
        core: Core,
        clock: Clock,
        texts: TalkTexts,
        commands: frozenset[str],
    ) -> None:
        """Hand over to the core; `commands` are the names of all commands."""
        self._connector, self._directory, self._core = connector, directory, core
        self._clock, self._texts, self._commands = clock, texts, commands
        self._running: set[asyncio.Task[None]] = set()
        self._invokes: Mapping[str, Callable[[Activity], Awaitable[Answer]]] = {
            CARD: self._tapped,
            FETCH: self._fetched,
            SUBMIT: self._submitted,
        }

    async def take(self, body: dict[str, Any]) -> Answer:
        """Answer an activity, whatever it holds: 400 where it has no conversation, 503 where nothing could be kept."""
        activity = read_activity(body)
        if activity is None:
            return Answer(HTTPStatus.OK if _has_conversation(body) else HTTPStatus.BAD_REQUEST)
        try:
            async with asyncio.timeout(QUICK):
                return await self._handled(activity, body)
        except Exception as fault:  # noqa: BLE001  the boundary: it is told by its kind, and Teams may come again
            LOG.warning("something from Teams could not be kept (%s)", type(fault).__name__)
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE)

    async def close(self) -> None:
        """Wait for what goes on after Teams was answered."""
        if self._running:
            await asyncio.wait(self._running, timeout=AT_ONCE)

    async def _handled(self, activity: Activity, body: dict[str, Any]) -> Answer:
        if activity.type == "invoke" and activity.name not in self._invokes:
            return Answer(HTTPStatus.NOT_IMPLEMENTED)
        if activity.user is None:  # guests of other clouds, connectors: nobody whom a registry could name
            return Answer()
        if activity.type == "installationUpdate":
            await self._installed(activity, body)
            return Answer()
        if activity.type in SEEN:
            await self._directory.see(activity)
        if activity.type == "invoke":
            return await self._invokes[activity.name](activity)
        if activity.type == "message":
            await self._written(activity, body)
        return Answer()

    async def _installed(self, activity: Activity, body: dict[str, Any]) -> None:
        """Keep where somebody can be written to from now on, and greet them; or forget it."""
        if not activity.is_personal or activity.user is None:
            return
        if activity.action in REMOVED:
            aliases = await self._known_aliases(activity.user)
            await self._directory.forget(activity.user)
            await self._core.change(activity.user, aliases[0] if aliases else "", is_gone=True)
            return
        await self._directory.see(activity)
        if activity.action == "add":
            self._later(self._greet(activity, body))

    async def _known_aliases(self, user: str) -> tuple[str, ...]:
        known = await self._directory.of_user(user)
        return known.aliases if known else ()

    async def _greet(self, activity: Activity, body: dict[str, Any]) -> None:
        """Show somebody who just came what there is for them, and note that they can be written to."""
        user = activity.user or ""
        aliases = await self._directory.aliases(user)
        await self._core.change(user, aliases[0] if aliases else "", is_gone=False)
        await self._reply(body, await self._home_card(user), TITLE)

    async def _written(self, activity: Activity, body: dict[str, Any]) -> None:
        if activity.value is not None and not activity.text.strip():
            turn = read_tap(activity, self._clock.now())  # by a client that knows no Execute
            if turn is not None:
                await self._core.take(turn)
            return
        said = read_words(activity, self._clock.now(), self._commands, CALLED)
        if said is None:
            return
        text = said.text if isinstance(said, Typed) else getattr(said.what, "text", "")
        is_home = text.casefold() == HOME
        if (is_home or isinstance(said, Typed)) and not await self._core.is_first(activity.key):
            return  # delivered again
        if is_home:
            self._later(self._show_home(activity))
        elif isinstance(said, Typed):
            self._later(self._command(activity, text, body))
        else:
            await self._core.take(said)

    async def _command(self, activity: Activity, text: str, body: dict[str, Any]) -> None:
        at = Address(activity.service_url, activity.conversation.id)
        try:
            named = await self._directory.read(text, at)
            said = await self._core.command(activity.user or "", CALLED, named, activity.key)
        except Exception as fault:  # noqa: BLE001  whoever typed it has to know; only its kind is logged
            LOG.warning("a command from Teams could not be carried out (%s)", type(fault).__name__)
            said = told(self._texts.failed)
        card, summary = to_card(said, ""), to_summary(said)
        try:
            await self._reply(body, card, summary, is_targeted=not activity.is_personal)
        except ConnectorError as error:
            if activity.is_personal or error.kind is Kind.OPEN:
                raise
            await self._tell(activity, card, summary)  # not every tenant has messages for one alone

    async def _show_home(self, activity: Activity) -> None:
        """Show what a home tab would: theirs alone, wherever it was asked for."""
        await self._tell(activity, await self._home_card(activity.user or ""), TITLE)

    async def _home_card(self, user: str) -> Card:
        home = await self._core.home(user)
        if home is not None:
            return to_home(home)
        aliases = await self._directory.aliases(user)
        return to_said(self._texts.stranger.format(alias=aliases[0]) if aliases else self._texts.nobody)

    async def _reply(self, body: dict[str, Any], card: Card, summary: str, *, is_targeted: bool = False) -> None:
        """Answer in the conversation of an activity."""
        await reply(self._connector, body, card, summary, is_targeted=is_targeted)

    async def _tell(self, activity: Activity, card: Card, summary: str) -> None:
        """Tell somebody something in the chat with us alone."""
        reference = await self._directory.of_user(activity.user or "")
        if reference is not None:
            at = await self._directory.chat_with(reference)
            await self._connector.post(at, card_to(reference, at, card, summary))

    async def _tapped(self, activity: Activity) -> Answer:
        """Answer a tap in its place, or say that it is being noted."""
        turn = read_tap(activity, self._clock.now())
        if turn is None:
            return _inner(HTTPStatus.BAD_REQUEST, "application/vnd.microsoft.error", _error(self._texts.gone))
        done = await self._core.take_in_place(turn, AT_ONCE)
        if done is None:
            return _inner(HTTPStatus.OK, SAID, self._texts.loading)
        if done.shown is not None:
            message, delivery = done.shown
            return _inner(HTTPStatus.OK, CONTENT, to_card(message, delivery))
        return _inner(HTTPStatus.OK, SAID, done.said or "")

    async def _fetched(self, activity: Activity) -> Answer:
        """Open the dialog that asks for the details of an answer."""
        dialog = read_dialog(activity)
        if dialog is None:
            return _dialog_says(self._texts.gone)
        wanted = await self._wanted(activity, dialog)
        return _dialog_says(wanted) if isinstance(wanted, str) else self._form(wanted, dialog, activity)

    async def _submitted(self, activity: Activity) -> Answer:
        """Take what was filled in, or show the dialog again with what can't be taken."""
        dialog = read_dialog(activity)
        wanted = await self._wanted(activity, dialog) if dialog else self._texts.gone
        if dialog is None or isinstance(wanted, str):
            return _dialog_says(str(wanted))
        values = read_values(wanted.choice.form, dialog.values, _zone(activity))
        form = Form.model_validate(dialog.tap.model_dump(exclude={"kind"}) | {"values": values})
        faults = await self._core.faults(activity.user or "", form)
        if faults:
            shown = Wanted(wanted.section, wanted.choice, values)
            return self._form(shown, dialog, activity, faults)
        turn = Turn(
            key=activity.key,
            chat=CHAT,
            user=activity.user or "",
            place=dialog.place,
            what=form,
            at=self._clock.now(),
        )
        await self._core.take(turn)
        return Answer()

    async def _wanted(self, activity: Activity, dialog: Dialog) -> Wanted | str:
        tap = dialog.tap
        return await self._core.form(activity.user or "", (tap.delivery, tap.section, tap.choice))

    def _form(
        self, wanted: Wanted, dialog: Dialog, activity: Activity, faults: Mapping[str, str] | None = None
    ) -> Answer:
        card = to_form(
            wanted.section,
            wanted.choice,
            dialog.tap,
            submit=self._texts.send,
            values=wanted.values,
            faults=faults,
            zone=_zone(activity),
            place=dialog.place,
        )
        return _dialog(card)

    def _later(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something after Teams was answered; what goes wrong is told by its kind."""
        task = asyncio.create_task(_quietly(doing))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


SEEN: Final = frozenset({"message", "invoke"})
"""Kinds of activities that show where somebody can be written to."""


async def _quietly(doing: Coroutine[Any, Any, None]) -> None:
    try:
        await doing
    except Exception as fault:  # noqa: BLE001  the boundary of what happens after the acknowledgement
        LOG.warning("what somebody wrote in Teams could not be answered (%s)", type(fault).__name__)


def _has_conversation(body: dict[str, Any]) -> bool:
    conversation = body.get("conversation")
    return isinstance(conversation, dict) and isinstance(conversation.get("id"), str) and bool(conversation["id"])


def _zone(activity: Activity) -> ZoneInfo | None:
    return ZoneInfo(activity.timezone) if activity.timezone else None


def _inner(status: HTTPStatus, kind: str, value: object) -> Answer:
    """Return the answer to a card's action: the card host reads the inner status."""
    return Answer(HTTPStatus.OK, {"statusCode": int(status), "type": kind, "value": value})


def _error(text: str) -> dict[str, str]:
    return {"code": "BadRequest", "message": text}


def _dialog(card: Card) -> Answer:
    attachment = {"contentType": CONTENT, "content": card}
    value = {"title": TITLE, "height": "medium", "width": "medium", "card": attachment}
    return Answer(HTTPStatus.OK, {"task": {"type": "continue", "value": value}})


def _dialog_says(text: str) -> Answer:
    return _dialog(to_said(text))
