"""Which days count, which are worked, and at which hours a person may be written to.

Public holidays come from the `holidays` package, by country. A country it doesn't know has weekends
and nothing else: a missing calendar must never stop a sweep.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import numpy as np
from pydantic import Field, model_validator

from bot.domain.outreach import Window
from bot.domain.telemetry import BoolGrid
from bot.domain.value import Value
from bot.errors import InputError, SettingsError

MonthDay = tuple[int, int]

YEAR_END: Final[tuple[MonthDay, MonthDay]] = ((12, 20), (1, 5))
"""First and last (month, day) of the fortnight around New Year in which no day counts."""

ONE_DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
SEARCH_DAYS: Final = 60
"""How far ahead an open hour is looked for; no country closes for longer."""


class Calendar:
    """Public holidays by country and the year-end; built once, remembers each country's years."""

    def __init__(self, blackout: tuple[MonthDay, MonthDay] | None = YEAR_END) -> None:
        """Keep the first and last (month, day) in which no day counts, or None for no such time."""
        self._blackout = blackout
        self._known: dict[tuple[str, int], frozenset[date]] = {}

    def is_public_holiday(self, country: str | None, day: date) -> bool:
        """Whether the day is a nationwide public holiday; False where we don't know the country."""
        return country is not None and day in self._holidays(country, day.year)

    def is_blackout(self, day: date) -> bool:
        """Whether the day lies in the year-end in which no day counts."""
        if self._blackout is None:
            return False
        first, last = self._blackout
        here = (day.month, day.day)
        return first <= here <= last if first <= last else here >= first or here <= last

    def is_countable(self, country: str | None, day: date) -> bool:
        """Whether use on this day says something; weekends do, the weekday pattern knows them."""
        return not self.is_blackout(day) and not self.is_public_holiday(country, day)

    def is_working_day(self, country: str | None, day: date) -> bool:
        """Whether the day is Monday to Friday and no public holiday."""
        return day.weekday() < SATURDAY and not self.is_public_holiday(country, day)

    def add_working_days(self, country: str | None, day: date, n: int) -> date:
        """Return the n-th working day after `day`; for n = 0 the day itself, worked or not."""
        while n > 0:
            day += ONE_DAY
            n -= self.is_working_day(country, day)
        return day

    def working_days_between(self, country: str | None, a: date, b: date) -> int:
        """Count the working days after `a` up to and including `b`; negative when b is before a."""
        if b < a:
            return -self.working_days_between(country, b, a)
        return sum(self.is_working_day(country, a + timedelta(days=i)) for i in range(1, (b - a).days + 1))

    def countable_mask(self, country: str | None, first_day: date, days: int) -> BoolGrid:
        """Return `is_countable` for `days` days in a row as one array."""
        row = [self.is_countable(country, first_day + timedelta(days=i)) for i in range(days)]
        return np.array(row, dtype=np.bool_)

    def _holidays(self, country: str, year: int) -> frozenset[date]:
        key = (country, year)
        if key not in self._known:
            # Asking the package by name costs nothing; its list of countries loads all of them.
            kind = getattr(holidays, country, None)
            self._known[key] = frozenset() if kind is None else frozenset(kind(years=year))
        return self._known[key]


Hours = tuple[time, time]

WORKING_HOURS: Final[Mapping[int, Hours]] = MappingProxyType(
    {
        0: (time(10, 30), time(16, 30)),
        1: (time(9, 30), time(16, 30)),
        2: (time(9, 30), time(16, 30)),
        3: (time(9, 30), time(16, 30)),
        4: (time(9, 30), time(14, 30)),
    }
)
"""From when to when a person may be written to, by weekday (Monday is 0), in their local time."""


class SendingHours(Value):
    """The hours in which an unsolicited message may reach a person, in that person's local time.

    They apply on working days of the person's country only. The year-end is not closed as such:
    nothing counts then for detection, but people who work may be answered.
    """

    by_weekday: Mapping[int, Hours] = Field(default_factory=lambda: dict(WORKING_HOURS))

    @model_validator(mode="after")
    def _opens_at_all(self) -> "SendingHours":
        """Refuse hours that never open: a search for the next open moment must end."""
        if not any(day in range(SATURDAY) for day in self.by_weekday):
            msg = "sending hours must name at least one day from Monday (0) to Friday (4)"
            raise ValueError(msg)
        if any(opens >= closes for opens, closes in self.by_weekday.values()):
            msg = "sending hours must open before they close on each day"
            raise ValueError(msg)
        return self

    def window(self, day: date, tz: str, country: str | None, calendar: Calendar) -> Window | None:
        """Return the open moments of a local calendar day in UTC, or None where it has none."""
        hours = self.by_weekday.get(day.weekday())
        if hours is None or not calendar.is_working_day(country, day):
            return None
        zone = to_zone(tz)
        opens, closes = (datetime.combine(day, hour, tzinfo=zone).astimezone(UTC) for hour in hours)
        return Window(opens_at=opens, closes_at=closes)

    def is_open(self, at: datetime, tz: str, country: str | None, calendar: Calendar) -> bool:
        """Whether a message may leave at this moment; the closing minute is already closed."""
        window = self.window(at.astimezone(to_zone(tz)).date(), tz, country, calendar)
        return window is not None and window.opens_at <= at < window.closes_at

    def next_open(self, at: datetime, tz: str, country: str | None, calendar: Calendar) -> datetime:
        """Return the first allowed moment at or after `at`, in UTC."""
        today = at.astimezone(to_zone(tz)).date()
        for ahead in range(SEARCH_DAYS + 1):
            window = self.window(today + timedelta(days=ahead), tz, country, calendar)
            if window is not None and at < window.closes_at:
                return max(at.astimezone(UTC), window.opens_at)
        msg = f"No hour to write in within {SEARCH_DAYS} days of {today} in {tz}: widen the sending hours."
        raise SettingsError(msg)


def to_zone(tz: str) -> ZoneInfo:
    """Return the timezone of this IANA name; the error says how such a name looks."""
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:  # OSError: the name of a folder
        msg = f"There is no timezone {tz!r}; write an IANA name such as Europe/Berlin."
        raise InputError(msg) from fault


def is_zone(tz: str) -> bool:
    """Whether there is a timezone of this IANA name."""
    try:
        to_zone(tz)
    except InputError:
        return False
    return True
