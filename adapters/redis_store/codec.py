"""The rollup row: one pilot-day in 24 bytes, little endian, as the design fixes it.

Offsets: people on the day 0, in 7 days 2, in 28 days 4, new 6 (u16); actions 8 (u32); seats 12, people present
14, surface mask 16 (u16); use cases 18, flags 19 (u8); number of the source 20, habitual people 22 (u16).
A row of zero bytes is a day without a row, because the first flag says that there is one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
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
UNKNOWN16: Final = 0xFFFF
UNKNOWN32: Final = 0xFFFFFFFF
UNKNOWN8: Final = 0xFF
PRESENT: Final = 1
COMPLETE: Final = 2
WEEKLY: Final = 4
FOLDED: Final = 8
"""Counted from cells of people, and so counted again when they change."""
COVERED: Final = 16
"""Folded from a partition without a cell: a row of zeros where there is a roster, else no row at all."""

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


def block_bytes(pilots: int) -> int:
    """Return how long the block of a shard is when there are so many pilots."""
    return offset_of(pilots + SHARDS - 1, 0)


def to_rows(days: Sequence[UsageDay], sources: Mapping[str, int]) -> NDArray[np.void]:
    """Return usage days as rows; unknown counts become the highest value of their width."""
    rows = np.zeros(len(days), dtype=ROW)
    rows["dau"] = [_or(day.active_users, UNKNOWN16) for day in days]
    rows["wau"] = [_or(day.active_7d, UNKNOWN16) for day in days]
    rows["mau"] = [_or(day.active_28d, UNKNOWN16) for day in days]
    rows["new"] = [_or(day.new_users, UNKNOWN16) for day in days]
    rows["actions"] = [_or(day.actions, UNKNOWN32) for day in days]
    rows["seats"] = [_or(day.seats, UNKNOWN16) for day in days]
    rows["people"] = [_or(day.present, UNKNOWN16) for day in days]
    rows["breadth"] = [_or(day.use_cases, UNKNOWN8) for day in days]
    rows["habitual"] = [_or(day.habitual_users, UNKNOWN16) for day in days]
    rows["source"] = [sources[day.source] for day in days]
    rows["flags"] = [PRESENT | COMPLETE * day.complete | WEEKLY * day.weekly for day in days]
    return rows


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
    held = rows[name]
    unknown = UNKNOWN8 if name == "breadth" else UNKNOWN32 if name == "actions" else UNKNOWN16
    figures = held.astype(np.float64)
    is_vouched = (rows["flags"] & (PRESENT | COMPLETE)) == PRESENT | COMPLETE
    np.copyto(figures, np.nan, where=~is_vouched | (held == unknown))
    return figures


def _or(count: int | None, unknown: int) -> int:
    return unknown if count is None else count


def _known(count: int, unknown: int) -> int | None:
    return None if count == unknown else count
