"""Who has access to a source: GitHub's list of Copilot seats, or a table of our own (docs/loading.md)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, BinaryIO, Final

from pydantic import Field, ValidationError

from adapters.sources.documents import Documents
from adapters.sources.people import read_day, read_group, read_people, read_user
from adapters.sources.tables import Reading
from bot.domain.roster import WireSeat
from bot.domain.table import Row
from bot.domain.value import Excerpt
from bot.domain.wire import why_invalid
from bot.errors import InputError

COLUMNS: Final = ("user", "group", "since", "until")
Text = Annotated[str, Field(min_length=1, max_length=320)]


def read_roster(stream: BinaryIO, *, name: str = "the file") -> Reading[WireSeat]:
    """Read seats, [since, until), empty is open; somebody in several groups has several rows.

    Raises InputError when the stream is no such table.
    """
    readers = {"user": read_user, "group": read_group, "since": read_day, "until": read_day}
    return read_people(stream, readers, _seat, required=COLUMNS[:1], name=name)


def _seat(_line: int, values: dict[str, object]) -> WireSeat:
    user, group, since, until = (values[column] for column in COLUMNS)
    begins, ends = since if isinstance(since, date) else None, until if isinstance(until, date) else None
    if begins and ends and ends <= begins:
        raise ValueError("until: must lie after since; it is the first day without access")
    return WireSeat(str(user), (str(group),) if group else (), begins, ends)


class _Assignee(Excerpt):
    id: int | Text
    login: Text | None = None


class _Team(Excerpt):
    slug: Annotated[str, Field(max_length=200)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None


class _Seat(Excerpt):
    assignee: _Assignee
    assigning_team: _Team | None = None
    created_at: datetime | None = None
    pending_cancellation_date: date | None = None

    def to_wire(self) -> WireSeat:
        """Return the seat as every roster tells it."""
        team = self.assigning_team and (self.assigning_team.slug or self.assigning_team.name)
        made = self.created_at
        return WireSeat(
            user=str(self.assignee.id),
            groups=(team,) if team else (),
            since=(made.astimezone(UTC) if made.tzinfo else made).date() if made else None,
            until=self.pending_cancellation_date,
            also=(self.assignee.login,) if self.assignee.login else (),
        )


def read_github_seats(stream: BinaryIO, *, partial: bool = False, name: str = "the file") -> Reading[WireSeat]:
    """Read GitHub's answer about Copilot seats, all pages behind each other.

    Raises InputError at the end where seats are missing of those the answer counts, unless `partial`.
    """
    documents = Documents(stream, name)
    return Reading(documents, _seats(documents, partial=partial))


def _seats(documents: Documents, *, partial: bool) -> Iterator[Row[WireSeat]]:
    found = total = 0
    for line, value, fault in documents:
        if fault:
            yield Row(line, {}, None, fault)
            continue
        seats: object = value
        if isinstance(value, dict) and "seats" in value:
            seats = value["seats"]
            total = max(total, value["total_seats"] if isinstance(value.get("total_seats"), int) else 0)
        for place, seat in enumerate(seats if isinstance(seats, list) else [seats], 1):
            found += 1
            yield _read(line, place, seat)
    if found < total and not partial:
        msg = (
            f"{documents.name} holds {found} of {total} seats: fetch every page of the answer and load them behind each "
            "other, or say --partial, which ends nobody's seat."
        )
        raise InputError(msg)


def _read(line: int, place: int, seat: object) -> Row[WireSeat]:
    try:
        return Row(line, {}, _Seat.model_validate(seat).to_wire())
    except ValidationError as fault:
        return Row(line, {}, None, f"seat {place}: {why_invalid(fault)}")
