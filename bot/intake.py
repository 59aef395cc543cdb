"""What taking in the use of people needs from the world: ports like those of bot.ports, which joins them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.domain.fact import Away, Cell, Partition, Seat


@dataclass(frozen=True, slots=True)
class PutCounts:
    """What a write changed: records that are new, that differ from before, and that do not."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "PutCounts") -> "PutCounts":
        """Add the counts of two writes."""
        return PutCounts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class FoldReport:
    """What a fold did: pilot-days that had changed, rows it wrote, and pilot-days left for the next fold."""

    pilot_days: int = 0
    rows: int = 0
    left: int = 0


class Facts(Protocol):
    """Person-level use, under pseudonyms, for as long as it takes to count it; then rows of pilots."""

    async def put(self, cells: Sequence[Cell], *, today: date, whole: Partition | None = None) -> PutCounts:
        """Take in cells of known pilots; twice the same changes nothing.

        With `whole` the cells are everything of that partition: cells of its source and days that are
        not among them vanish, and each of its pilot-days is covered, so that a person on the roster
        without a cell is a zero there.
        """
        ...

    async def fold(self, today: date) -> FoldReport:
        """Turn what changed since the last fold into rows of pilots; the cost follows what changed."""
        ...

    async def forget(self, today: date) -> int:
        """Delete what is past its time: days of people after 90 days. Returns how many keys went."""
        ...


class Roster(Protocol):
    """Who has access to what, over time, under pseudonyms: the denominator."""

    async def put(self, seats: Sequence[Seat], *, source: str, whole_on: date | None = None) -> PutCounts:
        """Store seats; with `whole_on` they are all seats of the source on that day, and others end with it."""
        ...

    async def put_groups(self, source: str, groups: Mapping[bytes, Sequence[str]], *, whole: bool) -> None:
        """Store in which groups of a source each actor is; with `whole` nobody else is in any."""
        ...

    async def groups(self, source: str, actors: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
        """Return the groups of these actors in a source; those in none are left out."""
        ...

    async def put_away(self, spans: Sequence[Away]) -> PutCounts:
        """Store days on which people are known to be away."""
        ...


class Actors(Protocol):
    """Pseudonyms of users. One person under several ids is one actor."""

    async def resolve(self, users: Sequence[str]) -> dict[str, bytes]:
        """Return the pseudonym of each user: through the aliases, then keyed."""
        ...

    async def join(self, people: Sequence[Sequence[str]]) -> int:
        """Remember that the ids of each list are of one person, named by the first; returns how many are new."""
        ...


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Use that no pilot's rule wants: by source, group and surface; how many facts, of how many people."""

    source: str
    group: str | None
    surface: str
    facts: int
    people: int
    newest_day: date


class Nowhere(Protocol):
    """What is routed to no pilot, so that an admin can write the rule that is missing."""

    async def put(self, source: str, unrouted: Sequence[Unrouted]) -> None:
        """Replace what is known of a source."""
        ...

    async def all(self) -> list[Unrouted]:
        """Return everything, the most facts first."""
        ...
