"""Teams by HTTP: what Microsoft did not sign for us, of another tenant, too large or no activity, goes no further."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any, Final, Protocol

from aiohttp import web

from adapters.bodies import Bodies, Unfit
from adapters.teams.bearer import NoKeys, NotMicrosoft, Verifier
from adapters.teams.hosts import is_service
from adapters.teams.inbound import tenant_of

LOG = logging.getLogger(__name__)

PATH: Final = "/api/messages"
LARGEST: Final = 256 * 1024
"""Bytes of an activity; one of Teams is 100 KB at the most."""
APART: Final = 3600.0
"""Seconds between two lines in the log about the same foreign tenant."""
MOST_TOLD: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to an activity: a status, and for an invoke its JSON."""

    status: int = HTTPStatus.OK
    body: dict[str, Any] | None = None


class Bot(Protocol):
    """What takes an activity that is known to come from Teams."""

    async def take(self, body: dict[str, Any]) -> Answer:
        """Answer it; whatever it holds is no fault."""
        ...


@dataclass(frozen=True, slots=True)
class Allowed:
    """The tenants whose people we talk to, and the hosts that get our token."""

    tenants: frozenset[str]
    hosts: Sequence[str]
    is_local: bool = False


class TeamsRoute:
    """The one path that Microsoft delivers to."""

    def __init__(self, bot: Bot, verifier: Verifier, allowed: Allowed, bodies: Bodies | None = None) -> None:
        """Hand over to this bot what this verifier lets through."""
        self._bot, self._verifier, self._allowed = bot, verifier, allowed
        self._bodies = bodies or Bodies(LARGEST)
        self._told: dict[str, float] = {}

    def add_to(self, application: web.Application) -> None:
        """Serve it."""
        application.router.add_post(PATH, self.take)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one activity: 413 too large, 408 too slow, 400 no activity, 401 not from Microsoft, 403 of another tenant.

        503 where nothing can be told or kept just now: whoever delivers may come again.
        """
        try:
            body = _read(await self._bodies.read(request))
        except Unfit as unfit:
            return unfit.answer
        if body is None or not isinstance(body.get("type"), str):
            return _no(HTTPStatus.BAD_REQUEST, "no activity")
        refused = await self._refused(request.headers.get("Authorization", ""), body)
        if refused is not None:
            return refused
        answer = await self._bot.take(body)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    async def _refused(self, authorization: str, body: dict[str, Any]) -> web.Response | None:
        """Return what is answered to who may not say this."""
        channel, service = _word(body.get("channelId")), _word(body.get("serviceUrl"))
        try:
            await self._verifier.check(authorization, channel=channel, service_url=service)
        except NotMicrosoft as reason:
            LOG.info("an activity was turned away: %s", reason)
            return _no(HTTPStatus.UNAUTHORIZED, "not from Microsoft for this bot", WWW_Authenticate="Bearer")
        except NoKeys:
            return _no(HTTPStatus.SERVICE_UNAVAILABLE, "Microsoft's keys can't be loaded; send it again")
        tenant = tenant_of(body)
        if tenant not in self._allowed.tenants:
            self._tell(tenant)
            return _no(HTTPStatus.FORBIDDEN, "another tenant")
        if not is_service(service, self._allowed.hosts, is_local=self._allowed.is_local):
            LOG.warning("an activity came from a service that is not allowed (TEAMS_ALLOWED_SERVICE_HOSTS)")
            return _no(HTTPStatus.FORBIDDEN, "another service")
        return None

    def _tell(self, tenant: str) -> None:
        """Say once an hour that a foreign tenant tries; its name is what was sent, so only as far as it is one."""
        now, name = monotonic(), "".join(c for c in tenant[:36] if c.isalnum() or c == "-")
        if now - self._told.get(name, -APART) >= APART:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            self._told[name] = now
            LOG.warning("an activity came from tenant %s, which TEAMS_TENANT_ID does not name", name or "(none)")


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _no(status: HTTPStatus, reason: str, **headers: str) -> web.Response:
    return web.Response(
        status=status, text=reason, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
