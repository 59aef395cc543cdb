"""When a message may leave: the recipient's hours and calendar, the distance to the last one, the number a week."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.domain.calendar import Calendar, SendingHours, to_zone
from bot.domain.outreach import Window
from bot.domain.playbook import Budgets
from bot.policy.budget import Budget


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person reads: their timezone (IANA), their country, and the hours in which we may write there."""

    timezone: str
    country: str | None
    hours: SendingHours
    calendar: Calendar
    from_hour: int | None = None
    """The hour of their day from which the person wants messages, where they said one."""

    def day(self, at: datetime) -> date:
        """Return the person's calendar day of a moment."""
        return at.astimezone(to_zone(self.timezone)).date()

    def window(self, at: datetime) -> Window | None:
        """Return the open hours of that day, or None where it has none."""
        return self._from_hour(self.hours.window(self.day(at), self.timezone, self.country, self.calendar))

    def _from_hour(self, window: Window | None) -> Window | None:
        """Open a day's hours no sooner than the person wants; an hour outside them changes nothing."""
        if window is None or self.from_hour is None:
            return window
        local = window.opens_at.astimezone(to_zone(self.timezone))
        wanted = local.replace(hour=self.from_hour, minute=0, second=0, microsecond=0)
        is_within = window.opens_at < wanted < window.closes_at
        return window.model_copy(update={"opens_at": wanted.astimezone(UTC)}) if is_within else window

    def next_open(self, at: datetime) -> datetime:
        """Return the first open moment at or after this one, in UTC."""
        opens = self.hours.next_open(at, self.timezone, self.country, self.calendar)
        window = self.window(opens)
        return max(opens, window.opens_at) if window else opens

    def tomorrow(self, at: datetime) -> datetime:
        """Return the first open moment after the person's present day, in UTC."""
        local = at.astimezone(to_zone(self.timezone)) + timedelta(days=1)
        return self.next_open(local.replace(hour=0, minute=0, second=0, microsecond=0))


def first_chance(budget: Budget, now: datetime, limits: Budgets, desk: Desk) -> datetime:
    """Return the first open moment from now on that the recipient's budget allows."""
    return desk.next_open(budget.earliest(now, limits))


def next_chance(budget: Budget, now: datetime, limits: Budgets, desk: Desk) -> datetime:
    """Return when to try again after a message could not leave now: on another day of the recipient."""
    return max(first_chance(budget, now, limits, desk), desk.tomorrow(now))


def can_leave(budget: Budget, days: Collection[date], now: datetime, limits: Budgets, desk: Desk) -> bool:
    """Whether a message may leave this very moment; `days` are those on which the person already got one.

    The store asks the same in one step with the claim (adapters/redis_store/lua/claim.lua); a test
    holds the two together.
    """
    window = desk.window(now)
    is_open = window is not None and window.opens_at <= now < window.closes_at
    return is_open and budget.earliest(now, limits) <= now and desk.day(now) not in days
