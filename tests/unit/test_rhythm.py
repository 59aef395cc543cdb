"""What comes every week comes once in each week, at the person's own hour, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar, to_zone
from bot.domain.rhythm import Rhythm

CALENDAR = Calendar()
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "UTC")


@given(
    st.integers(0, 4),
    st.integers(0, 23),
    st.sampled_from(ZONES),
    st.sampled_from(["DE", "US", None]),
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
)
def test_there_is_one_moment_in_each_week(weekday: int, hour: int, zone: str, country: str | None, first: date) -> None:
    """Looking every hour of three weeks finds each week's moment once, on a weekday and at the hour by the local clock."""
    rhythm, start = Rhythm(weekday=weekday, hour=hour), datetime.combine(first, time(), UTC)
    looks = [start + timedelta(hours=n) for n in range(21 * 24)]
    found = sorted({rhythm.last(at, zone, country, CALENDAR) for at in looks})
    local = [at.astimezone(to_zone(zone)) for at in found]
    weeks = [at.isocalendar()[:2] for at in local]
    assert len(set(weeks)) == len(weeks)
    assert all(b - a <= timedelta(days=12) for a, b in pairwise(found))
    assert all(at.weekday() < 5 for at in local)
    # An hour that was skipped is the next one; Lord Howe skips half an hour.
    assert all(at.hour in {hour, (hour + 1) % 24} for at in local)
    assert all(
        at <= look for at, look in zip((rhythm.last(x, zone, country, CALENDAR) for x in looks), looks, strict=True)
    )


def test_the_hour_stays_when_the_clocks_change() -> None:
    """Tuesday at ten in Berlin is nine o'clock UTC before the last Sunday of March 2026 and eight after it."""
    rhythm = Rhythm()
    before = rhythm.of_week(date(2026, 3, 25), "Europe/Berlin", "DE", CALENDAR)
    after = rhythm.of_week(date(2026, 4, 1), "Europe/Berlin", "DE", CALENDAR)
    assert (before, after) == (datetime(2026, 3, 24, 9, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC))


def test_a_holiday_moves_it_within_the_week() -> None:
    """Easter Monday moves a Monday to Tuesday, and Good Friday moves a Friday to the Thursday before."""
    monday = Rhythm(weekday=0).of_week(date(2026, 4, 6), "Europe/Berlin", "DE", CALENDAR)
    friday = Rhythm(weekday=4).of_week(date(2026, 4, 3), "Europe/Berlin", "DE", CALENDAR)
    assert (monday.date(), friday.date()) == (date(2026, 4, 7), date(2026, 4, 2))


def test_a_skipped_hour_is_the_next_one() -> None:
    """Two in the morning, which New York skips on a Sunday, is three there; weekdays never skip it."""
    cairo = Rhythm(weekday=4, hour=0).of_week(date(2026, 4, 24), "Africa/Cairo", "EG", CALENDAR)
    assert cairo.astimezone(to_zone("Africa/Cairo")).hour == 1
