"""FILE.rejects.csv: rows that were refused, with line and reason, in a form that loads again once mended."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Generic, Self, TextIO, TypeVar

from adapters.sources.cells import ALSO
from bot.domain.table import Row
from bot.errors import InputError

Wanted = TypeVar("Wanted")

OWN_COLUMNS: Final = ("line", "reason")
"""The two columns in front of the file's own; a table that begins with them is one of ours."""

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would run, and any such cell that was guarded before."""


_QUOTED: Final = re.compile("'.*'")
"""What a reason repeats of its row, from the first quote to the last: a cell may hold a quote itself."""


def rejects_path(file: Path) -> Path:
    """Return where the rejects of a file go: beside it, under its whole name."""
    return file.with_name(file.name + ".rejects.csv")


def guard(cell: str) -> str:
    """Return the cell with an apostrophe in front if a spreadsheet would run it as a formula."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """Return the cell as it was before `guard`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class Rejects(Generic[Wanted]):
    """Writer of one rejects file. The file comes into being with the first reject, never without one.

    Use it as a context. Entering removes the file of a former load: what it named was mended, or is
    found again. Raises InputError when the place can't be written to.
    """

    def __init__(self, path: Path, columns: Sequence[str], *, is_bare: bool = False) -> None:
        """Remember where to write and the file's own column names, in their order.

        `is_bare` rejects hold line and reason only, and no reason quotes: what stood there may be somebody's name.
        """
        self.path = path
        self.count = 0
        self._columns = () if is_bare else columns
        self._is_bare = is_bare
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Remove the rejects of a former load."""
        try:
            if self.path.is_file():  # a device or a pipe may be named too, and must stay
                self.path.unlink()
        except OSError as fault:
            raise InputError(self._unwritable(fault)) from fault
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Close the file, if there is one."""
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as trouble:  # the last rows are written only now
            raise InputError(self._unwritable(trouble)) from trouble

    def add(self, row: Row[Wanted]) -> None:
        """Write one reject: its line, the reason, and its cells as they were, few or many."""
        kept = [] if self._is_bare else row.cells.values()
        reason = ALSO.join(_QUOTED.sub("'…'", part) for part in row.reason.split(ALSO)) if self._is_bare else row.reason
        try:
            file = self._file or self._open()
            csv.writer(file).writerow([row.line, guard(reason), *map(guard, kept)])
        except OSError as fault:
            raise InputError(self._unwritable(fault)) from fault
        self.count += 1

    def _open(self) -> TextIO:
        # The mark in front tells spreadsheets that this is UTF-8; our reader knows it too.
        self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        csv.writer(self._file).writerow([*OWN_COLUMNS, *map(guard, self._columns)])
        return self._file

    def _unwritable(self, fault: OSError) -> str:
        return (
            f"The rejects can't be written to {self.path} ({fault.strerror}): "
            "make the place writable or name another one for them."
        )
