"""Seats, leave and aliases as senders write them: users by the vendor's own ids, in memory only."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WireSeat:
    """Access of a user to a source, in some groups, [since, until); empty is from the beginning, and for ever.

    `also` are other ids of the same person.
    """

    user: str
    groups: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WireAway:
    """Days on which a user is away, both included; why is not asked."""

    user: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class WirePerson:
    """Ids of one person; the first one is the one that counts."""

    ids: tuple[str, ...]
