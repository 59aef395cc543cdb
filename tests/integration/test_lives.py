"""Awkward turns in the life of a case: data that changes its mind, owners who change, answers that get lost."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.scripts import Scripts
from adapters.redis_store.store import RedisStore
from bot.app.overview import page
from bot.app.rules import Sending
from bot.app.switch import go_live, pause
from bot.domain.case import Case, CaseState
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState
from bot.domain.reply import NextStep, NotMe, OnTrack, SnoozeUntil, StopAsking
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import Conflict, SendRefused

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""

DAY = timedelta(days=1)
OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
FIRST = date(2025, 10, 1)
CLIFF = date(2026, 2, 16)


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store)


async def use(world: World, level: Callable[[date], int], days: int = 160, first: date = FIRST) -> None:
    """Store weekday use of the pilot `a` and what its source vouches for."""
    dated = [first + n * DAY for n in range(days)]
    rows = [
        UsageDay(pilot="a", day=d, source="chat", active_users=level(d) if d.weekday() < 5 else 0, seats=40)
        for d in dated
    ]
    await world.ports.telemetry.put(rows)
    await world.ports.sources.put(SourceStatus(source="chat", newest_day=dated[-1]))


async def fallen(world: World) -> None:
    """Register a pilot in production whose use fell to a quarter."""
    await world.register(old_pilot("a", stage="production"))
    await use(world, lambda d: 20 if d < CLIFF else 5)


async def asked(world: World, *pilots: str) -> None:
    """Register old pilots, go live, and let the first questions arrive."""
    await world.register(*(old_pilot(p) for p in pilots))
    await world.live()
    await world.sweep()
    await world.work()
    world.clock.at = OPEN
    await world.work()


async def case_of(world: World) -> Case:
    """Return the latest case of the pilot `a`."""
    stored = await world.ports.cases.get("a")
    assert stored is not None
    return stored.case


async def live_on(world: World, days: int) -> None:
    """Live through the days that follow."""
    world.clock.at = (world.clock.at + DAY).replace(hour=6)
    for _ in range(days):
        await world.day()


async def test_a_finding_retracted_by_mistake_comes_back_as_a_new_case(world: World) -> None:
    """Figures corrected away end the case as retracted; corrected back, the owner is asked after all."""
    await fallen(world)
    await world.live()
    await world.sweep()
    await use(world, lambda _: 20)
    await world.sweep()
    assert (await case_of(world)).state is CaseState.RETRACTED
    await use(world, lambda d: 20 if d < CLIFF else 5)
    await world.sweep()
    again = await case_of(world)
    assert (again.ordinal, again.state, len(again.asked)) == (2, CaseState.WAITING, 1)


async def test_a_snooze_lasts_by_the_owners_own_calendar(world: World) -> None:
    """West of UTC nobody is asked on the evening before the day that was named."""
    await world.register(old_pilot("a", timezone="America/Los_Angeles", country="US", stage_since=date(2025, 3, 1)))
    world.clock.at = datetime(2026, 1, 12, 6, tzinfo=UTC)
    await world.live()
    await world.sweep()
    world.clock.at = datetime(2026, 1, 12, 20, tzinfo=UTC)
    await world.work()
    await world.answer("a", SnoozeUntil(until=date(2026, 1, 28)), "k1")
    await world.work()
    while world.clock.at < datetime(2026, 1, 29, tzinfo=UTC):
        world.clock.at += timedelta(hours=1)
        await world.sweep()
        await world.work()
    days = [at.astimezone(ZoneInfo("America/Los_Angeles")).date() for at, _ in world.sent]
    assert days == [date(2026, 1, 12), date(2026, 1, 28)]


async def test_a_step_is_asked_about_a_working_day_later_by_the_owners_calendar(world: World) -> None:
    """East of UTC a step of the morning is not asked about on that very day."""
    await world.register(old_pilot("a", timezone="Australia/Sydney", country="AU", stage_since=date(2025, 3, 1)))
    world.clock.at = datetime(2026, 2, 8, 20, tzinfo=UTC)
    await world.live()
    await world.sweep()
    world.clock.at = datetime(2026, 2, 9, 1, tzinfo=UTC)
    await world.work()
    assert len(world.sent) == 1
    nine = datetime(2026, 2, 18, 9, tzinfo=ZoneInfo("Australia/Sydney")).astimezone(UTC)
    await world.answer("a", NextStep(action="Open the ledger", at=nine), "k1")
    await world.work()
    while len(world.sent) < 2:
        world.clock.at += timedelta(hours=1)
        await world.sweep()
        await world.work()
    assert world.sent[1][0].astimezone(ZoneInfo("Australia/Sydney")).date() == date(2026, 2, 19)


async def test_a_queued_question_waits_when_the_data_goes_late(world: World) -> None:
    """What rests on late data does not leave, and is asked once the data is back."""
    await fallen(world)
    await world.live()
    world.clock.at = datetime(2026, 3, 12, 18, tzinfo=UTC)
    await world.sweep()
    await world.work()
    world.clock.at = datetime(2026, 3, 13, 8, tzinfo=UTC)
    await world.sweep()
    world.clock.at = datetime(2026, 3, 13, 9, tzinfo=UTC)
    await world.work()
    assert world.sent == []
    await use(world, lambda d: 20 if d < CLIFF else 5, days=164)
    await world.sweep()
    await world.work()
    assert len(world.sent) == 1
    states = sorted(d.state for d in await world.ports.outbox.all())
    assert states == [DeliveryState.DROPPED, DeliveryState.SENT]


async def test_an_owner_who_comes_back_is_asked_after_all(world: World) -> None:
    """A question withdrawn because the owner had changed is asked anew when that person is the owner again."""
    await world.register(old_pilot("a"))
    await world.live()
    await world.sweep()
    await world.work()
    await world.register(old_pilot("a", "maria"))
    world.clock.at = OPEN
    await world.work()
    await world.register(old_pilot("a", "dana"))
    await world.sweep()
    await world.work()
    assert [p for _, p in world.sent] == [world.ports.people.identify("dana")]
    case = await case_of(world)
    assert case.listed_why is None
    assert [a.occurrence for a in case.asked] == [0, 1]
    full = await page("a", await world.sweep(), world.ports)
    assert full.reasons == {case.asked[0].outreach: "the pilot has another owner now"}


async def test_a_send_that_hangs_is_cut_off_before_anybody_looks_after_it(
    world: World,
) -> None:
    """The limit of a send lies well below the time after which another worker looks into the chat's history."""
    assert 3 * world.rules.sending.limit < world.rules.sending.look_after
    world.rules = replace(world.rules, sending=Sending(limit=timedelta(seconds=0.05)))

    class Hanging:
        async def send(self, *_: object) -> str:
            await asyncio.sleep(60)
            raise AssertionError

        find, workspace = world.chat.find, world.chat.workspace

    await world.register(old_pilot("a"))
    await world.live()
    await world.sweep()
    world.use_chat(Hanging())
    world.clock.at = OPEN
    await world.work()
    (delivery,) = await world.ports.outbox.all()
    assert delivery.state is DeliveryState.SENDING


