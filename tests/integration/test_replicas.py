"""One replica or several: the same outreach to the same people on the same days; after a downtime the ramp, no flood."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest
from fakes import FakeQueue
from servers import Connect
from world import World, old_pilot, world_of

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.app.duties import Duties
from bot.app.ingress import Receiver

SECRET = b"a key of the tests"
MONDAY = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
OWNERS = 13


class Replicas:
    """So many processes over one store, with one clock; the queue of each is worked off by all of them."""

    def __init__(self, store: RedisStore, count: int) -> None:
        """Start them."""
        self.worlds = [world_of(store, MONDAY, f"w{n}") for n in range(count)]
        for world in self.worlds[1:]:
            world.clock, world.chat = self.worlds[0].clock, self.worlds[0].chat
            world.ports = replace(world.ports, clock=self.first.clock, messenger=self.first.chat)
            world.use_chat(self.first.chat)
        self.duties = [Duties(w.ports, w.rules, Receiver(w.ports), w.deliverer) for w in self.worlds]

    @property
    def first(self) -> World:
        """Return the world of the first one."""
        return self.worlds[0]

    async def live_through(self, days: int) -> None:
        """Live through days: everybody does everything at once, several times a day."""
        for _ in range(days):
            begin = self.first.clock.at
            for hour in (6, 9, 11, 13, 15, 19):
                self.first.clock.at = begin.replace(hour=hour)
                for job in ("sweep", "relay", "wake"):
                    await asyncio.gather(*(d.run(job) for d in self.duties))
                await asyncio.gather(*(self._deliver(d, n) for n, d in enumerate(self.duties)))
            self.first.clock.at = begin + timedelta(days=1)

    async def _deliver(self, duties: Duties, place: int) -> None:
        """Do every delivery that anybody was handed out, each replica from another end."""
        asked = [task for w in self.worlds for task in cast("FakeQueue", w.ports.queue).asked if task[0] == "deliver"]
        for task in asked if place % 2 else reversed(asked):
            await duties.deliver(*task[2:])

    @property
    def sent(self) -> list[tuple[date, str, str]]:
        """Return on which day who got which delivery."""
        return sorted((at.date(), person, delivery) for at, person, delivery, _ in self.first.chat.got)


async def lived(connect: Connect, count: int, days: tuple[int, int, int]) -> list[tuple[date, str, str]]:
    """Return what so many replicas sent before and after a downtime of some days."""
    store = RedisStore(connect(), SECRET, Keys(prefix="test", tenant=uuid4().hex))
    try:
        replicas = Replicas(store, count)
        began = [date(2025, 1 + n % 8, 1 + n // 8) for n in range(OWNERS)]
        await replicas.first.register(*(old_pilot(f"p{n}", f"o{n}", stage_since=began[n]) for n in range(OWNERS)))
        await replicas.first.live()
        before, down, after = days
        await replicas.live_through(before)
        replicas.first.clock.at += timedelta(days=down)
        await replicas.live_through(after)
        return replicas.sent
    finally:
        await store.close()


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
async def test_three_replicas_send_what_one_sends(connect: Connect) -> None:
    """The same deliveries to the same people on the same days, each once, with five new owners a day at most."""
    alone, together = await lived(connect, 1, (9, 0, 0)), await lived(connect, 3, (9, 0, 0))
    assert together == alone
    assert len({delivery for _, _, delivery in alone}) == len(alone) > OWNERS
    first_of = {person: day for day, person, _ in reversed(alone)}
    assert max(Counter(first_of.values()).values()) == 5


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
async def test_a_week_of_downtime_is_followed_by_the_ramp(connect: Connect) -> None:
    """Whoever was not asked before the downtime is asked after it, five owners a day, the worst first as ever."""
    sent = await lived(connect, 2, (1, 7, 6))
    first_of = {person: day for day, person, _ in reversed(sent)}
    days = Counter(first_of.values())
    assert len(first_of) == OWNERS
    assert days == {date(2026, 3, 9): 5, date(2026, 3, 17): 5, date(2026, 3, 18): 3}
