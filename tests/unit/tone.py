"""What no message may say, and how long one may be."""

import re

MOST_WORDS = 60
BANNED = re.compile(
    r"only \d|still|failed|overdue again|disappointing|lagging|laggard|worst|urgent|last chance|everyone else"
    r"|as you know|just checking|per my last|only you|again you",
    re.IGNORECASE,
)


def is_kind(text: str) -> bool:
    """Whether a text is short enough and says nothing that is banned."""
    return len(text.split()) <= MOST_WORDS and not BANNED.search(text)
