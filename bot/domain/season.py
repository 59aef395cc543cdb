"""How many people are usually at work in high summer: a season is no fall in use.

Public holidays say when nobody works; in these weeks many are away without a holiday. The shares
are round design choices by region and not measured; docs/detection.md says what they change.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from bot.domain.telemetry import FloatGrid

LONG: Final = frozenset({"AD", "BE", "CY", "ES", "FR", "GR", "IT", "LU", "MC", "MT", "PT", "SM"})
"""Countries in which much of a company is away in August."""
REST_OF_EUROPE: Final = frozenset(
    {
        *("AL", "AT", "BA", "BG", "CH", "CZ", "DE", "DK", "EE", "FI", "GB", "HR", "HU", "IE", "IS", "LI", "LT", "LV"),
        *("MD", "ME", "MK", "NL", "NO", "PL", "RO", "RS", "SE", "SI", "SK", "UA"),
    }
)
NORTH_AMERICA: Final = frozenset({"CA", "US"})

PRESENT: Final = ((LONG, 0.65), (REST_OF_EUROPE, 0.75), (NORTH_AMERICA, 0.9))
"""Share of people at work in the middle of the summer."""
BEGINS: Final = (7, 1)
FULL: Final = (7, 18)
EASES: Final = (8, 20)
ENDS: Final = (9, 5)
"""(month, day): the summer begins, is full from here to there, and ends, in straight lines between."""


def presence_row(country: str | None, first_day: date, days: int) -> FloatGrid:
    """Return the usual share of people at work on each of `days` days: 1 but in the summer of some countries."""
    least = next((share for countries, share in PRESENT if country in countries), 1.0)
    return _row(least, first_day, days)


@lru_cache(maxsize=64)
def _row(least: float, first_day: date, days: int) -> FloatGrid:
    day = np.arange(days, dtype=np.float64)
    row = np.ones(days)
    for year in range(first_day.year, (first_day + timedelta(days=days)).year + 1):
        turns = [(date(year, *turn) - first_day).days for turn in (BEGINS, FULL, EASES, ENDS)]
        row = np.minimum(row, np.interp(day, turns, [1.0, least, least, 1.0]))
    row.flags.writeable = False
    return row
