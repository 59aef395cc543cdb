"""What we decided to say (Outreach) and what was really sent (Delivery)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from pydantic import Field

from bot.domain.record import Record
from bot.domain.value import Value


class Role(StrEnum):
    """As what somebody is written to; each has its own messages and its own budget."""

    OWNER = "owner"
    UNBLOCKER = "unblocker"
    SPONSOR = "sponsor"
    LEAD = "lead"
    WEEKLY = "weekly"
    """A sponsor's or a programme lead's message of the week."""


class Step(StrEnum):
    """A rung or a side step of the ladder."""

    NUDGE = "nudge"
    FOLLOW_UP = "follow_up"
    CHECK = "commitment_check"
    RECOVERY = "recovery"
    RETRACTION = "retraction"
    TOLD = "told"
    """What the person asked has answered, and what follows: for the owner."""
    UNBLOCK = "unblock_ask"
    UNBLOCK_CHECK = "unblock_check"
    """A date that was promised has passed, and nothing shows that it was kept."""
    THANKS = "thanks"
    """For the person who cleared the way, once use has followed."""
    DECISION = "decision"
    DIGEST = "digest"
    """A sponsor's message of the week."""
    LEAD_LIST = "lead_list"
    """A programme lead's message of the week."""
    UPKEEP = "upkeep"
    """What the registry lacks, asked of an owner once a week at most."""
    REVIEW = "review"
    """A weekly message of somebody else, to be read before it leaves."""


ROLES: Final[Mapping[Step, Role]] = {
    Step.UNBLOCK: Role.UNBLOCKER,
    Step.UNBLOCK_CHECK: Role.UNBLOCKER,
    Step.THANKS: Role.UNBLOCKER,
    Step.DECISION: Role.SPONSOR,
    Step.DIGEST: Role.WEEKLY,
    Step.LEAD_LIST: Role.WEEKLY,
    Step.UPKEEP: Role.WEEKLY,
    Step.REVIEW: Role.LEAD,
}
"""As what a step writes to somebody; all others write to the owner."""


def identity(*parts: str | int) -> str:
    """Return the deterministic id of a thing known by these parts (80 bits of BLAKE2b, hex)."""
    return blake2b("\x1f".join(str(p) for p in parts).encode(), digest_size=10).hexdigest()


OF_WEEKLIES: Final = frozenset({Step.DIGEST, Step.LEAD_LIST, Step.UPKEEP, Step.REVIEW})
"""Steps that are about a weekly message and no case: its id stands in the place of a case's, the pilot is empty."""


class Outreach(Record):
    """One thing we decided to say to one person about one case, or about a weekly message."""

    id: str
    case_id: str
    pilot: str
    step: Step
    recipient: str
    decided_at: datetime
    severity: float = 0.0
    thing: str | None = None
    """Key of what is asked for, where it is about that (bot.domain.ask.Thing)."""

    @property
    def role(self) -> Role:
        """Return as what the recipient is written to."""
        return ROLES.get(self.step, Role.OWNER)

    @staticmethod
    def identify(case_id: str, loop: int, step: Step, occurrence: int, recipient: str, thing: str | None = None) -> str:
        """Return the id that makes a repeated decision the same decision."""
        return identity(case_id, loop, step, occurrence, recipient, *([thing] if thing else []))


class DeliveryState(StrEnum):
    """Where a delivery stands; sent, dropped and dead are final, unknown waits for evidence."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    DEAD = "dead"


class Delivery(Record):
    """One message to one person, holding one or more outreach.

    `due_at` is the truth about time: when to send, or when to look after a send that did not end.
    `message` is the frozen text (JSON of a Message) from the claim on; `token` names the claim; `looked_at` is
    when the chat first showed no trace of a claimed send; `ref` is the chat's own id of what was sent;
    `withdrawn` holds the reason for each outreach taken out.
    """

    id: str
    recipient: str
    state: DeliveryState = DeliveryState.QUEUED
    outreach: tuple[Outreach, ...]
    withdrawn: dict[str, str] = Field(default_factory=dict)
    made_at: datetime
    due_at: datetime
    attempt: int = 0
    token: str | None = None
    claimed_at: datetime | None = None
    looked_at: datetime | None = None
    settled_at: datetime | None = None
    local_day: str | None = None
    message: str | None = None
    ref: str | None = None
    reason: str | None = None

    @staticmethod
    def identify(first: Outreach) -> str:
        """Return the id of the delivery that this outreach opens; it begins with the letter of the role."""
        letter = "" if first.role is Role.OWNER else f"{first.role.value[0]}-"
        return letter + identity(first.recipient, first.id)

    @property
    def role(self) -> Role:
        """Return as what the recipient is written to; a delivery holds messages of one role."""
        return role_of(self.id)

    @property
    def active(self) -> tuple[Outreach, ...]:
        """Outreach that this delivery still carries, worst first."""
        held = (o for o in self.outreach if o.id not in self.withdrawn)
        return tuple(sorted(held, key=lambda o: (-o.severity, o.id)))

    @property
    def severity(self) -> float:
        """How much is at stake in what it carries."""
        return max((o.severity for o in self.active), default=0.0)


def role_of(delivery: str) -> Role:
    """Return the role that the id of a delivery begins with."""
    letter, dash, _ = delivery.partition("-")
    return next((role for role in Role if dash and role.value[0] == letter), Role.OWNER)


class Window(Value):
    """The moments between which a message may leave; both aware UTC, the end not included."""

    opens_at: datetime
    closes_at: datetime
