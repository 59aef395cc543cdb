"""How the people of one pilot spend their days, and what a tool counts of it.

Everybody has an own chance of using the tool on an ordinary Tuesday. It is bent by the weekday, by
the calendar of the country, by busy and quiet weeks, by leave and by the story of the pilot. Then
dice are thrown for each person and day. Grids have the shape (people, columns of the span).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.telemetry import BoolGrid, FloatGrid
from jobs.fleet.chance import Chance
from jobs.fleet.span import Span

IntRow = NDArray[np.int64]

ALWAYS: Final = -10_000
"""Column of what was there long before the first day."""
NEVER: Final = 10_000
"""Column of what does not happen in these weeks."""

WEEKDAYS: Final = np.array([0.97, 1.03, 1.02, 1.00, 0.82, 0.04, 0.03])
"""Use by weekday from Monday on: a weaker Friday, near-empty weekends."""
DAY_NOISE: Final = 0.07
WEEK_NOISE: Final = 0.08
WEEK_MEMORY: Final = 0.5
"""Each week of a pilot keeps this much of the surprise of the week before."""
OWN_WEEK_NOISE: Final = 0.30
"""Busy and quiet weeks of each person."""
LEAVES_A_YEAR: Final = 4.5
SHORTEST_LEAVE: Final = 3
LONGEST_LEAVE: Final = 16
"""Days of a vacation or an illness, both included."""
ATTRITION_A_DAY: Final = 0.0002
"""About four in a hundred stop within 30 weeks, without anybody noticing."""
SUREST: Final = 0.97
"""Nobody is surer than this to use a tool on a given day."""
MAIN_USE: Final = 0.7
"""Share of a person's days that go to their main use case."""
ACTIONS: Final = 6.0
"""Middle number of actions of an active person on a day."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of one pilot and what the story does to them, before any day is lived.

    `chance` is each person's chance on an ordinary Tuesday, `level` what the story makes of it by
    person and day. `seat_from` and `seat_until` are columns between which a person has a seat (the
    latter excluded). `opens` are the columns from which each use case exists.
    """

    chance: FloatGrid
    level: FloatGrid
    seat_from: IntRow
    seat_until: IntRow
    opens: IntRow

    @property
    def people(self) -> int:
        """How many people the pilot ever has."""
        return len(self.chance)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the tool counts by day, one figure per column of the span, in people unless named otherwise."""

    active: IntRow
    seats: IntRow
    active_7d: IntRow
    active_28d: IntRow
    actions: IntRow
    use_cases: IntRow


def live(dice: Chance, cast: Cast, present: FloatGrid, span: Span) -> Counts:
    """Let the people of a pilot live their days; `present` is the share of the country at work by day."""
    columns = np.arange(span.days)
    seated = (columns >= cast.seat_from[:, None]) & (columns < cast.seat_until[:, None])
    stays = columns < _departures(dice, cast)[:, None]
    mood = _pilot_weeks(dice, span) * np.exp(dice.normal(0, DAY_NOISE, span.days))
    weekday = WEEKDAYS[(span.begin.weekday() + columns) % 7]
    share = cast.chance[:, None] * cast.level * _own_weeks(dice, cast.people, span) * (weekday * mood * present)
    active = dice.random(share.shape) < np.clip(share, 0, SUREST)
    active &= seated & stays & ~_on_leave(dice, cast.people, span)
    return Counts(
        active=active.sum(axis=0),
        seats=seated.sum(axis=0),
        active_7d=_within(active, 7).sum(axis=0),
        active_28d=_within(active, 28).sum(axis=0),
        actions=_actions(dice, active),
        use_cases=_use_cases(dice, active, cast.opens),
    )


def _within(days: BoolGrid, length: int) -> BoolGrid:
    """Return for each day whether anything was true on it or on the `length - 1` days before."""
    sums = np.cumsum(days, axis=1)
    before = np.zeros_like(sums)
    before[:, length:] = sums[:, :-length]
    return np.asarray(sums > before)


def _departures(dice: Chance, cast: Cast) -> IntRow:
    """Return the column from which each person has silently stopped."""
    stayed = dice.exponential(1 / ATTRITION_A_DAY, cast.people).astype(np.int64)
    return np.maximum(cast.seat_from, 0) + 1 + stayed


def _pilot_weeks(dice: Chance, span: Span) -> FloatGrid:
    """Return the weather of the pilot by day: better and worse weeks that hang together."""
    weeks = span.days // 7 + 2
    surprise = dice.normal(0, WEEK_NOISE, weeks)
    for week in range(1, weeks):
        surprise[week] += WEEK_MEMORY * surprise[week - 1]
    return np.asarray(np.exp(surprise))[_week_of(span)]


def _own_weeks(dice: Chance, people: int, span: Span) -> FloatGrid:
    weeks = np.exp(dice.normal(0, OWN_WEEK_NOISE, (people, span.days // 7 + 2)))
    return np.asarray(weeks[:, _week_of(span)])


def _week_of(span: Span) -> IntRow:
    return np.asarray((np.arange(span.days) + span.begin.weekday()) // 7)


def _on_leave(dice: Chance, people: int, span: Span) -> BoolGrid:
    """Return who is on vacation or ill on which day."""
    away = np.zeros((people, span.days), dtype=np.bool_)
    for person, times in enumerate(dice.poisson(LEAVES_A_YEAR * span.days / 365, people)):
        starts = dice.integers(-LONGEST_LEAVE, span.days, times)
        lengths = dice.integers(SHORTEST_LEAVE, LONGEST_LEAVE + 1, times)
        for start, length in zip(starts, lengths, strict=True):
            away[person, max(0, start) : max(0, start + length)] = True
    return away


def _actions(dice: Chance, active: BoolGrid) -> IntRow:
    """Return the actions of each day; some people do much more than others."""
    keenness = ACTIONS * np.exp(dice.normal(0, 0.5, len(active)))
    counts = 1 + dice.poisson(np.broadcast_to(keenness[:, None], active.shape))
    return np.asarray(np.where(active, counts, 0).sum(axis=0))


def _use_cases(dice: Chance, active: BoolGrid, opens: IntRow) -> IntRow:
    """Return how many use cases were touched in the 28 days ending with each day.

    An active person touches one a day: mostly their main one, else any that exists by then.
    """
    there = (np.arange(active.shape[1]) >= opens[:, None]).sum(axis=0)
    main = dice.integers(0, len(opens), len(active))
    anything = (dice.random(active.shape) * there).astype(np.int64)
    keeps_to_main = (dice.random(active.shape) < MAIN_USE) & (main[:, None] < there)
    choice = np.where(keeps_to_main, main[:, None], anything)
    touched = np.zeros((len(opens), active.shape[1]), dtype=np.bool_)
    person, day = np.nonzero(active)
    touched[choice[person, day], day] = True
    return np.asarray(_within(touched, 28).sum(axis=0))
