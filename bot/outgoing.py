"""What the core needs for messages that leave: the outbox with its claims, what is in trouble, and a chat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import AuditEntry
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Role, Window, role_of
from bot.domain.people import Person
from bot.messages.model import Message
from bot.policy.budget import Budget


class Claim(StrEnum):
    """The answer to a claim: taken, or why not."""

    TAKEN = "taken"
    NOT_QUEUED = "not_queued"
    NOT_DUE = "not_due"
    OUTSIDE_HOURS = "outside_hours"
    OVER_BUDGET = "over_budget"
    NOT_LIVE = "not_live"


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of one person: messages in 7 days in all and in the role, hours between two, one a local day."""

    per_week: int
    in_role: int
    min_gap: timedelta
    local_day: str
    """The recipient's calendar day as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How much one person got and will get: deliveries with the moments of their claims, and roles with one queued."""

    claimed: Mapping[str, datetime]
    queued: frozenset[Role] = frozenset()

    def budget(self, role: Role) -> Budget:
        """Return what the person got in all, and in a role."""
        mine = tuple(at for delivery, at in self.claimed.items() if role_of(delivery) is role)
        return Budget(tuple(self.claimed.values()), role in self.queued, role, mine)


@dataclass(frozen=True, slots=True)
class OutboxLoad:
    """How many deliveries wait or are in trouble, and the due time of the one that waits longest."""

    queued: int = 0
    sending: int = 0
    unknown: int = 0
    dead: int = 0
    oldest_due_at: datetime | None = None


class Outbox(Protocol):
    """Deliveries: what was really sent."""

    async def accept(self, outreach: Outreach, due_at: datetime) -> str:
        """Map outreach to a delivery and return its id; known outreach changes nothing.

        New outreach joins the queued delivery of its recipient or opens one.
        """
        ...

    async def due(self, now: datetime) -> list[Delivery]:
        """Return deliveries whose time has come: queued ones, and sending ones past the send timeout."""
        ...

    async def handed_out(self, deliveries: Sequence[Delivery], until: datetime) -> None:
        """Leave these out of `due` until then: somebody works on them, and when they come to nothing, others do."""
        ...

    async def get(self, recipient: str, delivery: str) -> Delivery | None:
        """Return one delivery."""
        ...

    async def some(self, letters: Sequence[tuple[str, str]]) -> list[Delivery]:
        """Return these deliveries, given as (recipient, id), in this order; unknown ones are left out."""
        ...

    async def holding(self, outreach: Sequence[tuple[str, str]]) -> dict[str, Delivery]:
        """Return the delivery that holds each outreach, given as (recipient, id), by the id; unknown ones are left out."""
        ...

    async def of(self, recipient: str) -> list[Delivery]:
        """Return the deliveries of one person, oldest first."""
        ...

    async def queued(self) -> list[Delivery]:
        """Return every queued delivery, by recipient and age."""
        ...

    async def all(self) -> list[Delivery]:
        """Return every delivery kept, by recipient and age."""
        ...

    async def withdraw(
        self, recipient: str, delivery: str, outreach: Sequence[str], reason: str, now: datetime
    ) -> None:
        """Take outreach out of a queued delivery; one that is left empty is dropped with the reason."""
        ...

    async def claim(
        self,
        delivery: Delivery,
        *,
        now: datetime,
        token: str,
        message: str,
        window: Window,
        look_at: datetime,
        limits: Limits,
    ) -> Claim:
        """Freeze the text and become the one who sends, in one step; writes the budget entry too.

        From `look_at` on a claim without an end is due again, to be looked after.

        A claim on a delivery that gained or lost outreach since it was read is NOT_QUEUED.
        """
        ...

    async def settle(
        self, delivery: Delivery, *, token: str, state: DeliveryState, now: datetime, ref: str = "", reason: str = ""
    ) -> bool:
        """Record how a claimed send ended; False when another claim took over meanwhile."""
        ...

    async def look_again(self, delivery: Delivery, *, token: str, now: datetime, due_at: datetime) -> bool:
        """Note that the chat showed no trace of a claimed send by now, and when to look once more."""
        ...

    async def requeue(self, delivery: Delivery, *, token: str, due_at: datetime, reason: str) -> bool:
        """Put a claimed delivery back after a definite refusal and refund its budget entry."""
        ...

    async def postpone(self, delivery: Delivery, due_at: datetime) -> None:
        """Move the time of a queued delivery."""
        ...

    async def standing(self, people: Sequence[str], since: datetime) -> dict[str, Standing]:
        """Return what each of these people got since then, and in which roles a message is queued for them."""
        ...

    async def reserve(self, day: date, outreach: str, limit: int) -> bool:
        """Reserve one place in the day's ramp for an outreach; the same one twice counts once."""
        ...

    async def forget_text(self, recipient: str, delivery: str) -> None:
        """Delete the frozen text of a delivery that has ended."""
        ...

    async def forget(self, outreach: Sequence[tuple[str, str]], after: timedelta) -> None:
        """Let what outreach, given as (recipient, id), was mapped to expire; called when its case has closed."""
        ...


class DeadLetters(Protocol):
    """What of the outbox waits or is in trouble, and what an admin may do about it."""

    async def load(self) -> OutboxLoad:
        """Count what waits and what is in trouble."""
        ...

    async def all(self) -> list[Delivery]:
        """Return deliveries that are dead, or of which nobody knows whether they arrived, oldest first."""
        ...

    async def retry(self, delivery: Delivery, entry: AuditEntry) -> bool:
        """Queue a dead or unknown delivery once more, due at once; False when it is neither by now."""
        ...

    async def drop(self, delivery: Delivery, entry: AuditEntry) -> bool:
        """Give up a queued, unknown or dead delivery for good, for the reason of the entry; False when it is none."""
        ...


class Found(StrEnum):
    """What a chat's own history says of a delivery."""

    SENT = "sent"
    ABSENT = "absent"
    UNKNOWABLE = "unknowable"


class Messenger(Protocol):
    """A chat, seen from the core."""

    def workspace(self, person: Person) -> str:
        """Name what the chat limits together: the workspace or tenant that a message to this person goes through."""
        ...

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Send and return the chat's own reference.

        Raises SendRefused when the chat definitely took nothing. Any other error, or none at all
        because the process died, leaves open whether the message arrived.
        """
        ...

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Say whether a delivery is in the chat's history, with its reference when it is.

        Raises SendRefused when the chat does not let us look now.
        """
        ...
