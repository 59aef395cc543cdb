"""What fold.lua is given of one pilot: what was read, and what is to be written if that still holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from adapters.redis_store.axis import Axis
from adapters.redis_store.cells import DAY_SECONDS, KEPT_DAYS
from adapters.redis_store.codec import EPOCH_DAYS, ROW, SHARDS
from adapters.redis_store.tally import Folded
from bot.metrics.people import WORD

HEAD: Final = Struct(">IHHHH")
"""Pilot, number of sources, lengths of the state as read and now, number of dirty members."""
MEMBER: Final = Struct(">Hd")
"""Day, or SEATS, and score."""
WRITE: Final = Struct(">BHIII")
"""Kind, epoch, offset, seconds to live (of rows: how long their block has to be), length."""
SEATS: Final = 0xFFFF
USERS, BITS, ROWS = 0, 1, 2
USERS_SECONDS: Final = 365 * DAY_SECONDS
"""Who used a pilot is forgotten when it was used by nobody for so long; earlier by `forget`."""


@dataclass(slots=True)
class Dirty:
    """What changed in one pilot: days by the number of the write, and that of its seats."""

    days: dict[int, int] = field(default_factory=dict)
    seats: int | None = None


def to_piece(one: Folded, dirty: Dirty, axis: Axis, block: int) -> bytes:
    """Return the bytes of one pilot, as fold.lua takes them apart; `block` is how long a block of rows is, in bytes."""
    before, after = one.held.raw_state, one.state.to_bytes()
    members = [MEMBER.pack(day, score) for day, score in dirty.days.items()]
    if dirty.seats is not None:
        members.append(MEMBER.pack(SEATS, dirty.seats))
    head = HEAD.pack(one.held.pilot, len(one.state.feeds), len(before), len(after), len(members))
    told = [head, before, after, *members]
    for kind, epoch, offset, life, body in _writes(one, axis, block):
        told += [WRITE.pack(kind, epoch, offset, life, len(body)), body]
    return b"".join(told)


def _writes(one: Folded, axis: Axis, block: int) -> Iterator[tuple[int, int, int, int, bytes]]:
    (people, told), old = one.people, one.held.raw_people
    if people != old:
        at = len(old) if people.startswith(old) else 0
        yield USERS, 0, at, 0, people[at:]
    for epoch, fresh, bits in zip(axis.bit_epochs, told, one.held.raw_bits, strict=True):
        if fresh != bits and fresh != bits.ljust(len(fresh), b"\0"):
            # A person's day outlives its 90 days by one epoch at most, masked; its time is set once.
            days = 0 if bits else (epoch + 1) * WORD + KEPT_DAYS - axis.today
            yield BITS, epoch, 0, days * DAY_SECONDS, fresh
    for run in _runs(one.changed, one.days):
        epoch, place = divmod(one.days[run[0]], EPOCH_DAYS)
        offset = ((one.held.pilot // SHARDS) * EPOCH_DAYS + place) * ROW.itemsize
        has_line = one.held.has_rows[epoch - axis.row_epochs[0]]
        yield ROWS, epoch, offset, 0 if has_line else block, one.rows[run[0] : run[-1] + 1].tobytes()


def _runs(places: Sequence[int], days: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut places where their days are not side by side in one epoch."""
    start = 0
    for n in range(1, len(places) + 1):
        day = days[places[n - 1]] + 1
        if n == len(places) or days[places[n]] != day or day % EPOCH_DAYS == 0:
            yield places[start:n]
            start = n
