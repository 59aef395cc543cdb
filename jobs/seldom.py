"""What goes on for long is said once a minute, not each time it is met."""

from time import monotonic
from typing import Final

PAUSE: Final = 60.0
"""Seconds before the same thing is said again."""
MOST: Final = 1_000
"""Things that are remembered; beyond that all are forgotten, and said once more."""


class Seldom:
    """Remembers what was said of late."""

    def __init__(self, pause: float = PAUSE) -> None:
        """Let the same thing pass once in so many seconds."""
        self._pause = pause
        self._said: dict[str, float] = {}

    def is_time(self, what: str) -> bool:
        """Return whether to say this now; from then on it counts as said."""
        now = monotonic()
        if now - self._said.get(what, float("-inf")) < self._pause:
            return False
        if len(self._said) >= MOST:
            self._said.clear()
        self._said[what] = now
        return True
