"""Recovered: nothing that opens a case has been open on weekly looks in a row."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.detection import evidence

WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Recovery:
    """Since when a pilot counts as recovered, and the sentence that says why."""

    on: date
    evidence: str


def recovery(clear_since: date | None, today: date, after_days: int) -> Recovery | None:
    """Return the recovery of a case in which nothing has been open since a day, or None while it's too early.

    It takes `after_days` days (three weekly looks); one day with an open finding sets `clear_since` anew.
    """
    if clear_since is None or today < clear_since + timedelta(after_days):
        return None
    return Recovery(clear_since + timedelta(after_days), evidence.recovered(clear_since, after_days // WEEK))
