"""A pilot lived day by day by simulated people (detection.md, 7.1). Knows nothing of any detector.

Every person has an own inclination, ramp, quiet and busy weeks, holidays and illness; the firm has a
weekday pattern, a region with its holidays, a Christmas break, days nobody announced, and weeks that
go better or worse for everybody. What is counted from the records of these people is all that a
detector may see.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.kinds import FALLS, NEW_PEOPLE, OUTAGES, Group, Kind, apply, spread_batches
from tests.bench.peers.places import (
    COUNTRIES,
    REGIONS,
    Bools,
    Floats,
    christmas_mask,
    holiday_mask,
    slack_row,
    summer_leaves,
)

WEEK = 7
SUNDAY = 6
FOR_GOOD = 10**6
"""A day that never comes."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outage:
    """Days on which a source fails: `lost` is the share of records lost, 1.0 for all of them."""

    first: int
    days: int
    lost: float
    missing: bool
    """Whether the source itself knows that it failed, so that the days are unknown."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of pilot to make: its place in the fleet, its calendar, and the failures of its source."""

    name: str
    kind: Kind
    size: int
    source: str
    first_day: date
    days: int
    outages: tuple[Outage, ...] = ()
    lag: int = 0


@dataclass(frozen=True, slots=True)
class PilotLife:
    """What is told of a pilot, by day: NaN is missing. Rows of a week stand on its Sunday, NaN on other days.

    `told` and `told_week` are the figures as they were known before the restatement that arrived on
    day `corrected`; without one they are `active` and `weekly` themselves.
    """

    wish: Wish
    country: str
    seats_planned: int
    active: Floats
    told: Floats
    seats: Floats
    weekly: Floats
    told_week: Floats
    heartbeat: Bools
    away: Floats
    """People known to be away, by a leave feed; NaN where there is none."""
    actions: Floats
    onset: int | None
    corrected: int | None
    failing: Bools
    """Days of an outage."""


@dataclass(frozen=True, slots=True)
class _Days:
    """What people did, people by days: who used it, who had a seat, who was away."""

    used: Bools
    seated: Bools
    away: Bools


@dataclass(slots=True)
class _Records:
    """Who was active on which day, as far as it was recorded: people by days."""

    seen: Bools
    known: Bools
    failing: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))


def live(wish: Wish, dice: np.random.Generator) -> PilotLife:
    """Simulate one pilot."""
    country = str(dice.choice(COUNTRIES))
    region = str(dice.choice([r or "" for r in REGIONS[country]])) or None
    firm = holiday_mask(country, region, wish.first_day, wish.days, dice)
    breaks = christmas_mask(wish.first_day, wish.days, dice)
    onset = _onset(wish, firm | breaks, dice)
    group, joined, planned = _gather(wish, onset, dice)
    apply(wish.kind, group, joined, onset, wish.days, dice)
    away = _leaves(country, wish, group.use.size, dice)
    chance = _chances(wish, group, _days_of_firm(wish, country, firm, breaks, dice), dice)
    day = np.arange(wish.days)
    seated = (group.seat_from[:, None] <= day) & (day < group.seat_to[:, None])
    chance *= seated & ~away & (day < group.stops[:, None])
    used = dice.random(chance.shape, dtype=np.float32) < np.minimum(chance, 0.97)
    return _told(wish, country, planned, onset, _Days(used, seated, away), dice)


def _onset(wish: Wish, closed: Bools, dice: np.random.Generator) -> int:
    """Draw the working day on which a fall begins, or a cut of licences; it leaves two months to see it."""
    day = np.arange(75, wish.days - 65)
    weekday = (wish.first_day.weekday() + day) % WEEK
    return int(dice.choice(day[(weekday < 5) & ~closed[day]]))


