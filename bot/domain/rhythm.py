"""The hour of the week at which somebody gets what comes every week, by their own clock."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from bot.domain.calendar import Calendar, to_zone
from bot.domain.value import Value

ONE_DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Rhythm(Value):
    """A weekday (Monday is 0) and an hour of that day, in the person's local time."""

    weekday: Annotated[int, Field(ge=0, le=4)] = 1
    hour: Annotated[int, Field(ge=0, le=23)] = 10

    def of_week(self, day: date, tz: str, country: str | None, calendar: Calendar) -> datetime:
        """Return the moment (UTC) in the ISO week of a local day.

        On a public holiday it's the next working day of that week at the same hour, or the last one before
        where none follows; in a week without any it stays where it is. An hour that the clocks skip is the
        one after, an hour they repeat is its first run.
        """
        monday = day - timedelta(days=day.weekday())
        meant = monday + timedelta(days=self.weekday)
        days = [monday + timedelta(days=n) for n in range(5)]
        worked = [one for one in days if calendar.is_working_day(country, one)]
        later = [one for one in worked if one >= meant]
        on = later[0] if later else (worked[-1] if worked else meant)
        return datetime.combine(on, time(self.hour), tzinfo=to_zone(tz)).astimezone(UTC)

    def last(self, at: datetime, tz: str, country: str | None, calendar: Calendar) -> datetime:
        """Return the latest moment of this rhythm at or before `at`."""
        today = at.astimezone(to_zone(tz)).date()
        this = self.of_week(today, tz, country, calendar)
        return this if this <= at else self.of_week(today - WEEK, tz, country, calendar)
