"""Which jobs there are, and how often a round of each begins."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

ROUNDS: Final[Mapping[str, timedelta]] = {
    "wake": timedelta(seconds=1),
    "turns": timedelta(seconds=5),
    "replies": timedelta(seconds=5),
    "relay": timedelta(seconds=5),
    "ingest": timedelta(seconds=5),
    "changed": timedelta(minutes=1),
    "clocks": timedelta(minutes=5),
    "sweep": timedelta(hours=1),
    "weeklies": timedelta(minutes=15),
    "self_check": timedelta(hours=1),
    "retention": timedelta(days=1),
    "directory": timedelta(days=1),
}
"""How often a round of each job begins, counted from 1970 in UTC."""


def round_of(job: str, at: datetime) -> datetime:
    """Return when the round of a job began in which this moment lies."""
    period = ROUNDS[job].total_seconds()
    return datetime.fromtimestamp(at.timestamp() // period * period, at.tzinfo)
