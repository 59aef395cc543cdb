"""All pilots of one source falling on one day: that is the feed, or a day off nobody announced."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from bot.detection.baseline import BACK_SHARE
from bot.detection.columns import BoolRow, FloatRow, IntRow

ALL_LOW: Final = 0.45
"""Share of what is expected below which all pilots of a source have to be."""
LEAST_PILOTS: Final = 3
"""Pilots with people expected that it takes to speak of a source, and not of pilots."""
LEAST_ASKED: Final = 0.05
"""Share of the pilots of a source that have to be asked: the few that work on a weekend don't speak for all."""
IN_A_ROW: Final = 2
"""Days in a row after which the admin is told."""
LONGEST: Final = 42
"""Calendar days after which a fall is no longer taken for the feed's fault, until use was back once."""
SATURDAY: Final = 5

FED: Final = 1
"""The pilot has a source and its day counts."""
ASKED: Final = 2
"""Its day tells enough to be asked."""
LOW: Final = 4
"""Less than 45 % of what is expected was seen."""
DOWN: Final = 8
"""Less than 60 %."""
WEEK: Final = 16
"""The day stands for the week that ends with it."""
SIGNS: Final = 32
"""How many combinations of these there are."""


def signs_of(fed: BoolRow, asked: BoolRow, share: FloatRow) -> NDArray[np.uint8]:
    """Return what each pilot says of its source; `share` is what was seen of what was expected."""
    asked = fed & asked
    signs = fed * np.uint8(FED) + asked * np.uint8(ASKED)
    signs += (asked & (share < ALL_LOW)) * np.uint8(LOW) + (asked & (share < BACK_SHARE)) * np.uint8(DOWN)
    return signs


@dataclass(slots=True)
class CommonFall:
    """One time in which all pilots of a source fell together; columns of the window."""

    onset: int
    pilots: int
    """Pilots with people expected on the first day; every one of them fell."""
    opened: int
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class Common:
    """What a day says of sources as a whole; one value for each source."""

    fell: BoolRow
    """All of its pilots fell."""
    ended: BoolRow
    """A fall of all of them ended on the day."""

    def equals(self, other: "Common") -> bool:
        """Whether another day says the same."""
        return np.array_equal(self.fell, other.fell) and np.array_equal(self.ended, other.ended)


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

    def copied(self) -> Self:
        """Return the same state, to be run on without touching this one."""
        return deepcopy(self)

    def see(self, day: int, weekday: int, source: NDArray[np.int16], signs: NDArray[np.uint8]) -> Common | None:
        """Take in what all pilots say of their sources on one day; return what it says of these, None for nothing.

        Days that tell too little of a source (weekends, a holiday for most of its pilots) neither end a
        fall nor make it longer.
        """
        if not ((signs & LOW).any() or self._in_a_row.any() or self._spent.any()):
            return None
        # Pilots without a source stand before the first one.
        place = (source.astype(np.int64) + 1) * SIGNS + signs
        counts = np.bincount(place, minlength=(self._open.size + 1) * SIGNS)[SIGNS:].reshape(-1, SIGNS)
        fed_of, asked_of, low_of, down_of, weeks_of = (
            counts[:, (np.arange(SIGNS) & sign) > 0].sum(axis=1) for sign in (FED, ASKED, LOW, DOWN, WEEK)
        )
        told = (asked_of >= LEAST_PILOTS) & (asked_of >= LEAST_ASKED * fed_of)
        fell, down = told & (low_of == asked_of), told & (down_of == asked_of)
        self._give_up(day)
        self._spent &= ~(told & ~down)
        fell &= ~self._spent
        # Once it has lasted, it takes a pilot that is back to end a fall: scatter alone does not.
        stands = ~fell & ~(down & self._open) & (told | ((fed_of >= LEAST_PILOTS) & (weekday < SATURDAY)))
        ended = stands & (self._in_a_row > 0)
        # A week tells as much as two days do.
        self._note(day, np.where(weeks_of > 0, IN_A_ROW, 1) * fell, stands, asked_of)
        return Common(fell, ended) if fell.any() or ended.any() else None

    def _give_up(self, day: int) -> None:
        """Close falls that have lasted so long that they must be real; what was summed since stays."""
        for source in np.flatnonzero(self._open & (day - self._onset >= LONGEST)):
            self.falls[source][-1].closed = day
            self._in_a_row[source] = 0
            self._open[source], self._spent[source] = False, True

    def _note(self, day: int, fell: IntRow, stands: BoolRow, asked: IntRow) -> None:
        """Count days in a row, and open and close the falls; `fell` are the days that this one counts for."""
        first = (fell > 0) & (self._in_a_row == 0)
        self._onset = np.where(first, day, self._onset)
        self._pilots = np.where(first, asked, self._pilots)
        self._in_a_row = np.where(stands, 0, self._in_a_row + fell)
        for source in np.flatnonzero((self._in_a_row >= IN_A_ROW) & ~self._open):
            self.falls[source].append(CommonFall(int(self._onset[source]), int(self._pilots[source]), day))
        for source in np.flatnonzero(stands & self._open):
            self.falls[source][-1].closed = day
        self._open = self._in_a_row >= IN_A_ROW