def _gather(wish: Wish, onset: int, dice: np.random.Generator) -> tuple[Group, int, int]:
    """Draw the people: those of the launch, and those of later batches; say how many there are at launch."""
    launch = max(round(wish.size * dice.uniform(0.8, 1.25)), 4)
    mean, width = dice.uniform(1 / 3, 2 / 3), dice.uniform(1.2, 3.5)
    at_once = dice.random() < 0.5
    over = 1 if at_once else int(dice.integers(7, 43))
    seat_from = np.sort(dice.integers(0, over, launch))
    if wish.kind in NEW_PEOPLE:
        share = dice.uniform(0.6, 1.3) if wish.kind is Kind.MASKED else dice.uniform(0.3, 1.2)
        begins = (onset, onset + 70) if wish.kind is Kind.MASKED else (40, wish.days)
        sizes, days = spread_batches(max(round(launch * share), 1), wish.size, begins[0], begins[1], dice)
        seat_from = np.concatenate([seat_from, np.repeat(days, sizes)])
    people = seat_from.size
    use = dice.beta(mean * width, (1 - mean) * width, people)
    use = np.minimum(use * mean / use[:launch].mean(), 0.97)
    stops = np.full(people, FOR_GOOD)
    quits = dice.random(people) < dice.uniform(0.02, 0.07)
    stops[quits] = dice.integers(0, wish.days, int(quits.sum()))
    group = Group(use, seat_from, np.full(people, FOR_GOOD), stops)
    return group, launch, launch


def _leaves(country: str, wish: Wish, people: int, dice: np.random.Generator) -> Bools:
    """Draw who is away on holiday or ill: about three times a person, summers among them."""
    who, start, length = summer_leaves(country, wish.first_day, wish.days, people, dice)
    often = dice.poisson(2.3 * wish.days / 270, people)
    other = np.repeat(np.arange(people), often)
    ill = dice.random(other.size) < 0.45
    stay = np.where(ill, dice.integers(3, 7, other.size), dice.integers(5, 17, other.size))
    who = np.concatenate([who, other])
    begins = np.concatenate([start, dice.integers(0, wish.days, other.size)])
    ends = begins + np.concatenate([length, stay])
    steps = np.zeros((people, wish.days + 1), dtype=np.int16)
    np.add.at(steps, (who, np.clip(begins, 0, wish.days)), 1)
    np.add.at(steps, (who, np.clip(ends, 0, wish.days)), -1)
    return np.cumsum(steps[:, :-1], axis=1) > 0


