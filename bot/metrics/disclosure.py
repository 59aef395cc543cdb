"""What of a pilot's figures may be shown, so that no figure and no difference of two is about a few people.

A pilot below the least group shows no figure at all. In a pilot that is large enough, a figure of a part of its
people (who are present, new, habitual) is shown only where the part and what is left of the whole are each nobody
or at least the least group: cell suppression with its complement, as Viva Glint and vivainsights practise it.
"""

from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay

FIGURES: Final = (
    "active_users",
    "active_7d",
    "active_28d",
    "actions",
    "use_cases",
    "present",
    "new_users",
    "habitual_users",
)
"""Fields of a row that are withheld when the pilot is small."""


def may_show_part(part: int | None, whole: int | None, least: int) -> bool:
    """Whether a count of some people may stand beside a count of all of them; an unknown whole hides nothing."""
    if part is None:
        return False
    rest = least if whole is None else whole - part
    return (part == 0 or part >= least) and (rest == 0 or rest >= least)


def withheld(row: UsageDay, pilot: Pilot | None, least: int) -> frozenset[str]:
    """Return the names of the figures of a row that must not be shown."""
    if is_small(row, pilot, least):
        return frozenset(FIGURES)
    used = row.active_7d if row.weekly else row.active_users
    parts = {
        "present": (row.present, row.seats),
        "new_users": (row.new_users, used),
        "habitual_users": (row.habitual_users, row.active_28d),
    }
    return frozenset(name for name, (part, whole) in parts.items() if not may_show_part(part, whole, least))


def is_small(row: UsageDay, pilot: Pilot | None, least: int) -> bool:
    """Whether a row is about too few people: by its seats, else the registry's, else the most people it names."""
    registered = pilot.seats if pilot else None
    seats = row.seats if row.seats is not None else registered
    people = seats if seats is not None else max(row.active_28d or 0, row.active_7d or 0, row.active_users or 0)
    return people < least
