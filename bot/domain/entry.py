"""What data teams put into our streams, as records or as reasons (docs/ingress.md).

A reason never repeats what was sent: no value, and no name of a field that isn't ours, since either may
be somebody's address. It names our field and the remedy.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from bot.domain.calendar import is_zone
from bot.domain.fact import ActorKind, WireFact
from bot.domain.pilot import Pilot
from bot.domain.record import Record
from bot.domain.telemetry import SOURCE_PATTERN, UsageDay
from bot.domain.wire import ALSO, read_wire

Fields = Sequence[tuple[bytes, bytes]]
"""Names and contents of an entry, in the order in which they were sent."""

LARGEST_ENTRY: Final = 4 * 1024 * 1024
"""Bytes of names and contents that one entry may have."""
MOST_OBJECTS: Final = 10_000
"""Objects that one batch may have."""
LONGEST_TEXT: Final = 1000
"""Characters of a text of a pilot; those of its id and name are fewer."""
LARGEST_PILOT: Final = 128 * 1024
"""Bytes of a pilot as JSON: it is read whole at each look."""
EARLIEST: Final = date(2000, 1, 1)
"""A day before this is a slip of the pen."""


class Stream(StrEnum):
    """Where data teams write: what is used, and what there is."""

    USAGE = "usage"
    REGISTRY = "registry"


class Told(StrEnum):
    """What an object of an entry is about."""

    FACT = "fact"
    DAY = "day"
    PILOT = "pilot"


BELONGS: Final = {Told.FACT: Stream.USAGE, Told.DAY: Stream.USAGE, Told.PILOT: Stream.REGISTRY}
RECORDS: Final[Mapping[Told, type[Record]]] = {Told.FACT: WireFact, Told.DAY: UsageDay, Told.PILOT: Pilot}

_JSON: Final = TypeAdapter(Any)
_NAMES: Final = {told.encode(): told for told in Told}
_BATCH: Final = {b"batch", b"kind"}
_SHAPE: Final = (
    "an entry has one field, named fact, day or pilot, that holds one JSON object, "
    "or the two fields batch and kind; send it so (docs/ingress.md)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One object of an entry: a record, or why it is none; neither where it was not to be read.

    `place` is the line or element of a batch, from 1, and 0 where the entry as a whole is meant.
    """

    place: int
    record: Record | None = None
    reason: str = ""

    @property
    def fields(self) -> str:
        """Names of our fields that the reason is about."""
        heads = [says.partition(": ")[0].split(".")[0] for says in self.reason.split(ALSO)]
        return ", ".join(dict.fromkeys(h for h in heads if any(h in r.model_fields for r in RECORDS.values())))


def too_large(size: int) -> Part:
    """Return the reject of an entry of so many bytes."""
    return Part(0, reason=f"the entry has {size:,} bytes; send at most {LARGEST_ENTRY:,} in one")


def read_entry(stream: Stream, fields: Fields, *, today: date, aggregate_only: bool = False) -> Iterator[Part]:
    """Read what an entry of a stream tells; `today` is the UTC day after which nothing can have happened.

    With `aggregate_only` a fact that is about a person is left unread.
    """
    given = dict(fields)
    told = _told(given)
    if told is None or len(given) != len(fields):
        yield Part(0, reason=_SHAPE)
        return
    if BELONGS[told] is not stream:
        yield Part(0, reason=f"a {told} belongs into the {BELONGS[told]} stream; send it there")
        return
    lines = _lines(given[b"batch"]) if b"batch" in given else [(0, given[told.encode()])]
    for place, raw in lines:
        if isinstance(raw, Part):
            yield raw
        elif aggregate_only and told is Told.FACT and _is_personal(raw):
            yield Part(place)
        else:
            yield _read(told, place, raw, today)


def _told(given: Mapping[bytes, bytes]) -> Told | None:
    """Return what the objects of an entry are about, None where its fields don't say."""
    if len(given) == 1:
        return _NAMES.get(next(iter(given)))
    return _NAMES.get(given[b"kind"].strip()) if given.keys() == _BATCH else None


