"""What of a pilot's figures may be shown, so that no figure and no difference of two is about a few people.

A pilot below the least group shows no figure at all. In a pilot that is large enough a count of people is shown
only where it is nobody or at least the least group, and where it and each count shown beside it, the seats too,
are the same or differ by at least as much: cell suppression with its complement, as Viva Glint and vivainsights
practise it. Acts and use cases go with the people whose they are.
"""

from collections.abc import Iterator
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay

PEOPLE: Final = ("active_28d", "active_7d", "active_users", "habitual_users", "new_users", "present")
"""Counts of people, in the order in which they are let through."""
FIGURES: Final = (*PEOPLE, "actions", "use_cases")
"""Fields of a row that are withheld when the pilot is small."""


def withheld(row: UsageDay, pilot: Pilot | None, least: int) -> frozenset[str]:
    """Return the names of the figures of a row that must not be shown."""
    if is_small(row, pilot, least):
        return frozenset(FIGURES)
    used = row.active_7d if row.weekly else row.active_users
    theirs = {"actions": used, "use_cases": row.active_28d}
    of_few = [name for name, people in theirs.items() if people is not None and _is_few(people, least)]
    return frozenset([*of_few, *_counts(row, _seats(row, pilot), least)])


def is_small(row: UsageDay, pilot: Pilot | None, least: int) -> bool:
    """Whether a row is about too few people: by its seats, else the registry's, else the most people it names."""
    seats = _seats(row, pilot)
    people = seats if seats is not None else max(row.active_28d or 0, row.active_7d or 0, row.active_users or 0)
    return people < least


def _counts(row: UsageDay, seats: int | None, least: int) -> Iterator[str]:
    """Yield the counts of people that must not be shown."""
    shown = [0] if seats is None else [0, seats]
    for name in PEOPLE:
        count: int | None = getattr(row, name)
        if count is None:
            continue
        if any(_is_few(count - other, least) for other in shown):
            yield name
        else:
            shown.append(count)


def _seats(row: UsageDay, pilot: Pilot | None) -> int | None:
    registered = pilot.seats if pilot else None
    return row.seats if row.seats is not None else registered


def _is_few(people: int, least: int) -> bool:
    return 0 < abs(people) < least
