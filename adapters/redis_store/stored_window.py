"""A window over rows as they are stored: a figure becomes a grid of floats when it is first asked for."""

from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.codec import PRESENT, WEEKLY, to_figures
from bot.domain.telemetry import UsageWindow

NAMES: Final = {
    "active": "dau",
    "seats": "seats",
    "active_7d": "wau",
    "active_28d": "mau",
    "use_cases": "breadth",
    "actions": "actions",
    "present": "people",
    "new": "new",
    "habitual": "habitual",
}
"""Grid of a window -> field of a row."""


class StoredWindow(UsageWindow):
    """Rows of many pilots are 24 bytes a day and nine grids 72: most looks need a few of these only."""

    __slots__ = ("_rows",)
    _rows: NDArray[np.void]

    @classmethod
    def over(
        cls, first_day: date, pilots: tuple[str, ...], sources: tuple[str, ...], rows: NDArray[np.void]
    ) -> "StoredWindow":
        """Return a window over rows of the shape (len(pilots), days); those of zeros are missing."""
        window = cls.__new__(cls)
        for name, value in (("first_day", first_day), ("pilots", pilots), ("sources", sources), ("_rows", rows)):
            object.__setattr__(window, name, value)
        return window

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.origin.shape[1])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  grids differ in their types
        """Return a grid that wasn't asked for before; Python calls this for what is not set yet."""
        if name in NAMES:
            grid: Any = to_figures(self._rows, NAMES[name])
        elif name == "weekly":
            grid = (self._rows["flags"] & (PRESENT | WEEKLY)) == PRESENT | WEEKLY
        elif name == "origin":
            grid = np.where(self._rows["flags"] & PRESENT, self._rows["source"], -1).astype(np.int16)
        else:
            raise AttributeError(name)
        object.__setattr__(self, name, grid)
        return grid
