"""Drop-offs of plain grids: what a test needs of a run, without a registry, a calendar or a source."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from bot.detection.book import Book
from bot.detection.columns import IntRow
from bot.detection.hold import Check
from bot.detection.run import Run
from bot.detection.stall import CLEAR_DAYS
from bot.detection.sums import seen_of
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid, UsageWindow

MONDAY = date(2026, 1, 12)


@dataclass(frozen=True)
class Episode:
    """One drop-off of one pilot; columns of the grid, and the sums of its evidence."""

    opened: int
    onset: int
    seen: float
    expected: float
    closed: int | None
    recent: float | None


@dataclass
class Judged:
    """What was found in one pilot, oldest first: drop-offs, and zeros that were held back."""

    episodes: list[Episode] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


class PlainDates:
    """Grids of a test in the place of calendar and registry."""

    def __init__(
        self, registered: FloatGrid, countable: BoolGrid, resting: BoolGrid, presence: FloatGrid, weekday: int
    ) -> None:
        """Keep grids by pilot and day."""
        self.registered, self._weekday = registered, weekday
        self._countable, self._resting, self._presence = countable, resting, presence

    def countable(self, day: int) -> BoolGrid:
        """Say which pilots' day counts."""
        return self._countable[:, day]

    def resting(self, day: int) -> BoolGrid:
        """Say which pilots rest."""
        return self._resting[:, day]

    def presence(self, day: int) -> FloatGrid:
        """Return the share of people at work."""
        return self._presence[:, day]

    def worked(self, day: int) -> FloatGrid:
        """Return the working days that count of the week that ends with the day."""
        week = [d for d in range(max(0, day - 6), day + 1) if (self._weekday + d) % 7 < 5]
        return self._countable[:, week].sum(axis=1).astype(float)

    def overrun(self, day: int) -> BoolGrid:
        """Nobody is past a plan."""
        return self._countable[:, day] & False

    def taken(self, pilots: IntRow) -> "PlainDates":
        """Return the grids of some pilots."""
        return PlainDates(
            self.registered[pilots],
            self._countable[pilots],
            self._resting[pilots],
            self._presence[pilots],
            self._weekday,
        )


def judge(  # noqa: PLR0913  the grids of a judgement, each by its name
    active: FloatGrid,
    seats: FloatGrid,
    countable: BoolGrid,
    last: Sequence[int],
    registered: FloatGrid,
    weekday: int,
    *,
    resting: BoolGrid | None = None,
    presence: FloatGrid | None = None,
    weekly: bool = False,
) -> list[Judged]:
    """Judge every pilot on every day up to its own last column, each by itself.

    `active` and `seats` are people by pilot and day, NaN where unknown; `countable` marks days that
    count; `last` is each pilot's last judged column (-1 for none); `registered` the registry's seats;
    `weekday` that of the first column (Monday is 0). With `weekly` the figures are the people of weeks.
    """
    pilots, days = active.shape
    first = MONDAY + timedelta(days=weekday)
    window = UsageWindow.blank(first, tuple(f"p{n}" for n in range(pilots)), days)
    (window.active_7d if weekly else window.active)[:], window.seats[:] = active, seats
    window.weekly[:] = weekly & ~np.isnan(active)
    book = Book(np.zeros(pilots, dtype=np.bool_), 0)
    book.read(window, days)
    rests = np.zeros(active.shape, dtype=np.bool_) if resting is None else resting
    dates = PlainDates(registered, countable, rests, np.ones(active.shape) if presence is None else presence, weekday)
    run = Run(book, dates, DetectionSettings(), weekday)
    run.advance(int(max(last, default=-1)) + 1)
    return [_judged(run, pilot, column) for pilot, column in enumerate(last)]


def _judged(run: Run, pilot: int, last: int) -> Judged:
    episodes = []
    for drop in run.logs.drops.upto(pilot, last):
        sums = seen_of(run.open_sums, pilot, drop, last)
        episodes.append(Episode(drop.opened, drop.onset, sums.seen, sums.expected, drop.closed, sums.recent))
    return Judged(episodes, run.logs.checks.upto(pilot, last))


def episodes(holds: BoolGrid, last: int) -> list[tuple[int, int | None]]:
    """Return when a condition of one pilot opened and closed after a clear week, judged up to column `last`."""
    found: list[tuple[int, int | None]] = []
    opened, clear = -1, 0
    for column, held in enumerate(holds[: last + 1].tolist()):
        clear = 0 if held else clear + 1
        if opened < 0 and held:
            opened = column
        elif opened >= 0 and clear >= CLEAR_DAYS:
            found.append((opened, column))
            opened = -1
    return [*found, (opened, None)] if opened >= 0 else found
