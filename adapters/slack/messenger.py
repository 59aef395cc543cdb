"""The Messenger port over Slack's Web API: a direct message, in several posts where it is long."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from adapters.slack.blocks import to_posts
from adapters.slack.client import SlackClient
from adapters.slack.directory import Directory, User
from adapters.slack.errors import Kind, SlackError, refusal
from adapters.slack.posting import POST, found, marked, put, unreachable
from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Found

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _To:
    """One message on its way: to whom, of which delivery."""

    person: Person
    user: User
    delivery: str
    message: Message


class SlackMessenger:
    """Sends to people of one workspace."""

    def __init__(self, client: SlackClient, directory: Directory) -> None:
        """Send by this client."""
        self._client, self._directory = client, directory

    def workspace(self, person: Person) -> str:  # noqa: ARG002  the port's own name; there is one workspace
        """Name what Slack limits together."""
        return "slack"

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Post and return channel and time stamp of the first post.

        Raises SendRefused where Slack took nothing; anything else leaves open whether it did.
        """
        to = _To(person, await self._user(person), delivery, message)
        quiet = await self._quiet(to.user)
        if quiet is not None:
            raise SendRefused("they are not to be disturbed now", retry_after=quiet)
        first, *others = to_posts(message, delivery, draws=self._client.draws)
        stamp = await self._post(to, first)
        for post in others:
            try:
                await self._post(to, post, stamp)
            except (SendRefused, SlackError, aiohttp.ClientError, TimeoutError) as fault:
                # The question has arrived; what is missing are further pilots, which come again.
                LOG.warning("delivery %s: a further post did not get through (%s)", delivery, type(fault).__name__)
        return f"{to.user.channel}:{stamp}"

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Look for a delivery in the channel's history, by the metadata of its post; SendRefused to look later."""
        try:
            user = await self._directory.user(person)
            stamp = await found(self._client, user.channel, delivery)
        except SlackError as error:
            if error.kind in {Kind.LATER, Kind.OPEN}:
                msg = f"Slack can't look now ({error.code})"
                raise SendRefused(msg, retry_after=error.retry_after) from None
            return Found.UNKNOWABLE, ""
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise unreachable(fault) from None
        return (Found.ABSENT, "") if stamp is None else (Found.SENT, f"{user.channel}:{stamp}")

    async def _user(self, person: Person) -> User:
        """Return who to write to; whatever goes wrong here, nothing was sent."""
        try:
            return await self._directory.user(person)
        except SlackError as error:
            raise refusal(error) or SendRefused(f"Slack did not answer ({error.code})") from None
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise unreachable(fault) from None

    async def _quiet(self, user: User) -> timedelta | None:
        """Return for how long somebody is not to be disturbed; that Slack can't say keeps nothing back."""
        try:
            return await self._directory.quiet_for(user.id)
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _post(self, to: _To, post: dict[str, Any], thread: str = "") -> str:
        """Post and return its time stamp."""
        besides = {"thread_ts": thread} if thread else {}
        try:
            answer = await put(
                self._client, POST, to.message, post, channel=to.user.channel, **marked(to.delivery), **besides
            )
        except SlackError as error:
            if error.kind is Kind.REROUTE:
                self._directory.forget(to.person)
            refused = refusal(error)
            if refused is None:
                raise
            raise refused from None
        return str(answer["ts"])
