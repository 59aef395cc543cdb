"""Details inside free words: a day, a moment, a person, with the words they take."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from bot.messages.days import UNCLEAR, Doubt, Why, read_day
from bot.messages.moments import read_moment
from bot.messages.phrases import SIGNS, Clause, Token, starts
from bot.messages.words import Words

LONGEST: Final = 8
"""Words that a day or a moment takes at most: "on Thursday the 12th of March at 10:00" are eight."""
FIRM: Final = frozenset({"until", "till", "til", "'til"})
"""After these a day must follow; if it can't be read it is asked for."""
_LENGTH: Final = re.compile(r"(?:for\s+)?\w+\s+(?:day|week|fortnight|month)s?\W*", re.IGNORECASE)
"""A length of time. "I will spend a day on it" names no day."""
_SHORT: Final = 4
"""Letters of a short weekday. Alone among other words, "sat" and "sun" are no days."""


Value: TypeAlias = str | date | datetime | Doubt


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text in words and in statements (questions are left out), with what is needed to read it."""

    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]
    known: Words
    now: datetime
    zone: ZoneInfo

    def words(self, first: int, end: int | None = None) -> list[str]:
        """Return the words from `first` up to `end` as they are compared."""
        return [token.word for token in self.tokens[first:end]]

    def raw(self, first: int, end: int) -> str:
        """Return the words from `first` up to `end` as written."""
        return " ".join(token.raw for token in self.tokens[first:end])


@dataclass(frozen=True, slots=True)
class Detail:
    """What was found in the words from `first` up to `end`; a doubt where it has to be asked for."""

    value: Value
    first: int
    end: int


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What was found of one answer: its details, doubts about others, and the words that are taken."""

    covers: set[int] = field(default_factory=set)
    values: dict[str, str | date | datetime] = field(default_factory=dict)
    doubts: dict[str, Doubt] = field(default_factory=dict)

    def keep(self, key: str, found: Detail | None) -> None:
        """Note a detail that was found, as a value or as a doubt."""
        if found is None:
            return
        self.covers |= set(range(found.first, found.end))
        if isinstance(found.value, Doubt):
            self.doubts[key] = found.value
        else:
            self.values[key] = found.value


def find_day(spoken: Spoken, first: int) -> Detail | None:
    """Return the day that begins at a word, in the longest run of words that reads as one."""
    for end in range(min(first + LONGEST, len(spoken.tokens)), first, -1):
        found = read_day(_readable(spoken.raw(first, end)), spoken.now, spoken.zone)
        if found != UNCLEAR:
            return Detail(found, first, end)
    return None


def find_until(spoken: Spoken) -> Detail | None:
    """Return the day after the first "until" or the like; one that can't be read is in doubt."""
    for n in range(len(spoken.tokens)):
        taken = starts(spoken.words(n), spoken.known.until)
        if not taken:
            continue
        found = find_day(spoken, n + taken)
        if found:
            return Detail(found.value, n, found.end)
        if FIRM & set(spoken.words(n, n + taken)):
            return Detail(UNCLEAR, n, n + taken)
    return None


def find_moments(spoken: Spoken, spots: Sequence[range]) -> list[Detail]:
    """Return the moment in these runs of words as one detail, or as two that say the same when day and time stand apart.

    Two different moments are a doubt.
    """
    found = [detail for spot in spots for detail in _moments(spoken, spot)]
    if len(found) < 2:  # noqa: PLR2004  one or none needs no comparison
        return found
    whys = {detail.value.why for detail in found if isinstance(detail.value, Doubt)}
    both: Value = UNCLEAR
    if len(found) == 2 and whys == {Why.NO_TIME, Why.NO_DAY}:  # noqa: PLR2004  a day here, a time there
        parts = [_readable(spoken.raw(detail.first, detail.end)) for detail in found]
        both = read_moment(" ".join(parts), spoken.now, spoken.zone)
    return [Detail(both, detail.first, detail.end) for detail in found]


def _moments(spoken: Spoken, spot: range) -> list[Detail]:
    """Return what reads as a moment or as a doubt about one, longest first, without overlaps."""
    found: list[Detail] = []
    free = set(spot)
    for size in range(min(LONGEST, len(spot)), 0, -1):
        for first in spot[: len(spot) - size + 1]:
            if free.issuperset(range(first, first + size)):
                value = _moment(spoken, first, first + size)
                if value != UNCLEAR:
                    found.append(Detail(value, first, first + size))
                    free -= set(range(first, first + size))
    return found


def _moment(spoken: Spoken, first: int, end: int) -> datetime | Doubt:
    written = _readable(spoken.raw(first, end))
    alone = end - first == 1 and len(spoken.tokens[first].word) <= _SHORT
    if alone or _LENGTH.fullmatch(written):
        return UNCLEAR
    return read_moment(written, spoken.now, spoken.zone)


def find_person(spoken: Spoken) -> Detail | None:
    """Return the first name that follows "by", "for" or the like."""
    for n in range(1, len(spoken.tokens)):
        if spoken.tokens[n - 1].word in spoken.known.whose and spoken.tokens[n - 1].raw[-1] not in SIGNS:
            found = find_name(spoken, n)
            if found:
                return found
    return None


def find_name(spoken: Spoken, first: int) -> Detail | None:
    """Return the name that begins at a word: up to three words in capital and small letters, or an address."""
    end = first
    while end < min(first + 3, len(spoken.tokens)) and _is_name(spoken.tokens[end], spoken.known):
        end += 1
        if spoken.tokens[end - 1].raw[-1] in SIGNS:
            break
    if end == first:
        return None
    return Detail(spoken.raw(first, end).strip(SIGNS).removesuffix("'s"), first, end)


def _is_name(token: Token, known: Words) -> bool:
    bare = token.raw.strip(SIGNS)
    if "@" in bare:
        return len(bare) > 1
    named = bare[:1].isupper() and any(letter.islower() for letter in bare)
    return named and token.word.removesuffix("'s") not in known.no_name


def _readable(written: str) -> str:
    """Return words without the signs that are no part of a day."""
    return written.strip("\"'()[]*_~? ")
