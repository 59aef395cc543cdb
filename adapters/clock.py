"""The real clock: the one place that reads the time."""

from datetime import UTC, datetime


class SystemClock:
    """The present moment of this machine."""

    def now(self) -> datetime:
        """Return the present as aware UTC."""
        return datetime.now(UTC)
