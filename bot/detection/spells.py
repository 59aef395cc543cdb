"""When something held in which pilot: few pilots have anything to tell, so it is kept by pilot and not by day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.detection.columns import IntRow


@dataclass(slots=True)
class Spell:
    """A time in which something held; columns of the window, `closed` is the first one after it."""

    opened: int
    closed: int | None = None


AnySpell = TypeVar("AnySpell", bound=Spell)


class Log(Generic[AnySpell]):
    """Spells of pilots, oldest first, written day after day."""

    def __init__(self, of: Mapping[int, list[AnySpell]] | None = None) -> None:
        """Start with the spells of each pilot, oldest first; without any, with nothing noted."""
        self._of: defaultdict[int, list[AnySpell]] = defaultdict(list, of or {})

    def open(self, pilot: int, spell: AnySpell) -> None:
        """Note that a spell of a pilot began."""
        self._of[pilot].append(spell)

    def close(self, pilot: int, day: int) -> None:
        """Note that the newest spell of a pilot ended."""
        self._of[pilot][-1].closed = day

    def newest(self, pilot: int) -> AnySpell:
        """Return the newest spell of a pilot that has one."""
        return self._of[pilot][-1]

    def pilots(self) -> Iterator[int]:
        """Return the pilots with something noted."""
        return iter(self._of)

    def upto(self, pilot: int, last: int) -> list[AnySpell]:
        """Return the spells of a pilot as they stood on a day."""
        if pilot not in self._of:
            return []
        return [
            s if s.closed is None or s.closed <= last else replace(s, closed=None)
            for s in self._of[pilot]
            if s.opened <= last
        ]

    def is_open(self, pilot: int, last: int) -> bool:
        """Whether a spell of a pilot was open on a day."""
        return any(s.opened <= last and (s.closed is None or s.closed > last) for s in self._of.get(pilot, ()))

    def copied(self) -> Self:
        """Return the same spells, to be added to without touching these; the spells themselves are shared."""
        return type(self)({pilot: spells.copy() for pilot, spells in self._of.items()})

    def taken(self, pilots: IntRow, days: int) -> Self:
        """Return what was noted of some pilots before the day `days`."""
        taken = {place: self.upto(pilot, days - 1) for place, pilot in enumerate(pilots.tolist())}
        return type(self)({place: [replace(s) for s in spells] for place, spells in taken.items() if spells})

    def put(self, pilots: IntRow, part: Self) -> None:
        """Set what is noted of some pilots to that of `part`."""
        for place, pilot in enumerate(pilots.tolist()):
            self._of.pop(pilot, None)
            if place in part._of:
                self._of[pilot] = part._of[place]

    def back_to(self, days: int) -> None:
        """Forget what was noted on the days from `days` on."""
        of = {pilot: [s for s in spells if s.opened < days] for pilot, spells in self._of.items()}
        self._of = defaultdict(list, {pilot: spells for pilot, spells in of.items() if spells})
        for spell in (spells[-1] for spells in self._of.values()):
            if spell.closed is not None and spell.closed >= days:
                spell.closed = None


def runs(marks: NDArray[np.integer], last: int) -> list[tuple[int, int, int | None]]:
    """Return the runs of one same mark >= 0 in a row up to column `last`: mark, first column, first one after.

    A run that reaches `last` has none after it yet.
    """
    row = marks[: last + 1]
    if not (row >= 0).any():
        return []
    turns: Sequence[int] = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), row.size]
    found = [(int(row[a]), a, b if b < row.size else None) for a, b in pairwise(turns)]
    return [run for run in found if run[0] >= 0]
