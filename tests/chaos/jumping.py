"""A clock that several processes share and somebody else sets: the machine's, and so much more."""

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Final

OFFSET: Final = struct.Struct("<d")


class JumpingClock:
    """The Clock port over a file that holds the seconds by which it goes before the machine's clock."""

    def __init__(self, path: Path) -> None:
        """Read the offset from this file at every question."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def now(self) -> datetime:
        """Return the present of the test."""
        return datetime.fromtimestamp(time() + self._offset(), UTC)

    def jump_to(self, moment: datetime) -> None:
        """Set every process to this moment, from where the clock goes on."""
        os.pwrite(self._file, OFFSET.pack(moment.timestamp() - time()), 0)

    def jump(self, by: timedelta) -> None:
        """Move every process by so much."""
        self.jump_to(self.now() + by)

    def _offset(self) -> float:
        found = os.pread(self._file, OFFSET.size, 0)
        return float(OFFSET.unpack(found)[0]) if found else 0.0
