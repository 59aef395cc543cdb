"""The days the demo knows usage of, and where a calendar day lies among the columns of a grid."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

SHOWN_DAYS: Final = 210
"""Days with rows: 30 weeks, the last of them yesterday."""
EARLIER_DAYS: Final = 28
"""Days lived through before the first row, so that its 28-day figures are already whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """The calendar of one demo. Column 0 of every grid of the fleet is `begin`, the last one `last_day`."""

    today: date

    @property
    def begin(self) -> date:
        """First day people are simulated on; it has no row yet."""
        return self.first_day - timedelta(days=EARLIER_DAYS)

    @property
    def first_day(self) -> date:
        """First day with a row, for pilots that are that old."""
        return self.today - timedelta(days=SHOWN_DAYS)

    @property
    def last_day(self) -> date:
        """Yesterday: the last day with a row."""
        return self.today - timedelta(days=1)

    @property
    def days(self) -> int:
        """Number of columns."""
        return EARLIER_DAYS + SHOWN_DAYS

    def column(self, day: date) -> int:
        """Return the column of a calendar day; may lie outside the grid."""
        return (day - self.begin).days

    def day(self, column: int) -> date:
        """Return the calendar day of a column."""
        return self.begin + timedelta(days=int(column))
