"""When whole countries work less: public holidays, bridge days, the Christmas fortnight, the summer.

The public calendar is the only thing the demo shares with detection. How empty an office is on such
days is told here, in the way people of these countries take their leave.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Final

import numpy as np

from bot.domain.calendar import Calendar, MonthDay
from bot.domain.telemetry import FloatGrid

ONE_DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
COUNTRIES: Final = ("FR", "DE", "GB", "US")
"""Where the firm has offices; of two equally long dips the country named first has it."""
ON_HOLIDAY: Final = 0.04
"""Share of people who work on a public holiday all the same."""
ON_BRIDGE: Final = 0.55
"""Share of people who work on a single working day between days off."""


@dataclass(frozen=True, slots=True)
class Season:
    """A time of the year in which many are away: `depth` is their share once `ramp` days are over."""

    name: str
    first: MonthDay
    last: MonthDay
    ramp: int
    depth: float

    def away(self, day: date) -> float:
        """Return the share of people away on a day for this reason."""
        since = date(day.year if (day.month, day.day) >= self.first else day.year - 1, *self.first)
        until = date(since.year + (self.last < self.first), *self.last)
        edge = min((day - since).days, (until - day).days) + 1
        return self.depth * min(1.0, max(0, edge) / (self.ramp + 1))


CHRISTMAS: Final = Season("the Christmas fortnight", (12, 21), (1, 4), ramp=2, depth=0.85)
SUMMER: Final[Mapping[str, Season]] = {
    "FR": Season("the summer weeks", (7, 12), (8, 31), ramp=14, depth=0.40),
    "DE": Season("the summer weeks", (7, 15), (8, 31), ramp=14, depth=0.30),
    "GB": Season("the summer weeks", (7, 20), (8, 31), ramp=14, depth=0.25),
    "US": Season("the summer weeks", (7, 20), (8, 20), ramp=14, depth=0.12),
}


@dataclass(frozen=True, slots=True)
class Dip:
    """A run of quiet days in a country, both ends included, and what it is called."""

    country: str
    first: date
    last: date
    name: str

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.last - self.first).days + 1


def seasons(country: str) -> tuple[Season, ...]:
    """Return the quiet seasons of a country."""
    return (CHRISTMAS, SUMMER[country])


def is_bridge(calendar: Calendar, country: str, day: date) -> bool:
    """Whether the day is a single working day between two days off, which many take off as well."""
    works = partial(calendar.is_working_day, country)
    return works(day) and not works(day - ONE_DAY) and not works(day + ONE_DAY)


def is_ordinary(calendar: Calendar, country: str, day: date) -> bool:
    """Whether a firm does things on this day that it plans: a working day, no bridge, not at Christmas."""
    return calendar.is_working_day(country, day) and not is_bridge(calendar, country, day) and CHRISTMAS.away(day) == 0


def next_ordinary(calendar: Calendar, country: str, day: date) -> date:
    """Return the first ordinary day on or after a day."""
    while not is_ordinary(calendar, country, day):
        day += ONE_DAY
    return day


def presence(calendar: Calendar, country: str, first_day: date, days: int) -> FloatGrid:
    """Return the share of people at work on each of `days` days, weekday pattern aside; shape (days,)."""
    return np.array([_present(calendar, country, first_day + timedelta(days=i)) for i in range(days)])


def longest_dip(calendar: Calendar, first_day: date, last_day: date) -> Dip:
    """Return the longest run of quiet days between two days, both included, over all countries.

    Nothing is moved to fit: a run that reaches over the end counts with its days inside. A plain
    weekend is no dip. Windows of 30 weeks always have one.
    """
    return max((dip for country in COUNTRIES for dip in _dips(calendar, country, first_day, last_day)), key=_length)


def _length(dip: Dip) -> int:
    return dip.days


def _present(calendar: Calendar, country: str, day: date) -> float:
    share = 1.0
    if day.weekday() < SATURDAY and calendar.is_public_holiday(country, day):
        share = ON_HOLIDAY
    elif is_bridge(calendar, country, day):
        share = ON_BRIDGE
    for season in seasons(country):
        share *= 1.0 - season.away(day)
    return share


def _dips(calendar: Calendar, country: str, first_day: date, last_day: date) -> Iterator[Dip]:
    inside = [first_day + timedelta(days=i) for i in range((last_day - first_day).days + 1)]
    for is_run, days in groupby(inside, key=partial(_is_quiet, calendar, country)):
        run = list(days)
        if is_run and any(_is_special(calendar, country, day) for day in run):
            yield Dip(country, run[0], run[-1], _name(country, run[len(run) // 2]))


def _is_quiet(calendar: Calendar, country: str, day: date) -> bool:
    return day.weekday() >= SATURDAY or _is_special(calendar, country, day)


def _is_special(calendar: Calendar, country: str, day: date) -> bool:
    is_day_off = day.weekday() < SATURDAY and calendar.is_public_holiday(country, day)
    is_season = any(season.away(day) > 0 for season in seasons(country))
    return is_day_off or is_season or is_bridge(calendar, country, day)


def _name(country: str, middle: date) -> str:
    names = [season.name for season in seasons(country) if season.away(middle) > 0]
    return names[0] if names else "a run of public holidays"
