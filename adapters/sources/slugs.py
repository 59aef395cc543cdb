"""Readable ids made of words, for pilots, milestones and dependencies whose table gives them none."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from adapters.sources.cells import ID_LIMIT, plain

_DIGEST_BYTES: Final = 16
_HASH_DIGITS: Final = 8


def slug(parts: Iterable[str]) -> str:
    """Return letters and digits of the parts in lower case, joined by hyphens, at most 200; may be empty."""
    words = unicodedata.normalize("NFKD", " ".join(parts).casefold())
    bare = "".join(sign for sign in words if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", "-", bare).strip("-")[:ID_LIMIT].strip("-")


def row_digest(columns: Sequence[str], cells: Sequence[str]) -> str:
    """Return hexadecimal digits by which a row is told apart; blanks and the order of columns don't count."""
    pairs = sorted(zip(columns, map(plain, cells), strict=True))
    return blake2b(repr(pairs).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def composed_ids(slugs: Sequence[str], digests: Sequence[str]) -> list[str]:
    """Return the id of each row: its slug, and a hash of the row behind it when others share the slug and differ.

    All rows that share a slug get their hash, so that no id depends on the order of the rows.
    """
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for words, digest in zip(slugs, digests, strict=True):
        sharing[words].add(digest)
    return [
        f"{words[: ID_LIMIT - _HASH_DIGITS - 1]}-{digest[:_HASH_DIGITS]}"
        if words and len(sharing[words]) > 1
        else words
        for words, digest in zip(slugs, digests, strict=True)
    ]
