"""Slack by HTTP: what is not signed, too old, too large or no form of Slack's never reaches bolt."""

import re
from typing import Final

from aiohttp import web
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from yarl import URL

from adapters.slack.app import SlackApp

PATH: Final = "/slack/events"
LARGEST: Final = 1024 * 1024
"""Bytes of a request; the largest of Slack's, a form with a hundred inputs, have a quarter of that."""
STAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
INTERACTION: Final = "payload="
"""What a form begins with that holds a tap, a form or a shortcut as JSON."""
JSON: Final = "application/json"
TYPES: Final = frozenset({JSON, "application/x-www-form-urlencoded"})


class SlackRoute:
    """The one path that Slack delivers to: events, commands and taps."""

    def __init__(self, app: SlackApp, secret: str) -> None:
        """Hand over what was signed with this secret to these listeners."""
        self._app, self._verifier = app, SignatureVerifier(secret)

    def add_to(self, application: web.Application) -> None:
        """Serve it."""
        application.router.add_post(PATH, self.take)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one delivery: 401 unsigned or stale, 413 too large, 415 another type, 400 unreadable, 503 come again.

        It is verified before bolt sees it: bolt parses first, and its verifier raises on a time that is no number.
        """
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not STAMP.fullmatch(stamp) or not SIGNATURE.fullmatch(signature):
            return web.Response(status=401, text="not signed by Slack")
        if request.content_type not in TYPES or request.headers.get("Content-Encoding", "identity") != "identity":
            return web.Response(status=415, text="Slack sends JSON or a form, and nothing compressed")
        body = await _read(request)
        if body is None:
            return web.Response(status=413, text="too large")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return web.Response(status=400, text="not UTF-8")
        if not self._verifier.is_valid(text, stamp, signature):
            return web.Response(status=401, text="not signed by Slack, or more than five minutes ago")
        if text.startswith(INTERACTION):
            # The same JSON, read twenty times as fast as bolt reads it out of a form.
            inner = URL.build(query_string=text, encoded=True).query.get("payload", "")
            return to_response(await self._app.dispatch(inner, {"content-type": JSON}))
        return to_response(await self._app.dispatch(text, request.headers))


def to_response(answer: BoltResponse) -> web.Response:
    """Return bolt's answer as aiohttp's: JSON, or nothing but a status."""
    kind = JSON if answer.body.startswith("{") else "text/plain"
    return web.Response(status=answer.status, text=answer.body, content_type=kind)


async def _read(request: web.Request) -> bytes | None:
    """Return the body, or None where it is larger than anything that Slack sends."""
    if (request.content_length or 0) > LARGEST:
        return None
    parts, size = [], 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)
