"""Take in who has access, who is away and which ids are one person's; users become pseudonyms at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from bot.app.ingest import fold_all
from bot.app.load import Reject
from bot.domain.fact import Away, Seat
from bot.domain.roster import WireAway, WirePerson, WireSeat
from bot.domain.routing import Router
from bot.domain.table import Row
from bot.errors import InputError
from bot.intake import PutCounts
from bot.ports import Ports

EMPTY_ROSTER: Final = (
    "The roster holds nobody: taken as all seats of {source} it would end everybody's access, so nothing was changed. "
    "Load a file with the seats there are, or say --partial."
)

Wanted = TypeVar("Wanted")
Span = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class PeopleReport:
    """What became of a table about people: what it changed, and how many rows, people and rejects it had.

    `nowhere` counts people of a roster whose access is to no pilot's tool; `was_whole` says that access
    of those who were not in it ended, `kept_missing` that it did not, since rows were rejected.
    """

    counts: PutCounts
    read: int
    rejected: int
    people: int
    nowhere: int = 0
    was_whole: bool = False
    kept_missing: bool = False


async def load_roster(
    rows: Iterable[Row[WireSeat]], source: str, ports: Ports, reject: Reject[WireSeat], *, today: date, partial: bool
) -> PeopleReport:
    """Store who has access to a source, and so to which pilots by their rules, and in which groups they are.

    Unless `partial`, or a row was rejected, these are all seats of the source: others end today. Raises
    InputError for a roster of nobody.
    """
    seats, read = _taken(rows, reject)
    rejected = read - len(seats)
    is_whole = not partial and not rejected
    if is_whole and not seats:
        raise InputError(EMPTY_ROSTER.format(source=source))
    router = Router(await ports.pilots.all())
    await ports.actors.join([(seat.user, *seat.also) for seat in seats if seat.also])
    actors = await ports.actors.resolve(sorted({seat.user for seat in seats}))
    await ports.roster.put_groups(source, _groups(seats, actors, today), whole=is_whole)
    spans: dict[tuple[str, bytes], list[Span]] = defaultdict(list)
    for seat in seats:
        for pilot in router.pilots_of(source, seat.groups):
            spans[pilot, actors[seat.user]].append((seat.since, seat.until))
    stored = [
        Seat(pilot, source, actor, since, until)
        for (pilot, actor), told in spans.items()
        for since, until in _merged(told)
    ]
    counts = await ports.roster.put(stored, source=source, whole_on=today if is_whole else None)
    await fold_all(ports, today)
    everybody = set(actors.values())
    routed = {actor for _, actor in spans}
    return PeopleReport(
        counts, read, rejected, len(everybody), len(everybody - routed), is_whole, not partial and not is_whole
    )


async def load_leave(
    rows: Iterable[Row[WireAway]], ports: Ports, reject: Reject[WireAway], *, today: date
) -> PeopleReport:
    """Store days on which people are away."""
    spans, read = _taken(rows, reject)
    actors = await ports.actors.resolve(sorted({span.user for span in spans}))
    counts = await ports.roster.put_away([Away(actors[span.user], span.first, span.last) for span in spans])
    await fold_all(ports, today)
    return PeopleReport(counts, read, read - len(spans), len(set(actors.values())))


async def load_people(rows: Iterable[Row[WirePerson]], ports: Ports, reject: Reject[WirePerson]) -> PeopleReport:
    """Store which ids are one person's; what was taken in before under another id is not moved."""
    people, read = _taken(rows, reject)
    new = await ports.actors.join([person.ids for person in people])
    ids = sum(len(person.ids) - 1 for person in people)
    return PeopleReport(PutCounts(new=new, unchanged=ids - new), read, read - len(people), len(people))


def _taken(rows: Iterable[Row[Wanted]], reject: Reject[Wanted]) -> tuple[list[Wanted], int]:
    """Return the records of rows, and how many rows there were; the others go to `reject`."""
    records, read = [], 0
    for row in rows:
        read += 1
        if row.record is None:
            reject(row)
        else:
            records.append(row.record)
    return records, read


def _groups(seats: Sequence[WireSeat], actors: Mapping[str, bytes], today: date) -> dict[bytes, list[str]]:
    """Return the groups in which each actor is now; of somebody who left, those they were in."""
    now: dict[bytes, list[str]] = defaultdict(list)
    past: dict[bytes, list[str]] = defaultdict(list)
    for seat in seats:
        has_left = seat.until is not None and seat.until <= today
        (past if has_left else now)[actors[seat.user]] += seat.groups
    return {actor: now.get(actor) or past[actor] for actor in now.keys() | past.keys()}


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Join spans of access that touch."""
    merged: list[Span] = []
    for since, until in sorted(spans, key=lambda span: span[0] or date.min):
        if merged and (merged[-1][1] is None or (since or date.min) <= merged[-1][1]):
            begin, end = merged.pop()
            merged.append((begin, None if end is None or until is None else max(end, until)))
        else:
            merged.append((since, until))
    return merged
