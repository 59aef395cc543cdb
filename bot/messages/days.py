"""Days and moments as people write them. What can be read in two ways is a doubt, never a guess.

The dateparser library reads too much on its own (see `tests/unit/test_answers.py`): "may" and "a"
are days to it, "32 March" lies in 2032, "the 5th" is the fifth month, "03/04" the fourth of March.
Hence the shapes below are closed, and it is only given what is spelled out in full.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import dateparser

FURTHEST: Final = timedelta(days=365)
"""Nothing is promised or snoozed for longer than a year."""

WEEK: Final = timedelta(days=7)
ONE_DAY: Final = timedelta(days=1)


class Why(StrEnum):
    """Why a text is not taken as a day or moment."""

    UNCLEAR = "unclear"
    TWO_DAYS = "two_days"
    TODAY_OR_WEEK = "today_or_week"
    PASSED = "passed"
    FAR = "far"
    NO_TIME = "no_time"
    NO_DAY = "no_day"
    HALF_DAY = "half_day"
    SKIPPED = "skipped"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What has to be asked back, with the days and times of day it could be."""

    why: Why
    days: tuple[date, ...] = ()
    times: tuple[time, ...] = ()


Reading: TypeAlias = date | Doubt
UNCLEAR: Final = Doubt(Why.UNCLEAR)

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
} | {"a": 1, "an": 1}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAD: Final = re.compile(r"^(?:on|until|till|by|from|for|after)\s+(?=\S)")


def read_day(text: str, now: datetime, zone: ZoneInfo) -> Reading:
    """Return the day that is meant, from tomorrow on and within a year, else what has to be asked."""
    today = now.astimezone(zone).date()
    found = to_day(clean(text), today)
    if isinstance(found, Doubt):
        # "Until Tuesday" said on a Tuesday can't mean today.
        return check_day(found.days[1], today) if found.why is Why.TODAY_OR_WEEK else found
    return check_day(found, today)


def check_day(day: date, today: date) -> Reading:
    """Return the day itself when it lies from tomorrow on and within a year."""
    if day <= today:
        return Doubt(Why.PASSED)
    return Doubt(Why.FAR) if day > today + FURTHEST else day


def clean(text: str) -> str:
    """Return the text in lower case with single spaces, without commas and without what leads to a day."""
    plain = " ".join(text.casefold().replace("\u2019", "'").replace(",", " ").split()).rstrip("!;: ")
    if plain.endswith(".") and not re.search(r"[0-9]\.[0-9]{1,2}\.$|[ap]\.m\.$", plain):
        plain = plain[:-1]
    return LEAD.sub("", plain)


def to_day(text: str, today: date, *, periods: bool = True) -> Reading:
    """Return the day that a cleaned text names, passed or not; `periods` allows "next month" and the like."""
    for shape, read in _SHAPES if periods else _SHAPES[:-1]:
        match = shape.fullmatch(text)
        if match:
            return read(match, today)
    return UNCLEAR


def _ask_library(text: str, today: date) -> Reading:
    """Read a day that is spelled out in full."""
    given = dateparser.parse(
        text,
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time()),
            "PREFER_DATES_FROM": "future",
            "RETURN_AS_TIMEZONE_AWARE": False,
            "TIMEZONE": "UTC",
            "PARSERS": ["relative-time", "absolute-time"],
        },
    )
    return UNCLEAR if given is None else given.date()


def _dated(day: str, month: str, year: str | None, today: date) -> Reading:
    """Return a day of a month by name; without a year the first one that has not passed."""
    for number in _years(year, today):
        found = _ask_library(f"{int(day)} {month[:3]} {number:04}", today)
        # The library reads 32 as a year, so what comes back must be what was said.
        if not isinstance(found, Doubt) and (found.day, found.year) == (int(day), number) and (year or found >= today):
            return found
    return UNCLEAR


def _numbered(year: str | None, month: str, day: str, today: date) -> Reading:
    """Return a day in figures; without a year the first one that has not passed."""
    for number in _years(year, today):
        with suppress(ValueError):
            found = date(number, int(month), int(day))
            if year or found >= today:
                return found
    return UNCLEAR


def _years(year: str | None, today: date) -> tuple[int, ...]:
    return (int(year),) if year else (today.year, today.year + 1)


def _iso(match: re.Match[str], today: date) -> Reading:
    return _numbered(match["year"], match["month"], match["day"], today)


def _dotted(match: re.Match[str], today: date) -> Reading:
    year = match["year"] or None
    return _numbered(f"20{year}" if year and len(year) == 2 else year, match["month"], match["day"], today)  # noqa: PLR2004  two figures of a year


def _slashed(match: re.Match[str], today: date) -> Reading:
    """Read 13/4 one way only and ask about 3/4: half the world writes the month first."""
    one, other, year = match["one"], match["other"], match["year"]
    found = (_numbered(year, other, one, today), _numbered(year, one, other, today))
    days = tuple(dict.fromkeys(day for day in found if not isinstance(day, Doubt)))
    if len(days) > 1:
        return Doubt(Why.TWO_DAYS, days)
    return days[0] if days else UNCLEAR


def _named(match: re.Match[str], today: date) -> Reading:
    """Read 15 December; a weekday beside it has to be the right one."""
    found = _dated(match["day"], match["month"], match["year"], today)
    return _fits(found, match["weekday"])


