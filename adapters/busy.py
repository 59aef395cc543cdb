"""A call whose turn does not come soon: what it would send comes again later, and is not taken for under way."""

from typing import Final

PATIENCE: Final = 5.0
"""Seconds that a call waits for its turn."""


class Busy(Exception):  # noqa: N818  a state, no fault
    """It is not this call's turn for so many seconds."""

    def __init__(self, wait: float) -> None:
        """Keep how long it would have to wait."""
        super().__init__(f"{wait:.1f} s")
        self.wait = wait
