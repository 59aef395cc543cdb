"""A fleet for the bench: every kind at every size, in cohorts that share a calendar and their sources."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tests.bench.peers.kinds import OUTAGES, Kind
from tests.bench.peers.people import Outage, PilotLife, Wish, live

SIZES = (5, 20, 100, 1000)
DAYS = 270
LATE_BY = 6
COHORTS = (
    date(2024, 9, 30),
    date(2024, 12, 2),
    date(2025, 2, 3),
    date(2025, 4, 7),
    date(2025, 6, 9),
    date(2025, 8, 11),
)
"""First days of the cohorts: a pilot starts up to three weeks later, and all of a cohort end together."""
WINTER = (0, 4, 5)
"""Cohorts that are old enough to be judged when Christmas comes."""
SUMMER = (2, 3)
"""Cohorts that live through July and August."""
VENDORS = ("chat", "code", "notes", "search")


@dataclass(frozen=True, slots=True)
class Cohort:
    """Pilots over one calendar, from `first_day` to the last day they all share."""

    first_day: date
    days: int
    lives: list[PilotLife]


def make_fleet(
    seed: int, each: int, sizes: tuple[int, ...] = SIZES, kinds: tuple[Kind, ...] = tuple(Kind)
) -> list[Cohort]:
    """Return the same fleet for the same seed: `each` pilots of every kind and size."""
    dice = np.random.default_rng(seed)
    days = DAYS + 20
    cohorts = [Cohort(first, days, []) for first in COHORTS]
    for kind in kinds:
        for number in range(each):
            place = _cohort(kind, dice)
            alone, plan = number % 2 == 1, _plan(kind, days, dice)
            for size in sizes:
                name = f"{seed}-{kind.value.replace(' ', '-').replace(',', '')}-{size}-{number}"
                wish = _wish(name, kind, size, COHORTS[place], days, dice)
                if kind in OUTAGES:
                    mine = _plan(kind, days, dice) if alone else plan
                    wish = _failing(wish, mine, alone=alone)
                cohorts[place].lives.append(live(wish, dice))
    return cohorts


def _cohort(kind: Kind, dice: np.random.Generator) -> int:
    places = {Kind.YEAR_END: WINTER, Kind.SUMMER: SUMMER}.get(kind, tuple(range(len(COHORTS))))
    return int(dice.choice(places))


def _wish(name: str, kind: Kind, size: int, first: date, days: int, dice: np.random.Generator) -> Wish:
    """Draw the start of a pilot and the source that tells of it."""
    waits = int(dice.integers(0, 21))
    late = kind is Kind.LATE
    source = "late" if late else str(dice.choice(VENDORS))
    return Wish(name, kind, size, source, first + timedelta(days=waits), days - waits, lag=LATE_BY if late else 0)


def _failing(wish: Wish, plan: tuple[Outage, ...], *, alone: bool) -> Wish:
    """Let outages hit a pilot: alone among the others of its source, or with all pilots of a source of its own."""
    late_start = (wish.first_day - max(d for d in COHORTS if d <= wish.first_day)).days
    outages = tuple(Outage(o.first - late_start, o.days, o.lost, o.missing) for o in plan)
    source = wish.source if alone else f"{wish.name.rsplit('-', 2)[0]}-{wish.name.rsplit('-', 1)[1]}"
    return Wish(wish.name, wish.kind, wish.size, source, wish.first_day, wish.days, outages, wish.lag)


def _plan(kind: Kind, days: int, dice: np.random.Generator) -> tuple[Outage, ...]:
    """Draw the outages of a source; nothing for kinds without."""
    if kind not in OUTAGES:
        return ()
    missing = kind is Kind.OUTAGE_MISSING
    count = int(dice.integers(2, 5)) if missing else int(dice.integers(1, 4))
    longest = 12 if missing else 5
    plan = []
    for first in dice.integers(45, days - 20, count):
        lost = float(dice.uniform(0.5, 0.95)) if kind is Kind.OUTAGE_PARTIAL else 1.0
        plan.append(Outage(int(first), int(dice.integers(2 if missing else 1, longest + 1)), lost, missing))
    return tuple(plan)
