"""Calls of the Bot Connector (REST v3): one shared session, our own pace, and answers as types.

learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from adapters.busy import Busy
from adapters.proxies import is_proxied
from adapters.teams.errors import WAIT, ConnectorError, Kind, code_of, pause_of
from adapters.teams.hosts import is_service
from adapters.teams.pacing import Pacing
from adapters.teams.tokens import Tokens
from bot.errors import SendRefused
from bot.ports import Clock

LOG = logging.getLogger(__name__)

TIMEOUT: Final = 15
"""Seconds for one call."""
CONNECTIONS: Final = 50
BUSY: Final = HTTPStatus.TOO_MANY_REQUESTS
NOT_THERE: Final = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)
"""No connection stood, or a proxy refused to make one."""


def new_session(connector: aiohttp.BaseConnector | None = None) -> aiohttp.ClientSession:
    """Return a session for all calls; the proxy and the certificates of the environment hold for it."""
    pool, limit = connector or aiohttp.TCPConnector(limit=CONNECTIONS), aiohttp.ClientTimeout(total=TIMEOUT)
    return aiohttp.ClientSession(connector=pool, trust_env=is_proxied(), timeout=limit)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation is: the service that has it, and its id there."""

    service_url: str
    conversation: str


class Connector:
    """Makes calls in the name of one bot; raises ConnectorError for what was refused, and aiohttp's own for the wire."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        clock: Clock,
        *,
        hosts: Sequence[str],
        is_local: bool = False,
        pacing: Pacing | None = None,
    ) -> None:
        """Call over this session; our token goes to these hosts only."""
        self._session, self._tokens, self._clock = session, tokens, clock
        self._hosts, self._is_local, self._pacing = tuple(hosts), is_local, pacing or Pacing()

    async def post(self, at: Address, activity: Mapping[str, Any], *, is_targeted: bool = False) -> str:
        """Post an activity and return its id, empty where it got none; targeted ones are seen by their recipient alone."""
        found = await self._call("POST", at, "/activities", activity, is_targeted=is_targeted)
        return str(found.get("id") or "")

    async def put(self, at: Address, activity_id: str, activity: Mapping[str, Any]) -> None:
        """Put an activity into the place of another."""
        await self._call("PUT", at, f"/activities/{_part(activity_id)}", {**activity, "id": activity_id})

    async def delete(self, at: Address, activity_id: str) -> None:
        """Take an activity away; one that is not there any more counts as done."""
        try:
            await self._call("DELETE", at, f"/activities/{_part(activity_id)}")
        except ConnectorError as error:
            if error.kind is not Kind.GONE:
                raise

    async def open(self, service_url: str, members: Sequence[str], bot: str, tenant: str) -> str:
        """Open the chat of one person with us, or find it, and return its id."""
        body = {
            "isGroup": False,
            "bot": {"id": bot},
            "members": [{"id": one} for one in members],
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        found = await self._call("POST", Address(service_url, ""), "", body)
        return str(found["id"])

    async def member(self, at: Address, user: str) -> Mapping[str, Any]:
        """Return what Teams knows of one member of a conversation."""
        return await self._call("GET", at, f"/members/{_part(user)}")

    async def _call(
        self, method: str, at: Address, path: str, body: Mapping[str, Any] | None = None, *, is_targeted: bool = False
    ) -> Mapping[str, Any]:
        """Make a call in its turn, with a new token once where the one we had is refused."""
        if not is_service(at.service_url, self._hosts, is_local=self._is_local):
            raise ConnectorError(HTTPStatus.FORBIDDEN, "service_not_allowed")
        where = f"/{_part(at.conversation)}" if at.conversation else ""
        query = "?isTargetedActivity=true" if is_targeted else ""
        url = f"{at.service_url.rstrip('/')}/v3/conversations{where}{path}{query}"
        await self._turn(at.conversation)
        try:
            token = await self._tokens.get()
            try:
                return await self._once(method, url, body, token)
            except ConnectorError as error:
                if error.status != HTTPStatus.UNAUTHORIZED:
                    raise
            self._tokens.drop(token)
            return await self._once(method, url, body, await self._tokens.get())
        except ConnectorError as error:
            self._rest(at.conversation, error)
            raise

    async def _turn(self, conversation: str) -> None:
        try:
            await self._pacing.turn(conversation)
        except Busy as busy:
            raise ConnectorError(BUSY, "our_own_pace", retry_after=timedelta(seconds=busy.wait)) from None

    def _rest(self, conversation: str, error: ConnectorError) -> None:
        if error.kind is Kind.LATER:
            self._pacing.park(conversation, (error.retry_after or WAIT).total_seconds())

    async def _once(self, method: str, url: str, body: Mapping[str, Any] | None, token: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        async with self._session.request(method, url, data=data, headers=headers, allow_redirects=False) as answer:
            said = await answer.read()
            if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                pause = pause_of(answer.headers, self._clock.now())
                raise ConnectorError(answer.status, code_of(said), retry_after=pause)
        return _object(said)


def unreachable(fault: Exception) -> SendRefused:
    """Return how it is told that nothing can have been taken."""
    return SendRefused(f"Teams can't be reached ({type(fault).__name__})")


def _part(text: str) -> str:
    """Return an id as a part of a path, and of no other one than is meant."""
    return "%2E" * len(text) if text in {".", ".."} else quote(text, safe="")


def _object(said: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(said) if said.strip() else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
