"""What we put into channels of Slack: posts that it takes, if need be as plainer ones, and that are found again."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from adapters.slack.blocks import is_drawn, plainer
from adapters.slack.client import SlackClient
from adapters.slack.errors import BLOCKS, SlackError
from adapters.slack.limits import Surface, lint
from bot.errors import SendRefused
from bot.messages.model import Message

LOG = logging.getLogger(__name__)
EVENT: Final = "stickshaker_delivery"
"""Type of the metadata of our posts. Every app of a workspace may read metadata: it holds an opaque id and nothing else."""
POST: Final = "chat.postMessage"
UPDATE: Final = "chat.update"
ASIDE: Final = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}
"""Beside each post: no link is followed, and the text beside the blocks is read as it is written."""
NOT_THERE: Final = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)
"""No connection stood, or a proxy refused to make one."""
LOOKED_AT: Final = 200
"""Posts of a channel that are looked through for one of ours."""


def marked(key: str) -> dict[str, object]:
    """Return what goes beside a new post, by which `found` finds it again."""
    return {"metadata": {"event_type": EVENT, "event_payload": {"id": key}}, **ASIDE}


def unreachable(fault: Exception) -> SendRefused:
    """Return how it is told that nothing can have been taken."""
    return SendRefused(f"Slack can't be reached ({type(fault).__name__})")


async def put(
    client: SlackClient, method: str, message: Message, post: dict[str, Any], *, channel: str, **arguments: object
) -> Mapping[str, Any]:
    """Post or update one of the posts of a message, and return what Slack answered.

    Where Slack refuses the blocks it gets plainer ones, and at last the words
    alone. Raises SendRefused where Slack was not reached, SlackError where it
    refused, and whatever aiohttp raises where the answer never came.
    """
    faults = lint(post.get("blocks", []), Surface.MESSAGE)
    if faults:  # ours to mend; the words go all the same
        LOG.error("a post goes as plain text: %s", "; ".join(faults))
        post = {"text": post["text"]}
    try:
        return await client.call(method, channel=channel, **post, **arguments)
    except NOT_THERE as fault:
        raise unreachable(fault) from None
    except SlackError as error:
        less = plainer(post, message) if error.code in BLOCKS else None
        if less is None:
            raise
        LOG.warning("Slack refused the blocks of a post (%s); it gets plainer ones", error.code)
        client.draws = client.draws and not is_drawn(post)
        # An update without blocks may keep those that were there, and their buttons.
        bare: dict[str, Any] = {"blocks": []} if method == UPDATE and "blocks" not in less else {}
        return await put(client, method, message, less | bare, channel=channel, **arguments)


async def found(client: SlackClient, channel: str, key: str) -> str | None:
    """Return the time stamp of the post that was marked with a key, looked for in the channel's history."""
    history = await client.call("conversations.history", channel=channel, include_all_metadata=True, limit=LOOKED_AT)
    for post in history.get("messages", []):
        metadata = post.get("metadata", {})
        if metadata.get("event_type") == EVENT and metadata.get("event_payload", {}).get("id") == key:
            return str(post["ts"])
    return None