def _ordinal(match: re.Match[str], today: date) -> Reading:
    """Read "the 15th" as the first one that has not passed."""
    month = today if int(match["day"]) >= today.day else today.replace(day=1) + 31 * ONE_DAY
    return _fits(_dated(match["day"], f"{month:%B}".casefold(), str(month.year), today), match["weekday"])


def _fits(found: Reading, weekday: str | None) -> Reading:
    if isinstance(found, Doubt) or not weekday:
        return found
    return found if _WEEKDAYS[found.weekday()] == weekday[:3] else UNCLEAR


def _counted(match: re.Match[str], today: date) -> Reading:
    """Read "in two weeks"; what is further away than a year need not be worked out."""
    number = _NUMBERS.get(match["number"]) or int(match["number"])
    unit = match["unit"]
    days = number * {"day": 1, "week": 7, "fortnight": 14, "month": 28}[unit]
    return today + FURTHEST + ONE_DAY if days > FURTHEST.days else _ask_library(f"in {number} {unit}s", today)


def _near(match: re.Match[str], today: date) -> Reading:
    return _ask_library(match[0], today)


def _weekday(match: re.Match[str], today: date) -> Reading:
    """Read a weekday. "Next Friday" said on a Tuesday is this one to some people and the one after to others."""
    ahead = (_WEEKDAYS.index(match["weekday"][:3]) - today.weekday() - 1) % 7 + 1
    first = today + timedelta(days=ahead)
    same_week = first.isocalendar()[:2] == today.isocalendar()[:2]
    which = match["which"] or match["week"]
    if which == "this":
        return first if same_week else UNCLEAR
    if match["week"] == "next" or (which == "next" and not same_week):
        return _of_next_week(first, today)
    if which == "next":
        return Doubt(Why.TWO_DAYS, (first, first + WEEK))
    is_today = first == today + WEEK
    return Doubt(Why.TODAY_OR_WEEK, (today, first)) if is_today else first


def _of_next_week(day: date, today: date) -> date:
    """Return the day with the same weekday in the week after this one; weeks begin on Monday."""
    return today + timedelta(days=7 - today.weekday() + day.weekday())


def _period(match: re.Match[str], today: date) -> Reading:
    """Read "next week" as its Monday, "next month" as its first, "end of" a month as its last day."""
    if match["next"] == "week":
        return today + timedelta(days=7 - today.weekday())
    following = _first_of_next(today)
    if match["next"] == "month":
        return following
    if match["month"]:
        first = _dated("1", match["month"], match["year"] or str(today.year), today)
        if isinstance(first, Doubt):
            return first
        last = _first_of_next(first) - ONE_DAY
        return last if match["year"] or last >= today else _first_of_next(first.replace(year=first.year + 1)) - ONE_DAY
    return (_first_of_next(following) if match["of"] == "next" else following) - ONE_DAY


def _first_of_next(day: date) -> date:
    return (day.replace(day=1) + 31 * ONE_DAY).replace(day=1)


_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"
_TH = r"(?:st|nd|rd|th)"
_BEFORE = rf"(?:{_WEEKDAY}\s+)?"
_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Reading]], ...]] = (
    (re.compile(rf"{_YEAR}-(?P<month>[0-9]{{1,2}})-{_DAY}"), _iso),
    (re.compile(rf"{_DAY}\.(?P<month>[0-9]{{1,2}})\.(?P<year>[0-9]{{4}}|[0-9]{{2}})?"), _dotted),
    (re.compile(rf"(?P<one>[0-9]{{1,2}})[/-](?P<other>[0-9]{{1,2}})(?:[/-]{_YEAR})?"), _slashed),
    (re.compile(rf"{_BEFORE}(?:the\s+)?{_DAY}(?:{_TH}|\.)?\s+(?:of\s+)?{_MONTH}(?:\s+{_YEAR})?"), _named),
    (re.compile(rf"{_BEFORE}{_MONTH}\s+(?:the\s+)?{_DAY}{_TH}?(?:\s+{_YEAR})?"), _named),
    (re.compile(rf"{_BEFORE}(?:the\s+)?{_DAY}{_TH}"), _ordinal),
    (
        re.compile(
            rf"(?:in\s+)?(?P<number>{'|'.join(_NUMBERS)}|[0-9]{{1,3}})\s+(?P<unit>day|week|fortnight|month)s?"
            r"(?:\s+from\s+(?:now|today))?"
        ),
        _counted,
    ),
    (re.compile(r"yesterday|today|tomorrow|(?:the\s+)?day\s+after\s+tomorrow"), _near),
    (
        re.compile(rf"(?:(?P<which>this|next|coming)\s+)?{_WEEKDAY}(?:\s+(?:(?:of\s+)?(?P<week>this|next)\s+week))?"),
        _weekday,
    ),
    (
        re.compile(
            r"(?:the\s+)?(?:next\s+(?P<next>week|month)"
            rf"|end\s+of\s+(?:{_MONTH}(?:\s+{_YEAR})?|(?P<of>the|this|the\s+this|next)?\s*month))"
        ),
        _period,
    ),
)
"""What a day may look like, and who reads it. The last shape is for days on which something ends."""
