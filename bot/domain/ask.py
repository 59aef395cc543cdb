"""What one person is asked to clear for one or several pilots, and how that stands."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from bot.domain.outreach import identity
from bot.domain.record import Record
from bot.domain.value import Value

Words = Annotated[str, Field(max_length=280)]
"""What somebody wrote; shown as they wrote it, to those they were told of."""


class Thing(Value):
    """What is waited for: `words` name it in a sentence, `dependency` is its id in the registry where it has one.

    `kind` is the cause the owner named, or the registry's kind of dependency.
    """

    kind: str
    words: Annotated[str, Field(min_length=1, max_length=200)]
    dependency: str | None = None

    @property
    def key(self) -> str:
        """Return under what two pilots wait for the same thing."""
        if self.dependency:
            return identity("dependency", self.dependency)
        return identity("words", " ".join(self.words.casefold().split()).rstrip(".,;:!?"))


class RequestState(StrEnum):
    """Where the wish of one case stands."""

    SHOWN = "shown"
    """The owner has seen, or is being shown, the text that will leave."""
    OUT = "out"
    """It was put to the person, alone or with the same wish of other pilots."""
    PROMISED = "promised"
    NEEDS = "needs"
    OBJECTED = "objected"
    ELSEWHERE = "elsewhere"
    """Somebody else owns it, who is asked next."""
    DONE = "done"
    MISSED = "missed"
    """The second date passed and nothing had happened."""
    EXPIRED = "expired"
    """Open after the days in which an answer was hoped for."""
    WITHDRAWN = "withdrawn"
    UNSENT = "unsent"
    """Nobody can be asked: a person looks at it."""


LIVE = frozenset({RequestState.SHOWN, RequestState.OUT, RequestState.PROMISED})
"""States in which something comes next by itself."""
UPWARD = frozenset({RequestState.OBJECTED, RequestState.MISSED, RequestState.EXPIRED})
"""Ends that only somebody above both can settle."""


class Request(Value):
    """The wish of one case: one person, one thing, one date. `person` is an id, `name` how they were named.

    It may leave from `leaves_on` on, a day of the owner. `line` is the owner's own sentence in it, `said` what
    the person asked wrote back, `said_at` when.
    """

    person: str
    name: str
    thing: Thing
    due: date
    since: date
    """Since when it is waited for."""
    made_at: datetime
    leaves_on: date
    said_by: str = ""
    """Id of who named the person, empty where the registry did."""
    from_registry: bool = False
    """Whether the registry names the person, and no owner did."""
    loop: int = 1
    """Of the case, when it was made."""
    state: RequestState = RequestState.SHOWN
    line: Words | None = None
    held_until: date | None = None
    hold_reason: Words | None = None
    out_at: datetime | None = None
    promised_for: date | None = None
    moves: int = 0
    said: Words | None = None
    concern: str | None = None
    """Of which kind a reason against it is."""
    said_at: datetime | None = None
    hops: int = 0
    """How often it was passed on to somebody else."""
    passed_on: bool = False
    """Whether whoever was asked before named this person: the owner is told before it leaves."""
    by_lead: bool = False
    """Whether the programme lead named this person: then too."""

    @property
    def key(self) -> tuple[str, str]:
        """Return under what the same wish of several cases is one Ask: the person and the thing."""
        return self.person, self.thing.key

    @property
    def is_worded_by_owner(self) -> bool:
        """Whether the owner named this person, and so has seen the text with their own answer."""
        return not (self.from_registry or self.passed_on or self.by_lead)

    @property
    def is_live(self) -> bool:
        """Whether something comes next by itself."""
        return self.state in LIVE


class Waiting(Value):
    """A case that waits for an Ask, since when, and the sentence its owner added."""

    case_id: str
    pilot: str
    since: date
    line: Words | None = None


class AskState(StrEnum):
    """Where an Ask stands; the last three are ends."""

    OPEN = "open"
    PROMISED = "promised"
    NEEDS = "needs"
    DONE = "done"
    OBJECTED = "objected"
    ELSEWHERE = "elsewhere"


FRESH = timedelta(days=7)
"""So long after its message others may join an Ask that is open: the five working days of an answer."""
ASK_ENDS = frozenset({AskState.DONE, AskState.OBJECTED, AskState.ELSEWHERE})


class Ask(Record):
    """One request to one person, for every case that waits for the same thing of them.

    `ordinal` counts the Asks of this person about this thing; a new one begins when the former has ended.
    """

    person: str
    thing: Thing
    ordinal: int = 1
    state: AskState = AskState.OPEN
    opened_at: datetime
    due: date
    waiting: tuple[Waiting, ...] = ()
    promised_for: date | None = None
    sent_at: datetime | None = None
    """When the message about it left; until then everybody who waits has it in a message of their own."""
    answered_at: datetime | None = None
    applied: tuple[str, ...] = ()
    """Keys of the replies that already moved this Ask."""

    @property
    def id(self) -> str:
        """Identity of the Ask: person, thing and a running number."""
        return identity(self.person, self.thing.key, self.ordinal)

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self.state in ASK_ENDS

    def takes_more(self, today: date) -> bool:
        """Whether another case may wait for it: its message is new, or the day that was named lies ahead.

        What is older was kept, or met silence: whoever wants it again says so in a message of their own.
        """
        if self.state is AskState.PROMISED:
            return self.promised_for is not None and self.promised_for >= today
        return self.state is AskState.OPEN and (self.sent_at is None or today <= self.sent_at.date() + FRESH)

    def with_waiting(self, one: Waiting) -> Self:
        """Return the Ask with one more case that waits; one that waits already keeps its place."""
        others = [w for w in self.waiting if w.case_id != one.case_id]
        known = len(others) < len(self.waiting)
        held = tuple(one if w.case_id == one.case_id else w for w in self.waiting) if known else (*self.waiting, one)
        return self.model_copy(update={"waiting": held})
