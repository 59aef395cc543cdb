"""How many messages a person may get that they did not ask for, in all and in one role."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.outreach import Role
from bot.domain.playbook import Budgets

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one person got and will get: moments of claimed messages, and whether one of this role is queued.

    `in_role` are the moments of those that came in this role; without it all of them did. Outreach that
    joins a queued message costs nothing more: it is one message to read.
    """

    claimed: tuple[datetime, ...] = ()
    is_queued: bool = False
    role: Role = Role.OWNER
    in_role: tuple[datetime, ...] | None = None

    def allows(self, now: datetime, limits: Budgets) -> bool:
        """Whether one more outreach fits into the rolling 7 days."""
        if self.is_queued:
            return True
        return self._fits(self.claimed, now, limits.person_per_week) and self._fits(
            self._mine, now, weekly(limits, self.role)
        )

    @property
    def _mine(self) -> tuple[datetime, ...]:
        return self.claimed if self.in_role is None else self.in_role

    @staticmethod
    def _fits(claimed: Sequence[datetime], now: datetime, most: int) -> bool:
        return sum(at > now - WEEK for at in claimed) < most

    def within_week(self, now: datetime) -> Sequence[datetime]:
        """Return the moments that still count."""
        return [at for at in self.claimed if at > now - WEEK]

    def earliest(self, now: datetime, limits: Budgets) -> datetime:
        """Return the first moment that keeps the distance to the last message and the week's numbers."""
        if not self.claimed:
            return now
        apart = max(self.claimed) + timedelta(hours=limits.min_gap_hours)
        return max(
            now,
            apart,
            _room(self.claimed, now, limits.person_per_week),
            _room(self._mine, now, weekly(limits, self.role)),
        )


def _room(claimed: Sequence[datetime], now: datetime, most: int) -> datetime:
    """Return when the number of a week allows one more."""
    within = sorted(at for at in claimed if at > now - WEEK)
    return within[-most] + WEEK if len(within) >= most else now


def weekly(limits: Budgets, role: Role = Role.OWNER) -> int:
    """Return the limit somebody meets first in a role: the role's own, or that of any person in all roles."""
    of_role = {
        Role.OWNER: limits.owner_per_week,
        Role.UNBLOCKER: limits.unblocker_per_week,
        Role.SPONSOR: limits.sponsor_per_week,
        Role.LEAD: limits.lead_per_week,
        Role.WEEKLY: limits.weekly_per_week,
    }
    return min(of_role[role], limits.person_per_week)
