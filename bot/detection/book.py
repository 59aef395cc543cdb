"""What is known of all pilots, day after day, in the order in which a run reads it.

A window has a row for each pilot; here days are rows and pilots are columns, because a run reads one
day after the other. Counts are exact as 32-bit floats; NaN is unknown.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from bot.detection.columns import BoolRow, IntRow
from bot.domain.telemetry import UsageWindow

CountGrid = NDArray[np.float32]
CountRow = NDArray[np.float32]

GIVEN: Final = 1
"""The source of the row vouches for some figure of the day."""
WEEKLY: Final = 2
"""The row stands for the week that ends with the day."""
MARKS: Final = 4
"""How many combinations of these there are."""

FIGURES: Final = ("active", "seats", "active_7d", "active_28d", "use_cases", "present")
"""Grids of a window that are judged."""
UNTELLING: Final = "present"
"""The one of them that does not make a day given."""
WORKED: Final = ("active", "active_7d", "active_28d")
"""Those of people, in the place of which work is judged where the tool does the step itself."""
APART: Final = ("works", "fed")
"""Arrays of a book that have not a row of all pilots for each day."""
AT_ONCE: Final = 128
"""Pilots whose days are turned at once: few enough to stay in the processor's cache."""
ROOM: Final = 256
"""Days that there is room for at first."""
UNKNOWN: Final = {"f": np.nan, "i": -1, "b": False}
"""What stands for an unknown value, by the kind of a grid."""


