"""POST /v1/usage: who may send, how much, and what the sender is told."""

import asyncio
import hmac
import zlib
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.app.push import Pushed
from bot.domain.entry import MOST_OBJECTS

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a body, after gzip is undone."""
IN_HAND: Final = 4
"""Bodies that are read or taken in at the same time; they are in memory as a whole."""
PATIENCE: Final = 30.0
"""Seconds that a body may take to arrive."""
TYPES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
ENCODINGS: Final = frozenset({"", "identity", "gzip"})
GZIP: Final = 16 + zlib.MAX_WBITS
"""What zlib calls a gzip with its head and checksum."""

Push = Callable[[str, bytes], Awaitable[Pushed]]
"""Takes in a body of a source."""


class Pusher:
    """The door for those who can't write into the streams."""

    def __init__(
        self,
        push: Push,
        tokens: Mapping[str, str],
        *,
        faults: Callable[[], AbstractContextManager[None]],
        is_closed: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """Let in who holds the token of a source; `is_closed` where nothing about a person may be taken in."""
        self._push, self._tokens, self._faults = push, dict(tokens), faults
        self._is_closed, self._patience = is_closed, patience
        self._in_hand, self._turn = 0, asyncio.Lock()

    async def take(self, request: web.Request) -> web.Response:
        """Take in one body, or say why not."""
        source = self._source(request)
        if source is None:
            return _no(HTTPStatus.UNAUTHORIZED, "send the token of your source", {"WWW-Authenticate": "Bearer"})
        if self._is_closed:
            return _no(HTTPStatus.FORBIDDEN, "nothing about a person is taken in here (aggregate-only)")
        if request.content_type not in TYPES:
            return _no(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/x-ndjson: one JSON object a line")
        if _encoding(request) not in ENCODINGS:
            return _no(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body as it is, or by gzip")
        if self._in_hand >= IN_HAND:
            return _no(HTTPStatus.TOO_MANY_REQUESTS, "others are being taken in; send it again", {"Retry-After": "2"})
        self._in_hand += 1
        try:
            return await self._read(request, source)
        finally:
            self._in_hand -= 1

    def _source(self, request: web.Request) -> str | None:
        """Return whose token came with a request; every token is compared, each in constant time."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        told = given.strip().encode(errors="replace")
        found = [source for source, token in self._tokens.items() if hmac.compare_digest(token.encode(), told)]
        return found[0] if found and kind.lower() == "bearer" else None

    async def _read(self, request: web.Request, source: str) -> web.Response:
        try:
            async with asyncio.timeout(self._patience):
                body = await _body(request)
        except TimeoutError:
            return _no(HTTPStatus.REQUEST_TIMEOUT, "the body took too long; send less at once", is_end=True)
        except (web.RequestPayloadError, ConnectionError, BrokenBody):
            return _no(HTTPStatus.BAD_REQUEST, "the body broke off or is not what its headers say", is_end=True)
        if body is None:
            return _no(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {LARGEST:,} bytes at once", is_end=True)
        lines = [line for line in body.split(b"\n") if line.strip()]
        if len(lines) > MOST_OBJECTS:
            return _no(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {MOST_OBJECTS:,} lines at once")
        if not _is_text(body) or not lines or not lines[0].lstrip().startswith(b"{"):
            return _no(HTTPStatus.BAD_REQUEST, "the body must be UTF-8 with one JSON object a line")
        async with self._turn:
            with self._faults():
                done = await self._push(source, body)
        return web.json_response(_told(done))


class BrokenBody(Exception):  # noqa: N818  reads as what it is
    """A body is no gzip though its headers say so, or one that was cut off."""


class _Plain:
    """A body that comes as it is."""

    is_whole = True

    def read(self, part: bytes, most: int) -> bytes:
        """Return a part, cut after so many bytes."""
        return part[:most]


class _Gunzip:
    """Undoes gzip piece by piece, also of several that follow one another."""

    def __init__(self) -> None:
        self._file = zlib.decompressobj(GZIP)

    @property
    def is_whole(self) -> bool:
        """Whether the end of the file was there, with its length and checksum."""
        return self._file.eof

    def read(self, part: bytes, most: int) -> bytes:
        """Return what a part holds, at most so many bytes; raises BrokenBody."""
        found = bytearray()
        while part and len(found) < most:
            if self._file.eof:
                self._file = zlib.decompressobj(GZIP)
            try:
                found += self._file.decompress(part, most - len(found))
            except zlib.error as fault:
                raise BrokenBody from fault
            part = self._file.unused_data if self._file.eof else self._file.unconsumed_tail
        return bytes(found)


async def _body(request: web.Request) -> bytes | None:
    """Return the whole body, None where it is too large; no more than that is ever held. Raises BrokenBody."""
    if (request.content_length or 0) > LARGEST:
        return None
    reader = _Gunzip() if _encoding(request) == "gzip" else _Plain()
    body = bytearray()
    async for part in request.content.iter_any():
        body += reader.read(part, LARGEST + 1 - len(body))
        if len(body) > LARGEST:
            return None
    if not reader.is_whole:
        raise BrokenBody
    return bytes(body).removeprefix(BOM_UTF8)


def _encoding(request: web.Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _told(done: Pushed) -> dict[str, object]:
    return {
        "accepted": done.accepted,
        "duplicate": done.duplicate,
        "rejected": [asdict(one) for one in done.refused],
        "rejected_in_all": done.rejected,
    }


def _no(
    status: HTTPStatus, reason: str, headers: Mapping[str, str] | None = None, *, is_end: bool = False
) -> web.Response:
    """Return an answer that says why not; after `is_end` the connection is closed, with what of the body is left."""
    answer = web.json_response({"error": reason}, status=status, headers=headers)
    if is_end:
        answer.force_close()
    return answer
