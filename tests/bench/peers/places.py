"""Where simulated people work: when a country is closed, and when its people take their summer.

The public calendar is the one fact shared with the detector. Unlike it, people live in regions: a
Bavarian has more holidays than Germany, and England closes on Easter Monday.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COUNTRIES = ("US", "DE", "GB", "FR")
REGIONS: dict[str, tuple[str | None, ...]] = {
    "US": (None,),
    "DE": ("BW", "BY", "NW", "BE", "HH", "HE"),
    "GB": ("ENG", "ENG", "ENG", "SCT"),
    "FR": (None,),
}
"""Regions a pilot's people may live in; None is the country as a whole."""

OFTEN_WORKED = {
    "Columbus Day": 0.85,
    "Veterans Day": 0.75,
    "Washington's Birthday": 0.5,
    "Martin Luther King Jr. Day": 0.35,
    "Juneteenth National Independence Day": 0.4,
    "Pentecost Monday": 0.4,
}
"""Share of companies that open on a holiday of the name; in Germany Pentecost is never worked."""


@dataclass(frozen=True, slots=True)
class Summer:
    """How a country takes its summer: the share of people who go, their days away, when most leave."""

    share: float
    shortest: int
    longest: int
    middle: tuple[int, int]
    spread: float
    """Standard deviation of the first day away, in days."""
    slack: float
    """How much of their usual use those at work keep up in the quietest weeks."""


SUMMERS = {
    "US": Summer(0.5, 5, 10, (7, 20), 24, 0.96),
    "DE": Summer(0.7, 9, 21, (7, 28), 22, 0.92),
    "GB": Summer(0.65, 7, 15, (8, 3), 20, 0.93),
    "FR": Summer(0.85, 12, 24, (8, 1), 12, 0.85),
}


@lru_cache(maxsize=256)
def closed_days(country: str, region: str | None, first_day: date, days: int) -> dict[int, str]:
    """Return the public holidays of a region as offsets from the first day, with their names."""
    last = first_day + timedelta(days=days - 1)
    kind = getattr(holidays, country)
    known = kind(years=range(first_day.year, last.year + 1), subdiv=region)
    return {(day - first_day).days: name for day, name in known.items() if first_day <= day <= last}


def holiday_mask(country: str, region: str | None, first_day: date, days: int, dice: np.random.Generator) -> Bools:
    """Return the days on which a company of this region is shut for a public holiday."""
    shut = np.zeros(days, dtype=np.bool_)
    for day, name in closed_days(country, region, first_day, days).items():
        worked = 0.0 if country == "DE" else OFTEN_WORKED.get(name.removesuffix(" (observed)"), 0.0)
        shut[day] = dice.random() >= worked
        if name.startswith("Thanksgiving") and day + 1 < days:
            shut[day + 1] = dice.random() < 0.7  # the day after is no public holiday, and few are there
        if (first_day + timedelta(days=day)).weekday() == 3 and country in {"DE", "FR"} and day + 1 < days:
            shut[day + 1] |= dice.random() < 0.25  # a bridge day
    return shut


def christmas_mask(first_day: date, days: int, dice: np.random.Generator) -> Bools:
    """Return the days of the company's own Christmas break, which no calendar tells."""
    break_mask = np.zeros(days, dtype=np.bool_)
    for year in range(first_day.year - 1, (first_day + timedelta(days=days)).year + 1):
        begins = date(year, 12, int(dice.integers(19, 25)))
        ends = date(year + 1, 1, int(dice.integers(1, 7)))
        day = np.arange((begins - first_day).days, (ends - first_day).days + 1)
        break_mask[day[(day >= 0) & (day < days)]] = True
    return break_mask


def slack_row(country: str, first_day: date, days: int) -> Floats:
    """Return how much of their usual use people at work keep up on each day, for the quiet of the summer."""
    row = np.ones(days)
    summer = SUMMERS[country]
    day = np.arange(days)
    for year in range(first_day.year, (first_day + timedelta(days=days)).year + 1):
        middle = (date(year, *summer.middle) - first_day).days + summer.longest / 2
        row -= (1 - summer.slack) * np.exp(-0.5 * ((day - middle) / (summer.spread + 6)) ** 2)
    return row


def summer_leaves(
    country: str, first_day: date, days: int, people: int, dice: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Draw who is away in summer: the person, the first day away, and for how many days; days may lie outside."""
    summer = SUMMERS[country]
    who, start, length = [], [], []
    for year in range(first_day.year, (first_day + timedelta(days=days)).year + 1):
        goers = np.flatnonzero(dice.random(people) < summer.share)
        middle = (date(year, *summer.middle) - first_day).days
        who.append(goers)
        start.append(np.round(dice.normal(middle, summer.spread, goers.size)).astype(np.int64))
        length.append(dice.integers(summer.shortest, summer.longest + 1, goers.size))
    return np.concatenate(who), np.concatenate(start), np.concatenate(length)
