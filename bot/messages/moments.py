"""Moments as people write them: a day and a time of day in their own timezone, never one without the other."""

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from bot.messages.days import FURTHEST, LEAD, ONE_DAY, UNCLEAR, Doubt, Reading, Why, check_day, clean, to_day

EARLY_HOURS: Final = range(1, 7)
"""Hours that people write without am or pm and mean after noon as often as before dawn."""
NOON: Final = 12

_TIME: Final = re.compile(
    r"""(?<!\S)(?:at\s+)?(?:
      (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?:\s*(?P<half>[ap])\.?m\.?)?
    | (?P<hour_half>[0-9]{1,2})(?:\.(?P<minute_half>[0-9]{2}))?\s*(?P<of>[ap])\.?m\.?
    | (?P<noon>noon)
    | (?<=at\s)(?P<bare>[0-9]{1,2})(?:\s+o'clock|h)?
    )(?!\S)""",
    re.VERBOSE,
)
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:z|[+-][0-9]{2}:[0-9]{2})?")


def read_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | Doubt:
    """Return the moment that is meant as aware UTC, else what has to be asked: the time is never filled in."""
    cleaned = clean(text)
    if _ISO.fullmatch(cleaned):
        return _iso_moment(cleaned, now, zone)
    today = now.astimezone(zone).date()
    times = list(_TIME.finditer(cleaned))
    if len(times) > 1:
        return UNCLEAR
    if not times:
        return without_time(to_day(cleaned, today, periods=False), today)
    spoken = times[0]
    rest = LEAD.sub("", " ".join(f"{cleaned[: spoken.start()]} {cleaned[spoken.end() :]}".split()))
    if not rest:
        return Doubt(Why.NO_DAY)
    return _join(to_day(rest, today, periods=False), _to_time(spoken), now, zone)


def to_moment(naive: datetime, now: datetime, zone: ZoneInfo) -> datetime | Doubt:
    """Return a local date and time as aware UTC; one that the clocks skip or show twice is a doubt."""
    today = now.astimezone(zone).date()
    if naive.date() < today:
        return Doubt(Why.PASSED)
    if naive.date() > today + FURTHEST:
        return Doubt(Why.FAR)
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != naive:
        return Doubt(Why.SKIPPED, (naive.date(),), (naive.time(),))
    if first != second:
        return Doubt(Why.TWICE, (naive.date(),), (naive.time(),))
    return check_moment(first, now)


def check_moment(at: datetime, now: datetime) -> datetime | Doubt:
    """Return an aware moment as UTC when it lies ahead and within a year."""
    # The first and the last year of the calendar can't be put into UTC; neither is within a year.
    if abs(at.year - now.year) > 2:  # noqa: PLR2004  a year ahead, and New Year in between
        return Doubt(Why.PASSED if at.year < now.year else Why.FAR)
    if at <= now:
        return Doubt(Why.PASSED)
    return Doubt(Why.FAR) if at > now + FURTHEST else at.astimezone(UTC)


def without_time(day: Reading, today: date) -> Doubt:
    """Ask for the time of a day that may be meant, or say what is wrong with the day."""
    if isinstance(day, Doubt):
        return day
    ahead = check_day(day, today - ONE_DAY)
    return ahead if isinstance(ahead, Doubt) else Doubt(Why.NO_TIME, (day,))


def _iso_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | Doubt:
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        return UNCLEAR
    if at.tzinfo is None:
        return to_moment(at, now, zone)
    return check_moment(at, now)


def _join(day: Reading, at: time | Doubt, now: datetime, zone: ZoneInfo) -> datetime | Doubt:
    """Put a day and a time of day together; what is in doubt of either is asked first."""
    if isinstance(day, Doubt):
        if day.why is not Why.TODAY_OR_WEEK or isinstance(at, Doubt):
            return day
        today = to_moment(datetime.combine(day.days[0], at), now, zone)
        if isinstance(today, datetime):
            return Doubt(Why.TWO_DAYS, day.days, (at,))
        day = day.days[1]
    if isinstance(at, Doubt):
        return Doubt(at.why, (day,), at.times)
    return to_moment(datetime.combine(day, at), now, zone)


def _to_time(spoken: re.Match[str]) -> time | Doubt:
    """Return the time of day that is written."""
    if spoken["noon"]:
        return time(NOON)
    written = spoken["hour"] or spoken["hour_half"] or spoken["bare"]
    hour, minute = int(written), int(spoken["minute"] or spoken["minute_half"] or 0)
    half = spoken["half"] or spoken["of"]
    if minute > 59 or hour > (NOON if half else 23) or (half and hour == 0):  # noqa: PLR2004  the clock's own bounds
        return UNCLEAR
    if half:
        return time(hour % NOON + (NOON if half == "p" else 0), minute)
    is_open = hour <= NOON if spoken["bare"] else hour in EARLY_HOURS and not written.startswith("0")
    if is_open:
        return Doubt(Why.HALF_DAY, times=(time(hour % 24, minute), time((hour + NOON) % 24, minute)))
    return time(hour, minute)