class Book:
    """Figures by day and pilot, and what a run derives from them for later days.

    All grids have the shape (room, pilots); days from `days` on are not written yet.
    """

    def __init__(self, works: BoolRow, sources: int) -> None:
        """Start with no day written; `works` marks the pilots whose use is units of work and not people."""
        pilots = works.size
        self.days, self.pilots, self.sources, self.works = 0, pilots, sources, works
        self.active, self.seats, self.active_7d = self._counts(), self._counts(), self._counts()
        self.active_28d, self.use_cases, self.present = self._counts(), self._counts(), self._counts()
        self.origin: NDArray[np.int16] = np.empty((ROOM, pilots), dtype=np.int16)
        self.marks: NDArray[np.uint8] = np.empty((ROOM, pilots), dtype=np.uint8)
        self.fed: NDArray[np.bool_] = np.empty((ROOM, sources, MARKS), dtype=np.bool_)
        """Whether a source gave a row with such marks."""
        self.monthly, self.breadth = self._counts(), self._counts()
        """People of 28 days and use cases, a week old at most."""
        self.people: NDArray[np.float64] = np.empty((ROOM, pilots), dtype=np.float64)
        self.worked: NDArray[np.int16] = np.empty((ROOM, pilots), dtype=np.int16)
        """People of working days that counted, and the number of these days, both since the first day."""
        self.typical: NDArray[np.float64] = np.empty((ROOM, pilots), dtype=np.float64)
        """Mean people of the working days of a month that counted, NaN where too few did."""
        self.weeks: NDArray[np.int16] = np.empty((ROOM, pilots), dtype=np.int16)
        """Weeks back to the first day that hold a day that counted: the blocks of seven that end with the day."""
        self.is_flat: NDArray[np.bool_] = np.empty((ROOM, pilots), dtype=np.bool_)
        self.against: NDArray[np.int16] = np.empty((ROOM, pilots), dtype=np.int16)
        """Whether reach and breadth were flat, and the day with which they were compared."""
        self.signs: NDArray[np.uint8] = np.empty((ROOM, pilots), dtype=np.uint8)
        """What each pilot said of its source as a whole."""

    def _counts(self) -> CountGrid:
        return np.empty((ROOM, self.pilots), dtype=np.float32)

    def read(self, window: UsageWindow, until: int) -> None:
        """Read the days that were not read yet, up to and without column `until` of a window."""
        while until > self.active.shape[0]:
            self._grow()
        span = slice(self.days, until)
        for part in _parts(self.pilots):
            self._read(window, part, span)
        self._note_fed(span)
        self.days = until

    def read_again(self, window: UsageWindow, pilots: Sequence[int], first: int) -> None:
        """Read the days of some pilots anew, from column `first` on."""
        span = slice(first, self.days)
        for pilot in pilots:
            self._read(window, slice(pilot, pilot + 1), span)
        self._note_fed(span)

    def _read(self, window: UsageWindow, part: slice, span: slice) -> None:
        given = np.zeros((span.stop - span.start, part.stop - part.start), dtype=np.bool_)
        for name in FIGURES:
            figures = self._figures(window, name, part, span)
            getattr(self, name)[span, part] = figures
            if name != UNTELLING:
                given |= ~np.isnan(figures)
        origin = _turned(window.origin, part, span)
        self.origin[span, part] = origin
        self.marks[span, part] = GIVEN * (given & (origin >= 0)) + WEEKLY * _turned(window.weekly, part, span)

    def _figures(self, window: UsageWindow, name: str, part: slice, span: slice) -> NDArray[np.float32]:
        """Return a figure of some days of some pilots, with units of work in the place of people who use it."""
        figures, works = _turned(getattr(window, name), part, span), self.works[part]
        if name in WORKED and works.any():
            figures[:, works] = _turned(window.actions, part, span)[:, works] if name == "active" else np.nan
        return figures

    def _note_fed(self, span: slice) -> None:
        """Note which sources gave rows on some days."""
        for day in range(span.start, span.stop):
            # Pilots without a row that day stand before the first source.
            place = (self.origin[day] + 1).astype(np.int64) * MARKS + self.marks[day]
            found = np.bincount(place, minlength=(self.sources + 1) * MARKS)
            self.fed[day] = found[MARKS:].reshape(self.sources, MARKS) > 0

    def changes(self, window: UsageWindow, first: int, until: int) -> dict[int, int]:
        """Compare days that were read with those of a window, from column `first` to before `until`.

        Return the pilots that differ, each with the first such column.
        """
        span, changed = slice(first, max(first, until)), dict[int, int]()
        for part in _parts(self.pilots):
            differs = np.zeros((span.stop - first, part.stop - part.start), dtype=np.bool_)
            for name in FIGURES:
                theirs = self._figures(window, name, part, span)
                # Bit by bit, so that unknown is the same as unknown.
                differs |= theirs.view(np.int32) != getattr(self, name)[span, part].view(np.int32)
            differs |= _turned(window.origin, part, span) != self.origin[span, part]
            differs |= _turned(window.weekly, part, span) != ((self.marks[span, part] & WEEKLY) > 0)
            if differs.any():
                pilots = np.flatnonzero(differs.any(axis=0))
                days = first + differs[:, pilots].argmax(axis=0)
                changed.update(zip((part.start + pilots).tolist(), days.tolist(), strict=True))
        return changed

    def taken(self, pilots: IntRow) -> Self:
        """Return the book of some pilots alone."""
        new = copy(self)
        new.pilots, new.works = pilots.size, self.works[pilots]
        for name, grid in self._by_pilot():
            part = np.empty((grid.shape[0], pilots.size), dtype=grid.dtype)
            part[: self.days] = grid[: self.days, pilots]
            setattr(new, name, part)
        return new

    def put(self, pilots: IntRow, part: Self) -> None:
        """Set the days of some pilots to those of `part`."""
        for name, grid in self._by_pilot():
            grid[: self.days, pilots] = getattr(part, name)[: self.days]

    def _by_pilot(self) -> list[tuple[str, NDArray[Any]]]:
        return [(name, grid) for name, grid in vars(self).items() if isinstance(grid, np.ndarray) and name not in APART]

    def _grow(self) -> None:
        """Make room for twice as many days."""
        for name, grid in vars(self).items():
            if isinstance(grid, np.ndarray) and name != "works":
                setattr(self, name, np.concatenate([grid, np.empty_like(grid)]))


def _parts(pilots: int) -> Iterator[slice]:
    return (slice(first, min(first + AT_ONCE, pilots)) for first in range(0, pilots, AT_ONCE))


def _turned(grid: NDArray[Any], part: slice, span: slice) -> NDArray[Any]:
    """Return some days of some pilots with days as rows; those that the window lacks are unknown."""
    there = grid[part, span]
    lacking = span.stop - span.start - there.shape[1]
    if lacking:
        there = np.pad(there, ((0, 0), (0, lacking)), constant_values=UNKNOWN[there.dtype.kind])
    narrow = there.astype(np.float32) if there.dtype == np.float64 else there
    return np.ascontiguousarray(narrow.T)
