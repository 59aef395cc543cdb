"""The messages of a replay, in memory: at most one queued for each person, and when they got what they got."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from bot.domain.outreach import Delivery, DeliveryState, Outreach
from bot.outgoing import Standing
from bot.policy.budget import WEEK


class Letters:
    """What the Outbox port is to the live code, as far as a replay in which no send fails needs it."""

    def __init__(self) -> None:
        """Start with nothing queued and nothing sent."""
        self._queued: dict[str, Delivery] = {}
        self._claimed: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._days: dict[str, set[date]] = defaultdict(set)
        self._ramp: dict[date, set[str]] = defaultdict(set)

    def accept(self, outreach: Outreach, due_at: datetime) -> None:
        """Put outreach into the queued delivery of its recipient, or open one that is due then."""
        open_one = self._queued.get(outreach.recipient)
        if open_one is None:
            self._queued[outreach.recipient] = Delivery(
                id=Delivery.identify(outreach),
                recipient=outreach.recipient,
                outreach=(outreach,),
                made_at=outreach.decided_at,
                due_at=due_at,
            )
        else:
            self.keep(open_one.model_copy(update={"outreach": (*open_one.outreach, outreach)}))

    def keep(self, delivery: Delivery) -> None:
        """Replace the queued delivery of a recipient; one that carries nothing any more is dropped."""
        if delivery.active:
            self._queued[delivery.recipient] = delivery
        else:
            del self._queued[delivery.recipient]

    def due(self, now: datetime) -> list[Delivery]:
        """Return queued deliveries whose time has come, the worst first."""
        return sorted((d for d in self._queued.values() if d.due_at <= now), key=lambda d: (-d.severity, d.id))

    def waiting(self) -> list[tuple[Outreach, datetime]]:
        """Return outreach that has not left, with the moment it is due."""
        return [(o, d.due_at) for d in self._queued.values() for o in d.active]

    def next_due(self, after: datetime) -> datetime | None:
        """Return the next moment after this one at which something is due."""
        return min((d.due_at for d in self._queued.values() if d.due_at > after), default=None)

    def reserve(self, day: date, delivery: str, limit: int) -> bool:
        """Reserve a place in a day's ramp; the same delivery twice counts once."""
        if delivery not in self._ramp[day] and len(self._ramp[day]) >= limit:
            return False
        self._ramp[day].add(delivery)
        return True

    def send(self, delivery: Delivery, now: datetime, day: date) -> Delivery:
        """Note that a queued delivery was sent, on this day of its recipient, and return it as sent."""
        del self._queued[delivery.recipient]
        self._claimed[delivery.recipient][delivery.id] = now
        self._days[delivery.recipient].add(day)
        moved = {"state": DeliveryState.SENT, "claimed_at": now, "local_day": day.isoformat()}
        return delivery.model_copy(update=moved)

    def standing(self, person: str, now: datetime) -> Standing:
        """Return what a person got within a week, and as what a message is queued for them."""
        claimed = {one: at for one, at in self._claimed[person].items() if at > now - WEEK}
        queued = self._queued.get(person)
        return Standing(claimed, frozenset({queued.role} if queued else ()))

    def days(self, person: str) -> Collection[date]:
        """Return the days on which a person got a message, by their own calendar."""
        return self._days[person]
