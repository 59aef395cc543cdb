"""The Messenger port over Slack's Web API: a direct message, in several posts where it is long."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp

from adapters.slack.blocks import is_drawn, plainer, to_posts
from adapters.slack.client import SlackClient
from adapters.slack.directory import Directory, User
from adapters.slack.errors import BLOCKS, Kind, SlackError, refusal
from adapters.slack.limits import Surface, lint
from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Found

LOG = logging.getLogger(__name__)
EVENT: Final = "stickshaker_delivery"
"""Type of the metadata of our posts. Every app of a workspace may read metadata: it holds an opaque id and nothing else."""
POST: Final = "chat.postMessage"
ASIDE: Final = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}
"""Beside each post: no link is followed, and the text beside the blocks is read as it is written."""
NOT_THERE: Final = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)
"""No connection stood, or a proxy refused to make one."""
LOOKED_AT: Final = 200
"""Posts of a channel that are looked through for a delivery."""


def _unreachable(fault: Exception) -> SendRefused:
    return SendRefused(f"Slack can't be reached ({type(fault).__name__})")


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
            answer = await self._client.call(
                "conversations.history", channel=user.channel, include_all_metadata=True, limit=LOOKED_AT
            )
        except SlackError as error:
            if error.kind in {Kind.LATER, Kind.OPEN}:
                msg = f"Slack can't look now ({error.code})"
                raise SendRefused(msg, retry_after=error.retry_after) from None
            return Found.UNKNOWABLE, ""
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise _unreachable(fault) from None
        for post in answer.get("messages", []):
            metadata = post.get("metadata", {})
            if metadata.get("event_type") == EVENT and metadata.get("event_payload", {}).get("id") == delivery:
                return Found.SENT, f"{user.channel}:{post['ts']}"
        return Found.ABSENT, ""

    async def _user(self, person: Person) -> User:
        """Return who to write to; whatever goes wrong here, nothing was sent."""
        try:
            return await self._directory.user(person)
        except SlackError as error:
            raise refusal(error) or SendRefused(f"Slack did not answer ({error.code})") from None
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise _unreachable(fault) from None

    async def _quiet(self, user: User) -> timedelta | None:
        """Return for how long somebody is not to be disturbed; that Slack can't say keeps nothing back."""
        try:
            return await self._directory.quiet_for(user.id)
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _post(self, to: _To, post: dict[str, Any], thread: str = "") -> str:
        """Post and return its time stamp; where Slack refuses the blocks, it gets plainer ones, and at last the words alone."""
        faults = lint(post.get("blocks", []), Surface.MESSAGE)
        if faults:  # ours to mend; the words go all the same
            LOG.error("delivery %s is sent as plain text: %s", to.delivery, "; ".join(faults))
            post = {"text": post["text"]}
        besides = {"thread_ts": thread} if thread else {}
        metadata = {"event_type": EVENT, "event_payload": {"id": to.delivery}}
        try:
            answer = await self._client.call(
                POST, channel=to.user.channel, metadata=metadata, **ASIDE, **post, **besides
            )
        except NOT_THERE as fault:  # nothing can have been taken
            raise _unreachable(fault) from None
        except SlackError as error:
            less = plainer(post, to.message) if error.code in BLOCKS else None
            if less is not None:
                LOG.warning(
                    "Slack refused the blocks of delivery %s (%s); it gets plainer ones", to.delivery, error.code
                )
                self._client.draws = self._client.draws and not is_drawn(post)
                return await self._post(to, less, thread)
            if error.kind is Kind.REROUTE:
                self._directory.forget(to.person)
            refused = refusal(error)
            if refused is None:
                raise
            raise refused from None
        return str(answer["ts"])
