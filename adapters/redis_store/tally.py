"""Count a batch of pilots: cells, bits and seats in, rows and bits out. A function of its arguments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.axis import Axis
from adapters.redis_store.cell_counts import CellTable
from adapters.redis_store.cells import KEPT_DAYS, LEAST_DAYS
from adapters.redis_store.codec import EPOCH_DAYS, FOLDED, ROW
from adapters.redis_store.crew import Crew, told_of
from adapters.redis_store.fold_state import FRESH_DAYS, FoldState
from adapters.redis_store.held import Held, Records
from adapters.redis_store.row_figures import (
    Places,
    blank,
    count_breadth,
    count_new,
    count_people,
    gaps_in,
    name_sources,
    seat,
    take_in,
)
from adapters.redis_store.seating import Span, seating
from bot.domain.telemetry import BoolGrid
from bot.metrics.people import IntGrid


@dataclass(frozen=True, slots=True)
class Sources:
    """What a fold knows of sources, by number: name, and the newest day each declares."""

    names: Mapping[int, str]
    newest: Mapping[int, int]


@dataclass(slots=True)
class Folded:
    """What one pilot is now: people as PERSON records with their bits by epoch of the axis, and rows by day."""

    held: Held
    state: FoldState
    people: tuple[bytes, list[bytes]]
    rows: Records
    days: list[int]
    """The day of each row."""
    changed: list[int]
    """Places of the rows that differ from what is stored."""


def tally(held: Sequence[Held], axis: Axis, sources: Sources, away: Mapping[bytes, Sequence[Span]]) -> list[Folded]:
    """Count a batch of pilots; whoever counts the same gets the same bytes.

    A day from before the kept ones whose cells have expired is closed: its row stays as it is.
    """
    return _Batch(held, axis, sources, away).folded()


class _Batch:
    """Pilots side by side, each a row of grids whose columns are days."""

    def __init__(
        self, held: Sequence[Held], axis: Axis, sources: Sources, away: Mapping[bytes, Sequence[Span]]
    ) -> None:
        self.held, self.axis, self.sources, self.away = held, axis, sources, away
        self.told = [told for n, one in enumerate(held) for told in told_of(n, one, axis)]
        self.table = CellTable([t.hot for t in self.told])
        self.crew = Crew(held, axis, self.told, self.table)
        self.first_row = axis.row_epochs[0] * EPOCH_DAYS
        """The day of the first column of rows: they are those of whole epochs."""
        rows = np.frombuffer(b"".join([one.raw_rows for one in held]), dtype=ROW)
        self.rows: Records = rows.reshape(len(held), -1)

    def folded(self) -> list[Folded]:
        """Return what each pilot is now."""
        states = self._states()
        days, rows, differs = self._counted(states)
        told = zip(self.held, states, self.crew.stored(), rows, differs, strict=True)
        return [
            Folded(one, state, people, row, days, np.flatnonzero(d).tolist()) for one, state, people, row, d in told
        ]

    def _states(self) -> list[FoldState]:
        days: list[dict[int, set[int]]] = [{} for _ in self.held]
        surfaces: list[set[int]] = [set() for _ in self.held]
        for told, sources, touched in zip(self.told, self.table.sources(), self.table.surfaces, strict=True):
            days[told.pilot][told.day] = sources
            surfaces[told.pilot].update(touched)
        kept, today = self.axis.today - KEPT_DAYS, self.axis.today
        states = []
        for n, one in enumerate(self.held):
            state = one.state.told(days[n], surfaces[n], self.sources.newest)
            old = [day for day in one.dirty & days[n].keys() if day < kept]
            states.append(state.with_old_days(old, today, LEAST_DAYS) if old else state)
        return states

    def _counted(self, states: Sequence[FoldState]) -> tuple[list[int], Records, BoolGrid]:
        """Return days, the rows of all pilots on these counted anew, and which of them differ from what is stored."""
        shift = self.axis.first - self.first_row
        at = _ints(t.pilot for t in self.told), _ints(t.column + shift for t in self.told)
        affected, forgotten = self._affected(states, at)
        columns = np.flatnonzero(affected.any(axis=0))
        before = self.rows[:, columns]
        part, days = before.copy(), columns + self.first_row
        if not columns.size:
            return [], part, affected[:, columns]
        is_wanted = affected[at]
        wanted = at[0][is_wanted], np.searchsorted(columns, at[1][is_wanted])
        counts = self.table.count(self.crew.active, [states[t.pilot] for t in self.told])
        heads = _ints(self.crew.heads(t) if t.is_added else 0 for t in self.told)
        added = np.array([t.is_added for t in self.told], dtype=np.bool_)
        take_in(part, wanted, counts.of(is_wanted), added[is_wanted], heads[is_wanted])
        seat(part, seating([one.raw_seats for one in self.held], days, self.away))
        count_people(part, self.crew, days, gaps_in(forgotten, columns))
        count_new(part, self.crew.firsts, self.crew.owner, days)
        surfaces = self.rows["surfaces"].copy()
        surfaces[:, columns] = part["surfaces"]
        count_breadth(part, surfaces, columns)
        name_sources(part, days, states, self.sources.names)
        blank(part)
        return days.tolist(), part, affected[:, columns] & (_words(part) != _words(before)).any(axis=-1)

    def _affected(self, states: Sequence[FoldState], at: Places) -> tuple[BoolGrid, BoolGrid]:
        """Say which rows may differ from what is stored, and of which days no one knows any more who was active."""
        every = self.first_row + np.arange(self.rows.shape[1])
        is_kept = every >= self.axis.today - KEPT_DAYS
        is_told = np.zeros(self.rows.shape, dtype=np.bool_)
        is_told[at] = True
        is_folded = (self.rows["flags"] & FOLDED) > 0
        start = _ints(self._first_changed(one, state) for one, state in zip(self.held, states, strict=True))
        affected = is_folded & (every >= start[:, None]) & (is_told | is_kept)
        affected[at] |= np.array([t.day in self.held[t.pilot].dirty for t in self.told], dtype=np.bool_)
        return affected, is_folded & ~is_told & ~is_kept

    def _first_changed(self, one: Held, state: FoldState) -> int:
        """Return the first day from which on rows of a pilot may differ from what is stored."""
        days = set(one.dirty)
        if one.seats_from is not None:
            days.add(one.seats_from)
        for source, feed in state.feeds.items() if len(state.feeds) > 1 else ():
            before = one.state.feeds.get(source)
            if before is None or feed.first < before.first:
                days.add(feed.first)
                continue
            if feed.through > before.through:
                days.add(before.through + 1)
            if feed.newest > before.newest:
                days.add(before.newest + FRESH_DAYS + 1)
        return min(days, default=self.axis.last + 1)


def _words(rows: Records) -> NDArray[np.uint64]:
    """Return rows as numbers that can be compared at once."""
    return np.ascontiguousarray(rows).view(np.uint64).reshape(*rows.shape, -1)


def _ints(numbers: Iterable[int]) -> IntGrid:
    return np.array(list(numbers), dtype=np.int64)
