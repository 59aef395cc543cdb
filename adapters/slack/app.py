"""What Slack delivers, by HTTP or by a socket, is verified, understood, kept, and acknowledged: in that order."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.blocks import FORM, Ref, to_home, to_modal, to_plain_modal, to_posts
from adapters.slack.client import SlackClient
from adapters.slack.errors import SlackError
from adapters.slack.inbound import (
    Asked,
    read_change,
    read_command,
    read_form,
    read_home,
    read_shortcut,
    read_tap,
    read_words,
)
from adapters.slack.limits import lint_view
from bot.app.turns import Wanted
from bot.domain.turn import Form, Turn
from bot.messages.home import Home, Shelf
from bot.messages.model import Message
from bot.messages.talk import told
from bot.messages.talk_texts import TalkTexts
from bot.ports import Clock

LOG = logging.getLogger(__name__)

Body = dict[str, Any]
EVERYTHING: Final = re.compile(r".*")
QUICK: Final = 2.0
"""Seconds that we take before Slack is answered: it waits three, the way there and back included."""
AT_ONCE: Final = 1.5
"""Seconds that a command may take to be answered at once."""
MOST_RESPONSES: Final = 4
"""Of five that Slack takes at the address of a command."""
OK: Final = 200
UNREADABLE: Final = 400
LATER: Final = 503
"""Slack delivers events again; a person who tapped sees that it did not work."""


class Core(Protocol):
    """What the listeners hand over to."""

    async def take(self, turn: Turn) -> None:
        """Keep a turn once, and have it answered."""
        ...

    async def form(self, user: str, ref: tuple[str, str, str]) -> Wanted | str:
        """Return the form behind delivery, section and choice, or why there is none."""
        ...

    async def command(self, user: str, called: str, text: str, key: str) -> Message:
        """Carry out what somebody typed, and return what is said to that."""
        ...

    async def home(self, user: str) -> Home | None:
        """Return what somebody sees on the home tab; None for a stranger."""
        ...

    async def change(self, user: str, alias: str, *, is_gone: bool) -> None:
        """Note that somebody left the workspace, or came back."""
        ...

    async def faults(self, user: str, form: Form) -> Mapping[str, str]:
        """Return what can't be taken of a form, by field."""
        ...


