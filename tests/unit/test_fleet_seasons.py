"""Quiet times of the demo fleet: how empty an office is, and which dip is the longest."""

from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from jobs.fleet.seasons import CHRISTMAS, SUMMER, Season, is_ordinary, longest_dip, next_ordinary, presence

CALENDAR = Calendar()
DAY = timedelta(days=1)
todays = st.dates(date(2023, 1, 1), date(2030, 12, 31))


@settings(deadline=None, max_examples=30)
@given(today=todays)
@example(today=date(2026, 12, 26))
@example(today=date(2024, 2, 29))
def test_the_dip_is_the_longest_in_the_window(today: date) -> None:
    """No season and no run of days off in any country, as far as it lies in the window, is longer than the dip."""
    first, last = today - 210 * DAY, today - DAY
    dip = longest_dip(CALENDAR, first, last)
    assert first <= dip.first <= dip.last <= last
    for year in (first.year - 1, first.year, last.year):
        assert dip.days >= overlap(CHRISTMAS, year, first, last)
        assert all(dip.days >= overlap(summer, year, first, last) for summer in SUMMER.values())
    for country in SUMMER:
        run = 0
        for day in (first + i * DAY for i in range(210)):
            run = 0 if CALENDAR.is_working_day(country, day) else run + 1
            assert run <= dip.days


def overlap(season: Season, year: int, first: date, last: date) -> int:
    """Return how many days of a season that begins in a year lie between two days, both included."""
    begins = date(year, *season.first)
    ends = date(year + (season.last < season.first), *season.last)
    return (min(ends, last) - max(begins, first)).days + 1


def test_summer_is_deeper_in_europe_and_christmas_emptier_than_both() -> None:
    """In August less is missing in the US than in Europe, least is left at Christmas, and little on a holiday."""
    august = {country: presence(CALENDAR, country, date(2026, 8, 5), 1)[0] for country in SUMMER}
    assert august["FR"] < august["DE"] < august["GB"] < august["US"] < 1
    assert presence(CALENDAR, "US", date(2026, 12, 29), 1)[0] < 0.2
    assert presence(CALENDAR, "DE", date(2026, 5, 1), 1)[0] < 0.1
    assert 0.4 < presence(CALENDAR, "DE", date(2026, 5, 15), 1)[0] < 0.7  # the Friday after Ascension Day
    assert presence(CALENDAR, "US", date(2026, 5, 15), 1)[0] == 1


def test_a_firm_plans_nothing_for_a_bridge_day_or_christmas() -> None:
    """What is planned for a holiday, a bridge day, a weekend or Christmas is held on the next ordinary day."""
    assert not is_ordinary(CALENDAR, "DE", date(2026, 5, 15))
    assert is_ordinary(CALENDAR, "US", date(2026, 5, 15))
    assert next_ordinary(CALENDAR, "DE", date(2026, 5, 14)) == date(2026, 5, 18)
    assert next_ordinary(CALENDAR, "GB", date(2026, 12, 24)) == date(2027, 1, 5)
