"""Promises over whole lives: random weeks of an organisation with owners in four zones and both clock changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import Connect
from world import World, old_pilot, world_of

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.app.switch import pause, resume
from bot.domain.outreach import DeliveryState
from bot.domain.reply import Answer, BlockedBy, Cause, NextStep, OnTrack, SnoozeUntil, StopAsking

PLACES = [
    ("Europe/Berlin", "DE"),
    ("America/Los_Angeles", "US"),
    ("Australia/Sydney", "AU"),
    ("Pacific/Honolulu", "US"),
]
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
STARTS = [date(2026, 3, 5), date(2026, 3, 26), date(2026, 10, 1), date(2026, 10, 22), date(2026, 12, 17)]
"""Just before the clock changes of the four places, and before the year-end."""


@dataclass(frozen=True)
class Move:
    """What happens on one day besides the sweep: an answer about a pilot, a pause, or its end."""

    pilot: int
    answer: Answer | None = None
    switch: str = ""


answers = st.sampled_from(
    [
        OnTrack(),
        BlockedBy(cause=Cause.DATA),
        StopAsking(),
        NextStep(action="a step", at=datetime(2026, 12, 30, 10, tzinfo=UTC)),
        SnoozeUntil(until=date(2026, 12, 30)),
    ]
)
moves = st.builds(
    Move,
    pilot=st.integers(0, 7),
    answer=st.none() | st.none() | answers,
    switch=st.sampled_from(["", "", "", "", "pause", "resume"]),
)


async def live_through(
    world: World, life: list[Move], hours: list[int]
) -> tuple[list[tuple[datetime, datetime]], list[tuple[str, date, datetime]]]:
    """Live through the days; return when the organisation was not live, and each snooze with its day."""
    silent: list[tuple[datetime, datetime]] = []
    snoozes: list[tuple[str, date, datetime]] = []
    paused_at: datetime | None = None
    for n, move in enumerate(life):
        if move.switch == "pause" and paused_at is None:
            await pause(world.ports, "test", world.clock.at)
            paused_at = world.clock.at
        elif move.switch == "resume" and paused_at is not None:
            await resume(world.ports, "test", world.clock.at)
            silent.append((paused_at, world.clock.at))
            paused_at = None
        if move.answer is not None:
            stored = await world.ports.cases.get(f"p{move.pilot}")
            if stored and stored.case.asked:
                answer = move.answer
                if isinstance(answer, SnoozeUntil):
                    answer = SnoozeUntil(until=world.clock.at.date() + 9 * DAY)
                    snoozes = [s for s in snoozes if s[0] != f"p{move.pilot}"]
                    snoozes.append((f"p{move.pilot}", answer.until, world.clock.at))
                else:  # another answer ends the snooze
                    snoozes = [s for s in snoozes if s[0] != f"p{move.pilot}"]
                await world.answer(f"p{move.pilot}", answer, f"k{n}", person=f"owner{move.pilot // 2}")
        await world.day(tuple(hours))
    if paused_at is not None:
        silent.append((paused_at, datetime.max.replace(tzinfo=UTC)))
    return silent, snoozes


def check_hours(at: datetime, zone: str, country: str) -> None:
    """Assert that a moment lies in the hours in which a person of this place may be written to."""
    local = at.astimezone(ZoneInfo(zone))
    assert local.weekday() < 5, local
    assert local.date() not in holidays.country_holidays(country, years=local.year), local
    opens = time(10, 30) if local.weekday() == 0 else time(9, 30)
    closes = time(14, 30) if local.weekday() == 4 else time(16, 30)
    assert opens <= local.time() < closes, local


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    life=st.lists(moves, min_size=14, max_size=24),
    hours=st.lists(st.integers(0, 23), min_size=5, max_size=8, unique=True).map(sorted),
)
async def test_no_promise_is_broken(connect: Connect, start: date, life: list[Move], hours: list[int]) -> None:
    """Budget, hours, pause, one message a pilot and week, no id twice, and each outreach in one delivery: always."""
    store = RedisStore(connect(), b"k", Keys(prefix="test", tenant=uuid4().hex))
    world = world_of(store, at=datetime.combine(start, time(0), tzinfo=UTC))
    places = {f"p{n}": PLACES[n // 2] for n in range(8)}
    await world.register(
        *(
            old_pilot(p, f"owner{n // 2}", timezone=zone, country=country)
            for n, (p, (zone, country)) in enumerate(places.items())
        )
    )
    await world.sweep()
    assert world.sent == []
    await world.live()
    silent, snoozes = await live_through(world, life, hours)

    for at, _, _, message in world.chat.got:
        check_hours(at, *places[message.sections[0].pilot])
        assert not any(begin <= at < end for begin, end in silent)
    deliveries = [d for _, _, d, _ in world.chat.got]
    assert len(deliveries) == len(set(deliveries))
    for person in {p for _, p in world.sent}:
        times = [at for at, p in world.sent if p == person]
        assert all(later - earlier >= timedelta(hours=20) for earlier, later in pairwise(times))
        assert all(sum(at - WEEK < other <= at for other in times) <= 2 for at in times)
    kept = await world.ports.outbox.all()
    told = [o.id for d in kept if d.state is DeliveryState.SENT for o in d.active]
    assert len(told) == len(set(told))
    for pilot, until, since in snoozes:
        asked = [at for at, _, _, m in world.chat.got if any(s.pilot == pilot for s in m.sections)]
        assert not [at for at in asked if since < at and at.astimezone(ZoneInfo(places[pilot][0])).date() < until]
    for pilot in places:
        weekly = [at for at, _, _, m in world.chat.got if any(s.pilot == pilot for s in m.sections)]
        assert all(b - a >= WEEK for a, b in pairwise(weekly))
        stored = await world.ports.cases.get(pilot)
        assert stored is not None
        ids = [a.outreach for a in stored.case.asked]
        assert len(ids) == len(set(ids))
    await store.close()