class Twice:
    """A server whose first answer gets lost, so that the client runs the script once more."""

    def __init__(self, scripts: Scripts, name: str) -> None:
        """Repeat the script of this name."""
        self._scripts, self._name = scripts, name

    async def run(self, name: str, keys: list[str], args: list[str | int | float | bytes]) -> Any:  # noqa: ANN401  as the script returns
        """Run it, twice where its answer gets lost."""
        if name == self._name:
            await self._scripts.run(name, keys, args)
        return await self._scripts.run(name, keys, args)


async def test_a_lost_answer_of_the_server_changes_nothing(world: World, store: RedisStore) -> None:
    """A pause and a reply whose first answer was lost are done once, and told as done."""
    await asked(world, "a")
    store.settings._scripts = Twice(store.settings._scripts, "switch")  # type: ignore[assignment]  # noqa: SLF001  the fault is put where it arises
    await pause(world.ports, "test", OPEN)
    shard = store.keys.shard_of_person(world.ports.people.identify("dana"))
    assert await store.client.get(store.keys.mode(shard)) == b"2:paused"
    store.cases._scripts = Twice(store.cases._scripts, "save_case")  # type: ignore[assignment]  # noqa: SLF001  as above
    reply = await world.answer("a", OnTrack(), "k1")
    await world.work()
    assert "left alone until" in (await world.ports.inbox.note(reply) or "")
    assert [e.what for e in await world.ports.audit.of_pilot("a")].count("replied: on_track") == 1


