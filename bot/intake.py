"""What taking in the use of people needs from the world: ports like those of bot.ports, which joins them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.entry import Fields, Stream
from bot.domain.fact import Away, Cell, Partition, Seat
from bot.metrics.people import Segments


@dataclass(frozen=True, slots=True)
class PutCounts:
    """What a write changed: records that are new, that differ from before, and that do not."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "PutCounts") -> "PutCounts":
        """Add the counts of two writes."""
        return PutCounts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


class Touched(Protocol):
    """Pilots about which something changed since they were last looked at."""

    async def note(self, pilots: Sequence[str]) -> None:
        """Remember that something about these pilots changed; call it after the change."""
        ...

    async def read(self) -> dict[str, int]:
        """Return each pilot that changed, with a mark that another change would raise."""
        ...

    async def looked_at(self, marks: Mapping[str, int]) -> None:
        """Forget these pilots, but for those that changed again after their mark was read."""
        ...


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
        """Delete what is past its time: days of people after 90 days. Returns how many keys and entries went."""
        ...

    async def segments(self, pilot: str, today: date) -> Segments | None:
        """Return how many people use a pilot how, groups that are too small hidden; None for fewer than five people."""
        ...


class Roster(Protocol):
    """Who has access to what, over time, under pseudonyms: the denominator."""

    async def put(self, seats: Sequence[Seat], *, source: str, whole_on: date | None = None) -> PutCounts:
        """Store seats; with `whole_on` they are all seats of the source on that day, and others end with it."""
        ...

    async def seats(self, source: str, pilots: Sequence[str]) -> list[Seat]:
        """Return every span of access to these pilots by a source."""
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What a sender put into a stream, unchecked; `fields` is None where it has more bytes than are taken."""

    id: str
    size: int
    fields: Fields | None


@dataclass(frozen=True, slots=True)
class Handout:
    """The next entries of a stream, in order.

    `is_again` says that they were handed out before, to somebody who did not finish; `is_busy` that
    somebody else is at work on earlier ones, so that there is nothing to do now.
    """

    entries: tuple[Entry, ...] = ()
    is_again: bool = False
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """What of an entry could not be taken, and why: nothing of what it said, and nobody it named."""

    stream: Stream
    entry: str
    place: int
    """Line or element of a batch, from 1; 0 for the entry as a whole."""
    field: str
    reason: str


class Ingress(Protocol):
    """Streams that data teams write into; what is in them is nobody's until it is done, and then gone."""

    async def read(self, stream: Stream) -> Handout:
        """Return the next entries, to one reader at a time, so that they are taken in as they were sent.

        Entries of a reader who did not finish are handed out again once their time is up.
        """
        ...

    async def done(self, stream: Stream, entries: Sequence[str]) -> None:
        """Acknowledge and delete entries, by id; call it only when what they said is stored."""
        ...

    async def refuse(self, refusals: Sequence[Refusal], *, at: datetime, again: bool) -> None:
        """Write rejects; with `again` those of entries that were written before are left out."""
        ...

    async def waiting(self, stream: Stream) -> int:
        """Return how many entries of a stream are not done yet."""
        ...

    async def expire(self, now: datetime) -> None:
        """Delete rejects that are past their time."""
        ...

    def is_at_fault(self, fault: Exception) -> bool:
        """Whether a fault is of the store and not of an entry: it would meet every other one too."""
        ...
