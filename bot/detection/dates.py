"""What calendar and registry say of each day, for all pilots at once: does it count, who rests, who is past the plan."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Self

import numpy as np

from bot.detection.columns import BoolRow, FloatRow, IntRow
from bot.domain.calendar import Calendar
from bot.domain.season import presence_row
from bot.domain.telemetry import BoolGrid, FloatGrid

Times = tuple[tuple[date, date], ...]
"""First day, and first day after it, of times that don't overlap."""

AHEAD: Final = 64
"""Days for which the calendar is asked at first."""
WEEK: Final = 7
WORKDAYS: Final = 5


def lies_in(day: date, times: Times) -> bool:
    """Whether a day lies in one of the times."""
    return any(since <= day < until for since, until in times)


class Almanac:
    """What the calendar says of each day by country, asked once and kept; columns are days since the first."""

    def __init__(self, first_day: date, calendar: Calendar) -> None:
        """Start with the country that nobody named."""
        self._first_day, self._calendar = first_day, calendar
        self._countries: dict[str | None, int] = {None: 0}
        self._countable: BoolGrid = np.zeros((0, 0), dtype=np.bool_)
        self._presence: FloatGrid = np.zeros((0, 0))
        self._worked: FloatGrid = np.zeros((0, 0))

    def index(self, countries: Sequence[str | None]) -> IntRow:
        """Return the places of countries, those of new ones too."""
        for country in countries:
            if country not in self._countries:
                self._countries[country] = len(self._countries)
        return np.array([self._countries[country] for country in countries], dtype=np.int64)

    def countable(self, day: int) -> BoolRow:
        """Say for each country whether the day counts."""
        self._reach(day)
        row: BoolRow = self._countable[day]
        return row

    def presence(self, day: int) -> FloatRow:
        """Return for each country the share of people usually at work."""
        self._reach(day)
        row: FloatRow = self._presence[day]
        return row

    def worked(self, day: int) -> FloatRow:
        """Return for each country how many of the seven days up to this one are working days that count."""
        self._reach(day)
        row: FloatRow = self._worked[day]
        return row

    def _reach(self, day: int) -> None:
        """Ask the calendar up to a day, for all countries."""
        if day < self._countable.shape[0] and self._countable.shape[1] == len(self._countries):
            return
        days = 2 * day + AHEAD
        before = self._first_day - timedelta(days=WEEK - 1)
        counts = np.array([self._calendar.countable_mask(c, before, days + WEEK - 1) for c in self._countries]).T
        weekday = (before.weekday() + np.arange(len(counts))) % WEEK
        closed = np.array([self._calendar.is_blackout(before + timedelta(days=n)) for n in range(len(counts))])
        ends = _in_a_week((counts & (weekday < WORKDAYS)[:, None]).astype(np.float64))
        # A week that the year-end reaches into says more about the year-end than about a pilot.
        self._worked = np.where(_in_a_week(closed[:, None].astype(np.float64)) > 0, 0.0, ends)
        self._countable = counts[WEEK - 1 :]
        self._presence = np.array([presence_row(c, self._first_day, days) for c in self._countries]).T


def _in_a_week(days: FloatGrid) -> FloatGrid:
    """Return the sum over the seven days up to each, from the seventh on."""
    total = np.vstack([np.zeros((1, days.shape[1])), np.cumsum(days, axis=0)])
    sums: FloatGrid = total[WEEK:] - total[:-WEEK]
    return sums


class Marked:
    """Times of pilots, asked for day by day."""

    def __init__(self, pilots: int, pilot: IntRow, since: IntRow, until: IntRow) -> None:
        """Keep of each time its pilot, its first day, and the first one after it."""
        self._pilots, self._pilot, self._since, self._until = pilots, pilot, since, until

    @classmethod
    def of(cls, times: Sequence[Times], first_day: date) -> Self:
        """Return the times of each pilot as days since the first."""
        rows, base = [(row, *time) for row, all_times in enumerate(times) for time in all_times], first_day.toordinal()
        pilot = np.array([row for row, _, _ in rows], dtype=np.int64)
        since = np.array([since.toordinal() - base for _, since, _ in rows], dtype=np.int64)
        until = np.array([until.toordinal() - base for _, _, until in rows], dtype=np.int64)
        return cls(len(times), pilot, since, until)

    def on(self, day: int) -> BoolRow:
        """Mark the pilots with a time that the day lies in."""
        marked = np.zeros(self._pilots, dtype=np.bool_)
        marked[self._pilot[(self._since <= day) & (day < self._until)]] = True
        return marked

    def taken(self, pilots: IntRow) -> Self:
        """Return the times of some pilots alone, which stand in rising order."""
        kept = np.isin(self._pilot, pilots)
        places = np.searchsorted(pilots, self._pilot[kept])
        return type(self)(pilots.size, places, self._since[kept], self._until[kept])


class Dates:
    """What is to be known of a day, for each pilot."""

    def __init__(self, almanac: Almanac, country: IntRow, rests: Marked, overrun: Marked, registered: FloatRow) -> None:
        """Keep the places of the pilots' countries in the almanac, and their times."""
        self._almanac, self._country, self._rests, self._overrun = almanac, country, rests, overrun
        self.registered = registered
        """Seats that the registry names, NaN where it names none."""

    def countable(self, day: int) -> BoolRow:
        """Say whether the day counts in the pilot's country."""
        row: BoolRow = self._almanac.countable(day)[self._country]
        return row

    def presence(self, day: int) -> FloatRow:
        """Return the share of people usually at work."""
        row: FloatRow = self._almanac.presence(day)[self._country]
        return row

    def worked(self, day: int) -> FloatRow:
        """Return how many of the seven days up to this one are working days that count."""
        row: FloatRow = self._almanac.worked(day)[self._country]
        return row

    def resting(self, day: int) -> BoolRow:
        """Mark the pilots that were paused or retired."""
        return self._rests.on(day)

    def overrun(self, day: int) -> BoolRow:
        """Mark the pilots that were past the plan of a stage on its way."""
        return self._overrun.on(day)

    def taken(self, pilots: IntRow) -> Self:
        """Return what is known for some pilots alone, which stand in rising order."""
        return type(self)(
            self._almanac,
            self._country[pilots],
            self._rests.taken(pilots),
            self._overrun.taken(pilots),
            self.registered[pilots],
        )
