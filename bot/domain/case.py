"""The Case: the work on one pilot. Every transition is a pure function from a case to a case."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from bot.domain.ask import Request
from bot.domain.decision import Decided, OpenDecision
from bot.domain.finding import RANK, Finding, Kind
from bot.domain.outreach import DeliveryState, Step
from bot.domain.playbook import Playbook
from bot.domain.record import Record
from bot.domain.reply import Cause
from bot.domain.survey import Answered, ItemId, Posed
from bot.domain.value import Value


class CaseState(StrEnum):
    """Where the work stands. The last three are ends."""

    OPEN = "open"
    WAITING = "waiting"
    COMMITTED = "committed"
    BLOCKED = "blocked"
    SNOOZED = "snoozed"
    PARKED = "parked"
    RECOVERED = "recovered"
    DECIDED = "decided"
    RETRACTED = "retracted"


ENDS = frozenset({CaseState.RECOVERED, CaseState.DECIDED, CaseState.RETRACTED})


class Asked(Value):
    """One outreach of this case, and what became of it."""

    outreach: str
    step: Step
    loop: int
    occurrence: int
    person: str
    thing: str | None = None
    """Key of what was asked for, where it was about that."""
    decided_at: datetime
    sent_at: datetime | None = None
    outcome: DeliveryState = DeliveryState.QUEUED
    delivery: str | None = None


class Commitment(Value):
    """A step with day and time; `said_by` is a person id, `made_at` when it was said."""

    action: str
    due_at: datetime
    said_by: str
    made_at: datetime
    moves: int = 0
    by_sponsor: bool = False
    """Whether a sponsor set it as what is to be fixed; `action` is then what the pilot waits for, or empty."""
    otherwise: str | None = None
    """What they said they do if something gets in the way: a key of the second question about a next step."""


class Block(Value):
    """Blocked by a cause, perhaps a person and a date; `until` is the date said or a default."""

    cause: Cause
    person: str | None = None
    until: date
    said_by: str
    said_at: datetime


class Case(Record):
    """The work on a pilot. One open case per pilot holds all its open findings."""

    pilot: str
    ordinal: int
    state: CaseState = CaseState.OPEN
    opened_at: datetime
    findings: tuple[Finding, ...] = ()
    loop: int = 1
    asked: tuple[Asked, ...] = ()
    commitment: Commitment | None = None
    block: Block | None = None
    requests: tuple[Request, ...] = ()
    """Wishes to people who can clear the way, oldest first."""
    decision: OpenDecision | None = None
    """What only a sponsor can settle, while it is open."""
    decided: tuple[Decided, ...] = ()
    """What sponsors decided, oldest first."""
    snoozed_until: date | None = None
    answered_at: datetime | None = None
    listed_on: date | None = None
    """Since when the case is on the programme lead's list."""
    listed_why: str | None = None
    clear_since: date | None = None
    """First day on which nothing was open any more."""
    closed_at: datetime | None = None
    disowned: tuple[str, ...] = ()
    """People who said that the pilot isn't theirs; kept for the pilot's later cases."""
    contested: int = 0
    """How often the owner found the pilot on track while something was found."""
    handed_to: str | None = None
    """Whom the former owner named in their place, for whoever keeps the registry."""
    applied: tuple[str, ...] = ()
    """Keys of the replies that already moved this case."""
    answers: tuple[Answered, ...] = ()
    """What was answered to survey items about this pilot, oldest first."""
    posed: tuple[Posed, ...] = ()
    """Survey items that were put to people about this pilot, oldest first."""
    muted: dict[Kind, date] = Field(default_factory=dict)
    """Kinds of finding that nothing is said about, because their facts were called wrong: until which day."""
    playbook: Playbook = Playbook()

    @property
    def id(self) -> str:
        """Identity of the case: the pilot and a running number."""
        return f"{self.pilot}#{self.ordinal}"

    @property
    def is_closed(self) -> bool:
        """Whether the work has ended."""
        return self.state in ENDS

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """Findings that hold, the one to lead with first."""
        held = (f for f in self.findings if f.is_open)
        return tuple(sorted(held, key=lambda f: (RANK[f.kind], f.opened_on)))

    @property
    def lead_finding(self) -> Finding | None:
        """The finding a message is about: the first open one, else the last that was open."""
        if self.open_findings:
            return self.open_findings[0]
        return max(self.findings, key=lambda f: (f.closed_on or f.opened_on, -RANK[f.kind]), default=None)

    @property
    def severity(self) -> float:
        """How much is at stake; the worst open finding counts."""
        return max((f.severity for f in self.open_findings), default=0.0)

    @property
    def live_requests(self) -> tuple[Request, ...]:
        """Wishes from which something comes next by itself, oldest first."""
        return tuple(r for r in self.requests if r.is_live)

    def is_muted(self, kind: Kind, day: date) -> bool:
        """Whether nothing is said about findings of a kind on this day."""
        until = self.muted.get(kind)
        return until is not None and day < until

    def posed_to(self, item: ItemId, person: str) -> Posed | None:
        """Return when this item was last put to a person about this pilot, with what it suggested."""
        return next((one for one in reversed(self.posed) if (one.item, one.person) == (item, person)), None)

    def with_request(self, changed: Request) -> "Case":
        """Return the case with a wish in the place of the one of the same person and thing that was last made."""
        kept = list(self.requests)
        for place in range(len(kept) - 1, -1, -1):
            if kept[place].key == changed.key:
                kept[place] = changed
                return self.model_copy(update={"requests": tuple(kept)})
        return self.model_copy(update={"requests": (*kept, changed)})

    def asked_at(self, step: Step, person: str, thing: str | None = None) -> Asked | None:
        """Return the latest outreach of a step to this person in the present loop; one withdrawn unsent is none.

        With `thing` only what was about that.
        """
        for asked in reversed(self.asked):
            is_meant = (asked.step, asked.loop, asked.person) == (step, self.loop, person)
            is_meant = is_meant and thing in {None, asked.thing}
            if is_meant and asked.outcome is not DeliveryState.DROPPED:
                return asked
        return None
