"""Days as the person concerned counts them."""

from datetime import date, datetime

from bot.domain.calendar import Calendar, to_zone
from bot.policy.decisions import Recipient


def local_day(moment: datetime, person: Recipient | None) -> date:
    """Return a person's own day of a moment; without a person the UTC day."""
    return moment.astimezone(to_zone(person.timezone if person else "UTC")).date()


def has_passed(calendar: Calendar, now: datetime, since: date, working_days: int, person: Recipient | None) -> bool:
    """Whether so many working days of a person lie between a day and today."""
    country = person.country if person else None
    return local_day(now, person) >= calendar.add_working_days(country, since, working_days)
