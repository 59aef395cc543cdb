"""A look at what changed: the same verdicts as a look at everything, and nothing read or done about the rest."""

from datetime import UTC, date, datetime, timedelta

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.sweep import sweep
from bot.detection.detect import detect
from bot.domain.case import CaseState
from bot.domain.finding import Kind
from bot.domain.reply import OnTrack
from bot.domain.telemetry import SourceStatus, UsageDay

DAY = timedelta(days=1)
FIRST = date(2025, 10, 1)


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store)


async def use(world: World, pilot: str, people: int, since: date = FIRST, until: date | None = None) -> None:
    """Store working-day use of a pilot up to yesterday."""
    end = until or world.clock.at.date()
    days = [since + n * DAY for n in range((end - since).days)]
    rows = [
        UsageDay(pilot=pilot, day=d, source="chat", active_users=people if d.weekday() < 5 else 0, seats=40)
        for d in days
    ]
    await world.ports.telemetry.put(rows)
    await world.ports.sources.put(SourceStatus(source="chat", newest_day=days[-1]))


async def test_a_look_at_what_changed_sees_that_and_no_more(world: World) -> None:
    """After a look at everything, only the pilot whose record or figures changed is looked at, and in full."""
    await world.register(*(old_pilot(p, stage="production") for p in "abc"))
    for pilot in "abc":
        await use(world, pilot, 20)
    await world.live()
    await world.sweep()
    nothing = await sweep(world.ports, world.rules, world.clock.at, changed_only=True)
    assert (nothing.pilots, nothing.findings, nothing.verdicts) == (0, (), ())
    await use(world, "b", 4, date(2026, 2, 16))
    report = await sweep(world.ports, world.rules, world.clock.at, changed_only=True)
    assert report.pilots == 1
    full = await sweep(world.ports, world.rules, world.clock.at, dry_run=True)
    assert report.findings == tuple(f for f in full.findings if f.pilot == "b")
    stored = await world.ports.cases.get("b")
    assert stored is not None
    assert stored.case.state is CaseState.WAITING
    assert await world.ports.touched.read() == {}


async def test_an_answer_and_a_delivery_are_changes(world: World) -> None:
    """What was sent and what was answered is noted by looks at what changed alone."""
    await world.register(old_pilot("a"), old_pilot("b", "maria"))
    await world.live()
    await world.sweep()
    await world.work()
    world.clock.at = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    await world.work()
    report = await sweep(world.ports, world.rules, world.clock.at, changed_only=True)
    assert [v.pilot.id for v in report.verdicts] == ["a", "b"]
    assert all(v.case.asked[0].sent_at for v in report.verdicts)
    await world.answer("a", OnTrack(), "k1")
    await world.work()
    report = await sweep(world.ports, world.rules, world.clock.at, changed_only=True)
    assert [(v.pilot.id, v.case.state) for v in report.verdicts] == [("a", CaseState.SNOOZED)]


async def test_a_dry_look_keeps_what_changed_for_the_real_one(world: World) -> None:
    """A dry run forgets nothing: the next look still sees what changed."""
    await world.register(old_pilot("a"))
    await sweep(world.ports, world.rules, world.clock.at, dry_run=True, changed_only=True)
    assert list(await world.ports.touched.read()) == ["a"]


async def test_a_few_pilots_are_judged_by_what_all_of_their_source_did(world: World) -> None:
    """A day on which the whole source fell is held for a pilot that is looked at alone, as it is for all."""
    names = "abcdef"
    await world.register(*(old_pilot(p, stage="production") for p in names))
    for pilot in names:
        await use(world, pilot, 20)
        await use(world, pilot, 2, date(2026, 3, 2), date(2026, 3, 7))
        await use(world, pilot, 20, date(2026, 3, 9))
    await world.sweep()
    for pilot in names[:4]:
        await use(world, pilot, 21, date(2026, 3, 9))
    report = await sweep(world.ports, world.rules, world.clock.at, changed_only=True)
    full = await sweep(world.ports, world.rules, world.clock.at, dry_run=True)
    few = [f for f in full.findings if f.pilot in names[:4]]
    assert list(report.findings) == few
    assert {f.kind for f in few} >= {Kind.SOURCE_BROKEN}
    alone = detect(
        await world.ports.telemetry.window(["a", "b"], FIRST, world.clock.at.date() - DAY),
        await world.ports.pilots.some(["a", "b"]),
        await world.ports.sources.all(),
        today=world.clock.at.date(),
        calendar=world.rules.calendar,
        settings=world.rules.detection,
    )
    assert Kind.SOURCE_BROKEN not in {f.kind for f in alone.findings}
