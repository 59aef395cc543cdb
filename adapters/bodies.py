"""Bodies of requests whose senders nobody knows yet: bounded one by one, in time, and together."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

PATIENCE: Final = 5.0
"""Seconds that a body may take to arrive; a chat itself gives up after three, or fifteen."""
IN_HAND: Final = 32 * 1024 * 1024
"""Bytes that are in memory at the same time."""


class Unfit(Exception):  # noqa: N818  what is said of a request, no fault of ours
    """A body was not read; it knows what is answered."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """Answer with this status."""
        super().__init__(reason)
        self._status, self._reason = status, reason

    @property
    def answer(self) -> web.Response:
        """Return the answer, after which the connection ends: the rest of the body is not worth waiting for."""
        answer = web.Response(status=self._status, text=self._reason)
        answer.force_close()
        return answer


class Bodies:
    """Reads the bodies of one address."""

    def __init__(self, largest: int, *, patience: float = PATIENCE, in_hand: int = IN_HAND) -> None:
        """Take bodies of so many bytes, within so many seconds, and together no more than `in_hand`."""
        self._largest, self._patience, self._most, self._in_hand = largest, patience, in_hand, 0

    async def read(self, request: web.Request) -> bytes:
        """Return the body of a request.

        Raises Unfit: 413 where it is larger, 408 where it takes longer, 503 where too much is under way, 400 where it
        breaks off.
        """
        if (request.content_length or 0) > self._largest:
            raise Unfit(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                async for part in request.content.iter_any():
                    body += part
                    self._in_hand += len(part)
                    if len(body) > self._largest:
                        raise Unfit(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
                    if self._in_hand > self._most:
                        raise Unfit(HTTPStatus.SERVICE_UNAVAILABLE, "too much at once; send it again")
        except TimeoutError:
            raise Unfit(HTTPStatus.REQUEST_TIMEOUT, "the body took too long") from None
        except (web.RequestPayloadError, ConnectionError):
            raise Unfit(HTTPStatus.BAD_REQUEST, "the body broke off") from None
        finally:
            self._in_hand -= len(body)
        return bytes(body)
