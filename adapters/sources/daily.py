"""The `daily` format: one row per pilot and UTC day, aggregates only (docs/loading.md)."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache, partial
from operator import itemgetter
from typing import BinaryIO, Final

from pydantic import TypeAdapter

from adapters.sources.cells import (
    ALSO,
    MOST_8,
    MOST_16,
    MOST_32,
    DateShape,
    read_count,
    read_date,
    read_id,
    read_truth,
    why_not,
)
from adapters.sources.tables import Reading, Table
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay

REQUIRED: Final = ("pilot", "day", "active_users", "seats")
OPTIONAL: Final = ("active_7d", "active_28d", "actions", "use_cases", "complete")

EARLIEST: Final = date(2000, 1, 1)
"""A day before this is a slip of the pen."""

_SHAPES: Final = (DateShape.ISO,)
_MANY_DAYS: Final = 4096
_PEOPLE: Final = ("active_users", "active_7d", "active_28d")
_VALIDATE: Final = TypeAdapter(UsageDay).validate_python


def read_daily(stream: BinaryIO, *, source: str, today: date, name: str = "the file") -> Reading[UsageDay]:
    """Read usage by day as `source` tells it; `today` is the UTC day after which a row is refused.

    Counts are people, acts or use cases; empty is unknown. Raises InputError when the stream is no
    table or lacks a required column; `name` is what the error calls it.
    """
    table = Table(stream, name)
    for column in REQUIRED:
        table.require(column, f"rename a column, or add {column} to each row (docs/loading.md)")
    return Reading(table, _rows(table, source, today))


def _rows(table: Table, source: str, today: date) -> Iterator[Row[UsageDay]]:
    # A column that is not there is read as the empty cell put behind each row.
    places = [table.find(column) for column in (*REQUIRED, *OPTIONAL)]
    take = itemgetter(*(len(table.columns) if place is None else place for place in places))
    named = table.named
    for line, cells, fault in table.rows():
        if fault:
            yield Row(line, named(cells), None, fault)
            continue
        taken = take([*cells, ""])
        try:
            record = _usage_day(taken, source, today)
        except ValueError:
            yield Row(line, named(cells), None, _why(taken, today))
        else:
            yield Row(line, named(cells), record)


def _usage_day(cells: tuple[str, ...], source: str, today: date) -> UsageDay:
    """Return the usage day of the nine cells, or raise ValueError; `_why` says in words what is wrong."""
    # One known shape, spelled out: this runs for millions of rows.
    pilot, day, active_users, seats, active_7d, active_28d, actions, use_cases, complete = cells
    return _VALIDATE(
        {
            "pilot": read_id(pilot),
            "day": _read_day(day, today),
            "source": source,
            "active_users": read_count(active_users, 0, MOST_16),
            "seats": read_count(seats, 0, MOST_16),
            "active_7d": read_count(active_7d, 0, MOST_16),
            "active_28d": read_count(active_28d, 0, MOST_16),
            "actions": read_count(actions, 0, MOST_32),
            "use_cases": read_count(use_cases, 0, MOST_8),
            "complete": read_truth(complete),
        }
    )


@lru_cache(maxsize=_MANY_DAYS)
def _read_day(cell: str, today: date) -> date:
    day = read_date(cell, _SHAPES)
    if day is None:
        raise ValueError("is empty; write the UTC day the counts are about, such as 2026-01-31")
    if day > today:
        msg = f"{day} lies after today ({today}); load the row once that day is over"
        raise ValueError(msg)
    if day < EARLIEST:
        msg = f"{day} lies before {EARLIEST}; check the year"
        raise ValueError(msg)
    return day


def _why(cells: tuple[str, ...], today: date) -> str:
    """Return everything that is wrong with a row, by column."""
    readers: dict[str, Callable[[str], object]] = {
        "pilot": read_id,
        "day": partial(_read_day, today=today),
        **dict.fromkeys(_PEOPLE, partial(read_count, lowest=0, highest=MOST_16)),
        "seats": partial(read_count, lowest=0, highest=MOST_16),
        "actions": partial(read_count, lowest=0, highest=MOST_32),
        "use_cases": partial(read_count, lowest=0, highest=MOST_8),
        "complete": read_truth,
    }
    given = dict(zip((*REQUIRED, *OPTIONAL), cells, strict=True))
    found = {column: why_not(reader, given[column]) for column, reader in readers.items()}
    faults = [f"{column}: {fault}" for column, fault in found.items() if fault]
    return ALSO.join(faults) or _shrinking(given)


def _shrinking(given: dict[str, str]) -> str:
    """Say which longer window has fewer people than a shorter one: nothing else is left to be wrong."""
    known = [(column, given[column].strip()) for column in _PEOPLE if given[column].strip()]
    words = " and ".join(f"{column} is {count}" for column, count in known)
    return f"{words}; a longer window can't have fewer people than a shorter one that ends on the same day"
