"""All pilots of one source falling on one day: that is the feed, or a day off nobody announced."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.detection.baseline import BACK_SHARE, FALLEN
from bot.detection.series import IntGrid
from bot.domain.telemetry import BoolGrid, FloatGrid

LEAST_PILOTS: Final = 3
"""Pilots with people expected that it takes to speak of a source, and not of pilots."""
IN_A_ROW: Final = 2
"""Days in a row after which the admin is told."""
LONGEST: Final = 42
"""Calendar days after which a fall is no longer taken for the feed's fault, until use was back once."""
SATURDAY: Final = 5


@dataclass(slots=True)
class CommonFall:
    """One time in which all pilots of a source fell together; columns of the window."""

    onset: int
    pilots: int
    """Pilots with people expected on the first day; every one of them fell."""
    opened: int
    closed: int | None = None


class Together:
    """Which sources fell as a whole, day after day; arrays hold one number for each source."""

    def __init__(self, sources: int) -> None:
        """Start with no source fallen."""
        self.falls: list[list[CommonFall]] = [[] for _ in range(sources)]
        self._in_a_row = np.zeros(sources, dtype=np.int64)
        self._onset = np.zeros(sources, dtype=np.int64)
        self._pilots = np.zeros(sources, dtype=np.int64)
        self._open = np.zeros(sources, dtype=np.bool_)
        self._spent = np.zeros(sources, dtype=np.bool_)

    def see(
        self, day: int, weekday: int, source: IntGrid, counted: BoolGrid, asked: BoolGrid, share: FloatGrid
    ) -> tuple[BoolGrid, BoolGrid]:
        """Take in one day; return the pilots that fell with their source, and those whose source is back today.

        `asked` marks pilots whose day tells enough, `share` is what was seen of what was expected. Days
        that tell too little of a source (weekends, a holiday for most of its pilots) neither end a fall
        nor make it longer.
        """
        fed = counted & (source >= 0)
        asked = fed & asked
        low = asked & (share < FALLEN)
        if not (low.any() or self._in_a_row.any() or self._spent.any()):
            return np.zeros(source.size, dtype=np.bool_), np.zeros(source.size, dtype=np.bool_)
        asked_of, low_of, down_of, fed_of = (
            np.bincount(source[who], minlength=self._open.size)
            for who in (asked, low, asked & (share < BACK_SHARE), fed)
        )
        told = asked_of >= LEAST_PILOTS
        fell, down = told & (low_of == asked_of), told & (down_of == asked_of)
        self._give_up(day)
        self._spent &= ~(told & ~down)
        fell &= ~self._spent
        # Once it has lasted, it takes a pilot that is back to end a fall: scatter alone does not.
        stands = ~fell & ~(down & self._open) & (told | ((fed_of >= LEAST_PILOTS) & (weekday < SATURDAY)))
        ended = stands & (self._in_a_row > 0)
        self._note(day, fell, stands, asked_of)
        return fed & fell[source], fed & ended[source]

    def _give_up(self, day: int) -> None:
        """Close falls that have lasted so long that they must be real; what was summed since stays."""
        for source in np.flatnonzero(self._open & (day - self._onset >= LONGEST)):
            self.falls[source][-1].closed = day
            self._in_a_row[source] = 0
            self._open[source], self._spent[source] = False, True

    def _note(self, day: int, fell: BoolGrid, stands: BoolGrid, asked: IntGrid) -> None:
        """Count days in a row, and open and close the falls."""
        first = fell & (self._in_a_row == 0)
        self._onset = np.where(first, day, self._onset)
        self._pilots = np.where(first, asked, self._pilots)
        self._in_a_row = np.where(stands, 0, self._in_a_row + fell)
        for source in np.flatnonzero((self._in_a_row >= IN_A_ROW) & ~self._open):
            self.falls[source].append(CommonFall(int(self._onset[source]), int(self._pilots[source]), day))
        for source in np.flatnonzero(stands & self._open):
            self.falls[source][-1].closed = day
        self._open = self._in_a_row >= IN_A_ROW
