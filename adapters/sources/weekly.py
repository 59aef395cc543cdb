"""The `weekly` format: one row per pilot and week, aggregates only (docs/loading.md). A week is never spread over days."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import BinaryIO, Final

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
from adapters.sources.daily import EARLIEST
from adapters.sources.tables import Reading, Table
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay

REQUIRED: Final = ("pilot", "active_users", "seats")
BEGIN, END = "week_start", "week_end"
OPTIONAL: Final = (BEGIN, END, "active_28d", "actions", "use_cases", "complete")

_WEEK: Final = timedelta(days=6)
_COUNTS: Final = {
    "active_users": MOST_16,
    "seats": MOST_16,
    "active_28d": MOST_16,
    "actions": MOST_32,
    "use_cases": MOST_8,
}


def read_weekly(stream: BinaryIO, *, source: str, today: date, name: str = "the file") -> Reading[UsageDay]:
    """Read usage by week as `source` tells it; a week that ends after `today`, a UTC day, is refused.

    A row becomes the usage day of the week's last day, where `active_7d` counts the people of the week.
    Raises InputError when the stream is no table or lacks a required column; `name` is what the error
    calls it.
    """
    table = Table(stream, name)
    for column in REQUIRED:
        table.require(column, f"rename a column, or add {column} to each row (docs/loading.md)")
    if table.find(BEGIN) is None:
        table.require(END, f"add {END} or {BEGIN}, the last or first day of each week (docs/loading.md)")
    return Reading(table, _rows(table, source, today))


def _rows(table: Table, source: str, today: date) -> Iterator[Row[UsageDay]]:
    places = {column: table.find(column) for column in (*REQUIRED, *OPTIONAL)}
    for line, cells, fault in table.rows():
        row: Row[UsageDay] = Row(line, table.named(cells), None, fault)
        if fault:
            yield row
            continue
        given = {column: "" if place is None else cells[place] for column, place in places.items()}
        try:
            record = _usage_week(given, source, today)
        except ValueError as reason:
            yield row.rejected(str(reason))
        else:
            yield Row(line, row.cells, record)


def _usage_week(given: Mapping[str, str], source: str, today: date) -> UsageDay:
    """Return the usage day of a week, or raise ValueError with everything that is wrong with it."""
    readers: dict[str, Callable[[str], object]] = {
        "pilot": read_id,
        "complete": read_truth,
        **{column: partial(read_count, lowest=0, highest=most) for column, most in _COUNTS.items()},
    }
    found = {column: why_not(reader, given[column]) for column, reader in readers.items()}
    faults = [f"{column}: {fault}" for column, fault in found.items() if fault]
    try:
        last = _last_day(given, today)
    except ValueError as fault:
        faults.append(str(fault))
    if faults:
        raise ValueError(ALSO.join(faults))
    values = {column: reader(given[column]) for column, reader in readers.items()}
    people, month = values.pop("active_users"), values["active_28d"]
    if isinstance(people, int) and isinstance(month, int) and month < people:
        msg = (
            f"active_users is {people} and active_28d is {month}; 28 days can't have fewer people than their last week"
        )
        raise ValueError(msg)
    return UsageDay.model_validate({**values, "day": last, "source": source, "active_7d": people, "weekly": True})


def _last_day(given: Mapping[str, str], today: date) -> date:
    """Return the last day of the week that a row names by its first or last day, or both."""
    begin, end = _day(given, BEGIN), _day(given, END)
    if begin is None and end is None:
        msg = f"{END}: is empty; write the last day of the week, such as 2026-02-01, or its first as {BEGIN}"
        raise ValueError(msg)
    last = end or (begin or EARLIEST) + _WEEK
    if begin is not None and last - begin != _WEEK:
        msg = f"{BEGIN}: {begin} and {END} {last} are not the first and last day of seven; mend one, or leave one empty"
        raise ValueError(msg)
    if last > today:
        msg = f"{END}: the week ends on {last}, after today ({today}); load the row once the week is over"
        raise ValueError(msg)
    if last < EARLIEST:
        msg = f"{END}: {last} lies before {EARLIEST}; check the year"
        raise ValueError(msg)
    return last


def _day(given: Mapping[str, str], column: str) -> date | None:
    try:
        return read_date(given[column], (DateShape.ISO,))
    except ValueError as fault:
        msg = f"{column}: {fault}"
        raise ValueError(msg) from fault
