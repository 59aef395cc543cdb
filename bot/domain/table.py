"""A row of somebody's table: what became of it, and where it stood, so that nobody has to search for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Row(Generic[Wanted]):
    """One row that was read: either a record, or the reason why it is none.

    `line` is the line of the file on which the row begins (the header is line 1), `cells` are its
    cells as they stood there, by the file's own column names.
    """

    line: int
    cells: Mapping[str, str]
    record: Wanted | None = None
    reason: str = ""

    def rejected(self, reason: str) -> "Row[Wanted]":
        """Return the row as a reject."""
        return Row(self.line, self.cells, None, reason)
