"""Figures that a source corrects: what was concluded from the wrong ones is taken back, once and in words."""

from datetime import date, datetime, timedelta

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.domain.case import CaseState
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.messages.plain import to_plain

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""

DAY = timedelta(days=1)
FIRST = date(2025, 10, 1)
WRONG = date(2026, 2, 16)
"""From here the source first told a quarter of what there was."""


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store)


def rows(until: date, fallen: int | None) -> list[UsageDay]:
    """Return use by 20 people on working days, `fallen` of them from the wrong week on."""
    days = [FIRST + n * DAY for n in range((until - FIRST).days)]
    return [UsageDay(pilot="a", day=d, source="chat", active_users=_people(d, fallen), seats=40) for d in days]


def _people(day: date, fallen: int | None) -> int:
    if day.weekday() > 4:
        return 0
    return fallen if fallen is not None and day >= WRONG else 20


async def told(world: World, fallen: int | None) -> None:
    """Store everything up to yesterday as the source tells it now."""
    today = world.clock.at.date()
    await world.ports.telemetry.put(rows(today, fallen))
    await world.ports.sources.put(SourceStatus(source="chat", newest_day=today - DAY))


async def live_on(world: World, days: int, fallen: int | None) -> None:
    """Live through days on which the source delivers each morning."""
    for _ in range(days):
        await told(world, fallen)
        await world.day()


async def test_a_corrected_fall_is_taken_back_once_with_an_apology(world: World) -> None:
    """The owner who was asked about a fall that a later file takes back hears so once, kindly and with a name."""
    await world.register(old_pilot("a", stage="production"))
    await world.live()
    await live_on(world, 4, fallen=5)
    assert [m.kind for _, _, _, m in world.chat.got] == ["nudge"]
    await live_on(world, 40, fallen=None)
    assert [m.kind for _, _, _, m in world.chat.got] == ["nudge", "retraction"]
    at, _, _, sorry = world.chat.got[1]
    assert at < datetime(2026, 3, 24, tzinfo=at.tzinfo)
    said = to_plain(sorry)
    assert "Pilot a: its figures were corrected" in said
    assert "Sorry" in said
    assert "?" not in sorry.sections[0].fact
    assert sorry.sections[0].question is None
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.RETRACTED


async def test_a_correction_before_anybody_was_asked_is_silent(world: World) -> None:
    """A fall that is corrected before the first question left is told to nobody."""
    await world.register(old_pilot("a", stage="production"))
    await told(world, 5)
    await world.sweep()
    await world.live()
    await live_on(world, 20, fallen=None)
    assert world.sent == []


async def test_a_file_that_comes_twice_takes_nothing_back(world: World) -> None:
    """Loading the wrong and the right file again and again ends in the state of the last one."""
    await world.register(old_pilot("a", stage="production"))
    await world.live()
    await live_on(world, 4, fallen=5)
    for fallen in (None, None, 5, 5):
        await told(world, fallen)
    report = await world.sweep()
    assert [f.kind.value for f in report.findings if f.is_open] == ["drop_off"]
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.WAITING
