"""The table of leave: one row per person and span of days on which they are away (docs/loading.md)."""

from datetime import date
from typing import BinaryIO, Final

from adapters.sources.people import read_needed_day, read_people, read_user
from adapters.sources.tables import Reading
from bot.domain.roster import WireAway

COLUMNS: Final = ("user", "first_day", "last_day")


def read_leave(stream: BinaryIO, *, name: str = "the file") -> Reading[WireAway]:
    """Read spans of days, both included. Raises InputError when the stream is no such table."""
    readers = {"user": read_user, "first_day": read_needed_day, "last_day": read_needed_day}
    return read_people(stream, readers, _away, required=COLUMNS, name=name)


def _away(_line: int, values: dict[str, object]) -> WireAway:
    user, first, last = (values[column] for column in COLUMNS)
    if not (isinstance(first, date) and isinstance(last, date)) or last < first:
        raise ValueError("last_day: lies before first_day; mend one of them")
    return WireAway(str(user), first, last)
