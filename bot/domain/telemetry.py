"""Usage of pilots by day or week, and the sources it comes from. Aggregates only: no row is about a person."""

import re
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bot.domain.pilot import PilotId
from bot.domain.record import Record

Count16 = Annotated[int, Field(ge=0, le=65534)]
"""A count that fits the rollup's 16 bits; 65535 there means unknown."""
Count32 = Annotated[int, Field(ge=0, le=4_294_967_294)]
Count8 = Annotated[int, Field(ge=0, le=254)]

LATE_AFTER = timedelta(days=3)
"""A source is late when its newest complete day is older than this plus its lag (model.md)."""

SOURCE_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_./-]{0,63}$")
"""How a source may be called."""

FloatGrid = NDArray[np.float64]
BoolGrid = NDArray[np.bool_]
OriginGrid = NDArray[np.int16]


class UsageDay(Record):
    """What one source says about one pilot on one UTC day. Empty means unknown, never zero.

    `active_users`, `active_7d`, `active_28d` and `seats` count distinct people (on the day, in the
    7 and 28 days ending with it, and with access); `present` counts people with access who are not
    known to be away; `new_users` counts people whose first use this is; `habitual_users` counts
    people who used it in at least 9 of the 12 weeks ending with the day; `actions` counts acts
    started by people; `use_cases` counts distinct use cases touched in the 28 days ending with the
    day. `complete=False` means the source itself does not vouch for the day.

    With `weekly` the row stands for the week that ends on `day`: `active_7d` counts the people of
    that week, `new_users` and `actions` are the week's, and no figure of a single day is known.
    """

    pilot: PilotId
    day: date
    source: str
    active_users: Count16 | None = None
    seats: Count16 | None = None
    active_7d: Count16 | None = None
    active_28d: Count16 | None = None
    actions: Count32 | None = None
    use_cases: Count8 | None = None
    present: Count16 | None = None
    new_users: Count16 | None = None
    habitual_users: Count16 | None = None
    complete: bool = True
    weekly: bool = False

    @model_validator(mode="after")
    def _a_week_is_not_spread(self) -> "UsageDay":
        """Refuse a figure of a single day in a row that stands for a week."""
        if self.weekly and self.active_users is not None:
            msg = "a row that stands for a week has no active_users of a day; give the people of the week as active_7d"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _windows_grow(self) -> "UsageDay":
        """Refuse a longer window with fewer people than a shorter one that ends on the same day."""
        counts = [n for n in (self.active_users, self.active_7d, self.active_28d) if n is not None]
        if counts != sorted(counts):
            msg = "active_users <= active_7d <= active_28d must hold"
            raise ValueError(msg)
        return self


class SourceStatus(Record):
    """What we know of one source: its lag in days and the newest day it vouches for."""

    source: Annotated[str, Field(pattern=SOURCE_PATTERN)]
    lag_days: Annotated[int, Field(ge=0, le=60)] = 0
    newest_day: date | None = None

    def watermark(self, today: date) -> date | None:
        """Return the last day believed complete when today is `today`, or None without any row."""
        if self.newest_day is None:
            return None
        return min(self.newest_day, today - timedelta(days=1 + self.lag_days))

    def is_late(self, today: date) -> bool:
        """Whether the newest day is older than today - 3 - lag (model.md, Clocks of judgement)."""
        newest = self.newest_day
        return newest is None or newest < today - LATE_AFTER - timedelta(days=self.lag_days)


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """Figures of many pilots side by side: rows are pilots, columns are days.

    All grids have the shape (len(pilots), days) and hold NaN where a figure is unknown. A day with
    no row, or one its source does not vouch for, is NaN in every grid of figures. A row that stands
    for a week is in the column of the week's last day. The figures are those of UsageDay.
    """

    first_day: date
    pilots: tuple[str, ...]
    active: FloatGrid
    seats: FloatGrid
    active_7d: FloatGrid
    active_28d: FloatGrid
    use_cases: FloatGrid
    actions: FloatGrid
    present: FloatGrid
    new: FloatGrid
    habitual: FloatGrid
    weekly: BoolGrid
    """Whether the row of a day stands for the week that ends with it."""
    origin: OriginGrid
    """Which source gave the row of a day, as an index into `sources`; -1 where there is no row."""
    sources: tuple[str, ...]
    """Names of the sources that `origin` points to."""

    @classmethod
    def blank(cls, first_day: date, pilots: tuple[str, ...], days: int, sources: tuple[str, ...] = ()) -> "UsageWindow":
        """Return a window in which nothing is known; its grids are fresh and may be written to."""
        shape = (len(pilots), days)
        unknown = [np.full(shape, np.nan) for _ in FIGURES]
        grids: dict[str, FloatGrid] = dict(zip(FIGURES, unknown, strict=True))
        weekly, origin = np.zeros(shape, dtype=np.bool_), np.full(shape, -1, dtype=np.int16)
        return cls(first_day=first_day, pilots=pilots, sources=sources, weekly=weekly, origin=origin, **grids)

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.active.shape[1])

    def first(self, days: int) -> "UsageWindow":
        """Return the window with this many days from its first one on; days it lacks are unknown."""
        shared = min(days, self.days)
        cut = UsageWindow.blank(self.first_day, self.pilots, days, self.sources)
        for name in (*FIGURES, "weekly", "origin"):
            getattr(cut, name)[:, :shared] = getattr(self, name)[:, :shared]
        return cut

    def day(self, column: int) -> date:
        """Return the calendar day of a column."""
        return self.first_day + timedelta(days=column)

    def column(self, day: date) -> int:
        """Return the column of a calendar day; may lie outside the window."""
        return (day - self.first_day).days

    def feed(self, row: int, column: int) -> str | None:
        """Return the source that feeds a pilot on a day: that of its newest row up to then."""
        given = np.flatnonzero(self.origin[row, : column + 1] >= 0)
        return self.sources[self.origin[row, given[-1]]] if given.size else None


FIGURES: Final = tuple(f.name for f in fields(UsageWindow))[2:-3]
"""Names of the grids of figures, in the order of their fields."""
