"""Slack by a socket: no address of ours need be reachable. A socket that went deaf is built anew."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import OK, SlackApp

LOG = logging.getLogger(__name__)

PING: Final = 5.0
"""Seconds between two signs of life; the library calls a socket stale after four of them."""
LOOK: Final = 5.0
"""Seconds between two looks at whether the socket lives."""
DEAF: Final = 3
"""Looks that find it dead before it is built anew: the library connects again by itself, most of the time."""
PATIENCE: Final = 15.0
"""Seconds that a connection may take."""
LONGEST: Final = 60.0
"""Seconds between two tries to connect, at the most."""

QUIET: Final = logging.getLogger("stickshaker.socket")
"""The library's own words of a fault hold the address of the socket, which lets anybody in."""
QUIET.setLevel(logging.CRITICAL)


def proxy_for(address: str) -> str | None:
    """Return the proxy on the way to an address: HTTPS_PROXY, unless NO_PROXY names the host."""
    host = urlsplit(address).hostname or ""
    return None if proxy_bypass(host) else getproxies().get("https" if address.startswith("wss") else "http")


class SlackSocket:
    """Brings what Slack delivers on a socket to the listeners."""

    def __init__(self, app: SlackApp, token: str, web: AsyncWebClient) -> None:
        """Connect with the token of the app (xapp-), by the API that `web` calls."""
        self._app, self._token, self._web = app, token, web
        self._client: SocketModeClient | None = None
        self.built = 0
        """How often a socket was built."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a socket open until the block ends."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await self._close()

    async def is_connected(self) -> bool:
        """Whether a socket is open and answers."""
        return self._client is not None and await self._client.is_connected()

    async def _watch(self) -> None:
        """Connect, and build the socket anew where it stays deaf."""
        dead, tries = DEAF, 0
        while True:
            if await self.is_connected():
                dead, tries = 0, 0
            else:
                dead += 1
            if dead >= DEAF and await self._build():
                dead, tries = 0, 0
            elif dead >= DEAF:
                tries += 1
            await asyncio.sleep(min(LOOK * (1 << min(tries, 8)), LONGEST) if tries else LOOK)

    async def _build(self) -> bool:
        """Open a socket in the place of the one that was; says once more why where that fails."""
        await self._close()
        self.built += 1
        client = self._client = SocketModeClient(
            app_token=self._token, web_client=self._web, ping_interval=PING, logger=QUIET
        )
        client.socket_mode_request_listeners.append(self._take)
        try:
            async with asyncio.timeout(PATIENCE):
                # Asked for here: the library would ask again and again, and say why in words that hold the address.
                client.wss_uri = await client.issue_new_wss_url()
                client.proxy = proxy_for(client.wss_uri)
                await client.connect()  # type: ignore[no-untyped-call]  # the library's own gap
        except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as fault:
            why = fault.response.get("error") if isinstance(fault, SlackApiError) else type(fault).__name__
            LOG.warning("the socket to Slack can't be opened (%s); it is tried again", why)
            return False
        LOG.info("the socket to Slack is open")
        return True

    async def _close(self) -> None:
        if self._client is not None:
            with suppress(Exception):  # it may be in any state; the next one is built anew
                await self._client.close()  # type: ignore[no-untyped-call]  # as above
            self._client = None

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Have one envelope answered; what could not be kept stays without an acknowledgement, so that it comes again."""
        answer = await self._app.dispatch(request.payload, build_headers(request) or {}, mode="socket_mode")
        if answer.status != OK:
            return
        kind = answer.headers.get("content-type", [""])[0]
        given = json.loads(answer.body) if answer.body and kind.startswith("application/json") else None
        payload = given if given is not None else ({"text": answer.body} if answer.body else None)
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))
