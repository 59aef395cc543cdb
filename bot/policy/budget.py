"""How many messages a person may get that they did not ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.playbook import Budgets

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one person got and will get: moments of claimed messages, and whether one is queued.

    Outreach that joins a queued message costs nothing more: it is one message to read.
    """

    claimed: tuple[datetime, ...] = ()
    is_queued: bool = False

    def allows(self, now: datetime, limits: Budgets) -> bool:
        """Whether one more outreach fits into the rolling 7 days."""
        return self.is_queued or len(self.within_week(now)) < weekly(limits)

    def within_week(self, now: datetime) -> Sequence[datetime]:
        """Return the moments that still count."""
        return [at for at in self.claimed if at > now - WEEK]

    def earliest(self, now: datetime, limits: Budgets) -> datetime:
        """Return the first moment that keeps the distance to the last message and the week's number."""
        if not self.claimed:
            return now
        apart = max(self.claimed) + timedelta(hours=limits.min_gap_hours)
        within = sorted(self.within_week(now))
        full = len(within) >= weekly(limits)
        return max(now, apart, within[-weekly(limits)] + WEEK if full else now)


def weekly(limits: Budgets) -> int:
    """Return the limit an owner meets first: the role's own, or that of any person in all roles."""
    return min(limits.owner_per_week, limits.person_per_week)
