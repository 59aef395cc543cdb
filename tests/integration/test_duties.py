"""The jobs over a real store: each does what the state says is due, and asks the queue for what follows from it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from fakes import FakeMessenger, FakeQueue
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app import duties as jobs
from bot.app.duties import Duties
from bot.app.ingress import Receiver
from bot.app.rounds import ROUNDS, round_of
from bot.domain.case import CaseState
from bot.domain.playbook import Budgets, Playbook
from bot.domain.reply import OnTrack
from bot.outgoing import Found

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
EVERYBODY = Playbook(budgets=Budgets(ramp_owners_per_day=99))


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation whose ramp lets everybody through."""
    one = world_of(store)
    one.rules = replace(one.rules, playbook=EVERYBODY)
    return one


@pytest.fixture
def duties(world: World) -> Duties:
    """Return the jobs of that organisation."""
    return Duties(world.ports, world.rules, Receiver(world.ports), world.deliverer)


def asked(world: World) -> list[tuple[str, ...]]:
    """Return what the queue was asked for since the last time."""
    queue = cast("FakeQueue", world.ports.queue)
    said, queue.asked = queue.asked, []
    return said


async def decided(world: World, names: Sequence[str]) -> None:
    """Register old pilots of owners of their own, the first the oldest, and put what is decided into deliveries."""
    await world.register(
        *(
            old_pilot(n, f"owner-{n}", stage_since=datetime(2025, 1 + i, 1, tzinfo=UTC).date())
            for i, n in enumerate(names)
        )
    )
    await world.live()
    await world.sweep()
    await world.work()
    asked(world)


async def test_what_is_due_is_handed_out_once_the_worst_first(world: World, duties: Duties) -> None:
    """Handed out, a delivery is left alone for a while; when nobody came to it, it is handed out again."""
    await decided(world, ["a", "b", "c"])
    await duties.wake()
    assert asked(world) == []
    world.clock.at = OPEN
    await duties.wake()
    (handed,) = asked(world)
    assert handed[:2] == ("deliver", "fake")
    assert [letter.split()[0] for letter in handed[2:]] == [world.ports.people.identify(f"owner-{n}") for n in "abc"]
    await duties.wake()
    assert asked(world) == []
    world.clock.at += jobs.HANDED_OUT_FOR
    await duties.wake()
    assert asked(world) == [handed]
    assert sorted((await duties.deliver(*handed[2:])).sent) == sorted(letter.split()[1] for letter in handed[2:])
    assert (await duties.deliver(*handed[2:])).sent == []
    assert len(world.sent) == 3


async def test_what_the_queue_did_not_take_is_due_at_once(world: World, duties: Duties) -> None:
    """When the queue fails, nobody has heard of the deliveries: the next round hands them out, not one in half a minute."""
    await decided(world, ["a"])
    world.clock.at = OPEN

    class Broken(FakeQueue):
        async def submit(self, *_: str) -> None:
            raise ConnectionError

    broken = replace(duties, ports=replace(world.ports, queue=Broken()))
    with pytest.raises(ConnectionError):
        await broken.wake()
    await duties.wake()
    assert len(asked(world)) == 1


async def test_a_fault_of_one_delivery_does_not_keep_the_others_of_its_bundle(world: World, duties: Duties) -> None:
    """The chat's history fails for one that is to be looked after; the two others are sent, and the fault is told."""
    await decided(world, ["a", "b", "c"])
    world.clock.at = OPEN
    world.chat.dies = "before"
    await duties.wake()
    (handed,) = asked(world)
    await duties.deliver(handed[2])
    world.chat.dies = None

    class Broken(FakeMessenger):
        async def find(self, *_: object) -> tuple[Found, str]:
            raise ConnectionError

    world.use_chat(chat := Broken(world.clock))
    world.clock.at += world.rules.sending.look_after
    with pytest.raises(ConnectionError):
        await Duties(world.ports, world.rules, duties.receiver, world.deliverer).deliver(*handed[2:])
    assert len(chat.got) == 2


