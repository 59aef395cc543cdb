"""A text as words and clauses, and phrases found in it word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from bot.domain.reply import Cause
from bot.messages.words import Words

Phrases: TypeAlias = tuple[str, ...]

SIGNS: Final = ".,;:!?()[]{}<>\"'`*_~\u201c\u201d\u2018\u2019\u2026"
"""Signs around a word that are not part of it."""
JOINTS: Final = frozenset({"", "and", "but", "-", "--", "\u2013", "\u2014"})
"""Words, dashes and lone signs between two clauses."""
_DOTTED: Final = re.compile(r"[0-9]+\.([0-9]+\.)?[,;!]?$")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as written, and as it is compared."""

    raw: str
    word: str


@dataclass(frozen=True, slots=True)
class Clause:
    """The words from `first` up to `end`, which is not part of it; whether they ask something."""

    first: int
    end: int
    is_question: bool = False


def to_tokens(text: str) -> list[Token]:
    """Return the words of a text in their order."""
    return [Token(raw, _to_word(raw)) for raw in text.replace("\u2019", "'").split()]


def to_words(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    return [token.word for token in to_tokens(text)]


def _to_word(raw: str) -> str:
    # A mark before a name is part of it for a chat, not for a comparison.
    return raw.casefold().strip(SIGNS) if raw != "'til" else raw


def to_clauses(tokens: Sequence[Token]) -> list[Clause]:
    """Split at signs, dashes and joining words; a dot in a date is no end."""
    clauses: list[Clause] = []
    first = 0
    for n, token in enumerate(tokens):
        if token.word in JOINTS:
            clauses.append(Clause(first, n, token.raw.endswith("?")))
            first = n + 1
        elif token.raw[-1] in ".,;:!?" and not _DOTTED.search(token.raw):
            clauses.append(Clause(first, n + 1, token.raw.rstrip("!.").endswith("?")))
            first = n + 1
    clauses.append(Clause(first, len(tokens)))
    return [clause for clause in clauses if clause.first < clause.end]


def starts(words: Sequence[str], phrases: Phrases) -> int:
    """Return how many words the longest of these phrases takes at the start; 0 when none stands there."""
    return max((len(phrase) for phrase in _split(phrases) if tuple(words[: len(phrase)]) == phrase), default=0)


def ends(words: Sequence[str], phrases: Phrases) -> int:
    """Return how many words the longest of these phrases takes at the end; 0 when none stands there."""
    return max((len(phrase) for phrase in _split(phrases) if tuple(words[-len(phrase) :]) == phrase), default=0)


@lru_cache(maxsize=128)
def _split(phrases: Phrases) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases)


def contains(words: Sequence[str], phrases: Phrases) -> bool:
    """Whether one of these phrases stands somewhere among the words."""
    return any(starts(words[n:], phrases) for n in range(len(words)))


def find_causes(words: Sequence[str], known: Words) -> set[Cause]:
    """Return the causes that the words name; of two phrases at one place the longer one counts."""
    by_phrase = {phrase: cause for cause, phrases in known.causes.items() for phrase in phrases}
    found: set[Cause] = set()
    n = 0
    while n < len(words):
        taken = starts(words[n:], tuple(by_phrase))
        if taken:
            found.add(by_phrase[" ".join(words[n : n + taken])])
        n += taken or 1
    return found
