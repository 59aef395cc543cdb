"""How fast we call the Bot Connector: Microsoft's windows for each conversation, and our own bound for the whole app."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from adapters.busy import PATIENCE, Busy

WINDOWS: Final = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
"""Sends to one conversation in so many seconds (learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit)."""
EVERYWHERE: Final = ((25, 1.0),)
"""Calls of the app in a tenant: Microsoft's pages say 30 or 50 a second."""
MOST: Final = 10_000
"""Conversations that are remembered; one in which nothing was said for an hour needs none."""


class Windows:
    """When calls were made, as far back as the longest window reaches."""

    def __init__(self, windows: tuple[tuple[int, float], ...]) -> None:
        """Let through so many calls in so many seconds, for each window."""
        self._windows = windows
        self._made: deque[float] = deque(maxlen=max(most for most, _ in windows))

    def wait(self, now: float) -> float:
        """Return how many seconds the next call has to wait."""
        made = self._made
        waits = (made[-most] + length - now for most, length in self._windows if len(made) >= most)
        return max(0.0, *waits, 0.0)

    def take(self, at: float) -> None:
        """Count a call."""
        self._made.append(at)


class Pacing:
    """Lets calls through at Microsoft's pace. What one process counts another doesn't: Microsoft's own 429 is obeyed."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Count by this clock, in seconds."""
        self._clock = clock
        self._everywhere = Windows(EVERYWHERE)
        self._conversations: OrderedDict[str, Windows] = OrderedDict()
        self._parked: dict[str, float] = {}

    async def turn(self, conversation: str = "") -> None:
        """Wait for this call's turn; raises Busy where that takes longer than a few seconds."""
        wait = self.wait(conversation)
        if wait > PATIENCE:
            raise Busy(wait)
        # Its place is taken before it waits, so that two never get the same.
        at = self._clock() + wait
        self._everywhere.take(at)
        if conversation:
            self._of(conversation).take(at)
        if wait:
            await asyncio.sleep(wait)

    def wait(self, conversation: str = "") -> float:
        """Return how many seconds a call would have to wait."""
        now = self._clock()
        own = self._of(conversation).wait(now) if conversation else 0.0
        parked = self._parked.get(conversation, 0.0) - now
        if parked <= 0:
            self._parked.pop(conversation, None)
        return max(own, self._everywhere.wait(now), parked)

    def park(self, conversation: str, seconds: float) -> None:
        """Let a conversation rest: Microsoft said so."""
        self._parked[conversation] = self._clock() + seconds

    def _of(self, conversation: str) -> Windows:
        found = self._conversations.setdefault(conversation, Windows(WINDOWS))
        self._conversations.move_to_end(conversation)
        while len(self._conversations) > MOST:
            self._conversations.popitem(last=False)
        return found
