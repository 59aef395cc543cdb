"""What the core needs from the world, as small protocols; adapters implement them, wiring joins them.

Every method may run twice with the same arguments without harm unless it says otherwise.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain.ask import Ask
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.falls import CommonFalls
from bot.domain.outreach import Outreach
from bot.domain.people import Person, Preferences
from bot.domain.pilot import Pilot
from bot.domain.reply import Reply
from bot.domain.settings import OrgState
from bot.domain.telemetry import SourceStatus, UsageDay, UsageWindow
from bot.domain.upkeep import Gap
from bot.domain.weekly import Weekly
from bot.intake import Actors, Facts, Ingress, Nowhere, PutCounts, Roster, Touched
from bot.outgoing import DeadLetters, Messenger, Outbox
from bot.talking import References, Turns


class Clock(Protocol):
    """The present moment."""

    def now(self) -> datetime:
        """Return the present as aware UTC."""
        ...


class Pilots(Protocol):
    """The registry."""

    async def put(self, pilots: Sequence[Pilot]) -> PutCounts:
        """Store pilots by their external id; a pilot keeps its number for ever."""
        ...

    async def get(self, pilot_id: str) -> Pilot | None:
        """Return one pilot."""
        ...

    async def all(self) -> list[Pilot]:
        """Return every pilot, sorted by id."""
        ...

    async def some(self, ids: Sequence[str]) -> list[Pilot]:
        """Return these pilots, sorted by id; unknown ones are left out."""
        ...

    async def fill(self, gap: Gap, value: str) -> None:
        """Keep what somebody said in the place of what the registry lacks; where the registry says it, that counts."""
        ...

    async def ids(self) -> set[str]:
        """Return the ids of every pilot."""
        ...


class Telemetry(Protocol):
    """Daily usage of pilots."""

    async def put(self, rows: Sequence[UsageDay]) -> PutCounts:
        """Replace the pilot-days of these rows; the pilots must be known.

        Of several rows for one pilot-day the last one counts.
        """
        ...

    async def extent(self) -> tuple[date, date] | None:
        """Return the first and last day with any row, or None without one."""
        ...

    async def window(self, pilots: Sequence[str], first: date, last: date) -> UsageWindow:
        """Return the figures of these pilots, in this order, for the days first..last inclusive."""
        ...

    def rows(self, pilots: Sequence[str]) -> AsyncIterator[UsageDay]:
        """Iterate over all stored rows by the order of the pilots given, then by day."""
        ...


class Sources(Protocol):
    """What is known of each source."""

    async def put(self, status: SourceStatus) -> None:
        """Store a status; the newest day of a source never moves back."""
        ...

    async def all(self) -> list[SourceStatus]:
        """Return every status, sorted by source."""
        ...

    async def keep_common(self, common: CommonFalls) -> None:
        """Keep what a look at everything saw of sources as a whole."""
        ...

    async def common(self) -> CommonFalls:
        """Return what the last look at everything saw of sources as a whole."""
        ...


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as read, with the revision a later write must name."""

    case: Case
    revision: int


class Cases(Protocol):
    """The work on pilots; one write moves a case."""

    async def get(self, pilot: str) -> StoredCase | None:
        """Return the latest case of a pilot, open or closed."""
        ...

    async def all(self) -> dict[str, StoredCase]:
        """Return the latest case of each pilot that ever had one."""
        ...

    async def some(self, pilots: Sequence[str]) -> dict[str, StoredCase]:
        """Return the latest case of each of these pilots that ever had one."""
        ...

    async def opened(self) -> list[str]:
        """Return the pilots that have an open case, sorted."""
        ...

    async def past(self, pilot: str) -> list[Case]:
        """Return the earlier cases of a pilot, oldest first."""
        ...

    async def rewrite_past(self, pilot: str, place: int, case: Case) -> None:
        """Replace an earlier case of a pilot, by its place in `past`."""
        ...

    async def save(self, case: Case, *, expected: int, outreach: Sequence[Outreach], entry: AuditEntry) -> int:
        """Store case, pending outreach and audit entry in one step and return the new revision.

        `expected` is the revision read before, 0 when there was none. A case with a higher ordinal
        moves the former one to the past. Raises Conflict when the revision has moved on.
        """
        ...

    async def pending(self) -> list[Outreach]:
        """Return outreach that is stored with its case and not yet relayed."""
        ...

    async def relayed(self, outreach: Outreach) -> None:
        """Forget one pending outreach; the revision of its case does not change."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAsk:
    """An Ask as read, with the revision a later write must name."""

    ask: Ask
    revision: int


class Asks(Protocol):
    """What people are asked to clear; one write moves an Ask."""

    async def some(self, asks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredAsk]:
        """Return the latest Ask of each person (id) and thing (key) that ever had one."""
        ...

    async def save(self, ask: Ask, *, expected: int, entry: AuditEntry) -> int:
        """Store an Ask and its audit entry in one step and return the new revision.

        `expected` is the revision read before, 0 when there was none. Raises Conflict when it has moved on.
        """
        ...


class Weeklies(Protocol):
    """What people get once a week."""

    async def of(self, people: Sequence[str]) -> dict[str, list[Weekly]]:
        """Return what each of these people (ids) got or is to get, oldest first."""
        ...

    async def save(self, weekly: Weekly, before: Weekly | None) -> None:
        """Put a message in the place of the one that was read, or of none; raises Conflict when it has changed."""
        ...


class Inbox(Protocol):
    """Replies, stored before the chat gets its acknowledgement."""

    async def receive(self, reply: Reply) -> bool:
        """Claim the business key and store the reply in one step; False when the key is known."""
        ...

    async def note(self, reply: Reply) -> str | None:
        """Return what became of a reply, None while it waits."""
        ...

    async def note_of(self, person: str, key: str) -> str | None:
        """Return what became of a person's reply of this key, None where there is none or it waits."""
        ...

    async def waiting(self) -> list[Reply]:
        """Return replies not yet applied, oldest first."""
        ...

    async def forget_words(self, person: str, key: str) -> None:
        """Delete what a person wrote in a reply, where it is an answer to an Ask; the reply itself stays known."""
        ...

    async def applied(self, reply: Reply, note: str) -> None:
        """Mark a reply as worked off, with what became of it."""
        ...


