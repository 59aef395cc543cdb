"""What reach and flatness rest on: figures that a run writes into its book day by day."""

import numpy as np
import pytest

from bot.detection.book import Book
from bot.detection.columns import BoolRow
from bot.detection.grain import Grain
from bot.detection.stall import Reach, flat_on
from bot.domain.telemetry import FloatGrid

NOBODY_WORKS = np.zeros(1, dtype=np.bool_)


def book_of(active: FloatGrid, exact: FloatGrid, countable: BoolRow) -> Book:
    """Return the book of one pilot over its days, the first a Monday."""
    book, reach, days = Book(NOBODY_WORKS, 0), Reach(1), active.size
    for day in range(days):
        book.active_28d[day], book.use_cases[day] = exact[day], np.nan
        counted = countable[day : day + 1]
        worth = (counted & (day % 7 < 5)).astype(np.int16)
        reach.write(book, day, counted, active[day : day + 1], worth, Grain(1))
    return book


def test_reach_takes_the_exact_figure_for_a_week_and_the_mean_of_working_days() -> None:
    """The exact figure is carried at most a week; the mean leaves out weekends and gaps, and needs ten days."""
    active = np.tile([10.0, 10, 10, 10, 10, 0, 0], 7)
    exact, countable = np.full(active.size, np.nan), np.ones(active.size, dtype=np.bool_)
    exact[20], countable[28:] = 33.0, False
    book = book_of(active, exact, countable)
    assert book.monthly[26, 0] == 33.0
    assert np.isnan(book.monthly[27, 0])
    assert book.typical[27, 0] == 10.0
    assert np.isnan(book.typical[5, 0])
    assert np.isnan(book.typical[48, 0])


@pytest.mark.parametrize(("gap", "against"), [((0, 0), 54), ((69, 84), 40)])
def test_the_earlier_day_lies_so_many_known_weeks_back(gap: tuple[int, int], against: int) -> None:
    """Weeks without a day that counts are not counted, and a week with one is."""
    active, countable = np.full(120, 10.0), np.ones(120, dtype=np.bool_)
    countable[slice(*gap)] = False
    book = book_of(active, np.full(120, np.nan), countable)
    flat = flat_on(book, 110, (8, 6), 0.05, Grain(1))
    assert flat.against[0, 0] == against
    assert flat.is_flat[0, 0]
    assert book.weeks[[6, 13, 20], 0].tolist() == [1, 2, 3]
