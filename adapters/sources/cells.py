"""Single cells into values. Each reader returns the value or raises ValueError: what is wrong, and what to write.

An empty cell is None: unknown. The caller puts the column's name in front of a reason.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from bot.domain.calendar import to_zone
from bot.errors import InputError

ID_LIMIT: Final = 200
"""Characters of the longest id of a pilot."""
TEXT_LIMIT: Final = 1000
"""Characters of the longest text that is taken."""

MOST_8: Final = 254
MOST_16: Final = 65_534
MOST_32: Final = 4_294_967_294
"""The highest counts the records keep; one more would mean unknown."""

ALSO: Final = " | "
"""Between several reasons of one row."""

_SHOWN: Final = 60
_MANY: Final = 1 << 16
_LONGEST_NUMBER: Final = 18


class UnreadableCell(ValueError):  # noqa: N818  reads as the state it reports
    """A date or stage that can't be read: a map may ask to keep the pilot without it."""


class DateShape(StrEnum):
    """How a date may be written. Months and days have one digit or two, years have four."""

    ISO = "YYYY-MM-DD"
    MONTH_DAY = "M/D/YYYY"
    DAY_MONTH = "D/M/YYYY"
    DOTTED = "D.M.YYYY"
    MONTH = "MM/YYYY"
    ISO_MONTH = "YYYY-MM"


_YEAR: Final = r"(?P<year>[0-9]{4})"
_MONTH: Final = r"(?P<month>[0-9]{1,2})"
_DAY: Final = r"(?P<day>[0-9]{1,2})"
_PATTERNS: Final = {
    DateShape.ISO: re.compile(f"{_YEAR}-{_MONTH}-{_DAY}"),
    DateShape.MONTH_DAY: re.compile(f"{_MONTH}/{_DAY}/{_YEAR}"),
    DateShape.DAY_MONTH: re.compile(f"{_DAY}/{_MONTH}/{_YEAR}"),
    DateShape.DOTTED: re.compile(rf"{_DAY}\.{_MONTH}\.{_YEAR}"),
    DateShape.MONTH: re.compile(f"{_MONTH}/{_YEAR}"),
    DateShape.ISO_MONTH: re.compile(f"{_YEAR}-{_MONTH}"),
}

_YES_OR_NO: Final = {"": True, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def shown(cell: str) -> str:
    """Return a cell as a reason quotes it: on one line, between quotes, cut when long."""
    text = plain(cell)
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[:_SHOWN]}…'"


def why_not(reader: Callable[[str], object], cell: str) -> str:
    """Return what a reader says against a cell, empty when nothing."""
    try:
        reader(cell)
    except ValueError as fault:
        return str(fault)
    return ""


def plain(cell: str) -> str:
    """Return the text of a cell on one line: control characters and runs of blanks become one blank."""
    if not cell.isprintable():
        cell = "".join(" " if sign < " " or "\x7f" <= sign <= "\x9f" else sign for sign in cell)
    return " ".join(cell.split())


def read_text(cell: str) -> str | None:
    """Return a text on one line."""
    text = plain(cell)
    if len(text) > TEXT_LIMIT:
        msg = f"has {len(text):,} characters; shorten it to {TEXT_LIMIT:,}"
        raise ValueError(msg)
    return text or None


@lru_cache(maxsize=_MANY)
def read_id(cell: str) -> str:
    """Return the id of a pilot: 1 to 200 characters that can all be seen."""
    text = " ".join(cell.split())
    if not text:
        raise ValueError("is empty; each row needs the id of a pilot")
    if len(text) > ID_LIMIT:
        msg = f"{shown(text)} has {len(text):,} characters; shorten it to {ID_LIMIT}"
        raise ValueError(msg)
    if not text.isprintable():
        hidden = next(sign for sign in text if not sign.isprintable())
        msg = f"{shown(text)} holds a character that can't be seen (U+{ord(hidden):04X}); remove it"
        raise ValueError(msg)
    return text


@lru_cache(maxsize=_MANY)
def read_count(cell: str, lowest: int, highest: int) -> int | None:
    """Return a whole number within these bounds."""
    text = cell.strip()
    if not text:
        return None
    digits = text.removeprefix("-").removesuffix(".0")  # spreadsheets and data frames write 12 as 12.0
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER):
        msg = f"{shown(text)} is not a whole number; write for example 64, or leave it empty for unknown"
        raise ValueError(msg)
    count = -int(digits) if text.startswith("-") else int(digits)
    if not lowest <= count <= highest:
        msg = f"{shown(text)} is not between {lowest:,} and {highest:,}; mend it, or leave it empty for unknown"
        raise ValueError(msg)
    return count


def read_truth(cell: str) -> bool:
    """Return yes or no; empty is yes."""
    text = cell.strip()
    answer = _YES_OR_NO.get(text.casefold())
    if answer is None:
        msg = f"{shown(text)} is neither yes nor no; write 1, true or yes, or 0, false or no"
        raise ValueError(msg)
    return answer


def read_date(cell: str, shapes: Sequence[DateShape]) -> date | None:
    """Return the day a cell names in the first of these shapes that fits; a month is its first day."""
    text = cell.strip()
    if not text:
        return None
    fits = [found for shape in shapes if (found := _PATTERNS[shape].fullmatch(text))]
    for found in fits:
        parts = {"day": "1"} | found.groupdict()
        try:
            return date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
        except ValueError:
            continue
    if fits:
        msg = f"there is no day {shown(text)}; mend it, or leave it empty for unknown"
        raise UnreadableCell(msg)
    msg = f"{shown(text)} is not a date of the form {' or '.join(shapes)}; write it so, or leave it empty for unknown"
    raise UnreadableCell(msg)


def read_country(cell: str) -> str | None:
    """Return a country code in capitals."""
    code = cell.strip().upper()
    if code and code not in _countries():
        msg = f"{shown(cell)} is not a country code of two letters (ISO 3166); write for example DE, GB or US"
        raise ValueError(msg)
    return code or None


def read_timezone(cell: str) -> str | None:
    """Return the name of a timezone that exists."""
    name = cell.strip()
    return _known_zone(name) if name else None


@lru_cache(maxsize=_MANY)
def _known_zone(name: str) -> str:
    try:
        to_zone(name)
    except InputError as fault:
        msg = f"there is no timezone {shown(name)}; write an IANA name such as Europe/Berlin"
        raise ValueError(msg) from fault
    return name


@cache
def _countries() -> frozenset[str]:
    """Return the country codes of ISO 3166, from the list that comes with the timezones."""
    lines = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))
