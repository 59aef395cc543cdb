"""What may happen to a simulated pilot (detection.md, 7.2), as changes to what its people do."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Kind(StrEnum):
    """The five that must be found, then those that must stay silent."""

    SUDDEN = "sudden"
    SLOW = "slow"
    TEAM_LEAVES = "team leaves"
    SILENCE = "silence"
    MASKED = "masked"
    HEALTHY = "healthy"
    GROWTH = "growth"
    YEAR_END = "year-end"
    SUMMER = "summer"
    OUTAGE_MISSING = "outage, missing"
    OUTAGE_ZERO = "outage, silent zero"
    OUTAGE_PARTIAL = "outage, partial"
    LICENCE_CUT = "licence cut"
    RESTATED = "restated week"
    LATE = "source 6 days late"


FALLS = (Kind.SUDDEN, Kind.SLOW, Kind.TEAM_LEAVES, Kind.SILENCE, Kind.MASKED)
OUTAGES = (Kind.OUTAGE_MISSING, Kind.OUTAGE_ZERO, Kind.OUTAGE_PARTIAL)
NEW_PEOPLE = (Kind.GROWTH, Kind.MASKED)


@dataclass(slots=True)
class Group:
    """People of a pilot, one place each: when they have a seat, how much they use, when they stop."""

    use: Floats
    """Chance of use on a usual working day."""
    seat_from: Ints
    seat_to: Ints
    stops: Ints
    """Day from which a person is gone for good."""
    change: Floats = field(default_factory=lambda: np.ones((1, 1)))
    """What remains of a person's use by day: people by days, or (1, 1) when nothing changes."""


def spread_batches(people: int, size: int, onset: int, days: int, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """Return sizes and first days of one to three batches of new seats, which together are `people`."""
    batches = min(int(dice.integers(1, 4)), max(people // max(1, size // 10), 1))
    share = dice.dirichlet(np.full(batches, 4.0))
    sizes = np.maximum(np.round(share * people).astype(np.int64), 1)
    begins = np.sort(dice.integers(onset, max(days - 30, onset + 1), batches))
    return sizes, begins


def apply(kind: Kind, group: Group, joined: int, onset: int, days: int, dice: np.random.Generator) -> None:
    """Let what the kind is about happen to the group; the first `joined` people were there before the onset."""
    day = np.arange(days)
    if kind is Kind.SUDDEN:
        _fall(group, group.use.size, float(dice.uniform(1 / 7, 1 / 2)), 1.0, day - onset, dice)
    elif kind is Kind.SLOW:
        _fall(group, group.use.size, float(dice.uniform(0.2, 0.45)), float(dice.uniform(28, 60)), day - onset, dice)
    elif kind is Kind.MASKED:
        _fall(group, joined, float(dice.uniform(0.08, 0.28)), float(dice.uniform(21, 45)), day - onset, dice)
        group.use[joined:] *= dice.uniform(0.35, 0.65)
    elif kind is Kind.TEAM_LEAVES:
        _team_leaves(group, onset, dice)
    elif kind is Kind.SILENCE:
        group.stops = np.minimum(group.stops, onset + dice.integers(0, 1 + int(dice.integers(1, 6)), group.use.size))
    elif kind is Kind.LICENCE_CUT:
        _cut_licences(group, onset, dice)


def _fall(group: Group, among: int, left: float, over: float, since: Ints, dice: np.random.Generator) -> None:
    """Let use of the first `among` people fall to a share over so many days, fastest at first, as churn does.

    Some stop altogether, with the same risk every day; the others use it less from week to week, each at
    an own pace.
    """
    people = group.use.size
    quitters = float(dice.uniform(0, 1 - left)) * 0.8
    quits = dice.random(people) < quitters
    when = -np.log(1 - dice.random(people) * (1 - left)) / np.log(1 / left) * over
    pace = np.clip((since[None, :] + 1) / (over * dice.uniform(0.7, 1.3, people))[:, None], 0, 1)
    keeps = np.power(left / (1 - quitters), pace)
    group.change = np.where(quits[:, None], since[None, :] < when[:, None], keeps)
    group.change[among:] = 1.0


def _team_leaves(group: Group, onset: int, dice: np.random.Generator) -> None:
    """Let a third to somewhat over a half of those who use the pilot stop within three days."""
    active = np.flatnonzero(group.use > np.median(group.use) / 4)
    leavers = int(np.ceil(dice.uniform(1 / 3, 0.58) * active.size))
    chosen = dice.choice(active, leavers, replace=False)
    group.stops[chosen] = np.minimum(group.stops[chosen], onset + dice.integers(0, 3, leavers))


def _cut_licences(group: Group, onset: int, dice: np.random.Generator) -> None:
    """Take away a third of the seats: mostly of those who use them least, as one does who saves licences."""
    order = np.argsort(group.use * dice.lognormal(0, 0.5, group.use.size))
    cut = order[: round(group.use.size / 3)]
    group.seat_to[cut] = np.minimum(group.seat_to[cut], onset)
