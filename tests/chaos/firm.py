"""What is at stake in a storm: a firm of silent owners in two time zones, and what must be true in the end."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from chat_server import Got
from ends import End
from jumping import JumpingClock
from replica import SENDING
from world import world_of

from adapters.redis_store.store import RedisStore, client_for
from bot.app.switch import go_live
from bot.domain.calendar import Calendar, SendingHours, to_zone
from bot.domain.outreach import Delivery, DeliveryState
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.ports import Ports

ZONES: Final = (("Europe/Berlin", "DE"), ("America/New_York", "US"))
OLD: Final = date(2025, 3, 1)
KEY: Final = "a pseudonym key of the chaos tests"
WEEK: Final = timedelta(days=7)
ENDS: Final = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.DROPPED, DeliveryState.DEAD})


async def firm_of(pilots: range, url: str, clock: JumpingClock) -> list[str]:
    """Make a firm that is live, or add to it, and return the ids of its owners."""
    opened = RedisStore(client_for(url), KEY.encode())
    try:
        await opened.open()
        ports = world_of(opened, clock.now()).ports
        await settle_down(ports, clock, pilots)
        return sorted(await ports.people.all())
    finally:
        await opened.close()


async def settle_down(ports: Ports, clock: JumpingClock, pilots: range) -> None:
    """Register pilots that have outstayed their stage, each with an owner of its own, and go live."""
    firm = [_pilot(n) for n in pilots]
    await ports.pilots.put(firm)
    await ports.people.put(
        [Person(id=ports.people.identify(p.owner), name=p.owner, timezone=p.timezone) for p in firm if p.owner]
    )
    await go_live(ports, "the test", clock.now())


def owner_of(number: int) -> str:
    """Return the address of an owner."""
    return f"owner-{number}@example.org"


def _pilot(number: int) -> Pilot:
    zone, country = ZONES[number % len(ZONES)]
    return Pilot(
        id=f"pilot-{number}",
        name=f"Pilot {number}",
        owner=owner_of(number),
        stage="pilot",
        stage_since=OLD,
        timezone=zone,
        country=country,
        seats=40,
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something we did to the service: from when to when by the machine's clock, and whether the clock jumped in it."""

    what: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that is known in the end: the records of the service, and what the chat got."""

    deliveries: Sequence[Delivery]
    zones: dict[str, tuple[str, str]]
    """Time zone and country by person."""
    chat: End
    troubles: Sequence[Trouble]
    offsets: Sequence[tuple[float, float]]
    """When the clock was set, by the machine's clock, and by how many seconds it went before that from then on."""

    def faults(self) -> list[str]:
        """Return every broken promise in one sentence each."""
        return [*self._ends(), *self._once(), *self._doubts(), *self._hours(), *self._budgets()]

    def _ends(self) -> list[str]:
        """Ask that each delivery has ended, with a reason where it was not sent."""
        open_ones = [f"{d.id} is still {d.state.value}" for d in self.deliveries if d.state not in ENDS]
        mute = [d for d in self.deliveries if d.state in ENDS - {DeliveryState.SENT} and not d.reason]
        return open_ones + [f"{d.id} is {d.state.value} without a reason" for d in mute]

    def _once(self) -> list[str]:
        """Ask that what was sent arrived exactly once, what is unknown at most once, the rest never."""
        arrived: dict[str, list[Got]] = defaultdict(list)
        for one in self.chat.got:
            arrived[one.delivery].append(one)
        most = {DeliveryState.SENT: (1, 1), DeliveryState.UNKNOWN: (0, 1)}
        told = {d.id: most.get(d.state, (0, 0)) for d in self.deliveries}
        counts = {delivery: len(arrived[delivery]) for delivery in told}
        wrong = [d for d in self.deliveries if not told[d.id][0] <= counts[d.id] <= told[d.id][1]]
        strangers = [f"{one} arrived and is in no record" for one in arrived.keys() - told.keys()]
        return [f"{d.id} is {d.state.value} and arrived {counts[d.id]} times" for d in wrong] + strangers

    def _doubts(self) -> list[str]:
        """Ask that a delivery is unknown only where something went wrong while it was being sent."""
        unknown = [d for d in self.deliveries if d.state is DeliveryState.UNKNOWN]
        calm = [d for d in unknown if d.id not in self.chat.doubtful and not self._was_troubled(d)]
        return [f"{d.id} is unknown, and nothing had happened" for d in calm]

    def _was_troubled(self, delivery: Delivery) -> bool:
        if delivery.claimed_at is None:
            return False
        for (since, offset), (until, _) in zip(self.offsets, [*self.offsets[1:], (float("inf"), 0.0)], strict=True):
            begin = delivery.claimed_at.timestamp() - offset
            if since <= begin < until:
                end = begin + SENDING.limit.total_seconds()
                return any(t.begin <= end and begin <= t.end for t in self.troubles)
        return False

    def _hours(self) -> list[str]:
        """Ask that nothing was claimed outside its recipient's hours."""
        hours, calendar = SendingHours(), Calendar()
        claimed = [d for d in self.deliveries if d.claimed_at]
        late = [d for d in claimed if not hours.is_open(d.claimed_at or OLD, *self.zones[d.recipient], calendar)]  # type: ignore[arg-type]  # claimed
        return [f"{d.id} left at {d.claimed_at}" for d in late]

    def _budgets(self) -> list[str]:
        """Ask that nobody got two messages on a day of theirs, three in a week, or two within twenty hours."""
        by_person: dict[str, list[datetime]] = defaultdict(list)
        for d in self.deliveries:
            if d.claimed_at and d.state in {DeliveryState.SENT, DeliveryState.UNKNOWN}:
                by_person[d.recipient].append(d.claimed_at)
        wrong = []
        for person, moments in by_person.items():
            zone = to_zone(self.zones[person][0])
            at = sorted(moments)
            days = [m.astimezone(zone).date() for m in at]
            near = any(b - a < timedelta(hours=20) for a, b in itertools.pairwise(at))
            full = any(c - a < WEEK for a, c in zip(at, at[2:], strict=False))
            if near or full or len(set(days)) < len(days):
                wrong.append(f"{person} got messages at {at}")
        return wrong


def utc(*moment: int) -> datetime:
    """Return a moment in UTC."""
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]  # year, month, day, hour, minute
