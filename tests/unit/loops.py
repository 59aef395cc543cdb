"""A short life over a store, the same on every kind of it: a loop from finding to answer, and people who are counted."""

from datetime import timedelta

from world import TUESDAY, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.domain.case import CaseState
from bot.domain.fact import Away, Cell, Partition, Seat
from bot.domain.pilot import Pilot
from bot.domain.reply import OnTrack
from bot.domain.telemetry import UsageDay


async def ask_and_answer(store: RedisStore) -> None:
    """Two stalled pilots: both owners are asked once, one answers, and it is quiet."""
    world = world_of(store, at=TUESDAY)
    await world.register(old_pilot("a"), old_pilot("b", "maria"))
    await world.live()
    await world.day()
    assert len(world.sent) == 2
    await world.answer("a", OnTrack(), "k1")
    await world.day()
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.SNOOZED


async def count_people(store: RedisStore) -> None:
    """Cells, seats, leave, a fold, segments, forgetting and rows: every script about people runs."""
    today, actor = TUESDAY.date(), bytes(9) + b"1"
    day = today - timedelta(days=1)
    await store.pilots.put([Pilot(id="p", name="P")])
    await store.actors.join([["dana@n.example", "4711"]])
    await store.roster.put([Seat("p", "seats", actor)], source="seats", whole_on=day)
    await store.roster.put_away([Away(actor, day, day)])
    whole = Partition("chat", day, day, ("p",), 1)
    told = [Cell("p", day, actor, "chat", "chat.x", 1, active=True, actions=2)]
    assert (await store.facts.put(told, today=today, whole=whole)).new == 1
    assert (await store.facts.fold(today)).pilot_days == 1
    row = await anext(store.telemetry.rows(["p"]))
    assert (row.active_users, row.seats, row.present, row.new_users) == (1, 1, 0, 1)
    assert await store.facts.segments("p", today) is None
    assert await store.facts.forget(today + timedelta(days=200)) > 0
    total = UsageDay(pilot="p", day=today - timedelta(days=2), source="daily", active_users=3)
    assert (await store.telemetry.put([total])).new == 1
    window = await store.telemetry.window(["p"], day - timedelta(days=1), day)
    assert window.active.tolist() == [[3, 1]]
