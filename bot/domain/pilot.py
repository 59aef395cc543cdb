"""The pilot: the registry's record of one AI pilot, and nothing about any person's usage."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bot.domain.record import Record
from bot.domain.value import Value


class Stage(StrEnum):
    """Where a pilot stands, in the order of its life; paused and retired may come at any time."""

    IDEA = "idea"
    APPROVED = "approved"
    BUILD = "build"
    PILOT = "pilot"
    SCALE = "scale"
    PRODUCTION = "production"
    PAUSED = "paused"
    RETIRED = "retired"


PRE_PRODUCTION = frozenset({Stage.IDEA, Stage.APPROVED, Stage.BUILD, Stage.PILOT, Stage.SCALE})
"""Stages in which a pilot is still on its way: only these can stall."""


class Depth(StrEnum):
    """How far the tool sits inside the work, from a separate tab to autonomous with sampling."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


class StageEntry(Value):
    """One stage a pilot was in: since when, and how many days the plan gave it."""

    stage: Stage
    since: date
    planned_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Milestone(Value):
    """A dated promise of the pilot's plan; `done_on` is empty while it is open."""

    id: str
    title: str
    due: date
    done_on: date | None = None


class Dependency(Value):
    """Something the pilot waits for: who holds it, since when, by when it was promised."""

    id: str
    kind: str
    holder: str | None = None
    since: date | None = None
    due: date | None = None
    done_on: date | None = None


Glob = Annotated[str, Field(min_length=1, max_length=200)]
"""A text in which `*` stands for any signs and `?` for one."""


class Route(Value):
    """Which use is a pilot's: a rule over source, group and surface.

    Case does not matter, and a part that is left out lets everything through (bot.domain.routing).
    """

    source: Glob = "*"
    group: Glob = "*"
    surface: Glob = "*"


class Unreadable(Value):
    """A registry value we could not read: unknown and listed for the admin, never guessed."""

    field: str
    value: str


PilotId = Annotated[str, Field(min_length=1, max_length=200)]


class Pilot(Record):
    """One AI pilot as its registry tells it. Dates are calendar days, counts are people.

    Empty means unknown: nothing is derived from a value that is not there. `owner_left` and
    `sponsor_left` are the first days on which the person named is not there any more, `last_release`
    is when people last got a changed version, `data_mode_since` since when it runs on such data.
    """

    id: PilotId
    name: Annotated[str, Field(min_length=1, max_length=300)]
    owner: str | None = None
    sponsor: str | None = None
    programme_lead: str | None = None
    stage: Stage | None = None
    stage_since: date | None = None
    stage_history: tuple[StageEntry, ...] = ()
    planned_stage_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    target_date: date | None = None
    milestones: tuple[Milestone, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    seats: Annotated[int, Field(ge=0, le=65534)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    timezone: str | None = None
    start: date | None = None
    use_case_family: str | None = None
    depth: Depth | None = None
    outcome_metric: str | None = None
    production_owner: str | None = None
    data_mode: str | None = None
    data_mode_since: date | None = None
    last_release: date | None = None
    owner_left: date | None = None
    sponsor_left: date | None = None
    routes: tuple[Route, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def is_pre_production(self) -> bool:
        """Whether the pilot is in a stage on its way to production (unknown stages are not)."""
        return self.stage in PRE_PRODUCTION
