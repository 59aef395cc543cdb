"""How much a pilot is used: what a figure of reach rests on, and figures that stand for a while."""

from typing import Final

import numpy as np

from bot.domain.telemetry import FloatGrid

MONTH: Final = 28
"""Days of a reach figure."""
WEEK: Final = 7
ENOUGH_WEEKDAYS: Final = 10
"""A reach figure whose 28 days hold fewer countable weekdays than this (half of them) isn't compared:
after a year-end or an outage it says more about the calendar than about the pilot."""


def recent(grid: FloatGrid, days: int = WEEK) -> FloatGrid:
    """Return the newest known figure of each day that is less than `days` days old, else NaN."""
    columns = np.arange(grid.shape[1])
    newest = np.maximum.accumulate(np.where(np.isnan(grid), -1, columns[None, :]), axis=1)
    filled = np.take_along_axis(grid, np.maximum(newest, 0), axis=1)
    return np.where((newest >= 0) & (columns[None, :] - newest < days), filled, np.nan)
