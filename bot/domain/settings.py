"""Settings of judgement and of an organisation, with units and defaults (docs/settings.md)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bot.domain.pilot import Stage
from bot.domain.record import Record
from bot.domain.value import Value


class Mode(StrEnum):
    """Whether messages leave: shadow computes and shows, live sends, paused holds everything."""

    SHADOW = "shadow"
    LIVE = "live"
    PAUSED = "paused"


class DetectionSettings(Value):
    """Thresholds of detection; sources of the values are in docs/detection.md."""

    small_seats: int = 10
    """Below this many seats a finding is a question to the owner and goes no further."""
    min_group: int = 5
    """Below this many people no figure is shown anywhere."""
    flat_weeks: Annotated[int, Field(ge=3, le=20)] = 8
    """A stall opens after this many flat weeks; two weeks earlier the status says slowing. No look goes further back."""
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

    team_gone_share: float = 0.5
    """Share of the people of a month who left, from which that is told."""
    team_gone_days: int = 84
    """Days back in which that month may end."""
    access_days: int = 21
    """Days after which access should have led to a first use."""
    activated_share: float = 0.3
    """Share of the people with access who have ever used it, below which that is told."""
    plateau_people: int = 20
    """People of 28 days up to which a flat pilot is a small plateau."""
    plateau_use_cases: int = 3
    """Use cases up to which it is one."""
    ceiling_rise: float = 0.02
    """Share of the seats by which use must have risen in `flat_weeks`, or it has met a ceiling."""
    ceiling_fall: float = 0.1
    """Share of its people that a pilot may have lost meanwhile; more is a fall and no ceiling."""
    ceiling_share: float = 0.9
    """Share of the seats in use from which there is no ceiling to speak of."""
    habit_share: float = 0.4
    """Share of people with a habit (9 of 12 weeks), below which that is told."""
    dependency_days: int = 14
    """Days for which the pilot may wait for something."""
    curated_days: int = 60
    """Days for which it may run on data that are not live."""
    release_days: int = 42
    """Days after which people should have got a changed version."""
    breadth_share: float = 0.8
    """Share of the three most common uses from which the fleet is narrow."""
    breadth_days: int = 180
    """Days without a new use in production after which that is told."""
    breadth_pilots: int = 10
    """Pilots with a known use that it takes to speak of a fleet."""
    kept_share: float = 0.5
    """Share of pilots on their way for which the registry fills a column, below which an empty cell says nothing."""


class OrgState(Record):
    """The switch of the organisation: mode, since when it is live, and who set it."""

    revision: int = 0
    """Rises with each change; a copy of the mode is only replaced by that of a later one."""
    mode: Mode = Mode.SHADOW
    changed_on: date | None = None
    changed_by: str | None = None
    resume_mode: Mode = Mode.SHADOW
    """What `resume` returns to after a pause."""
