"""The registry as lines: one Pilot in JSON a line, read under the same rules as a row of a table (docs/loading.md)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from io import BufferedReader
from typing import Any, BinaryIO, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from adapters.sources.cells import ALSO, shown
from adapters.sources.lines import Lines
from adapters.sources.parts import list_cell
from adapters.sources.registry import PilotReader, accepted
from adapters.sources.registry_map import Column, RegistryMap
from adapters.sources.slugs import row_digest
from adapters.sources.tables import Reading
from bot.domain.pilot import Pilot, Unreadable
from bot.domain.record import KNOWN
from bot.domain.table import Row

LISTS: Final[Mapping[str, Sequence[str]]] = {
    Column.MILESTONES: ("title", "due", "done_on", "id"),
    Column.DEPENDENCIES: ("kind", "holder", "since", "due", "done_on", "id"),
    Column.STAGE_HISTORY: ("stage", "since", "planned_days"),
    Column.ROUTES: ("source", "group", "surface"),
}
"""Fields of the objects in a list, in the order in which a cell of a table has them."""
COLUMNS: Final = tuple(Column)
OURS: Final = ("v", "unreadable")
"""Fields of a Pilot that no table has: what `export` writes is read back."""

_BOM: Final = b"\xef\xbb\xbf"
_UNREADABLE: Final = TypeAdapter(tuple[Unreadable, ...])
_LONGEST_LOOK: Final = 8192


class PilotLines(Lines):
    """Lines whose rejects keep the cells that a table of the same pilots would have, so that they load again."""

    columns: tuple[str, ...] = COLUMNS


class _Read(NamedTuple):
    """What stands in a line: the cells a table would have (and those of them that it could), and what is wrong."""

    cells: list[str]
    readable: list[str]
    unreadable: tuple[Unreadable, ...]
    faults: list[str]


def is_lines(stream: BinaryIO) -> bool:
    """Whether the first sign of a stream is a brace; nothing of it is taken."""
    if isinstance(stream, BufferedReader):
        head = stream.peek(_LONGEST_LOOK)
    else:
        place = stream.tell()
        head = stream.read(_LONGEST_LOOK)
        stream.seek(place)
    return head.removeprefix(_BOM).lstrip().startswith(b"{")


def read_registry_lines(stream: BinaryIO, *, name: str = "the file") -> Reading[Pilot]:
    """Read pilots, one JSON object a line, dates as YYYY-MM-DD; unknown fields are rejects that name them.

    Raises InputError when the stream can't be read; `name` is what the error calls it.
    """
    lines = PilotLines(stream, name)
    return Reading(lines, _rows(lines))


def _rows(lines: Lines) -> Iterator[Row[Pilot]]:
    reader = PilotReader({str(c): place for place, c in enumerate(COLUMNS)}.get, RegistryMap())
    seen: dict[str, tuple[int, str]] = {}
    for number, raw, fault in lines:
        try:
            read = _read(raw, fault)
        except ValueError as reason:
            # Like a row that can't be separated, it stands whole in the first cell.
            yield Row(number, {Column.ID: raw.decode(errors="replace").strip()}, None, str(reason))
            continue
        found: Row[Pilot] = Row(number, dict(zip(COLUMNS, read.cells, strict=True)))
        digest = row_digest(COLUMNS, read.cells)
        try:
            pilot = accepted(reader, read.readable[0], digest, read.readable, seen)
        except ValueError as reason:
            yield found.rejected(ALSO.join([*read.faults, str(reason)]))
            continue
        if read.faults:
            yield found.rejected(ALSO.join(read.faults))
            continue
        seen[pilot.id] = (number, digest)
        yield Row(number, found.cells, pilot.model_copy(update={"unreadable": read.unreadable}))


def _read(raw: bytes, fault: str) -> _Read:
    """Return what stands in a line; raises ValueError where it is no JSON object."""
    if fault:
        raise ValueError(fault)
    values = _object(raw)
    faults = [_unknown(name) for name in values if name not in (*COLUMNS, *OURS)]
    cells, readable = [], []
    for column in COLUMNS:
        try:
            cell = _cell(column, values.get(column))
        except ValueError as reason:
            faults.append(f"{column}: {reason}")
            cells.append(_as_json(values[column]))
            readable.append("")
        else:
            cells.append(cell)
            readable.append(cell)
    unreadable: tuple[Unreadable, ...] = ()
    try:
        unreadable = _UNREADABLE.validate_python(values.get("unreadable") or ())
    except ValidationError:
        faults.append("unreadable: is no list of field and value, as `stickshaker export` writes it; leave it out")
    if values.get("v", KNOWN) != KNOWN:
        faults.append(f"v: this program knows version {KNOWN} of a pilot; write that one, or leave it out")
    return _Read(cells, readable, unreadable, faults)


def _object(raw: bytes) -> dict[str, Any]:
    """Return the object of a line."""
    try:
        value = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as fault:
        raise ValueError("is not UTF-8 text; save the file as UTF-8") from fault
    except json.JSONDecodeError as fault:
        msg = f"is not JSON from character {fault.pos + 1} on; write one object a line"
        raise ValueError(msg) from fault
    except RecursionError as fault:
        raise ValueError("is nested too deeply; write one pilot a line") from fault
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object; write one pilot in braces a line")  # noqa: TRY004  a reason, as every reader of cells raises it
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object none of whose fields stands twice."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"has the field {shown(next(n for n in names if names.count(n) > 1))} twice; keep one"
        raise ValueError(msg)
    return values


def _no_number(word: str) -> None:
    msg = f"holds {word}, which is no number; write null where a value is unknown"
    raise ValueError(msg)


def _unknown(name: str) -> str:
    near = get_close_matches(name, COLUMNS, n=1)
    hint = f"did you mean {near[0]}?" if near else "leave it out (docs/loading.md lists the fields)"
    return f"{shown(name)}: there is no such field; {hint}"


def _cell(column: str, value: object) -> str:
    """Return the cell of a table that says the same; raises ValueError where a table could not."""
    if isinstance(value, list) and column in LISTS:
        return list_cell(_entry(entry, LISTS[column]) for entry in value)
    if isinstance(value, bool | list | dict):
        kind = "true or false" if isinstance(value, bool) else "a list" if isinstance(value, list) else "an object"
        wanted = "a list of objects" if column in LISTS else "a text or a number"
        msg = f"is {kind}; write {wanted}, or null for unknown"
        raise ValueError(msg)  # noqa: TRY004  a reason, as every reader of cells raises it
    return "" if value is None else str(value)


def _entry(entry: object, fields: Sequence[str]) -> list[str | None]:
    """Return the parts of an object of a list, in the order of a cell."""
    if not isinstance(entry, dict):
        msg = f"holds {shown(_as_json(entry))}; write objects with {', '.join(fields)}"
        raise ValueError(msg)  # noqa: TRY004  a reason, as every reader of cells raises it
    unknown = next((name for name in entry if name not in fields), None)
    if unknown is not None:
        msg = f"has an entry with the unknown field {shown(unknown)}; write {', '.join(fields)}"
        raise ValueError(msg)
    parts = [entry.get(field) for field in fields]
    odd = next((part for part in parts if isinstance(part, bool | list | dict)), None)
    if odd is not None:
        msg = f"has an entry with {shown(_as_json(odd))}; write a text or a number, or null for unknown"
        raise ValueError(msg)
    return [None if part is None else str(part) for part in parts]


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
