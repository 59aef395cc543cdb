"""How days, moments and other people's words are written in a sentence."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONGEST_NAME: Final = 8
"""Words of a pilot's name in a sentence; registries hold whole sentences as names."""
LONGEST_QUOTE: Final = 18
"""Words of what a person wrote, when it is shown back."""
LONGEST_WORD: Final = 40
ELLIPSIS: Final = "..."


def shorten(text: str, words: int) -> str:
    """Return at most so many words, on one line; what is left out shows as three dots."""
    given = text.split()
    kept = [word if len(word) <= LONGEST_WORD else word[:LONGEST_WORD] + ELLIPSIS for word in given[:words]]
    return " ".join(kept) + (ELLIPSIS if len(given) > words else "")


def name_day(day: date, today: date) -> str:
    """Write a day as "Thu 12 March", with its year when that is not the present one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%B}{year}"


def name_moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Write a moment as "Thu 12 March 10:00" in the person's own time."""
    local = at.astimezone(zone)
    return f"{name_day(local.date(), now.astimezone(zone).date())} {local:%H:%M}"


def in_sentence(evidence: str) -> str:
    """Return a sentence as it goes on after a colon: its first letter small, unless a short form begins it."""
    return evidence if evidence[1:2].isupper() else evidence[:1].lower() + evidence[1:]
