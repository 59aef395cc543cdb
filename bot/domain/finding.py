"""A Finding: one condition detected in a pilot, with onset and evidence."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Kind(StrEnum):
    """What was found. The first three are about the pilot, the others about its telemetry."""

    DROP_OFF = "drop_off"
    STALL = "stall"
    STAGE_AGE = "stage_age"
    SOURCE_LATE = "source_late"
    SOURCE_BROKEN = "source_broken"
    TELEMETRY_CHECK = "telemetry_check"


USAGE_KINDS = frozenset({Kind.DROP_OFF, Kind.STALL})
"""Kinds that rest on usage figures: suspended while a source of the pilot is late or broken."""

STAGE_KINDS = frozenset({Kind.STALL, Kind.STAGE_AGE})
"""Kinds that are about a stage and end with it."""

OWNER_KINDS = frozenset({Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE})
"""Kinds that open a Case; the others are for the admin only."""

RANK = {
    Kind.DROP_OFF: 0,
    Kind.STALL: 1,
    Kind.STAGE_AGE: 2,
    Kind.SOURCE_BROKEN: 3,
    Kind.SOURCE_LATE: 4,
    Kind.TELEMETRY_CHECK: 5,
}
"""Order in which findings of one pilot are told: what moved most recently first."""


class Finding(BaseModel):
    """One condition of one pilot.

    `onset` is the first day of the condition, `opened_on` the last day judged when it was found,
    `closed_on` the day judged when it no longer held. `observed` and `expected` are numbers in the
    unit that the kind defines (drop_off: active user-days since onset; stall: people active in 28
    days now and eight weeks before; stage_age: days in the stage and the mark passed; source_late:
    days behind and days allowed; telemetry_check: days in doubt so far). `evidence` is one sentence
    an executive understands.
    `tier` says how far it may go: a `question` (below 10 seats) goes to the owner and no further.
    `numbers` is False where the group is below 5 people and figures must not be shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
