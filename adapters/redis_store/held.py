"""What the store holds of one pilot when it is folded, as bytes, and how its bits become days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import ADDED, CELL
from adapters.redis_store.codec import EPOCH_DAYS, ROW
from adapters.redis_store.fold_state import FoldState
from bot.metrics.people import WORD, DayBits

EPOCH_BYTES: Final = EPOCH_DAYS * ROW.itemsize
PERSON: Final = np.dtype([("actor", "S10"), ("first", ">u2")])
SEAT: Final = np.dtype([("actor", "S10"), ("source", ">u2"), ("since", ">u2"), ("until", ">u2")])
MARK: Final = Struct(">HBIB")
"""Source, revision in two parts, and kind of a partition."""

SEATS_FROM: Final = b"from"
"""Field of the seats that holds the first day that changed since the last fold."""

Records = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class HotDay:
    """Cells of one pilot-day. `is_added` says that earlier cells of the day had expired when these came."""

    cells: bytes
    marks: bytes
    is_added: bool

    @classmethod
    def from_fields(cls, told: Sequence[bytes]) -> "HotDay":
        """Return the cells of a hash, given as fields and values in turn."""
        cells = b"".join(told)
        if len(cells) * 2 == len(told) * CELL.itemsize:
            return cls(cells, b"", is_added=False)
        pairs = [told[n] + told[n + 1] for n in range(0, len(told), 2)]
        cells = b"".join([p for p in pairs if len(p) == CELL.itemsize])
        return cls(cells, b"".join([p for p in pairs if len(p) == MARK.size]), is_added=ADDED in told[::2])

    @property
    def marked(self) -> dict[int, int]:
        """Sources of which a partition covers the day, with the kind of the partition."""
        return {source: kind for source, _, _, kind in MARK.iter_unpack(self.marks)}

    def is_whole(self, day: int, state: FoldState) -> bool:
        """Whether the cells are all there is of the day, though earlier ones had expired: every source told it anew."""
        sources = set(np.frombuffer(self.cells, dtype=CELL)["source"].tolist())
        return sources | {s for s, feed in state.feeds.items() if feed.is_expected(day)} <= self.marked.keys()


@dataclass(slots=True)
class Held:
    """One pilot as read, days since 1970: bits and rows begin with the first epoch asked for, and are as stored."""

    pilot: int
    raw_state: bytes
    state: FoldState
    raw_people: bytes
    raw_bits: list[bytes]
    raw_rows: bytes
    """Rows of whole epochs, missing ones as zeros."""
    has_rows: list[bool]
    """Whether the block of each epoch is long enough for this pilot."""
    seats_from: int | None
    raw_seats: bytes
    hot: dict[int, HotDay] = field(default_factory=dict)
    dirty: frozenset[int] = frozenset()
    """Days whose cells changed since the last fold."""

    @classmethod
    def from_parts(cls, pilot: int, days: Sequence[int], raw_state: bytes, parts: list[Any]) -> "Held":
        """Return what read_fold.lua told of one pilot and these days."""
        (users, *bits), fields, *rest = parts
        hot = len(rest) - len(days)
        seats, seats_from = _seats(fields)
        return cls(
            pilot=pilot,
            raw_state=raw_state,
            state=FoldState.from_bytes(raw_state),
            raw_people=users or b"",
            raw_bits=[b or b"" for b in bits],
            raw_rows=b"".join([rows.ljust(EPOCH_BYTES, b"\0") for rows in rest[:hot]]),
            has_rows=[len(rows) == EPOCH_BYTES for rows in rest[:hot]],
            seats_from=seats_from,
            raw_seats=seats,
            hot={d: HotDay.from_fields(told) for d, told in zip(days, rest[hot:], strict=True) if told},
        )

    @property
    def count(self) -> int:
        """Number of people who ever used it."""
        return len(self.raw_people) // PERSON.itemsize

    @property
    def people(self) -> Records:
        """Everybody who ever used it, as PERSON."""
        return np.frombuffer(self.raw_people, dtype=PERSON)

    @property
    def seats(self) -> Records:
        """Every span of access, as SEAT."""
        return np.frombuffer(self.raw_seats, dtype=SEAT)


def _seats(told: Sequence[bytes]) -> tuple[bytes, int | None]:
    """Return the spans of a hash of seats as SEAT records, and the first day that changed since the last fold."""
    spans, first = [], None
    for n in range(0, len(told), 2):
        field, value = told[n], told[n + 1]
        if len(field) == SEAT.itemsize - 4:
            spans += [field + value[k : k + 4] for k in range(0, len(value), 4)]
        elif field == SEATS_FROM:
            first = int(value)
    return b"".join(spans), first


def day_bits(held: Sequence[Held], counts: Sequence[int], axis: Axis) -> DayBits:
    """Return the kept days of people on the axis; pilot k has counts[k] of them, side by side."""
    days = DayBits.blank(sum(counts), axis.days)
    skip = axis.bit_epochs[0] - axis.first // WORD
    for n in range(len(axis.bit_epochs)):
        raw = b"".join([o.raw_bits[n][: 4 * o.count].ljust(4 * c, b"\0") for o, c in zip(held, counts, strict=True)])
        days.words[skip + n] = np.frombuffer(raw, dtype="<u4")
    days.words[skip] &= kept_mask(axis)
    return days


def to_bits(days: DayBits, axis: Axis) -> list[bytes]:
    """Return the kept bits by epoch, four bytes a person: what `day_bits` reads."""
    skip = axis.bit_epochs[0] - axis.first // WORD
    kept = [days.words[skip] & kept_mask(axis), *days.words[skip + 1 :]]
    return [words.astype("<u4").tobytes() for words in kept]


def kept_mask(axis: Axis) -> np.uint32:
    """Return the bits of the kept days in their first epoch."""
    return np.uint32(0xFFFFFFFF << axis.kept % WORD & 0xFFFFFFFF)
