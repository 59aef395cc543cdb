"""State that is kept by pilot: arrays with a column for each, copied and cut together."""

from collections.abc import Callable
from copy import copy
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

IntRow = NDArray[np.int64]
BoolRow = NDArray[np.bool_]
FloatRow = NDArray[np.float64]
"""One value for each pilot, or one for each of some."""

NOBODY: Final[IntRow] = np.zeros(0, dtype=np.int64)


class Columns:
    """Arrays whose last axis is the pilots, and parts that are such themselves."""

    def copied(self) -> Self:
        """Return the same state, to be run on without touching this one."""
        return self._mapped(lambda array: array.copy())

    def taken(self, columns: IntRow) -> Self:
        """Return the state of some pilots alone."""
        return self._mapped(lambda array: array[..., columns])

    def put(self, columns: IntRow, part: Self) -> None:
        """Set the state of some pilots to that of `part`, which was taken from here and run on."""
        for name, mine in vars(self).items():
            theirs = getattr(part, name)
            if isinstance(mine, Columns):
                mine.put(columns, theirs)
            elif isinstance(mine, np.ndarray):
                mine[..., columns] = theirs

    def _mapped(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Self:
        new = copy(self)
        for name, mine in vars(self).items():
            if isinstance(mine, Columns):
                setattr(new, name, mine._mapped(change))  # noqa: SLF001  a part of the same kind
            elif isinstance(mine, np.ndarray):
                setattr(new, name, change(mine))
        return new
