"""The eleven ways a pilot goes, told as what its people do, with an honest label for each.

Days on which something happens are thrown by dice among the ordinary working days of a stretch that
leaves room for a before and an after. None of them is moved for the sake of what is found.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from bot.domain.calendar import Calendar
from bot.domain.finding import Kind
from bot.domain.telemetry import FloatGrid
from jobs.fleet.chance import Chance
from jobs.fleet.firm import Profile, Shape
from jobs.fleet.people import ALWAYS, NEVER, Cast, IntRow
from jobs.fleet.plans import Plan
from jobs.fleet.seasons import Dip, is_ordinary, next_ordinary
from jobs.fleet.span import Span

USERS_ON_PLATEAU: Final = 20
BATCH_DAYS: Final = 21
"""Days between two batches of new people of a growing pilot."""
HURRY_DAYS: Final = 100
"""A growing pilot younger than this has its batches three times as often."""
LATE_BY: Final = 6
"""Days by which one source ends earlier than the others."""
FADE_A_WEEK: Final = 0.03
"""Share of the people of before who stop in each week of the fade: half of them are gone after 17 weeks."""
KEPT_BY_CLIFF: Final = 1 / 3
"""Share of use that is left after the champion."""
SESSION_AFTER: Final = 45
"""Days from the cliff to the training session, which is on the next ordinary day."""
BACK_WITHIN: Final = 10
"""Days after the session within which everybody who had stopped is back."""
SPIKE: Final = 4.0
"""Use on the first day of a launch, as a multiple of what stays."""
SPIKE_DAYS: Final = 7.0
"""Days in which what the launch added falls to 37 %."""
UNUSED: Final = 0.03
"""Use of a tool nobody needs, as a share of what is usual."""

CLIFF_WINDOW: Final = timedelta(days=45)
FADE_WINDOW: Final = timedelta(weeks=17)
"""By then half of the use of before is gone."""
STALL_WINDOW: Final = timedelta(weeks=8 + 16)
LATE_WINDOW: Final = timedelta(days=3 + 1)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a shape may know when it is told: the pilot, its plan, the days, and the dice."""

    profile: Profile
    people: int
    start: date
    plan: Plan
    span: Span
    calendar: Calendar
    dip: Dip
    dice: Chance

    @property
    def country(self) -> str:
        """Where the pilot is; one of them is where the longest dip is."""
        return self.profile.country or self.dip.country

    @property
    def opening(self) -> int:
        """Column of the pilot's first day, or ALWAYS for one that was there before all columns."""
        return self.span.column(self.start) if self.start > self.span.begin else ALWAYS


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in a pilot: its people, the label, and the finding it should give, if any.

    `onset` is the true first day of the condition, `latest_day` the last day to find it by.
    `session` is the day of a training session after which people came back.
    """

    cast: Cast
    label: str
    kind: Kind | None = None
    onset: date | None = None
    latest_day: date | None = None
    session: date | None = None


def tell(scene: Scene) -> Story:
    """Return what happens in a pilot of this shape."""
    return TELLERS[scene.profile.shape](scene)


def _growth(scene: Scene) -> Story:
    first, last = max(scene.opening, 0), scene.span.days
    step = BATCH_DAYS if last - first > HURRY_DAYS else BATCH_DAYS // 3
    batches = np.arange(first, last, step)
    joins = batches[np.arange(scene.people) * len(batches) // scene.people]
    opens = np.linspace(first, last, 7)[:6].astype(np.int64)
    cast = _cast(scene, seat_from=joins, opens=opens)
    return Story(cast, "grows steadily: another batch of people every few weeks, and new use cases with them")


def _plateau(scene: Scene) -> Story:
    chance = _chances(scene)
    chance[USERS_ON_PLATEAU:] = 0.0
    onset = max(scene.plan.end, scene.span.first_day)
    label = f"the same {USERS_ON_PLATEAU} people use it for months, the rest gave up; its plan ended long ago, no date for production"
    return Story(_cast(scene, chance=chance), label, Kind.STALL, onset, onset + STALL_WINDOW)


def _spike(scene: Scene) -> Story:
    since = np.arange(scene.span.days) - scene.opening
    level = 1 + (SPIKE - 1) * np.exp(-np.maximum(since, 0) / SPIKE_DAYS)
    chance = 0.35 * _chances(scene)
    cast = _cast(scene, chance=chance, level=np.tile(level, (scene.people, 1)))
    return Story(cast, "everybody tried it after the launch; within five weeks use fell to a low level and stays there")


def _cliff(scene: Scene) -> Story:
    onset = _some_ordinary_day(scene, scene.span.today - timedelta(days=140), scene.span.today - timedelta(days=112))
    session = next_ordinary(scene.calendar, scene.country, onset + timedelta(days=SESSION_AFTER))
    chance = _chances(scene)
    order = scene.dice.permutation(scene.people)
    gone = order[np.cumsum(chance[order]) > KEPT_BY_CLIFF * chance.sum()]
    back = scene.span.column(session) + 1 + scene.dice.integers(0, BACK_WITHIN, len(gone))
    columns = np.arange(scene.span.days)
    level = np.ones((scene.people, scene.span.days))
    level[gone] = (columns < scene.span.column(onset)) | (columns >= back[:, None])
    label = (
        f"the champion left, use fell to a third within a day; after a training session on {session} people came back"
    )
    return Story(_cast(scene, chance=chance, level=level), label, Kind.DROP_OFF, onset, onset + CLIFF_WINDOW, session)


def _fade(scene: Scene) -> Story:
    onset = _some_ordinary_day(
        scene, scene.span.first_day + timedelta(weeks=6), scene.span.first_day + timedelta(weeks=10)
    )
    turns = scene.dice.permutation(scene.people) + scene.dice.random(scene.people)
    stops = scene.span.column(onset) + turns / scene.people * 7 / FADE_A_WEEK
    level = (np.arange(scene.span.days) < stops[:, None]).astype(np.float64)
    label = f"fades slowly: every week another {FADE_A_WEEK:.0%} of its people stop, nobody says why"
    return Story(_cast(scene, level=level), label, Kind.DROP_OFF, onset, onset + FADE_WINDOW)


def _dead_plan(scene: Scene) -> Story:
    onset = max(scene.plan.end, scene.span.first_day)
    label = f"well used by the same people, but no milestone has moved since its plan ended on {scene.plan.end}"
    return Story(_cast(scene), label, Kind.STALL, onset, onset + STALL_WINDOW)


def _unused(scene: Scene) -> Story:
    cast = _cast(scene, chance=UNUSED * _chances(scene))
    return Story(cast, "milestones are met on time, and next to nobody uses it")


def _dip(scene: Scene) -> Story:
    dip = scene.dip
    label = f"in good use; dips over {dip.name}, {dip.first} to {dip.last}, the longest quiet spell in these weeks"
    return Story(_cast(scene), label)


def _late(scene: Scene) -> Story:
    onset = scene.span.last_day - timedelta(days=LATE_BY - 1)
    label = f"in good use; its source is {LATE_BY} days behind, so nothing is known since {onset}"
    return Story(_cast(scene), label, Kind.SOURCE_LATE, onset, onset + LATE_WINDOW)


def _cut(scene: Scene) -> Story:
    day = _some_ordinary_day(scene, scene.span.today - timedelta(days=120), scene.span.today - timedelta(days=60))
    loses = scene.dice.permutation(scene.people)[: scene.people // 3]
    until = np.full(scene.people, NEVER)
    until[loses] = scene.span.column(day)
    label = f"a third of the licences were withdrawn on {day}; those who kept one go on as before"
    return Story(_cast(scene, seat_until=until), label)


def _tiny(scene: Scene) -> Story:
    return Story(_cast(scene), f"{scene.people} people, in use")


TELLERS: Final[Mapping[Shape, Callable[[Scene], Story]]] = {
    Shape.GROWTH: _growth,
    Shape.PLATEAU: _plateau,
    Shape.SPIKE: _spike,
    Shape.CLIFF: _cliff,
    Shape.FADE: _fade,
    Shape.DEAD_PLAN: _dead_plan,
    Shape.UNUSED: _unused,
    Shape.DIP: _dip,
    Shape.LATE: _late,
    Shape.CUT: _cut,
    Shape.TINY: _tiny,
}


def _cast(
    scene: Scene,
    *,
    chance: FloatGrid | None = None,
    level: FloatGrid | None = None,
    seat_from: IntRow | None = None,
    seat_until: IntRow | None = None,
    opens: IntRow | None = None,
) -> Cast:
    """Return the people of a pilot: what a shape does not say is as usual."""
    joins = np.full(scene.people, scene.opening) if seat_from is None else seat_from
    use_cases = min(4, scene.people // 2)  # few people do few different things
    return Cast(
        chance=_chances(scene) if chance is None else chance,
        level=_start_up(scene, joins) if level is None else level,
        seat_from=joins,
        seat_until=np.full(scene.people, NEVER) if seat_until is None else seat_until,
        opens=np.full(use_cases, ALWAYS) if opens is None else opens,
    )


def _chances(scene: Scene) -> FloatGrid:
    """Return each person's chance on an ordinary Tuesday: half on average, widely spread."""
    return np.asarray(np.clip(scene.dice.beta(2.2, 2.2, scene.people), 0.10, 0.92))


def _start_up(scene: Scene, joins: IntRow) -> FloatGrid:
    """Return how far each person is on their way from the first try to a habit, by day."""
    lag = scene.dice.geometric(0.25, scene.people)
    since = np.arange(scene.span.days) - (joins + lag)[:, None]
    return np.where(since < 0, 0.0, 1 - 0.6 * np.exp(-np.maximum(since, 0) / 10))


def _some_ordinary_day(scene: Scene, first: date, last: date) -> date:
    """Return a day between two days, both included, on which this firm would do a thing."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    ordinary = [day for day in days if is_ordinary(scene.calendar, scene.country, day)]
    return ordinary[scene.dice.integers(0, len(ordinary))]
