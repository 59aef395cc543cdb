"""A table of text as a stream of rows: encoding, delimiter, quotes and line numbers, nothing of what it means.

The stream is read once, line by line, so it may be a pipe and may be longer than memory. Each line is
UTF-8 or, where it is not, Windows-1252. One row that can't be separated never stops the rest.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final, Generic, NoReturn, Protocol, TypeVar

from adapters.sources.headers import NAMES
from adapters.sources.rejects import OWN_COLUMNS, unguard
from bot.domain.table import Row
from bot.errors import InputError

Wanted = TypeVar("Wanted")

RawRow = tuple[int, list[str], str]
"""The line on which a row begins, its cells, and why they can't be used (empty when they can)."""

LINE_LIMIT: Final = 1 << 20
"""Bytes of the longest line that is looked at."""

_BOM: Final = b"\xef\xbb\xbf"
_NO_TABLE: Final = {
    b"PK\x03\x04": "is an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook",
    b"\xff\xfe": "is UTF-16 text",
    b"\xfe\xff": "is UTF-16 text",
    b"\x1f\x8b": "is compressed",
    b"%PDF": "is a PDF",
    b"\x89PNG": "is a picture",
}
"""What files begin with that are often taken for a table."""

_BY_FORMAT: Final = (
    "load use with --format usage_facts or github_copilot, seats with --format github_seats, or save it as CSV"
)

_AS_CSV: Final = "save it as CSV (UTF-8) and load that file"

_SYNTAX: Final = {
    "field larger": "a cell is longer than 131,072 characters, or a quote that opens here never closes; mend the quote",
    "unexpected end": "a quote opens here and never closes; close or remove it",
    "expected after": "text follows a closing quote; write a quote inside a quoted cell twice",
    "new-line": "a lone carriage return stands in the row; remove it",
}
"""What Python's own reader says, and what a person can do about it."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Signs that no header of a text table holds."""

_BEGINNING: Final = 40
"""Bytes of a line that is too long which its reject keeps."""


def normalise(name: str) -> str:
    """Return the form of a column name in which names are compared: `Stage Since` is `stage_since`."""
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


