"""Calls of Slack's Web API: one shared session, our own pace, and errors as types."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.busy import Busy
from adapters.proxies import is_proxied
from adapters.slack.errors import WAIT, Kind, SlackError
from adapters.slack.pacing import Pacing

LOG = logging.getLogger(__name__)
SLACK: Final = "https://slack.com/api/"
APPEARS: Final = frozenset({"chat.postMessage", "chat.postEphemeral"})
"""Calls after which something more stands in a channel."""
READS: Final = frozenset({"users.lookupByEmail", "users.info", "conversations.history", "dnd.info"})
"""Methods that are asked by a query: Slack takes JSON for those that write (docs.slack.dev/apis/web-api)."""
BUSY: Final = "ratelimited"
OPEN: Final = "internal_error"
REFUSED: Final = "refused_on_the_way"
"""Codes for what came without one; the last is no word of Slack's: a proxy said no, so nothing was done."""
LONGEST_PAUSE: Final = 3600.0
TIMEOUT = 10
"""Seconds for one call."""


def new_session() -> aiohttp.ClientSession:
    """Return a session for all calls. The limit is the session's: the library's own counts for sessions that it makes."""
    return aiohttp.ClientSession(trust_env=is_proxied(), timeout=aiohttp.ClientTimeout(total=TIMEOUT))


def web_client(token: str, session: aiohttp.ClientSession, base_url: str = SLACK) -> AsyncWebClient:
    """Return a client that opens no session of its own and repeats nothing by itself: a post may have been taken."""
    web = AsyncWebClient(token=token, session=session, base_url=base_url, timeout=TIMEOUT, retry_handlers=[])
    web.proxy = None  # the library reads HTTPS_PROXY and knows no NO_PROXY; the session knows both
    return web


class SlackClient:
    """Makes calls at the pace of one workspace; raises SlackError for what Slack refuses, and the library's own for the wire."""

    def __init__(self, web: AsyncWebClient, session: aiohttp.ClientSession, pacing: Pacing | None = None) -> None:
        """Call by way of this client, whose session it is."""
        self.web, self._session, self._pacing = web, session, pacing or Pacing()
        self.draws = True
        """Whether Slack is asked to draw charts; it says so where it can't."""

    async def call(self, method: str, *, channel: str = "", **arguments: object) -> Mapping[str, Any]:
        """Call a method and return what Slack answered.

        Posts into one `channel` are a second apart. Raises SlackError where
        Slack answered with an error, and whatever aiohttp raises where the answer never came.
        """
        try:
            await self._pacing.turn(method, channel if method in APPEARS else "")
        except Busy as busy:
            raise SlackError(method, BUSY, retry_after=timedelta(seconds=busy.wait)) from None
        body = {"channel": channel} | arguments if channel else arguments
        try:
            answer = await (self._read(method, body) if method in READS else self.web.api_call(method, json=dict(body)))
        except SlackApiError as error:
            raise self._typed(method, error) from None
        except (AttributeError, ValueError):  # what came is no answer of Slack's, and the library trips over it
            raise SlackError(method, OPEN) from None
        data = answer.data
        return data if isinstance(data, dict) else {}

    async def _read(self, method: str, body: Mapping[str, object]) -> AsyncSlackResponse:
        """Ask what is asked by a query: Slack takes no JSON for it, and would say that nobody is there."""
        asked = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in body.items()}
        return await self.web.api_call(method, http_verb="GET", params=asked)

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Say something later to a command, at the address that came with it; only one of Slack's is written to."""
        host = urlsplit(url).hostname or ""
        if not (host == "slack.com" or host.endswith(".slack.com") or host == urlsplit(self.web.base_url).hostname):
            LOG.warning("a command came with an address that is none of Slack's; nothing is said there")
            return
        try:
            async with self._session.post(url, json=dict(body)) as answer:
                if answer.status >= 400:  # noqa: PLR2004  refused
                    LOG.warning("what a command led to could not be said (HTTP %d)", answer.status)
        except (aiohttp.ClientError, TimeoutError) as fault:
            LOG.warning("what a command led to could not be said (%s)", type(fault).__name__)

    def _typed(self, method: str, error: SlackApiError) -> SlackError:
        """Return the error as ours; where Slack wants fewer calls the method rests for as long as it says."""
        response = error.response
        data = response.data if isinstance(getattr(response, "data", None), dict) else {}
        status = int(getattr(response, "status_code", 0) or getattr(response, "status", 200))
        code = str(data.get("error") or _of_status(status))
        pause = _pause(getattr(response, "headers", {}) or {})
        typed = SlackError(method, code, retry_after=pause, needed=str(data.get("needed", "")))
        if typed.kind is Kind.LATER and code != REFUSED:
            self._pacing.park(method, pause or WAIT)
        return typed


def _of_status(status: int) -> str:
    """Return the code that stands for an answer without one: somebody on the way spoke, or Slack broke off."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return BUSY
    is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return REFUSED if is_refusal and status != HTTPStatus.REQUEST_TIMEOUT else OPEN


def _pause(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long Slack wants us to wait, where it says so; an hour at the most."""
    given = next((value for name, value in headers.items() if name.casefold() == "retry-after"), "")
    try:
        return timedelta(seconds=min(max(float(given[:20]), 0.0), LONGEST_PAUSE))
    except ValueError:
        return None
