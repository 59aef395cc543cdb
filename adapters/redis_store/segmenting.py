"""Habit segments of one pilot's people, from what the store holds of them."""

import numpy as np

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import CELL, COUNTED
from adapters.redis_store.held import Held, day_bits
from bot.domain.telemetry import FloatGrid
from bot.metrics.people import MONTH, SEASON_DAYS, WEEK, DayBits, Segments, segments


def segments_of(held: Held, axis: Axis) -> Segments | None:
    """Return the segments as of the last day of the axis.

    Acts are those of the cells at hand, of 28 days; further back only the days with use are kept.
    """
    days, last = day_bits([held], [held.count], axis), axis.last - axis.first
    names: list[bytes] = held.people["actor"].tolist()
    sits = held.seats[(held.seats["since"] <= axis.last) & (held.seats["until"] > axis.last)]
    seated = set(sits["actor"].tolist())
    # Who used it once and is gone is nobody's user now.
    stays = days.used(last - SEASON_DAYS + 1, last) | np.array([name in seated for name in names], dtype=np.bool_)
    without_use = len(seated.difference(names))
    return segments(DayBits(days.words[:, stays]), last, _acts_a_week(held, names)[stays], without_use)


def _acts_a_week(held: Held, names: list[bytes]) -> FloatGrid:
    """Return each person's acts a week over 28 days: of one surface and day the most any source says, NaN for none."""
    cells = np.frombuffer(b"".join(hot.cells for hot in held.hot.values()), dtype=CELL)
    day_of = np.repeat(list(held.hot), [len(hot.cells) // CELL.itemsize for hot in held.hot.values()])
    most: dict[tuple[bytes, int, int], int] = {}
    counted = (cells["flags"] & COUNTED) > 0
    told = zip(
        cells["actor"][counted].tolist(),
        day_of[counted].tolist(),
        cells["surface"][counted].tolist(),
        cells["actions"][counted].tolist(),
        strict=True,
    )
    for actor, day, surface, actions in told:
        most[actor, day, surface] = max(actions, most.get((actor, day, surface), 0))
    total: dict[bytes, int] = {}
    for (actor, _, _), actions in most.items():
        total[actor] = total.get(actor, 0) + actions
    return np.array([total.get(name, np.nan) for name in names], dtype=np.float64) / (MONTH / WEEK)
