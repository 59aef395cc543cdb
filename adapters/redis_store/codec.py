"""The rollup row: one pilot-day in 24 bytes, little endian, as the design fixes it.

Offsets: people on the day 0, in 7 days 2, in 28 days 4, new 6 (u16); actions 8 (u32); seats 12, people present
14, surface mask 16 (u16); use cases 18, flags 19 (u8); number of the source 20, habitual people 22 (u16).
A row of zero bytes is a day without a row, because the first flag says that there is one.
"""

from datetime import date, timedelta
from struct import Struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.telemetry import UsageDay

ROW: Final = np.dtype(
    {
        "names": [
            "dau",
            "wau",
            "mau",
            "new",
            "actions",
            "seats",
            "people",
            "surfaces",
            "breadth",
            "flags",
            "source",
            "habitual",
        ],
        "formats": ["<u2", "<u2", "<u2", "<u2", "<u4", "<u2", "<u2", "<u2", "u1", "u1", "<u2", "<u2"],
        "offsets": [0, 2, 4, 6, 8, 12, 14, 16, 18, 19, 20, 22],
        "itemsize": 24,
    }
)
PACKED: Final = Struct("<HHHHIHHHBBHH")
"""The same row for one day at a time."""
UNKNOWN16: Final = 0xFFFF
UNKNOWN32: Final = 0xFFFFFFFF
UNKNOWN8: Final = 0xFF
PRESENT: Final = 1
COMPLETE: Final = 2
WEEKLY: Final = 4

EPOCH_DAYS: Final = 64
FIRST_DAY: Final = date(1970, 1, 1)
SHARDS: Final = 256


def epoch_of(day: date) -> tuple[int, int]:
    """Return the epoch of a day and the day's place in it."""
    return divmod((day - FIRST_DAY).days, EPOCH_DAYS)


def day_of(epoch: int, place: int) -> date:
    """Return the day at a place in an epoch."""
    return FIRST_DAY + timedelta(days=epoch * EPOCH_DAYS + place)


def offset_of(pilot_number: int, place: int) -> int:
    """Return where a pilot-day starts in the block of its shard and epoch, in bytes."""
    return ((pilot_number // SHARDS) * EPOCH_DAYS + place) * ROW.itemsize


def to_row(day: UsageDay, source_number: int) -> bytes:
    """Return the 24 bytes of a usage day; unknown counts become the highest value of their width."""
    return PACKED.pack(
        _or(day.active_users, UNKNOWN16),
        _or(day.active_7d, UNKNOWN16),
        _or(day.active_28d, UNKNOWN16),
        _or(day.new_users, UNKNOWN16),
        _or(day.actions, UNKNOWN32),
        _or(day.seats, UNKNOWN16),
        _or(day.present, UNKNOWN16),
        0,
        _or(day.use_cases, UNKNOWN8),
        PRESENT | (COMPLETE if day.complete else 0) | (WEEKLY if day.weekly else 0),
        source_number,
        _or(day.habitual_users, UNKNOWN16),
    )


def from_row(raw: bytes, pilot: str, day: date, sources: dict[int, str]) -> UsageDay | None:
    """Return the usage day of 24 bytes, or None for a day without a row."""
    row = np.frombuffer(raw, dtype=ROW)[0]
    if not int(row["flags"]) & PRESENT:
        return None
    return UsageDay(
        pilot=pilot,
        day=day,
        source=sources[int(row["source"])],
        active_users=_known(int(row["dau"]), UNKNOWN16),
        active_7d=_known(int(row["wau"]), UNKNOWN16),
        active_28d=_known(int(row["mau"]), UNKNOWN16),
        actions=_known(int(row["actions"]), UNKNOWN32),
        seats=_known(int(row["seats"]), UNKNOWN16),
        use_cases=_known(int(row["breadth"]), UNKNOWN8),
        present=_known(int(row["people"]), UNKNOWN16),
        new_users=_known(int(row["new"]), UNKNOWN16),
        habitual_users=_known(int(row["habitual"]), UNKNOWN16),
        complete=bool(int(row["flags"]) & COMPLETE),
        weekly=bool(int(row["flags"]) & WEEKLY),
    )


def to_figures(rows: NDArray[np.void], name: str) -> NDArray[np.float64]:
    """Return one figure of many rows as floats, NaN where unknown, missing or not vouched for."""
    unknown = UNKNOWN8 if name == "breadth" else UNKNOWN32 if name == "actions" else UNKNOWN16
    figures = rows[name].astype(np.float64)
    vouched = (rows["flags"] & (PRESENT | COMPLETE)) == PRESENT | COMPLETE
    figures[~vouched | (rows[name] == unknown)] = np.nan
    return figures


def _or(count: int | None, unknown: int) -> int:
    return unknown if count is None else count


def _known(count: int, unknown: int) -> int | None:
    return None if count == unknown else count
