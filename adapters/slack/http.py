"""Slack by HTTP: what is not signed, too old, too large or no form of Slack's never reaches bolt."""

import asyncio
import re
from http import HTTPStatus
from typing import Final

from aiohttp import web
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from yarl import URL

from adapters.slack.app import SlackApp

PATH: Final = "/slack/events"
LARGEST: Final = 1024 * 1024
"""Bytes of a request; the largest of Slack's, a form with a hundred inputs, have a quarter of that."""
IN_HAND: Final = 32 * LARGEST
"""Bytes of requests that are in memory before anybody knows who sent them."""
PATIENCE: Final = 5.0
"""Seconds that a body may take to arrive; Slack itself gives up after three."""
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

    def __init__(self, app: SlackApp, secret: str, *, patience: float = PATIENCE, in_hand: int = IN_HAND) -> None:
        """Hand over what was signed with this secret to these listeners."""
        self._app, self._verifier = app, SignatureVerifier(secret)
        self._patience, self._most, self._in_hand = patience, in_hand, 0

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
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return _no(HTTPStatus.BAD_REQUEST, "not UTF-8")
        if not self._verifier.is_valid(text, request.headers[STAMPED], request.headers[SIGNED]):
            return _no(HTTPStatus.UNAUTHORIZED, "not signed by Slack")
        if text.startswith(INTERACTION):
            # The same JSON, read twenty times as fast as bolt reads it out of a form.
            inner = URL.build(query_string=text, encoded=True).query.get("payload", "")
            return to_response(await self._app.dispatch(inner, {"content-type": JSON}))
        return to_response(await self._app.dispatch(text, request.headers))

    async def _body(self, request: web.Request) -> bytes | web.Response:
        """Return the body, or what is answered where it is too large, too slow, broken off, or one too many."""
        if (request.content_length or 0) > LARGEST:
            return _no(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large", is_end=True)
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                async for part in request.content.iter_any():
                    body += part
                    self._in_hand += len(part)
                    if len(body) > LARGEST:
                        return _no(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large", is_end=True)
                    if self._in_hand > self._most:
                        return _no(HTTPStatus.SERVICE_UNAVAILABLE, "too much at once; send it again", is_end=True)
        except TimeoutError:
            return _no(HTTPStatus.REQUEST_TIMEOUT, "the body took too long", is_end=True)
        except (web.RequestPayloadError, ConnectionError):
            return _no(HTTPStatus.BAD_REQUEST, "the body broke off", is_end=True)
        finally:
            self._in_hand -= len(body)
        return bytes(body)


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


def _no(status: HTTPStatus, reason: str, *, is_end: bool = False) -> web.Response:
    """Answer no; `is_end` where the rest of the body is not worth waiting for."""
    answer = web.Response(status=status, text=reason)
    if is_end:
        answer.force_close()
    return answer


def to_response(answer: BoltResponse) -> web.Response:
    """Return bolt's answer as aiohttp's: JSON, or nothing but a status."""
    kind = JSON if answer.body.startswith("{") else "text/plain"
    return web.Response(status=answer.status, text=answer.body, content_type=kind)
