"""Stage histories for the stalled rule (detection.md, 7.4): pilots that walk to production, or stop on the way.

Organisations have a pace of their own, plans are a bit optimistic, and about a third of the pilots
stop: they do not leave their stage, and neither reach nor breadth grows any more. Others are slow and
still grow. Reach is counted from simulated people, breadth from the use cases they touch.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bot.domain.pilot import Stage
from tests.bench.peers.places import COUNTRIES, Bools, Floats, christmas_mask, holiday_mask, slack_row

FIRST_DAY = date(2024, 7, 1)
DAYS = 728
MONTH = 28
WEEK = 7
EIGHT_WEEKS = 56
ORGANISATION = 10
"""Pilots of one organisation, which share its pace."""
NEVER = 10**6

USUAL_DAYS = ((Stage.IDEA, 35), (Stage.BUILD, 56), (Stage.PILOT, 84), (Stage.SCALE, 112))
"""Median days of the stages on the way, and their order."""
STALLS_IN = (0.0, 0.2, 0.5, 0.3)
"""How often a pilot that stops does so in each of them."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One pilot's way: the day each stage began, what the plan gave it, and when it stopped, if it did."""

    name: str
    country: str
    begins: tuple[tuple[Stage, int], ...]
    """Stages entered, with the day of the window."""
    planned: tuple[int, ...]
    """Planned days of each stage entered."""
    stopped: int | None
    """Day from which neither reach nor breadth grows in a stage that is not left."""
    onset: int | None
    """Day by which it has stalled: it stopped growing, and would have moved on by now."""
    active: Floats
    reach: Floats
    breadth: Floats
    seats: Floats


@dataclass(frozen=True, slots=True)
class _Path:
    """Days of stages of one pilot before its people are drawn."""

    ends: tuple[int, ...]
    planned: tuple[int, ...]
    stopped: int | None
    onset: int | None
    stage: int | None
    """Stage it stopped in."""


def make_walks(seed: int, count: int) -> list[Walk]:
    """Return the same histories for the same seed."""
    dice = np.random.default_rng(seed)
    walks, pace = [], 1.0
    for number in range(count):
        if number % ORGANISATION == 0:
            pace = float(dice.lognormal(0, 0.35))
        walks.append(_walk(f"{seed}-{number}", pace, dice))
    return walks


def _walk(name: str, pace: float, dice: np.random.Generator) -> Walk:
    start = int(dice.integers(0, 182))
    path = _path(start, pace, dice)
    people, cases = _growth(path, dice)
    country = str(dice.choice(COUNTRIES))
    active, reach, breadth = _counted(country, people, cases, dice)
    begins, planned = [(Stage.IDEA, start)], [path.planned[0]]
    stages = [stage for stage, _ in USUAL_DAYS[1:]] + [Stage.PRODUCTION]
    for place, (stage, end) in enumerate(zip(stages, path.ends, strict=True), start=1):
        if end < DAYS:
            begins.append((stage, end))
            planned.append(path.planned[min(place, len(path.planned) - 1)])
    used = np.arange(DAYS) >= path.ends[0]
    unused = np.where(used, 1.0, np.nan)  # an idea has no source that tells of it
    seats = np.full(DAYS, float(people.size))
    return Walk(
        name,
        country,
        tuple(begins),
        tuple(planned),
        path.stopped,
        path.onset,
        active * unused,
        reach * unused,
        breadth * unused,
        seats * unused,
    )


