"""Tables about people: rejects of theirs keep line and reason, and nothing of what stood in the row."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import BinaryIO, Final, TypeVar

from adapters.sources.cells import ALSO, DateShape, plain, read_date, why_not
from adapters.sources.tables import Reading, Table
from bot.domain.table import Row

Wanted = TypeVar("Wanted")
Reader = Callable[[str], object]

LONGEST_USER: Final = 320
LONGEST_GROUP: Final = 200


class _Veiled:
    """A table that shows its rejects no columns."""

    columns: tuple[str, ...] = ()

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def bytes_read(self) -> int:
        return self._table.bytes_read


def read_people(
    stream: BinaryIO,
    readers: Mapping[str, Reader],
    build: Callable[[int, dict[str, object]], Wanted],
    *,
    required: tuple[str, ...],
    name: str,
) -> Reading[Wanted]:
    """Read a table about people by column; `build` makes a record of a line's values.

    Readers and `build` raise ValueError with a reason that repeats nothing of the row. Raises
    InputError when the stream is no table or lacks a required column.
    """
    table = Table(stream, name)
    for column in required:
        table.require(column, f"rename a column, or add {column} to each row (docs/loading.md)")
    return Reading(_Veiled(table), _rows(table, readers, build))


def _rows(
    table: Table, readers: Mapping[str, Reader], build: Callable[[int, dict[str, object]], Wanted]
) -> Iterator[Row[Wanted]]:
    places = {column: table.find(column) for column in readers}
    for line, cells, fault in table.rows():
        row: Row[Wanted] = Row(line, {}, None, fault)
        if not fault:
            given = {column: "" if place is None else cells[place] for column, place in places.items()}
            try:
                row = Row(line, {}, build(line, _values(given, readers)))
            except ValueError as reason:
                row = row.rejected(str(reason))
        yield row


def _values(given: Mapping[str, str], readers: Mapping[str, Reader]) -> dict[str, object]:
    """Return the values of a row by column, or raise ValueError with everything that is wrong with it."""
    found = {column: why_not(readers[column], cell) for column, cell in given.items()}
    faults = [f"{column}: {fault}" for column, fault in found.items() if fault]
    if faults:
        raise ValueError(ALSO.join(faults))
    return {column: readers[column](cell) for column, cell in given.items()}


def read_user(cell: str) -> str:
    """Return the id of a user."""
    text = plain(cell)
    if not text:
        raise ValueError("is empty; write the id of the person as the source does")
    if len(text) > LONGEST_USER:
        msg = f"has {len(text):,} characters; an id has at most {LONGEST_USER}"
        raise ValueError(msg)
    return text


def read_group(cell: str) -> str | None:
    """Return the name of a group."""
    text = plain(cell)
    if len(text) > LONGEST_GROUP:
        msg = f"has {len(text):,} characters; shorten it to {LONGEST_GROUP}"
        raise ValueError(msg)
    return text or None


def read_day(cell: str) -> date | None:
    """Return a day; unlike with other tables the reason does not say what stood there."""
    try:
        return read_date(cell, (DateShape.ISO,))
    except ValueError:
        pass
    raise ValueError("is not a day of the form YYYY-MM-DD; write it so, or leave it empty")


def read_needed_day(cell: str) -> date:
    """Return a day that must be there."""
    day = read_day(cell)
    if day is None:
        raise ValueError("is empty; write the day, such as 2026-01-31")
    return day
