"""Half the team gone: how many people of an earlier month, at least, have not used a pilot in the last one.

Only counts are known, and they are enough for a bound. Of the people of 28 days that ended four weeks ago or
earlier, at most so many are among those of the last 28 days as these are, less their first-time users. The
others have stopped. Who it was is not known here, and can't be.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.detection.signals.spells import IntGrid
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import BoolGrid, FloatGrid
from bot.metrics.usage import MONTH


@dataclass(frozen=True, slots=True)
class Gone:
    """Grids of the pilots `rows` only, in this order."""

    rows: IntGrid
    holds: BoolGrid
    """Days on which half the team of an earlier month was gone."""
    is_tellable: BoolGrid
    """Days on which everybody of then, who is gone and who may be left, are groups that may be told."""
    before: FloatGrid
    """People of that month."""
    gone: FloatGrid
    """People of it who have stopped, at the least; those who lost their access are not among them."""
    since: IntGrid
    """Last column of that month."""


def team_gone(
    reach: FloatGrid, most: FloatGrid, began: FloatGrid, seats: FloatGrid, settings: DetectionSettings
) -> Gone:
    """Compare the people of 28 days with the month within `team_gone_days` that had the most.

    `most` are the most people of 28 days by each day, `began` the first-time users by each day. Where these or
    `seats` are unknown nobody is taken for new, and nobody's access for cut.
    """
    share, days = settings.team_gone_share, reach.shape[1]
    fresh = np.array(began)
    fresh[:, MONTH:] -= began[:, :-MONTH]
    could = np.zeros(reach.shape, dtype=np.bool_)
    could[:, MONTH:] = reach[:, MONTH:] - fresh[:, MONTH:] <= (1 - share) * most[:, : max(0, days - MONTH)]
    rows = np.flatnonzero(could.any(axis=1))
    now, fresh, seats = reach[rows], fresh[rows], seats[rows]
    before, since = _best_month(now, settings.team_gone_days)
    cut = np.take_along_axis(seats, np.maximum(since, 0), axis=1) - seats
    gone = before - np.fmax(cut, 0.0) - now + fresh
    left = now - fresh
    groups = np.minimum(np.minimum(before, gone), np.minimum(left, now))
    return Gone(
        rows=rows,
        holds=(gone > 0) & (gone >= share * before),
        is_tellable=groups >= settings.min_group,
        before=before,
        gone=gone,
        since=since,
    )


def _best_month(reach: FloatGrid, back: int) -> tuple[FloatGrid, IntGrid]:
    """Return the most people of 28 days that ended 28 to `back` days before each day, and the last such column."""
    rows, days = reach.shape
    padded = np.hstack([np.full((rows, back), -1.0), np.nan_to_num(reach, nan=-1.0)])
    # Newest first, so that of equal months the last one counts.
    months = sliding_window_view(padded, back - MONTH + 1, axis=1)[:, :days, ::-1]
    place = months.argmax(axis=2)
    most = np.take_along_axis(months, place[:, :, None], axis=2)[:, :, 0]
    return np.where(most < 0, np.nan, most), np.arange(days) - MONTH - place