async def test_a_queue_that_is_busy_gets_nothing_more(
    world: World, duties: Duties, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the queue has no room for stays in the outbox, the worst not among it; a queue half full is left alone."""
    monkeypatch.setattr(jobs, "MOST_HANDED_OUT", 2)
    monkeypatch.setattr(jobs, "FEW", 1)
    await decided(world, ["a", "b", "c"])
    world.clock.at = OPEN
    queue = cast("FakeQueue", world.ports.queue)
    queue.asked = [("sweep",)]
    await duties.wake()
    assert asked(world) == [("sweep",)]
    await duties.wake()
    assert [letter.split()[0] for letter in asked(world)[0][2:]] == [
        world.ports.people.identify(f"owner-{n}") for n in "ab"
    ]
    await duties.wake()
    assert [letter.split()[0] for letter in asked(world)[0][2:]] == [world.ports.people.identify("owner-c")]


async def test_a_reply_moves_its_case_and_is_looked_at_at_once(world: World, duties: Duties) -> None:
    """A reply that waits is applied, and the pilots that moved are asked for; without one nothing is."""
    await decided(world, ["a"])
    world.clock.at = OPEN
    await world.work()
    await duties.replies()
    assert asked(world) == []
    await world.answer("a", OnTrack(), "key", person="owner-a")
    await duties.replies()
    assert asked(world) == [("changed",)]
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.SNOOZED


async def test_time_alone_has_open_cases_looked_at_and_others_not(world: World, duties: Duties) -> None:
    """A pilot without a case stays unseen by the clocks; one whose snooze is over is asked again."""
    await decided(world, ["a"])
    await world.register(old_pilot("young", "else", stage_since=datetime(2026, 3, 1, tzinfo=UTC).date()))
    world.clock.at = OPEN
    await world.work()
    await world.answer("a", OnTrack(), "key", person="owner-a")
    await duties.replies()
    await duties.sweep()
    assert await world.ports.cases.opened() == ["a"]
    assert await world.ports.touched.read() == {}
    world.clock.at += timedelta(days=15)
    asked(world)
    await duties.clocks()
    assert (asked(world), sorted(await world.ports.touched.read())) == ([("changed",)], ["a"])
    await duties.changed()
    assert asked(world) == [("relay",)]
    await duties.relay()
    assert len([d for d in await world.ports.outbox.all() if d.active]) == 2


async def test_a_round_is_remembered_and_a_closed_case_is_not_open(world: World, duties: Duties) -> None:
    """What a job ran for how long is kept for whoever asks how things go; every job can run on an empty store."""
    for job in ROUNDS:
        await duties.run(job)
    last = await world.ports.rounds.last()
    assert sorted(last) == sorted(ROUNDS)
    assert {r.ended_at for r in last.values()} == {world.clock.at}
    assert {r.took for r in last.values()} == {timedelta(0)}


@pytest.mark.parametrize(("job", "begin"), [("wake", "09:41:07"), ("sweep", "09:00:00"), ("retention", "00:00:00")])
def test_a_round_begins_at_the_same_moment_everywhere(job: str, begin: str) -> None:
    """Seconds, hours and days are counted in UTC from a common start, whoever asks and whenever they started."""
    at = datetime(2026, 3, 10, 9, 41, 7, 300_000, tzinfo=UTC)
    assert round_of(job, at) == datetime.fromisoformat(f"2026-03-10T{begin}+00:00")
    assert round_of(job, round_of(job, at)) == round_of(job, at)


async def test_what_came_by_a_stream_is_logged_with_its_pilots(
    world: World, duties: Duties, caplog: pytest.LogCaptureFixture
) -> None:
    """Telemetry and the case it leads to are joined in the log by the pilot's id; nobody's name or use is in it."""
    await world.register(old_pilot("tax"))
    await world.ports.touched.looked_at(await world.ports.touched.read())
    row = {"pilot": "tax", "day": "2026-03-02", "source": "ads", "active_users": 7, "seats": 40}
    await world.store.client.xadd(world.store.keys.ingress("usage"), {"day": json.dumps(row)})
    with caplog.at_level(logging.INFO):
        await duties.ingest()
    (line,) = [r.getMessage() for r in caplog.records if "taken from" in r.getMessage()]
    assert line == "taken from the streams: entries 1, pilots to look at 1: tax"
    assert ("changed",) in asked(world)
