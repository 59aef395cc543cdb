"""Settings of judgement and of an organisation, with units and defaults (docs/settings.md)."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.pilot import Stage
from bot.domain.record import Record


class Mode(StrEnum):
    """Whether messages leave: shadow computes and shows, live sends, paused holds everything."""

    SHADOW = "shadow"
    LIVE = "live"
    PAUSED = "paused"


class DetectionSettings(BaseModel):
    """Thresholds of detection; sources of the values are in docs/detection.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    small_seats: int = 10
    """Below this many seats a finding is a question to the owner and goes no further."""
    min_group: int = 5
    """Below this many people no figure is shown anywhere."""
    flat_weeks: int = 8
    """A stall opens after this many flat weeks; two weeks earlier the status says slowing."""
    flat_growth: float = 0.05
    """Reach that grew by less than this share counts as flat."""
    stage_marks: tuple[int, ...] = (182, 365, 548)
    """Days in one stage at which age is marked: 6, 12 and 18 months."""
    default_dwell: dict[Stage, int] = Field(
        default_factory=lambda: {
            Stage.IDEA: 60,
            Stage.APPROVED: 60,
            Stage.BUILD: 120,
            Stage.PILOT: 120,
            Stage.SCALE: 180,
        }
    )
    """Planned days of a stage when neither the registry nor a milestone says."""


class OrgState(Record):
    """The switch of the organisation: mode, since when it is live, and who set it."""

    revision: int = 0
    """Rises with each change; a copy of the mode is only replaced by that of a later one."""
    mode: Mode = Mode.SHADOW
    changed_on: date | None = None
    changed_by: str | None = None
    resume_mode: Mode = Mode.SHADOW
    """What `resume` returns to after a pause."""