async def test_a_pause_is_ended_by_resume_alone_and_shows_what_is_queued(world: World) -> None:
    """Going live in a pause is refused in a sentence; what waits is in the report."""
    await world.register(old_pilot("a"))
    await world.live()
    await world.sweep()
    await world.work()
    await pause(world.ports, "test", world.clock.at)
    with pytest.raises(Conflict, match="resume"):
        await go_live(world.ports, "test", world.clock.at)
    report = await world.sweep()
    assert [(q.pilot, q.recipient, str(q.on)) for q in report.queued] == [("a", "dana", "2026-03-10")]
    assert report.outreach == ()


async def test_no_delivery_is_made_in_a_pause(world: World) -> None:
    """What was decided before a pause stays with its case until the pause ends."""
    await world.register(old_pilot("a"))
    await world.live()
    await world.sweep()
    await pause(world.ports, "test", world.clock.at)
    await world.work()
    assert await world.ports.outbox.all() == []
    assert len(await world.ports.cases.pending()) == 1
    assert len((await world.sweep()).queued) == 1


async def test_a_stall_whose_stage_moves_on_is_an_end_with_thanks(world: World) -> None:
    """A registry without history forgets the stall with the stage; the owner is thanked three weeks later."""
    await world.register(old_pilot("a", stage_since=date(2025, 9, 1), planned_stage_days=60))
    await use(world, lambda _: 20, days=189, first=date(2025, 9, 1))
    world.clock.at = datetime(2026, 3, 9, 6, tzinfo=UTC)
    await world.live()
    report = await world.sweep()
    assert Kind.STALL in {f.kind for f in report.findings}
    await world.work()
    world.clock.at = world.clock.at.replace(hour=12)
    await world.work()
    await world.register(old_pilot("a", stage="scale", stage_since=date(2026, 3, 10)))
    await live_on(world, 30)
    assert (await case_of(world)).state is CaseState.RECOVERED
    assert [m.kind for _, _, _, m in world.chat.got] == ["nudge", "recovery"]


@pytest.mark.parametrize("disowns", [True, False])
async def test_thanks_go_to_those_who_were_asked_and_own_it(world: World, *, disowns: bool) -> None:
    """Neither somebody who said "not me" nor an owner who was never asked is thanked for a recovery."""
    await asked(world, "a")
    if disowns:
        await world.answer("a", NotMe(), "k1")
        await world.work()
    owner = "dana" if disowns else "maria"
    await world.register(old_pilot("a", owner, stage="scale", stage_since=date(2026, 3, 10)))
    await live_on(world, 40)
    assert (await case_of(world)).state is CaseState.RECOVERED
    assert len(world.sent) == 1


async def test_a_refused_message_leaves_the_day_free_for_another(world: World) -> None:
    """After a final refusal another message may still reach the person on that day."""
    await world.register(old_pilot("a"))
    await world.live()
    await world.sweep()
    world.clock.at = OPEN
    world.chat.refusal = SendRefused("no such channel", final=True)
    await world.work()
    world.chat.refusal = None
    await world.register(old_pilot("b"))
    await world.sweep()
    await world.work()
    assert len(world.sent) == 1


async def test_an_opt_out_is_told_to_nobody(world: World) -> None:
    """Neither the trail nor the reasons of the status say who wants no messages."""
    await asked(world, "a", "b")
    await world.answer("a", NextStep(action="x", at=OPEN + 3 * DAY), "k0")
    await world.work()
    await world.answer("b", StopAsking(), "k1")
    await world.work()
    await live_on(world, 10)
    report = await world.sweep()
    for pilot in ("a", "b"):
        full = await page(pilot, report, world.ports)
        said = f"{full.trail} {full.line} {full.reasons}"
        assert "stop" not in said
        assert "no messages" not in said


async def test_a_parked_case_climbs_once_more_after_its_rest(world: World) -> None:
    """Two loops, ninety days of silence, and then one more question."""
    await asked(world, "a")
    await world.answer("a", OnTrack(), "k1")
    await world.work()
    await live_on(world, 18)
    assert len(world.sent) == 2
    await world.answer("a", OnTrack(), "k2")
    await world.work()
    await live_on(world, 20)
    parked = await case_of(world)
    assert (parked.state, parked.listed_why) == (CaseState.PARKED, "undecided after two loops")
    while len(world.sent) < 3:
        await world.day()
    assert parked.listed_on is not None
    assert 90 <= (world.sent[2][0].date() - parked.listed_on).days < 97
