"""A Finding: one condition detected in a pilot, with onset and evidence."""

from datetime import date
from enum import StrEnum
from typing import Literal

from bot.domain.value import Value


class Kind(StrEnum):
    """What was found: first what opens a case, then what is about telemetry, then the other signals."""

    DROP_OFF = "drop_off"
    STALL = "stall"
    STAGE_AGE = "stage_age"
    SOURCE_LATE = "source_late"
    SOURCE_BROKEN = "source_broken"
    TELEMETRY_CHECK = "telemetry_check"
    TEAM_GONE = "team_gone"
    NEVER_ACTIVATED = "never_activated"
    SMALL_PLATEAU = "small_plateau"
    SEAT_CEILING = "seat_ceiling"
    LOW_HABIT = "low_habit"
    DEPENDENCY_OPEN = "dependency_open"
    CURATED_DATA = "curated_data"
    OWNER_GONE = "owner_gone"
    OWNER_MISSING = "owner_missing"
    SPONSOR_GONE = "sponsor_gone"
    SPONSOR_MISSING = "sponsor_missing"
    NO_RELEASE = "no_release"
    TOP3_BREADTH = "top3_breadth"


REACH_KINDS = frozenset({Kind.TEAM_GONE, Kind.NEVER_ACTIVATED, Kind.SMALL_PLATEAU, Kind.SEAT_CEILING, Kind.LOW_HABIT})
"""Signals that rest on usage figures."""

USAGE_KINDS = frozenset({Kind.DROP_OFF, Kind.STALL}) | REACH_KINDS
"""Kinds that rest on usage figures: suspended while a source of the pilot is late or broken."""

SOURCE_KINDS = frozenset({Kind.SOURCE_LATE, Kind.SOURCE_BROKEN})
"""Kinds that suspend those while they are open."""

SIGNAL_KINDS = REACH_KINDS | {
    Kind.DEPENDENCY_OPEN,
    Kind.CURATED_DATA,
    Kind.OWNER_GONE,
    Kind.OWNER_MISSING,
    Kind.SPONSOR_GONE,
    Kind.SPONSOR_MISSING,
    Kind.NO_RELEASE,
    Kind.TOP3_BREADTH,
}
"""Kinds that are shown as reasons and open no case themselves (docs/signals.md)."""

FLEET_KINDS = frozenset({Kind.OWNER_MISSING, Kind.SPONSOR_MISSING, Kind.TOP3_BREADTH})
"""Signals that rest on the whole registry: a look at some of its pilots can't tell them."""

STAGE_KINDS = frozenset({Kind.STALL, Kind.STAGE_AGE})
"""Kinds that are about a stage and end with it."""

OWNER_KINDS = frozenset({Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE})
"""Kinds that open a Case; the others are shown and move nothing."""

RANK = {
    Kind.DROP_OFF: 0,
    Kind.STALL: 1,
    Kind.STAGE_AGE: 2,
    Kind.SOURCE_BROKEN: 3,
    Kind.SOURCE_LATE: 4,
    Kind.TELEMETRY_CHECK: 5,
    Kind.TEAM_GONE: 6,
    Kind.NEVER_ACTIVATED: 7,
    Kind.SMALL_PLATEAU: 8,
    Kind.SEAT_CEILING: 9,
    Kind.LOW_HABIT: 10,
    Kind.DEPENDENCY_OPEN: 11,
    Kind.CURATED_DATA: 12,
    Kind.OWNER_GONE: 13,
    Kind.OWNER_MISSING: 14,
    Kind.SPONSOR_GONE: 15,
    Kind.SPONSOR_MISSING: 16,
    Kind.NO_RELEASE: 17,
    Kind.TOP3_BREADTH: 18,
}
"""Order in which findings of one pilot are told: what moved most recently first."""


class Finding(Value):
    """One condition of one pilot.

    `onset` is the first day of the condition, `opened_on` the last day judged when it was found,
    `closed_on` the day judged when it no longer held. `pilot` is empty where it is about the fleet.
    `evidence` is one sentence an executive understands.
    `tier` says how far it may go: a `question` (below 10 seats) goes to the owner and no further.
    `numbers` is False where figures of people must not be shown: a group below 5, or one that the
    figures would leave below 5. `observed` and `expected` are numbers in the unit of the kind:

    drop_off: active user-days (at depth L3 and L4 units of work) since onset, and usual;
    stall: people active in 28 days now, and eight weeks before;
    stage_age: days in the stage, and the mark passed;
    source_late: days behind, and days allowed;
    telemetry_check: days in doubt so far;
    team_gone: people who left at least, and people of the month before (both in fives);
    never_activated: people who ever used it (in fives), and people with access;
    small_plateau: people of 28 days (in fives), and the most that count as small;
    seat_ceiling: people of 28 days (in fives), and people with access;
    low_habit: people with a habit, and people who could have one (both in fives);
    dependency_open, curated_data, no_release: days it has lasted, and days allowed;
    top3_breadth: share of the three most common uses, and the share that counts as narrow.
    """

    pilot: str
    kind: Kind
    opened_on: date
    onset: date
    closed_on: date | None = None
    observed: float | None = None
    expected: float | None = None
    evidence: str
    source: str | None = None
    tier: Literal["full", "question"] = "full"
    numbers: bool = True
    suspended: bool = False
    severity: float = 0.0
    recent_share: float | None = None
    """drop_off: share of what is expected that was seen in the last seven days, where both are known."""

    @property
    def is_open(self) -> bool:
        """Whether the condition still held on the last day judged."""
        return self.closed_on is None