class People(Protocol):
    """Everybody the registry names."""

    def identify(self, alias: str) -> str:
        """Return our id of the person behind an alias; keyed, so that ids tell nothing."""
        ...

    async def put(self, people: Sequence[Person]) -> None:
        """Store people; what they set themselves (opt-out) is kept."""
        ...

    async def get(self, person: str) -> Person | None:
        """Return one person by id."""
        ...

    async def all(self) -> dict[str, Person]:
        """Return everybody by id."""
        ...

    async def some(self, people: Sequence[str]) -> dict[str, Person]:
        """Return these people by id; unknown ones are left out."""
        ...

    async def prefer(self, person: str, preferences: Preferences) -> None:
        """Remember what somebody set for themselves; called on their own word only."""
        ...

    async def lost(self, person: str, day: date | None) -> None:
        """Remember that the chat knows nobody of this name since a day; None where it does again."""
        ...

    async def learn_zone(self, person: str, timezone: str) -> None:
        """Remember the time zone that the chat has for somebody; where the registry says one, that counts."""
        ...

    async def meet(self, person: str, chat: str) -> None:
        """Remember in which chat somebody answered last, by its name."""
        ...

    async def opt_out(self, person: str) -> None:
        """Remember that this person wants no messages."""
        ...

    async def opt_in(self, person: str) -> None:
        """Forget that this person wanted no messages; called on their own word only."""
        ...


class SettingsStore(Protocol):
    """The organisation's switch."""

    async def read(self) -> OrgState:
        """Return the present state."""
        ...

    async def write(self, state: OrgState, entry: AuditEntry) -> OrgState:
        """Store the state, spread it, and return it with its new revision."""
        ...

    async def spread(self, state: OrgState) -> None:
        """Copy the mode to wherever a claim looks; returns when all are written. An older state changes nothing."""
        ...


class WorkQueue(Protocol):
    """Hands work to whoever does it; may lose or repeat it, since the records hold the truth."""

    async def submit(self, task: str, *ids: str) -> None:
        """Ask for a task by name with ids as arguments; one that waits or runs already is not asked for twice."""
        ...

    async def depth(self) -> int:
        """Return how many tasks wait or run."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """The last time that a job ran to its end: when it ended and how long it took."""

    ended_at: datetime
    took: timedelta


class Rounds(Protocol):
    """Which rounds of the jobs somebody has taken, and how the last ones went."""

    async def claim(self, job: str, start: datetime, life: timedelta) -> bool:
        """Take the round of a job that starts at this moment; True for one caller only within `life`."""
        ...

    async def ended(self, job: str, last: Round) -> None:
        """Remember how the last round of a job went."""
        ...

    async def last(self) -> dict[str, Round]:
        """Return the last round of each job that ever ran to its end."""
        ...


class Audit(Protocol):
    """The trail of changes."""

    async def admin(self) -> list[AuditEntry]:
        """Return what admins did, oldest first."""
        ...

    async def of_pilot(self, pilot: str) -> list[AuditEntry]:
        """Return how the cases of a pilot moved, and what people changed about it, oldest first."""
        ...

    async def note(self, pilot: str, entry: AuditEntry) -> None:
        """Write down what somebody changed about a pilot of the registry."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port a use case may reach, joined once by wiring."""

    clock: Clock
    pilots: Pilots
    telemetry: Telemetry
    touched: Touched
    sources: Sources
    facts: Facts
    roster: Roster
    actors: Actors
    nowhere: Nowhere
    ingress: Ingress
    cases: Cases
    asks: Asks
    weeklies: Weeklies
    outbox: Outbox
    dead_letters: DeadLetters
    inbox: Inbox
    turns: Turns
    references: References
    people: People
    settings: SettingsStore
    audit: Audit
    rounds: Rounds
    messenger: Messenger
    queue: WorkQueue
