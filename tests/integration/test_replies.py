"""Replies move cases: once each, only by those who were asked, whatever is cut off between."""

from datetime import UTC, date, datetime, timedelta

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.replies import work_off_replies
from bot.domain.case import CaseState
from bot.domain.outreach import Step
from bot.domain.reply import BlockedBy, Cause, NextStep, NotMe, OnTrack, SnoozeUntil, StopAsking

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation in which dana was asked about one pilot."""
    one = world_of(store)
    await one.register(old_pilot("a"))
    await one.live()
    await one.sweep()
    await one.work()
    one.clock.at = OPEN
    await one.work()
    return one


async def case_of(world: World, pilot: str = "a") -> tuple[CaseState, int]:
    """Return state and number of applied replies."""
    stored = await world.ports.cases.get(pilot)
    assert stored is not None
    return stored.case.state, len(stored.case.applied)


async def test_a_reply_moves_the_case_once_and_is_answered(world: World) -> None:
    """The reply is applied, its author told what happens next; received or worked off again it changes nothing."""
    reply = await world.answer("a", BlockedBy(cause=Cause.APPROVAL, until=date(2026, 4, 1)), "k1")
    assert await world.ports.inbox.receive(reply) is False
    assert await work_off_replies(world.ports, world.rules) == 1
    assert await work_off_replies(world.ports, world.rules) == 0
    assert await case_of(world) == (CaseState.BLOCKED, 1)
    assert "1 April" in (await world.ports.inbox.note(reply) or "")


async def test_a_reply_cut_off_before_its_note_is_not_applied_twice(world: World, store: RedisStore) -> None:
    """Killed between the case and the inbox, the next pass finds it applied and only writes the note."""
    reply = await world.answer("a", OnTrack(), "k1")
    await work_off_replies(world.ports, world.rules)
    shard = store.keys.shard_of_person(reply.person)
    await store.client.zadd(store.keys.inbox(shard), {f"{reply.person} {reply.key}": 1})
    revision = (await world.ports.cases.get("a")).revision  # type: ignore[union-attr]  # it was just asked about
    await work_off_replies(world.ports, world.rules)
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert (stored.revision, len(stored.case.applied)) == (revision, 1)


async def test_only_who_was_asked_may_answer(world: World) -> None:
    """Somebody else's answer changes nothing and says so; a reply about no case does not crash."""
    reply = await world.answer("a", OnTrack(), "k1", person="mallory")
    nowhere = await world.answer("zzz", OnTrack(), "k2")
    assert await work_off_replies(world.ports, world.rules) == 2
    assert await case_of(world) == (CaseState.WAITING, 0)
    assert "somebody else" in (await world.ports.inbox.note(reply) or "")
    assert "closed" in (await world.ports.inbox.note(nowhere) or "")


async def test_stop_asking_counts_even_from_somebody_who_was_not_asked(world: World) -> None:
    """An opt-out is about the person, not about the case."""
    reply = await world.answer("a", StopAsking(), "k1", person="mallory")
    await work_off_replies(world.ports, world.rules)
    out = await world.ports.people.get(reply.person)
    assert out is None  # not somebody the registry names, and yet remembered:
    assert await world.store.client.sismember(
        world.store.keys.opted_out(world.store.keys.shard_of_person(reply.person)), reply.person
    )


async def test_a_snooze_is_kept_and_then_a_fresh_look_decides(world: World) -> None:
    """Silence until the day that was named, then the second loop begins with a new question."""
    await world.answer("a", SnoozeUntil(until=date(2026, 3, 25)), "k1")
    await world.work()
    world.clock.at = OPEN.replace(hour=6) + DAY
    while world.clock.at.date() < date(2026, 3, 25):
        await world.day()
    assert len(world.sent) == 1
    for _ in range(3):
        await world.day()
    assert [at.date() for at, _ in world.sent] == [date(2026, 3, 10), date(2026, 3, 25)]


async def test_a_step_that_worked_is_seen_in_the_registry_and_not_asked_about(world: World) -> None:
    """When the stage moves before the check is due, nobody is asked whether it did."""
    await world.answer("a", NextStep(action="Move to scale", at=OPEN + 3 * DAY), "k1")
    await world.work()
    await world.register(old_pilot("a", stage="scale", stage_since=date(2026, 3, 12)))
    world.clock.at = OPEN.replace(hour=6) + DAY
    for _ in range(40):
        await world.day()
    steps = [d.active[0].step for d in await world.ports.outbox.all()]
    assert sorted(steps) == [Step.NUDGE, Step.RECOVERY]
    assert (await case_of(world))[0] is CaseState.RECOVERED


async def test_a_step_that_did_not_work_is_asked_about_once(world: World) -> None:
    """A working day after the promised moment the owner gets one question, and silence after it is listed."""
    await world.answer("a", NextStep(action="Ask legal", at=OPEN + 10 * DAY), "k1")
    await world.work()
    world.clock.at = OPEN.replace(hour=6) + DAY
    for _ in range(32):
        await world.day()
    checks = [(at.date(), m.kind) for at, _, _, m in world.chat.got]
    assert checks == [(date(2026, 3, 10), "nudge"), (date(2026, 3, 23), "commitment_check")]
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.listed_why == "open since 10 March 2026"


async def test_not_me_goes_to_the_list_and_a_new_owner_is_asked(world: World) -> None:
    """The wrong owner is left alone; the one the registry names next gets the question."""
    await world.answer("a", NotMe(), "k1")
    await world.work()
    await world.register(old_pilot("a", "maria"))
    world.clock.at = OPEN.replace(hour=6) + DAY
    for _ in range(9):
        await world.day()
    assert [p for _, p in world.sent] == [world.ports.people.identify(n) for n in ("dana", "maria")]