def _days_of_firm(
    wish: Wish, country: str, firm: Bools, breaks: Bools, dice: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return how a day goes for everybody: on holidays and in general, as two factors by day."""
    weekday = (wish.first_day.weekday() + np.arange(wish.days)) % WEEK
    pattern = np.concatenate([dice.normal([1.0, 1.04, 1.04, 1.0], 0.03), [dice.uniform(0.72, 0.95)], np.zeros(2)])
    pattern[5:] = dice.uniform([0.4, 0.35], [0.85, 0.75]) if dice.random() < 0.1 else dice.uniform(0.005, 0.06, 2)
    factor = pattern[weekday] * slack_row(country, wish.first_day, wish.days)
    shut = np.where(firm, dice.uniform(0.01, 0.08), 1.0) * np.where(breaks, dice.uniform(0.05, 0.4), 1.0)
    weeks = wish.days // WEEK + 2
    shock, spread, hold = np.zeros(weeks), dice.uniform(0.04, 0.11), dice.uniform(0.3, 0.7)
    for week in range(1, weeks):
        shock[week] = hold * shock[week - 1] + spread * dice.normal() * np.sqrt(1 - hold**2)
    of_week = shock[(np.arange(wish.days) + wish.first_day.weekday()) // WEEK]
    factor = factor * np.exp(of_week + dice.normal(0, dice.uniform(0.03, 0.1), wish.days))
    for count, low, high in ((dice.integers(1, 4), 0.03, 0.4), (dice.integers(0, 4), 0.25, 0.7)):
        factor[dice.integers(0, wish.days, count)] *= dice.uniform(
            low, high, count
        )  # company days; off-sites, incidents
    return factor, shut


def _chances(wish: Wish, group: Group, firm: tuple[Floats, Floats], dice: np.random.Generator) -> NDArray[np.float32]:
    """Return each person's chance of use by day, before leave and seats."""
    people, weeks = group.use.size, wish.days // WEEK + 2
    factor, shut = firm
    mood = dice.lognormal(-0.08, 0.4, (people, weeks)).astype(np.float32)
    mood *= np.where(dice.random((people, weeks)) < 0.07, 0.2, 1.06)
    week = (np.arange(wish.days) + wish.first_day.weekday()) // WEEK
    # A firm of some countries: for part of the people the holidays of the pilot's own country are working days.
    abroad = dice.random(people) < (dice.uniform(0.05, 0.3) if dice.random() < 0.25 else 0.0)
    open_days = np.where(abroad[:, None], 1.0, shut[None, :])
    begins = group.seat_from + np.minimum(dice.exponential(4.0, people), 40)
    since = np.arange(wish.days)[None, :] - begins[:, None]
    ramp = np.clip(0.35 + 0.65 * since / dice.uniform(4, 25, people)[:, None], 0, 1) * (since >= 0)
    if dice.random() < 0.35:
        ramp = ramp * (1 + dice.uniform(0.15, 0.6) * np.exp(-np.maximum(since, 0) / dice.uniform(7, 18)))
    usual = group.use[:, None] * factor[None, :] * open_days * ramp
    return (usual.astype(np.float32) * mood[:, week] * group.change).astype(np.float32)


def _told(wish: Wish, country: str, planned: int, onset: int, lived: _Days, dice: np.random.Generator) -> PilotLife:
    """Turn what people did into what a source tells of it."""
    records = _recorded(wish, lived.used, dice)
    active = np.where(records.known, records.seen.sum(axis=0), np.nan)
    weekly = _weeks(records, wish.first_day)
    told, told_week, corrected = active, weekly, None
    if wish.kind is Kind.RESTATED:
        told, told_week, corrected = _first_told(wish, records, active, weekly, dice)
    feed = lived.away & lived.seated & (dice.random(lived.away.shape[0]) < 0.8)[:, None]
    has_feed = dice.random() < 0.4
    intensity = dice.lognormal(1.0, 0.8, lived.used.shape[0])
    return PilotLife(
        wish=wish,
        country=country,
        seats_planned=planned,
        active=active,
        told=told,
        seats=np.where(records.known, lived.seated.sum(axis=0), np.nan),
        weekly=weekly,
        told_week=told_week,
        heartbeat=records.known,
        away=feed.sum(axis=0).astype(np.float64) if has_feed else np.full(wish.days, np.nan),
        actions=np.where(records.known, active + dice.poisson(intensity @ records.seen), np.nan),
        onset=onset if wish.kind in FALLS else None,
        corrected=corrected,
        failing=records.failing,
    )


def _recorded(wish: Wish, used: Bools, dice: np.random.Generator) -> _Records:
    """Lose what the source loses; now and then a healthy source has a short gap too."""
    seen, known = used.copy(), np.ones(wish.days, dtype=np.bool_)
    failing = np.zeros(wish.days, dtype=np.bool_)
    for outage in wish.outages:
        span = slice(outage.first, outage.first + outage.days)
        failing[span] = True
        known[span] &= not outage.missing
        seen[:, span] &= dice.random(seen[:, span].shape) >= outage.lost
    if wish.kind not in OUTAGES and dice.random() < 0.3:
        gap = int(dice.integers(7, wish.days - 7))
        known[gap : gap + int(dice.integers(1, 4))] = False
    return _Records(seen & known, known, failing)


def _weeks(records: _Records, first_day: date) -> Floats:
    """Count the distinct people of each whole week, on its Sunday; a week with a missing day is unknown."""
    days = records.known.size
    told = np.full(days, np.nan)
    for sunday in range(SUNDAY - first_day.weekday(), days, WEEK):
        span = slice(sunday - WEEK + 1, sunday + 1)
        if span.start >= 0 and records.known[span].all():
            told[sunday] = records.seen[:, span].any(axis=1).sum()
    return told


def _first_told(
    wish: Wish, records: _Records, active: Floats, weekly: Floats, dice: np.random.Generator
) -> tuple[Floats, Floats, int]:
    """Draw a past week that was first told wrong: half of the time too little, else with people counted twice."""
    monday = int(dice.integers(60, wish.days - 35))
    monday += -(monday + wish.first_day.weekday()) % WEEK
    span = slice(monday, monday + WEEK)
    corrected = monday + WEEK + int(dice.integers(2, 22))
    told, told_week = active.copy(), weekly.copy()
    if dice.random() < 0.5:
        kept = records.seen.copy()
        kept[:, span] &= dice.random(kept[:, span].shape) >= dice.uniform(0.1, 0.7)
        told[span] = np.where(records.known[span], kept[:, span].sum(axis=0), np.nan)
        told_week = _weeks(_Records(kept, records.known), wish.first_day)
    else:
        twice = dice.uniform(1.1, 1.6)
        told[span] = np.round(active[span] * twice)
        told_week[span] = np.round(weekly[span] * twice)
    return told, told_week, corrected
