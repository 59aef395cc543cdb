"""What the registry says about the plan of a pilot: how old it is, its stage, and its milestones."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from bot.domain.pilot import Milestone, Stage
from jobs.fleet.chance import Chance
from jobs.fleet.firm import AGE_QUARTILES, PROFILES, Shape

YOUNG: Final = 170
"""Up to this age in days a pilot on plan is still in its first stage."""
MILESTONES: Final = (
    ("m1", "Access and data agreed", 0.20),
    ("m2", "First team works with it", 0.45),
    ("m3", "Measured against the old way", 0.75),
    ("m4", "Decision on the roll-out", 1.00),
)
"""Id, title and the share of the planned days of the stage at which it is due."""
IN_PRODUCTION: Final = frozenset({Shape.DIP, Shape.CUT, Shape.FADE})
"""Shapes whose pilots have arrived: nothing about their plan is open."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stage, since when, how many days it was given, and the dated promises in it."""

    stage: Stage
    since: date
    planned_days: int
    milestones: tuple[Milestone, ...]

    @property
    def end(self) -> date:
        """The day on which the stage was to be over."""
        return self.since + timedelta(days=self.planned_days)


def draw_age(dice: Chance, place: int) -> int:
    """Return the age in days of the pilot at this place of the row from the youngest to the oldest."""
    share = (place + dice.random()) / len(PROFILES)
    shares, ages = zip(*AGE_QUARTILES, strict=True)
    # Rounded up: the youngest of those older than 548 days must be just that.
    return int(np.ceil(np.interp(share, shares, ages)))


def make_plan(dice: Chance, shape: Shape, age: int, today: date) -> Plan:
    """Return the plan of a pilot that started `age` days before today."""
    start = today - timedelta(days=age)
    if shape is Shape.PLATEAU:
        return _plan_without_an_end(dice, today)
    if shape is Shape.DEAD_PLAN:
        return _plan_nobody_works_on(dice, today)
    if shape in IN_PRODUCTION:
        since = today - timedelta(days=int(dice.integers(120, 240)))
        return Plan(Stage.PRODUCTION, since, 365, _promises(dice, start, (since - start).days, today))
    if age <= YOUNG:
        planned = 90 if shape is Shape.UNUSED else 180
        return Plan(Stage.PILOT, start, planned, _promises(dice, start, planned, today))
    since = today - timedelta(days=int(dice.integers(90, 151)))
    return Plan(Stage.SCALE, since, 240, _promises(dice, since, 240, today))


def _promises(dice: Chance, since: date, planned: int, today: date) -> tuple[Milestone, ...]:
    """Return milestones that are kept: what was due is done, up to three days early."""
    kept = []
    for name, title, share in MILESTONES:
        due = since + timedelta(days=round(share * planned))
        done = due - timedelta(days=int(dice.integers(0, 4)))
        kept.append(Milestone(id=name, title=title, due=due, done_on=done if due < today else None))
    return tuple(kept)


def _plan_without_an_end(dice: Chance, today: date) -> Plan:
    """Return the plan of a pilot that works for its first team; when it goes further, nobody wrote down."""
    since = today - timedelta(days=int(dice.integers(400, 461)))
    return Plan(Stage.PILOT, since, 120, _promises(dice, since, 120, today)[:2])


def _plan_nobody_works_on(dice: Chance, today: date) -> Plan:
    """Return a plan of which the first promise was kept and the rest lies open since it ran out."""
    since = today - timedelta(days=int(dice.integers(276, 305)))
    first, *others = _promises(dice, since, 100, today)
    return Plan(Stage.PILOT, since, 100, (first, *(m.model_copy(update={"done_on": None}) for m in others)))