def _lines(batch: bytes) -> Iterator[tuple[int, bytes | Part]]:
    """Take a batch apart: a JSON array, or lines of JSON, of which blank ones only count as lines."""
    if batch.lstrip()[:1] == b"[":
        try:
            found = [(n, json.dumps(value).encode()) for n, value in enumerate(_JSON.validate_json(batch), 1)]
        except ValidationError:
            yield (
                0,
                Part(0, reason="the batch begins as a JSON array and is none; send a whole one, or an object a line"),
            )
            return
    else:
        lines = ((n, line) for n, line in enumerate(batch.split(b"\n"), 1) if line.strip())
        found = list(islice(lines, MOST_OBJECTS + 1))
    if len(found) > MOST_OBJECTS:
        yield 0, Part(0, reason=f"the batch has more than {MOST_OBJECTS:,} objects; send it in several entries")
    else:
        yield from found


def _is_personal(raw: bytes) -> bool:
    """Whether a fact is about a person or robot, without a look at anything else in it."""
    try:
        value = _JSON.validate_json(raw)
    except ValidationError:
        return False
    return isinstance(value, dict) and value.get("actor_kind") != ActorKind.AGGREGATE


def _read(told: Told, place: int, raw: bytes, today: date) -> Part:
    """Read one object, or say everything that is wrong with it."""
    try:
        record = read_wire(RECORDS[told], raw)
    except ValueError as fault:
        return Part(place, reason=str(fault))
    reasons = list(_objections(record, today))
    return Part(place, reason=ALSO.join(reasons)) if reasons else Part(place, record)


def _objections(record: Record, today: date) -> Iterator[str]:
    """Say what a record may hold in general, and not when it comes from a sender."""
    match record:
        case WireFact():
            yield from _outside("start", record.start, "end", record.last_day, today)
        case UsageDay():
            yield from _outside("day", record.day, "day", record.day, today)
            if not SOURCE_PATTERN.fullmatch(record.source):
                yield "source: must be 1 to 64 of a-z, 0-9, _ . / - and begin with a letter or digit"
        case Pilot():
            yield from _unfit(record)
            yield from (f"{path}: {says}" for path, text in _texts(record.model_dump()) for says in _unreadable(text))


def _outside(first: str, begins: date, last: str, ends: date, today: date) -> Iterator[str]:
    if begins < EARLIEST:
        yield f"{first}: lies before {EARLIEST}; check the year"
    if ends > today:
        yield f"{last}: lies after today ({today}); send it once that day is over"


def _unfit(pilot: Pilot) -> Iterator[str]:
    """Say what would stop a look at a pilot."""
    if not pilot.id.isprintable() or pilot.id != " ".join(pilot.id.split()):
        yield "id: holds a blank too many, or a character that can't be seen; remove it"
    if pilot.unreadable:
        yield "unreadable: is ours; leave it out"
    if pilot.timezone is not None and not is_zone(pilot.timezone):
        yield "timezone: there is none of this name; write an IANA name such as Europe/Berlin"
    size = len(pilot.to_stored().encode())
    if size > LARGEST_PILOT:
        yield f"the pilot has {size:,} bytes; send at most {LARGEST_PILOT:,}: leave out what is long done"


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Iterate over the texts inside a dumped record, with the path of each."""
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{path}.{name}" if path else str(name))
        case tuple():
            for place, inner in enumerate(value, 1):
                yield from _texts(inner, f"{path}.{place}")


def _unreadable(text: str) -> Iterator[str]:
    """Say why people could not read a text."""
    if len(text) > LONGEST_TEXT:
        yield f"has {len(text):,} characters; shorten it to {LONGEST_TEXT:,}"
    if any(sign < " " or "\x7f" <= sign <= "\x9f" for sign in text):
        yield "holds a line break or another control character; remove it"
