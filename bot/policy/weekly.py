"""When a weekly message is made, who reads it first, and what a reader's answer does to it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.reply import CorrectWeekly, HoldWeekly, ReleaseWeekly, Reply
from bot.domain.weekly import Weekly, WeeklyState

READ_FIRST: Final = 2
"""So many weekly messages of a sponsor are read by somebody else before they leave."""
WEEK: Final = timedelta(days=7)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def is_trusted(history: Sequence[Weekly]) -> bool:
    """Whether a sponsor may be written to without somebody reading it first."""
    return sum(one.released_at is not None for one in history) >= READ_FIRST


def told_until(history: Sequence[Weekly], now: datetime) -> datetime:
    """Return up to when a person was told: when their last message that left was made, else a week ago."""
    left = [one.made_at for one in history if one.state is WeeklyState.READY]
    return max(left, default=now - WEEK)


def answer_weekly(weekly: Weekly, reply: Reply, now: datetime) -> Weekly:
    """Return the message after its reader's answer; one that was applied, or came too late, changes nothing."""
    if reply.key in weekly.applied or not weekly.waits:
        return weekly
    moved: dict[str, object] = {"applied": (*weekly.applied, reply.key)}
    match reply.answer:
        case ReleaseWeekly():
            moved |= {"state": WeeklyState.READY, "released_at": now, "held_until": None}
        case CorrectWeekly(words=words):
            moved |= {"state": WeeklyState.DRAFT, "note": words}
        case HoldWeekly(until=until):
            moved |= {"state": WeeklyState.HELD, "held_until": until}
        case _:
            return weekly
    return weekly.model_copy(update=moved)
