"""The registry as a table: one row per pilot, in our own columns or in those a map names (docs/loading.md)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO, Final, NamedTuple

from adapters.sources.cells import (
    ALSO,
    MOST_16,
    UnreadableCell,
    plain,
    read_count,
    read_country,
    read_date,
    read_id,
    read_text,
    read_timezone,
    shown,
    why_not,
)
from adapters.sources.parts import (
    LONGEST_PLAN,
    dependencies_cell,
    milestones_cell,
    read_dependencies,
    read_milestones,
    read_routes,
    read_stage_history,
    routes_cell,
    stage_history_cell,
)
from adapters.sources.registry_map import Column, RegistryMap, fold
from adapters.sources.slugs import composed_ids, row_digest, slug
from adapters.sources.tables import RawRow, Reading, Table
from bot.domain.pilot import Depth, Pilot, Stage, Unreadable
from bot.domain.table import Row

NAME_LIMIT: Final = 300
"""Characters of a name that are kept."""

_REMEDY: Final = (
    "rename a column, or say which one it is in a map given with --map; a map can also compose ids (docs/loading.md)"
)
_IN_THE_MAP: Final = "mend the map, or load the file the map was written for (docs/loading.md)"

_TEXTS: Final = (
    Column.OWNER,
    Column.SPONSOR,
    Column.USE_CASE_FAMILY,
    Column.PROGRAMME_LEAD,
    Column.OUTCOME_METRIC,
    Column.PRODUCTION_OWNER,
    Column.DATA_MODE,
)
_DAYS: Final = (
    Column.STAGE_SINCE,
    Column.START,
    Column.TARGET_DATE,
    Column.DATA_MODE_SINCE,
    Column.LAST_RELEASE,
    Column.OWNER_LEFT,
    Column.SPONSOR_LEFT,
)
_SHORT: Final = 200

Reader = Callable[[str], object]


def read_registry(stream: BinaryIO, mapping: RegistryMap | None = None, *, name: str = "the file") -> Reading[Pilot]:
    """Read pilots; those of a table whose ids are composed are kept in memory until the last row is known.

    Raises InputError when the stream is no table or lacks a column that is required or that the map
    names; `name` is what the error calls it.
    """
    rules = mapping or RegistryMap()
    table = Table(stream, name)
    for column in rules.columns.values():
        table.require(column, _IN_THE_MAP)
    table.require(rules.columns.get(Column.NAME, Column.NAME), _REMEDY)
    reader = PilotReader(table.find, rules)
    if rules.id:
        places = [table.require(column, _IN_THE_MAP) for column in rules.id]
        return Reading(table, _rows(table, reader, _composed(table, places)))
    place = table.require(rules.columns.get(Column.ID, Column.ID), _REMEDY)
    return Reading(table, _rows(table, reader, _given(table, place)))


def to_cells(pilot: Pilot) -> dict[Column, str]:
    """Return the cells of a pilot, by column, that `read_registry` reads as the same pilot."""
    lists = {
        Column.MILESTONES: milestones_cell(pilot.milestones),
        Column.DEPENDENCIES: dependencies_cell(pilot.dependencies),
        Column.STAGE_HISTORY: stage_history_cell(pilot.stage_history),
        Column.ROUTES: routes_cell(pilot.routes),
    }
    plain_cells = {c: getattr(pilot, c) for c in Column if c not in lists}
    return {c: "" if value is None else str(value) for c, value in (plain_cells | lists).items()}


class PilotReader:
    """Reads the cells of a row as a pilot, under the rules of a map."""

    def __init__(self, find: Callable[[str], int | None], rules: RegistryMap) -> None:
        """Say where a column stands in a row, by its name, and how its cells are to be read."""
        self._places = {column: find(rules.columns.get(column, column)) for column in Column}
        self._rules = rules
        day = partial(read_date, shapes=rules.dates)
        texts_and_days = dict.fromkeys(_TEXTS, read_text) | dict.fromkeys(_DAYS, day)
        self._readers: Mapping[Column, Reader] = texts_and_days | {
            Column.NAME: _read_name,
            Column.STAGE: self._read_stage,
            Column.PLANNED_STAGE_DAYS: partial(read_count, lowest=1, highest=LONGEST_PLAN),
            Column.SEATS: partial(read_count, lowest=0, highest=MOST_16),
            Column.COUNTRY: read_country,
            Column.TIMEZONE: read_timezone,
            Column.MILESTONES: partial(read_milestones, read_day=day),
            Column.DEPENDENCIES: partial(read_dependencies, read_day=day),
            Column.STAGE_HISTORY: partial(read_stage_history, read_day=day, read_stage=self._read_stage),
            Column.DEPTH: _read_depth,
            Column.ROUTES: read_routes,
        }

    def pilot(self, name: str, cells: list[str]) -> Pilot:
        """Return the pilot of this id, or raise ValueError with everything that is wrong with the row."""
        values: dict[str, object] = {"id": name}
        faults: list[str] = []
        unreadable: list[Unreadable] = []
        for column, reader in self._readers.items():
            cell = self._cell(column, cells)
            try:
                value = reader(cell)
            except UnreadableCell as fault:
                unreadable.append(Unreadable(field=column, value=_short(cell)))
                faults += [f"{column}: {fault}"] if self._rules.unreadable == "reject" else []
            except ValueError as fault:
                faults.append(f"{column}: {fault}")
            else:
                values[column] = value
        if faults:
            raise ValueError(ALSO.join(faults))
        return Pilot.model_validate({**values, "unreadable": tuple(unreadable)})

    def _cell(self, column: Column, cells: list[str]) -> str:
        place = self._places[column]
        cell = "" if place is None else cells[place]
        return cell if cell.strip() else self._rules.defaults.get(column, "")

    def _read_stage(self, cell: str) -> Stage | None:
        word = fold(cell)
        if not word:
            return None
        stage = self._rules.stages.get(word)
        if stage is None:
            known = ", ".join(self._rules.stages)
            msg = f"{shown(cell)} is no stage this table knows ({known}); write one of them, or name the word in a map"
            raise UnreadableCell(msg)
        return stage


class _Named(NamedTuple):
    """A row with the id it claims and the digest it is told apart by; both empty when it can't be used."""

    row: RawRow
    id: str
    digest: str