class Table:
    """The rows of one table. `columns` are the file's own names, `bytes_read` grows as rows are taken.

    `line` and `reason` in front, as our rejects files have them, are dropped. Columns without a name
    are called by their place. Raises InputError when the stream holds no table.
    """

    def __init__(self, stream: BinaryIO, name: str = "the file") -> None:
        """Read the header; `name` is what errors call the table."""
        self.name = name
        self.bytes_read = 0
        self._stream = stream
        self._line = 1  # where the row being read begins
        self._pending: list[str] = []  # lines that row has taken so far
        self._again: deque[str] = deque()  # lines to be read once more, before the stream goes on
        self._faults: dict[int, str] = {}  # by line: why its row can't be used
        self._delimiter = ","
        header = self._header()
        self._skip = len(OWN_COLUMNS) if tuple(map(normalise, header[:2])) == OWN_COLUMNS else 0
        own = map(unguard, header[self._skip :]) if self._skip else header
        self.columns: tuple[str, ...] = tuple(cell.strip() or f"column {at}" for at, cell in enumerate(own, 1))
        self._places = {normalise(column): at for at, column in enumerate(self.columns)}
        self._refuse_twins()

    def find(self, column: str) -> int | None:
        """Return the place of a column, by its name in any spelling, or None."""
        return self._places.get(normalise(column))

    def require(self, column: str, remedy: str) -> int:
        """Return the place of a column; the error names those of the columns there that one of our formats has."""
        place = self.find(column)
        if place is None:
            known = ", ".join(name for name in self.columns if normalise(name) in NAMES)
            there = f"found: {known}" if known else "its first line does not look like names of columns"
            self._refuse(f"has no column '{column}' ({there})", remedy)
        return place

    def named(self, cells: Sequence[str]) -> dict[str, str]:
        """Return cells by column, only as many as there are; those past the header by their place."""
        known = dict(zip(self.columns, cells, strict=False))
        for place in range(len(self.columns), len(cells)):
            known[f"column {place + 1}"] = cells[place]
        return known

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows below the header once, in their order; blank ones are left out."""
        while True:
            reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
            try:
                yield from self._separated(reader)
            except csv.Error as fault:
                yield self._unseparated(fault)
            else:
                return

    def _separated(self, reader: Iterable[list[str]]) -> Iterator[RawRow]:
        width = len(self.columns)
        pending, skip = self._pending, self._skip
        for row in reader:
            line = self._line
            self._line += len(pending)
            pending.clear()
            cells = [unguard(cell) for cell in row[skip:]] if skip else row
            fault = self._fault(line) if self._faults else ""
            if fault or any(map(str.strip, cells)):
                yield line, cells, fault or ("" if len(cells) == width else _miscounted(len(cells), width))

    def _unseparated(self, fault: csv.Error) -> RawRow:
        """Refuse the line the trouble began on and read those it swallowed once more, as rows of their own."""
        line, (first, *rest) = self._line, self._pending
        self._pending.clear()
        self._again.extendleft(reversed(rest))
        self._line += 1
        return line, [first.rstrip("\r\n")], self._faults.pop(line, "") or _in_words(fault)

    def _fault(self, line: int) -> str:
        """Take the first fault of the lines of the row that was just read."""
        found = [self._faults.pop(at) for at in range(line, self._line) if at in self._faults]
        return found[0] if found else ""

    def _lines(self) -> Iterator[str]:
        """Yield decoded lines and note each among those the present row has taken."""
        while True:
            if self._again:
                line = self._again.popleft()
            else:
                raw = self._raw_line()
                if not raw:
                    return
                line = self._decoded(raw)
            self._pending.append(line)
            yield line

    def _raw_line(self) -> bytes:
        try:
            raw = self._stream.readline(LINE_LIMIT)
        except OSError as fault:
            self._refuse(f"can't be read any further ({fault.strerror})", "check the disk and load it again")
        self.bytes_read += len(raw)
        return raw

    def _decoded(self, raw: bytes) -> str:
        if len(raw) >= LINE_LIMIT and not raw.endswith(b"\n"):
            raw = self._cut(raw)
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            line = self._decoded_otherwise(raw)
        if "\0" in line:
            self._note("holds a NUL byte; save the file as CSV (UTF-8) once more")
        return line

    def _decoded_otherwise(self, raw: bytes) -> str:
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:
            self._note("is neither UTF-8 nor Windows-1252 text; save the file as CSV (UTF-8)")
            return raw.decode("cp1252", errors="replace")

    def _cut(self, raw: bytes) -> bytes:
        """Skip to the end of an overlong line and return its beginning, as a line without quotes."""
        self._note(f"is longer than {LINE_LIMIT:,} bytes; a row this long can't be read")
        beginning = raw[:_BEGINNING].replace(b'"', b"")
        while raw and not raw.endswith(b"\n"):
            raw = self._raw_line()
        return beginning + b"\n"

    def _note(self, fault: str) -> None:
        self._faults.setdefault(self._line + len(self._pending), fault)

    def _header(self) -> list[str]:
        first = self._raw_line()
        what = next((what for mark, what in _NO_TABLE.items() if first.startswith(mark)), "")
        if what:
            self._refuse(what, _AS_CSV)
        self._again.append(self._decoded(first.removeprefix(_BOM)))
        line = next((line for line in self._lines() if line.strip()), None)
        if line is None:
            self._refuse("is empty", "give a file whose first line names the columns")
        if line.lstrip().startswith(("{", "[")):
            self._refuse("holds JSON and is no table", _BY_FORMAT)
        if self._faults or _CONTROL.search(line):
            self._refuse("is not a text table", _AS_CSV)
        if "\r" in line.rstrip("\r\n"):
            self._refuse("separates its lines with carriage returns only", _AS_CSV)
        self._line += len(self._pending) - 1
        self._pending.clear()
        self._again.appendleft(line)
        self._delimiter = _delimiter(line)
        try:
            cells = next(csv.reader(self._lines(), delimiter=self._delimiter, strict=True))
        except csv.Error as fault:
            self._refuse(f"has a header that can't be read: {_in_words(fault)}", "mend it there")
        self._line += len(self._pending)
        self._pending.clear()
        if self._faults:
            self._refuse("is not a text table", _AS_CSV)
        return cells

    def _refuse_twins(self) -> None:
        for place, column in enumerate(self.columns):
            last = self._places[normalise(column)]
            if last != place:
                name = f"the column '{column}'" if normalise(column) in NAMES else "a column name"
                self._refuse(f"has {name} twice, at places {place + 1} and {last + 1}", "rename or remove one of them")

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        msg = f"{self.name} {what}: {remedy}."
        raise InputError(msg)


class Counted(Protocol):
    """What rows are made of: a table, or lines."""

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the stream so far."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns whose cells a reject keeps; none where it must keep nothing."""
        ...


class Reading(Generic[Wanted]):
    """The rows of a table as they become records or rejects; iterate over it once.

    `columns` are the file's own names, for the rejects; `bytes_read` is how far the stream was read.
    """

    def __init__(self, table: Counted, rows: Iterator[Row[Wanted]]) -> None:
        """Join a table with the rows made of it."""
        self._table = table
        self._rows = rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's own column names."""
        return self._table.columns

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the stream so far."""
        return self._table.bytes_read

    def __iter__(self) -> Iterator[Row[Wanted]]:
        """Yield each row that is not blank, in the order of the file."""
        return self._rows


def _delimiter(header: str) -> str:
    """Return the delimiter a header line uses; quoted cells don't count."""
    bare = re.sub(r'"[^"]*"', "", header)
    return ";" if bare.count(";") > bare.count(",") else ","


def _in_words(fault: csv.Error) -> str:
    said = str(fault)
    return next((words for mark, words in _SYNTAX.items() if mark in said), said)


def _miscounted(cells: int, columns: int) -> str:
    return f"has {cells} cells where the header names {columns} columns; a delimiter or a quote is missing or too many"
