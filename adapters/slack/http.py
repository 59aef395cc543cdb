"""Slack by HTTP: what is not signed, too old, too large or no form of Slack's never reaches bolt."""

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from yarl import URL

from adapters.bodies import Bodies, Unfit
from adapters.slack.app import SlackApp

PATH: Final = "/slack/events"
LARGEST: Final = 1024 * 1024
"""Bytes of a request; the largest of Slack's, a form with a hundred inputs, have a quarter of that."""
OLDEST: Final = 300
"""Seconds that a signature counts, before and after; Slack's own measure, and its verifier's."""
STAMPED: Final = "X-Slack-Request-Timestamp"
SIGNED: Final = "X-Slack-Signature"
STAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
INTERACTION: Final = "payload="
"""What a form begins with that holds a tap, a form or a shortcut as JSON."""
JSON: Final = "application/json"
TYPES: Final = frozenset({JSON, "application/x-www-form-urlencoded"})


class SlackRoute:
    """The one path that Slack delivers to: events, commands and taps."""

    def __init__(self, app: SlackApp, secret: str, bodies: Bodies | None = None) -> None:
        """Hand over what was signed with this secret to these listeners."""
        self._app, self._verifier, self._bodies = app, SignatureVerifier(secret), bodies or Bodies(LARGEST)

    def add_to(self, application: web.Application) -> None:
        """Serve it."""
        application.router.add_post(PATH, self.take)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one delivery: 401 unsigned or stale, 413 too large, 415 another type, 400 unreadable, 503 come again.

        It is verified before bolt sees it: bolt parses first, and its verifier raises on a time that is no number.
        What can be told from the headers is told before a byte of the body is read; 408 is for one that doesn't come.
        """
        if refused := _refused(request, self._verifier.clock.now()):
            return refused
        try:
            text = (await self._bodies.read(request)).decode("utf-8")
        except Unfit as unfit:
            return unfit.answer
        except UnicodeDecodeError:
            return _no(HTTPStatus.BAD_REQUEST, "not UTF-8")
        if not self._verifier.is_valid(text, request.headers[STAMPED], request.headers[SIGNED]):
            return _no(HTTPStatus.UNAUTHORIZED, "not signed by Slack")
        if text.startswith(INTERACTION):
            # The same JSON, read twenty times as fast as bolt reads it out of a form.
            inner = URL.build(query_string=text, encoded=True).query.get("payload", "")
            return to_response(await self._app.dispatch(inner, {"content-type": JSON}))
        return to_response(await self._app.dispatch(text, request.headers))


def _refused(request: web.Request, now: float) -> web.Response | None:
    """Return what is answered to headers that Slack would not send."""
    stamp, signature = request.headers.get(STAMPED, ""), request.headers.get(SIGNED, "")
    if not STAMP.fullmatch(stamp) or not SIGNATURE.fullmatch(signature):
        return _no(HTTPStatus.UNAUTHORIZED, "not signed by Slack")
    if abs(now - int(stamp)) > OLDEST:
        return _no(HTTPStatus.UNAUTHORIZED, "signed more than five minutes ago, or by a clock that is wrong")
    if request.content_type not in TYPES or request.headers.get("Content-Encoding", "identity") != "identity":
        return _no(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Slack sends JSON or a form, and nothing compressed")
    return None


def _no(status: HTTPStatus, reason: str) -> web.Response:
    return web.Response(status=status, text=reason)


def to_response(answer: BoltResponse) -> web.Response:
    """Return bolt's answer as aiohttp's: JSON, or nothing but a status."""
    kind = JSON if answer.body.startswith("{") else "text/plain"
    return web.Response(status=answer.status, text=answer.body, content_type=kind)
