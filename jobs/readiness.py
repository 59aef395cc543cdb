"""Whether a chat takes our app: asked once a minute at the most, however often somebody wants to know."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import aiohttp

LOG = logging.getLogger(__name__)

FRESH: Final = 60.0
"""Seconds for which what a chat said of the app is good enough."""
QUICKLY: Final = 2.0
"""Seconds that it has to say it: less than whoever asks for `/readyz` is kept waiting."""


@dataclass(slots=True)
class Readiness:
    """What a chat said last; `ask` returns its refusal, None where it takes us or can't say."""

    ask: Callable[[], Awaitable[Exception | None]]
    refused: Exception | None = None
    asked_again_at: float = 0.0
    clock: Callable[[], float] = monotonic
    patience: float = QUICKLY
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> None:
        """Raise what the chat refused the app for; that it can't say is no reason to turn others away."""
        if not self._asking.locked() and self.clock() >= self.asked_again_at:
            async with self._asking:
                self.asked_again_at = self.clock() + FRESH
                self.refused = await self._answer()
        if self.refused is not None:
            raise self.refused

    async def _answer(self) -> Exception | None:
        """Return the refusal; None also where the chat is silent or out of reach."""
        try:
            async with asyncio.timeout(self.patience):
                return await self.ask()
        except (aiohttp.ClientError, TimeoutError, OSError):
            LOG.debug("a chat can't be reached, so nothing is known of the app there")
            return None
