"""The days on which people are counted together, and the epochs of bits and rows that these lie in."""

from dataclasses import dataclass

from adapters.redis_store.cells import KEPT_DAYS
from adapters.redis_store.codec import EPOCH_DAYS
from bot.metrics.people import WORD


@dataclass(frozen=True, slots=True)
class Axis:
    """Columns are days from `first` (where an epoch of bits begins) to `last`; all of them days since 1970.

    The kept days always lie on it; of days before `rows_from` no rows are asked for.
    """

    first: int
    last: int
    today: int
    rows_from: int

    @classmethod
    def of(cls, earliest: int, last: int, today: int, rows_from: int | None = None) -> "Axis":
        """Return the axis of the kept days and all from `earliest` to `last`."""
        first = min(earliest, today - KEPT_DAYS) // WORD * WORD
        return cls(first, max(last, today), today, first if rows_from is None else rows_from)

    @property
    def kept(self) -> int:
        """Column of the first day of which bits are kept."""
        return self.today - KEPT_DAYS - self.first

    @property
    def days(self) -> int:
        """Number of columns."""
        return self.last - self.first + 1

    @property
    def bit_epochs(self) -> range:
        """Epochs of bits that the kept days lie in."""
        return range((self.today - KEPT_DAYS) // WORD, self.last // WORD + 1)

    @property
    def row_epochs(self) -> range:
        """Epochs of the rows that are asked for."""
        return range(self.rows_from // EPOCH_DAYS, self.last // EPOCH_DAYS + 1)