class SlackApp:
    """The listeners of one workspace on slack-bolt; `bolt` takes what either transport brings."""

    def __init__(self, web: AsyncWebClient, client: SlackClient, core: Core, clock: Clock, texts: TalkTexts) -> None:
        """Listen to what is known to come from Slack: by a socket of ours, or signed."""
        self._client, self._core, self._clock, self._texts = client, core, clock, texts
        self._running: set[asyncio.Task[None]] = set()
        # Its warnings tell of a token that it need not know, and of requests with all that is in them.
        quiet = logging.getLogger("stickshaker.bolt")
        quiet.setLevel(logging.ERROR)
        self.bolt = AsyncApp(
            name="stickshaker",
            logger=quiet,
            client=web,
            authorize=_authorised(web.token or ""),
            request_verification_enabled=False,  # done at the door, before bolt parses: adapters.slack.http
            ssl_check_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            process_before_response=True,
            raise_error_for_unhandled_request=True,
        )
        self.bolt.error(_said)
        # Bolt asks one after the other, and whoever typed a command waits for its answer.
        self.bolt.command(EVERYTHING)(self._guarded(self._commanded, is_timed=False))
        self.bolt.action(EVERYTHING)(self._guarded(self._tapped))
        self.bolt.view(FORM)(self._guarded(self._sent))
        self.bolt.shortcut(EVERYTHING)(self._guarded(self._shortcut))
        self.bolt.event("message")(self._guarded(self._written))
        self.bolt.event("app_home_opened")(self._guarded(self._home))
        self.bolt.event("user_change")(self._guarded(self._changed))

    async def dispatch(
        self, body: str | Body, headers: Mapping[str, str | Sequence[str]], *, mode: str = "http"
    ) -> BoltResponse:
        """Return the answer to what was delivered, whatever it holds: 400 where it has no shape that bolt can read."""
        try:
            request = AsyncBoltRequest(body=body, headers=dict(headers), mode=mode)
            answer: BoltResponse = await self.bolt.async_dispatch(request)
        except Exception:  # noqa: BLE001  bolt takes JSON for what Slack sends and trips over anything else; ours get nowhere near
            return BoltResponse(status=UNREADABLE, body="")
        return answer

    async def close(self) -> None:
        """Wait for forms that are being filled."""
        if self._running:
            await asyncio.wait(self._running, timeout=QUICK)

    def _guarded(
        self, listen: Callable[[Body], Awaitable[BoltResponse]], *, is_timed: bool = True
    ) -> Callable[..., Awaitable[BoltResponse]]:
        """Return a listener of which no fault reaches bolt, and that takes no longer than Slack waits.

        One that keeps its own time is not timed here.
        """

        async def listener(body: Body) -> BoltResponse:
            try:
                async with asyncio.timeout(QUICK if is_timed else None):
                    return await listen(body)
            except Exception as fault:  # noqa: BLE001  the boundary: it is told by its kind, and Slack comes again
                LOG.warning("something from Slack could not be kept (%s)", type(fault).__name__)
                return BoltResponse(status=LATER, body="")

        return listener

    async def _tapped(self, body: Body) -> BoltResponse:
        tap = read_tap(body, self._clock.now())
        if isinstance(tap, Asked):
            await self._open(tap)
        elif tap is not None:
            await self._core.take(tap)
        return BoltResponse(status=OK, body="")

    async def _open(self, asked: Asked) -> None:
        """Open a modal at once, since a trigger lasts three seconds, and fill it as soon as we know with what."""
        view = to_plain_modal(self._texts.loading)
        try:
            opened = await self._client.call("views.open", trigger_id=asked.trigger, view=view)
        except SlackError as error:
            LOG.info("a form could not be opened (%s)", error.code)
            return
        self._later(self._fill(str(opened["view"]["id"]), asked))

    async def _fill(self, view: str, asked: Asked) -> None:
        """Fill an open modal with the form, or with why there is none."""
        ref, said = asked.ref, self._texts
        try:
            wanted = await self._core.form(asked.user, (ref.delivery, ref.section, ref.choice))
        except Exception as fault:  # noqa: BLE001  the boundary of what happens after the acknowledgement
            LOG.warning("a form could not be filled (%s)", type(fault).__name__)
            wanted = said.busy
        shown = to_plain_modal(wanted) if isinstance(wanted, str) else self._modal(wanted, ref)
        try:
            for broken in lint_view(shown):
                LOG.error("a form breaks a limit of Slack's: %s", broken)
            await self._client.call("views.update", view_id=view, view=shown)
        except Exception as fault:  # noqa: BLE001  as above; whoever opened it closes it and taps again
            LOG.warning("a form could not be shown (%s)", type(fault).__name__)

    def _modal(self, wanted: Wanted, ref: Ref) -> Body:
        said = self._texts
        return to_modal(wanted.section, wanted.choice, ref, submit=said.send, close=said.cancel, values=wanted.values)

    async def _commanded(self, body: Body) -> BoltResponse:
        """Answer a command at once where that is quick, else say that it takes a moment and answer later."""
        typed = read_command(body)
        if typed is None:
            return BoltResponse(status=OK, body="")
        doing = asyncio.create_task(self._core.command(typed.user, typed.called, typed.text, typed.key))
        done, _ = await asyncio.wait({doing}, timeout=AT_ONCE)
        if done:
            first, *others = _whispered(doing.result())
            if others:
                self._later(self._respond(others, typed.url))
            return BoltResponse(status=OK, body=first)
        self._later(self._answer_later(doing, typed.url))
        return BoltResponse(status=OK, body=_whispered(told(self._texts.loading))[0])

    async def _answer_later(self, doing: asyncio.Task[Message], url: str) -> None:
        """Say to a command what came of it."""
        try:
            said = await doing
        except Exception as fault:  # noqa: BLE001  the boundary of what happens after the acknowledgement
            LOG.warning("a command failed (%s)", type(fault).__name__)
            said = told(self._texts.busy)
        await self._respond(_whispered(said), url)

    async def _respond(self, posts: Sequence[Body], url: str) -> None:
        for post in posts[:MOST_RESPONSES]:
            await self._client.respond(url, post)

    async def _sent(self, body: Body) -> BoltResponse:
        turn = read_form(body, self._clock.now())
        if turn is None or not isinstance(turn.what, Form):
            return BoltResponse(status=OK, body="")
        faults = await self._core.faults(turn.user, turn.what)
        if faults:
            return BoltResponse(status=OK, body={"response_action": "errors", "errors": dict(faults)})
        await self._core.take(turn)
        return BoltResponse(status=OK, body="")

    async def _shortcut(self, body: Body) -> BoltResponse:
        turn = read_shortcut(body, self._clock.now())
        if turn is not None:
            await self._core.take(turn)
        return BoltResponse(status=OK, body="")

    async def _written(self, body: Body) -> BoltResponse:
        turn = read_words(body, self._clock.now())
        if turn is not None:
            await self._core.take(turn)
        return BoltResponse(status=OK, body="")

    async def _home(self, body: Body) -> BoltResponse:
        user = read_home(body)
        if user is not None:
            self._later(self._publish(user))
        return BoltResponse(status=OK, body="")

    async def _publish(self, user: str) -> None:
        """Show somebody their home tab."""
        try:
            home = await self._core.home(user)
            view = to_home(home) if home else to_home(Home((Shelf(self._texts.nobody),), ""))
            await self._client.call("views.publish", user_id=user, view=view)
        except Exception as fault:  # noqa: BLE001  the boundary of what happens after the acknowledgement
            LOG.warning("a home tab could not be shown (%s)", type(fault).__name__)

    def _later(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something after Slack was answered."""
        task = asyncio.create_task(doing)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _changed(self, body: Body) -> BoltResponse:
        change = read_change(body)
        if change is not None:
            await self._core.change(change.user, change.alias, is_gone=change.is_gone)
        return BoltResponse(status=OK, body="")


def _whispered(message: Message) -> list[Body]:
    """Return what only who typed a command sees; nobody asks again with plainer blocks there, so charts are lines."""
    return [{"response_type": "ephemeral"} | post for post in to_posts(message, "", draws=False)]


def _authorised(token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Return bolt's own question who we are, answered without a call: there is one workspace, and `check` asks Slack."""

    async def authorise(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return authorise


async def _said(error: Exception) -> BoltResponse:
    """Answer what no listener took: what we do not listen to is acknowledged and left alone.

    Any other fault is bolt's own with a body that Slack would not send; ours do not get here.
    """
    return BoltResponse(status=OK if isinstance(error, BoltUnhandledRequestError) else UNREADABLE, body="")
