"""The calendar: working days, countable days, and hours in which a person may be written to."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.calendar import Calendar, SendingHours, to_zone
from bot.errors import InputError, SettingsError

CALENDAR = Calendar()
HOURS = SendingHours()
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  given UTC


@settings(deadline=None)
@given(at=moments, tz=st.sampled_from(ZONES), country=st.sampled_from(["DE", "US", "AU", None]))
@example(at=datetime(2026, 3, 29, 0, 59, tzinfo=UTC), tz="Europe/Berlin", country="DE")
@example(at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC), tz="Europe/Berlin", country="DE")
@example(at=datetime(2026, 11, 1, 6, 30, tzinfo=UTC), tz="America/New_York", country="US")
def test_next_open_is_allowed_not_earlier_and_stable(at: datetime, tz: str, country: str | None) -> None:
    """The next open moment is inside local hours on a working day, not before, and its own next."""
    found = HOURS.next_open(at, tz, country, CALENDAR)
    local = found.astimezone(ZoneInfo(tz))
    assert found >= at
    assert CALENDAR.is_working_day(country, local.date())
    assert time(9, 30) <= local.time() < time(16, 30)
    assert local.weekday() != 0 or local.time() >= time(10, 30)
    assert local.weekday() != 4 or local.time() < time(14, 30)
    assert HOURS.is_open(found, tz, country, CALENDAR)
    assert HOURS.next_open(found, tz, country, CALENDAR) == found


@settings(deadline=None)
@given(at=moments, tz=st.sampled_from(ZONES))
def test_nothing_open_is_skipped(at: datetime, tz: str) -> None:
    """Between a moment and its next open one there is no open quarter of an hour."""
    found = HOURS.next_open(at, tz, None, CALENDAR)
    step, here = timedelta(minutes=15), at
    while here < found:
        assert not HOURS.is_open(here, tz, None, CALENDAR)
        here += step


@pytest.mark.parametrize(("month", "day", "utc_hour"), [(3, 27, 8), (3, 30, 8), (10, 23, 7), (10, 26, 9)])
def test_opening_follows_the_clock_on_the_wall(month: int, day: int, utc_hour: int) -> None:
    """Before and after both clock changes the door opens at the same local hour."""
    window = HOURS.window(date(2026, month, day), "Europe/Berlin", None, CALENDAR)
    assert window is not None
    assert window.opens_at.hour == utc_hour


@settings(deadline=None)
@given(day=st.dates(date(2024, 1, 1), date(2027, 1, 1)), n=st.integers(0, 40))
def test_adding_and_counting_working_days_agree(day: date, n: int) -> None:
    """As many working days lie between as were added, forwards and backwards."""
    later = CALENDAR.add_working_days("DE", day, n)
    assert CALENDAR.working_days_between("DE", day, later) == n
    assert CALENDAR.working_days_between("DE", later, day) == -n


def test_holidays_and_the_year_end_do_not_count() -> None:
    """A public holiday and the year-end say nothing about use; a weekend does."""
    assert not CALENDAR.is_countable("DE", date(2026, 5, 1))
    assert CALENDAR.is_countable("US", date(2026, 5, 1))
    assert not CALENDAR.is_countable("US", date(2026, 12, 28))
    assert not CALENDAR.is_countable("US", date(2027, 1, 5))
    assert CALENDAR.is_countable("US", date(2027, 1, 6))
    assert CALENDAR.is_countable("DE", date(2026, 5, 3))
    assert Calendar(blackout=None).is_countable("US", date(2026, 12, 28))
    assert not Calendar(blackout=((7, 1), (8, 31))).is_countable("FR", date(2026, 8, 3))
    assert CALENDAR.countable_mask("DE", date(2026, 4, 30), 3).tolist() == [True, False, True]


def test_an_unknown_country_has_weekends_and_nothing_else() -> None:
    """A country the calendar does not know stops nothing."""
    assert CALENDAR.is_working_day("ZZ", date(2026, 5, 1))
    assert not CALENDAR.is_working_day("ZZ", date(2026, 5, 2))


def test_faults_are_told_in_words() -> None:
    """A wrong timezone, hours that never open and a year of holidays each get a sentence."""
    with pytest.raises(InputError, match="Europe/Berlin"):
        to_zone("Mars/Olympus")
    with pytest.raises(ValidationError, match="at least one day"):
        SendingHours(by_weekday={6: (time(9), time(10))})
    with pytest.raises(ValidationError, match="open before they close"):
        SendingHours(by_weekday={0: (time(10), time(9))})

    class Closed(Calendar):
        def is_working_day(self, country: str | None, day: date) -> bool:
            return country == "nowhere" and day.year > 2100

    with pytest.raises(SettingsError, match="widen the sending hours"):
        HOURS.next_open(datetime(2026, 1, 1, tzinfo=UTC), "UTC", None, Closed())
