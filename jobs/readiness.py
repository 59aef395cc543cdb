"""Whether a chat takes our app: asked once a minute at the most, however often somebody wants to know."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

FRESH: Final = 60.0
"""Seconds for which what a chat said of the app is good enough."""


@dataclass(slots=True)
class Readiness:
    """What a chat said last; `ask` returns its refusal, None where it takes us or can't say."""

    ask: Callable[[], Awaitable[Exception | None]]
    refused: Exception | None = None
    asked_again_at: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> None:
        """Raise what the chat refused the app for; that it can't say is no reason to turn others away."""
        if not self._asking.locked() and monotonic() >= self.asked_again_at:
            async with self._asking:
                self.asked_again_at = monotonic() + FRESH
                self.refused = await self.ask()
        if self.refused is not None:
            raise self.refused
