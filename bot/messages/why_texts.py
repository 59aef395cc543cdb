"""The words in which it is told why somebody got a message, as a validated model; an adapter loads the file."""

from enum import StrEnum
from typing import Annotated, Final

from bot.domain.finding import OWNER_KINDS, Kind
from bot.domain.outreach import Role, Step
from bot.messages.braces import Dated, Group, Plain, complete, holes

FOUND: Final = tuple(kind for kind in Kind if kind in OWNER_KINDS)
"""Findings that an owner is asked about."""


class What(StrEnum):
    """What a rule turns on, where its step alone does not say it."""

    STEP = "step"
    """The day of an agreed step has passed."""
    FIX = "fix"
    """The day by which a decision was to be carried out has passed."""
    BLOCK = "block"
    """The day named for what is in the way has passed."""
    OTHERS = "others"
    """Others said something about what is waited for."""
    PROMISED = "promised"
    """The day that the reader named for what is waited for has passed."""
    MOMENT = "moment"
    """A day has passed, of which no more is kept."""
    ANSWERED = "answered"
    """Somebody answered what they were asked for a pilot."""
    NAMED = "named"
    """The programme lead named somebody who can clear the way."""
    DECIDED = "decided"
    """A sponsor decided."""
    OPEN = "open"
    """A decision is open past its day."""
    OVER = "over"
    """A decision was open then."""


class By(StrEnum):
    """Who set the role in which somebody is written to."""

    REGISTRY = "registry"
    STAND_IN = "stand_in"
    """The registry names somebody else, for whom they stand in."""
    LEAD = "lead"
    """The owner has left, and the registry names them as programme lead."""
    FORMER = "former"
    """The registry names somebody else by now."""
    HOLDER = "holder"
    """The registry names them as who holds what is waited for."""
    OWNER = "owner"
    """The owner named them as who can clear the way."""
    PASSED_ON = "passed_on"
    """Whoever was asked first named them, or they stand in for whom."""
    NAMED_BY_LEAD = "named_by_lead"
    """The programme lead named them as who can clear the way."""
    WEEKLY = "weekly"
    """The registry names them in that role for the pilots of a weekly message."""
    REVIEWER = "reviewer"
    """They read first what somebody else gets."""


class Audience(StrEnum):
    """To whose answers it is told who sees them."""

    OWNER = "owner"
    UNBLOCKER = "unblocker"
    SEVERAL = "several"
    """Whoever can clear the way for several pilots."""
    SPONSOR = "sponsor"
    LEAD = "lead"
    NOBODY = "nobody"
    """No answer is asked for."""


class Counted(Group):
    """A number of days in words; `several` holds the number."""

    single: Plain
    several: Annotated[str, holes("count")]

    def of(self, count: int) -> str:
        """Return what is said of so many."""
        return self.single if count == 1 else self.several.format(count=count)


class Grounds(Group):
    """The facts that a message rests on: the evidence with its time and source, or what somebody said and when."""

    evidence: Annotated[str, holes("evidence", "judged")]
    recovery: Annotated[str, holes("day", "judged")]
    retraction: Annotated[str, holes("judged")]
    thing: Annotated[str, holes("thing", "since", "evidence", "judged")]
    thing_registry: Annotated[str, holes("thing", "since", "evidence", "judged")]
    said: Annotated[str, holes("day", "evidence", "judged")]
    decision: Annotated[str, holes("since", "evidence", "judged")]
    weekly: Dated


class Judged(Group):
    """Up to which day something was judged, and from which source."""

    use: Annotated[str, holes("judged", "source")]
    use_and_plan: Annotated[str, holes("judged", "source")]
    unfed: Annotated[str, holes("judged")]
    registry: Annotated[str, holes("judged")]


class RoleNames(Group):
    """What the roles are called that a registry gives."""

    owner: Plain
    sponsor: Plain
    lead: Plain


class Budget(Group):
    """How many messages of one kind somebody got, and how many may come."""

    left: Annotated[str, holes("kind", "got", "most", "may")]
    may: Annotated[str, holes("count")]
    may_not: Plain
    stopped: Plain


class WhyTexts(Group):
    """Every text by its use."""

    rule: Annotated[dict[Step, Annotated[str, holes("what", "found", "since", "days")]], complete(tuple(Step))]
    what: Annotated[
        dict[What, Annotated[str, holes("day", "days", "thing", "name", "pilot", "reason")]], complete(tuple(What))
    ]
    kinds: Annotated[dict[Kind, Plain], complete(FOUND)]
    days: Counted
    working_days: Counted
    grounds: Grounds
    judged: Judged
    role: Annotated[dict[By, Annotated[str, holes("role", "pilot", "name")]], complete(tuple(By))]
    roles: RoleNames
    seen_by: Annotated[dict[Audience, Annotated[str, holes("name", "pilot")]], complete(tuple(Audience))]
    budget: Budget
    messages: Annotated[dict[Role, Plain], complete(tuple(Role))]
    the_owner: Plain
    thing: Plain
    not_yours: Plain
    not_in_it: Plain