def _path(start: int, pace: float, dice: np.random.Generator) -> _Path:
    """Draw how long the stages last, what the plan says, and where the pilot stops."""
    slow = float(dice.uniform(1.4, 2.5)) if dice.random() < 0.25 else 1.0
    stops_in = int(dice.choice(len(USUAL_DAYS), p=STALLS_IN)) if dice.random() < 1 / 3 else None
    day, ends, planned = start, [], []
    stopped = onset = None
    for place, (_, usual) in enumerate(USUAL_DAYS):
        lasts = max(round(usual * pace * slow * float(dice.lognormal(0, 0.35))), 10)
        planned.append(max(round(usual * pace * float(dice.lognormal(-0.2, 0.3))), 7))
        if place == stops_in:
            stopped = day + round(lasts * float(dice.uniform(0.4, 1.0)))
            onset = day + lasts
            lasts = NEVER
        day += lasts
        ends.append(day)
    return _Path(tuple(ends), tuple(planned), stopped, onset, stops_in)


def _growth(path: _Path, dice: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw on which day each person and each use case joins.

    What is healthy grows, however slowly its stages pass: half of the pilots by a tenth to a half more
    people in eight weeks, the others by a new use case every four to seven weeks and hardly by people.
    Growth ends when the pilot stops. A pilot that goes on to scale gets seats for many more.
    """
    by_people = dice.random() < 0.5
    times, every = (dice.uniform(1.1, 1.5), NEVER) if by_people else (dice.uniform(1.0, 1.1), dice.uniform(28, 50))
    begin = path.ends[0]
    joins, cases = [np.full(int(dice.integers(3, 9)), begin)], [np.array([begin])]
    for place in (1, 2, 3):
        stops = path.stage == place and path.stopped is not None
        end = path.stopped if stops and path.stopped is not None else path.ends[place]
        if place == 3:
            joins.append(begin + dice.integers(0, 28, int(dice.integers(10, 120))))
        now = sum(part.size for part in joins)
        many = min(times ** ((end - begin) / EIGHT_WEEKS) - 1, 8.0)
        joins.append(_spread(begin, end, int(np.ceil(now * many)), dice))
        cases.append(_spread(begin, end, int((end - begin) / every + dice.random()), dice))
        if stops:
            break
        begin = end
    return np.concatenate(joins), np.concatenate(cases)


def _spread(begin: int, end: int, count: int, dice: np.random.Generator) -> NDArray[np.int64]:
    """Return days between two, about evenly spread."""
    return begin + ((np.arange(count) + dice.random(count)) / max(count, 1) * (end - begin)).astype(np.int64)


def _counted(
    country: str, joins: NDArray[np.int64], cases: NDArray[np.int64], dice: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Let people use it day by day, and count who and what was seen: on the day, and in 28 days."""
    shut = holiday_mask(country, None, FIRST_DAY, DAYS, dice)
    day = np.arange(DAYS)
    weekday = (FIRST_DAY.weekday() + day) % WEEK
    factor = np.where(weekday < 5, 1.0, 0.04) * slack_row(country, FIRST_DAY, DAYS)
    factor *= np.where(shut, 0.03, 1.0) * np.where(christmas_mask(FIRST_DAY, DAYS, dice), 0.25, 1.0)
    weeks = np.exp(dice.normal(0, 0.07, DAYS // WEEK + 2))[day // WEEK]
    use = dice.beta(1.4, 2.2, joins.size)
    chance = use[:, None] * (factor * weeks)[None, :]
    seen = (dice.random(chance.shape, dtype=np.float32) < np.minimum(chance, 0.97)) & (day >= joins[:, None])
    often = dice.uniform(0.15, 0.8, cases.size)[:, None] * (factor > 0.2)
    touched = (dice.random((cases.size, DAYS)) < often) & (day >= cases[:, None])
    active = seen.sum(axis=0).astype(np.float64)
    return active, _in_a_month(seen), _in_a_month(touched)


def _in_a_month(seen: Bools) -> Floats:
    """Count the distinct rows seen in the 28 days up to each day."""
    day = np.arange(seen.shape[1])
    newest = np.maximum.accumulate(np.where(seen, day, -MONTH), axis=1)
    return (day - newest < MONTH).sum(axis=0).astype(np.float64)


def day_of(place: int) -> date:
    """Return the calendar day of a day of the window."""
    return FIRST_DAY + timedelta(days=place)