def _given(table: Table, place: int) -> Iterator[_Named]:
    """Take the id from a column."""
    for row in table.rows():
        _, cells, fault = row
        yield _Named(row, "", "") if fault else _Named(row, cells[place], row_digest(table.columns, cells))


def _composed(table: Table, places: Sequence[int]) -> Iterator[_Named]:
    """Make the id of several columns; which rows need a hash is known only with the last one."""
    rows = list(table.rows())
    slugs = ["" if fault else slug(cells[place] for place in places) for _, cells, fault in rows]
    digests = ["" if fault else row_digest(table.columns, cells) for _, cells, fault in rows]
    yield from map(_Named, rows, composed_ids(slugs, digests), digests)


def _rows(table: Table, reader: PilotReader, named: Iterable[_Named]) -> Iterator[Row[Pilot]]:
    seen: dict[str, tuple[int, str]] = {}
    for (line, cells, fault), name, digest in named:
        found: Row[Pilot] = Row(line, table.named(cells), None, fault)
        if fault:
            yield found
            continue
        try:
            pilot = accepted(reader, name, digest, cells, seen)
        except ValueError as reason:
            yield found.rejected(str(reason))
        else:
            seen[pilot.id] = (line, digest)
            yield Row(line, found.cells, pilot)


def accepted(
    reader: PilotReader, name: str, digest: str, cells: list[str], seen: Mapping[str, tuple[int, str]]
) -> Pilot:
    """Return the pilot of a row, or raise ValueError when the row is faulty or its id is taken."""
    fault = why_not(read_id, name)
    if fault:
        msg = f"{Column.ID}: {fault}"
        raise ValueError(msg)
    pilot = reader.pilot(read_id(name), cells)
    if pilot.id in seen:
        line, known = seen[pilot.id]
        other = f"{Column.ID}: {shown(pilot.id)} is on line {line} too, with other values; keep one of the two rows"
        raise ValueError(f"identical to line {line}" if known == digest else other)
    return pilot


def _read_name(cell: str) -> str:
    """Return a name; one that is too long is cut and says so, since names are only read by people."""
    name = plain(cell)
    if not name:
        raise ValueError("is empty; give the pilot a name")
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"


def _read_depth(cell: str) -> Depth | None:
    word = cell.strip().upper()
    if word and word not in Depth.__members__:
        msg = f"{shown(cell)} is no depth; write one of {', '.join(Depth)}, or leave it empty for unknown"
        raise ValueError(msg)
    return Depth(word) if word else None


def _short(cell: str) -> str:
    text = plain(cell)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
