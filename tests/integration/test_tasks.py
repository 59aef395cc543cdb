"""The engine over a real store: tasks are run once while they wait, faults are told by kind, and an end is an end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from world import World, world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore
from bot.app.deliver import Delivered
from bot.app.duties import Duties
from bot.app.ingress import Receiver
from bot.app.rounds import ROUNDS, round_of
from bot.errors import NewerRecord, StoreUnavailable
from jobs.measures import Measures
from jobs.schedule import AT_START, fire, scheduler_of
from jobs.seldom import Seldom
from jobs.settings import Settings
from jobs.tasks import PER_WORKSPACE, DocketQueue, open_queue, register, work
from jobs.wiring import Process

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Noted(Duties):
    """Duties that note what they were asked for; some fail, some take long."""

    done: list[tuple[str, ...]] = field(default_factory=list)
    slow: dict[str, float] = field(default_factory=dict)
    fault: Exception | None = None

    async def run(self, job: str) -> timedelta:
        """Note a job."""
        await asyncio.sleep(self.slow.get(job, 0))
        self.done.append((job,))
        if self.fault is not None:
            raise self.fault
        return timedelta(0)

    async def deliver(self, *letters: str) -> Delivered:
        """Note deliveries."""
        await asyncio.sleep(self.slow.get("deliver", 0))
        self.done.append(("deliver", *letters))
        return Delivered()


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store)


@pytest.fixture
def noted(world: World) -> Noted:
    """Return duties that do nothing but note."""
    return Noted(world.ports, world.rules, Receiver(world.ports), world.deliverer)


@pytest.fixture
async def queue(valkey: EmbeddedServer, store: RedisStore) -> AsyncIterator[DocketQueue]:
    """Return a queue of this test."""
    async with open_queue(f"unix://{valkey.socket_path}", store.keys.engine) as one:
        yield one


async def worked(queue: DocketQueue, noted: Noted, count: int, drain: timedelta = SECOND) -> list[tuple[str, ...]]:
    """Work until so many tasks are done, and return them."""
    register(queue.docket, noted, Measures())
    ending = asyncio.Event()
    running = asyncio.create_task(work(queue.docket, "w1", ending, drain))
    async with asyncio.timeout(60):
        while len(noted.done) < count:  # noqa: ASYNC110  tasks note what they do
            await asyncio.sleep(0.01)
    ending.set()
    await running
    return noted.done


async def test_a_task_that_waits_is_not_asked_for_twice(queue: DocketQueue, noted: Noted) -> None:
    """Of the same job, and of the same bundle of deliveries, one waits; once it is done it can be asked for again."""
    for _ in range(3):
        await queue.submit("sweep")
        await queue.submit("deliver", "team", "p1 d1", "p2 d2")
    await queue.submit("deliver", "team", "p3 d3")
    assert await queue.depth() == 3
    done = await worked(queue, noted, 3)
    assert sorted(done) == [("deliver", "p1 d1", "p2 d2"), ("deliver", "p3 d3"), ("sweep",)]
    assert await queue.depth() == 0
    await queue.submit("sweep")
    assert (await worked(queue, noted, 4))[-1] == ("sweep",)


async def test_a_workspace_gets_so_many_bundles_at_once_and_others_their_own(queue: DocketQueue, noted: Noted) -> None:
    """Ten bundles of one workspace go four at a time; what parks meanwhile is neither lost nor in another's way."""
    now, most = {"a": 0, "b": 0}, {"a": 0, "b": 0}

    class Counted(Noted):
        async def deliver(self, *letters: str) -> Delivered:
            workspace = letters[0][0]
            now[workspace] += 1
            most[workspace] = max(most[workspace], now[workspace])
            await asyncio.sleep(0.05)
            now[workspace] -= 1
            self.done.append(letters)
            return Delivered()

    counted = Counted(noted.ports, noted.rules, noted.receiver, noted.deliverer)
    for n in range(10):
        await queue.submit("deliver", "a", f"a{n} d{n}")
    await queue.submit("deliver", "b", "b1 d1")
    await worked(queue, counted, 11)
    assert (most["a"], most["b"]) == (PER_WORKSPACE, 1)


async def test_many_producers_at_once_are_bounded_and_nothing_is_lost(queue: DocketQueue, noted: Noted) -> None:
    """Three hundred tasks of many workspaces handed over at the same time all arrive."""
    await asyncio.gather(*(queue.submit("deliver", f"team-{n % 100}", f"p{n} d{n}") for n in range(300)))
    assert await queue.depth() == 300
    assert len(set(await worked(queue, noted, 300))) == 300


async def test_a_fault_is_told_by_its_kind_and_tried_again(
    queue: DocketQueue, noted: Noted, caplog: pytest.LogCaptureFixture
) -> None:
    """What failed is repeated after a second; the words of the fault, which may name somebody, are in no log."""
    broken = replace(noted, fault=ValueError("dana@example.org used it 3 times"))
    await queue.submit("replies")
    with caplog.at_level(logging.DEBUG):
        assert await worked(queue, broken, 2) == [("replies",), ("replies",)]
    assert "task replies failed: ValueError in test_tasks.py" in caplog.text
    assert "dana" not in caplog.text


async def test_a_newer_record_is_said_in_its_sentence_and_once(
    queue: DocketQueue, noted: Noted, caplog: pytest.LogCaptureFixture
) -> None:
    """While a task meets what a newer program wrote it comes again, and the log has one line: what to do."""
    sentence = "A stored Pilot has version 2, this program knows version 1"
    newer = replace(noted, fault=NewerRecord(sentence))
    await queue.submit("replies")
    await worked(queue, newer, 3)
    await queue.submit("replies")
    await worked(queue, newer, 4)
    told = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert [r.getMessage() for r in told] == [f"task replies has to wait: {sentence}"] * 2, "one for each `register`"


async def test_what_is_in_hand_is_finished_when_we_are_asked_to_end(queue: DocketQueue, noted: Noted) -> None:
    """A send under way ends well; what had not begun is left for others."""
    slow = replace(noted, slow={"deliver": 0.3, "sweep": 0.0})
    register(queue.docket, slow, Measures())
    await queue.submit("deliver", "team", "p1 d1")
    ending = asyncio.Event()
    running = asyncio.create_task(work(queue.docket, "w1", ending, 5 * SECOND))
    await asyncio.sleep(0.2)
    ending.set()
    await running
    assert slow.done == [("deliver", "p1 d1")]
    await queue.submit("sweep")
    assert await queue.depth() == 1


async def test_an_end_is_bounded_and_what_was_cut_off_is_done_by_the_next_worker(
    queue: DocketQueue, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that takes too long does not hold up the end of the process; when its lease is over, another runs it."""
    monkeypatch.setattr("jobs.tasks.LEASE", SECOND)
    register(queue.docket, replace(noted, slow={"sweep": 60}), Measures())
    await queue.submit("sweep")
    ending = asyncio.Event()
    running = asyncio.create_task(work(queue.docket, "w1", ending, SECOND / 5))
    await asyncio.sleep(0.5)
    ending.set()
    async with asyncio.timeout(3):
        await running
    assert await worked(queue, noted, 1) == [("sweep",)]


async def test_of_many_replicas_one_takes_each_round(world: World, noted: Noted, store: RedisStore) -> None:
    """Five replicas fire at once: the job is asked for once, and again in the next round."""
    process = Process(world.ports, world.rules, noted, await store.open(), Settings(), store.faults_said)
    await asyncio.gather(*(fire("sweep", process, world.clock, Seldom()) for _ in range(5)))
    assert world.ports.queue.asked == [("sweep",)]  # type: ignore[attr-defined]  # the fake one
    world.clock.at += ROUNDS["sweep"]
    await fire("sweep", process, world.clock, Seldom())
    assert world.ports.queue.asked == [("sweep",)] * 2  # type: ignore[attr-defined]  # as above


async def test_a_round_without_a_store_is_left_out(
    world: World, noted: Noted, store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that is gone costs the round and one sentence, not the scheduler."""

    class Gone:
        async def claim(self, *_: object) -> bool:
            raise StoreUnavailable("The store is away.")

    ports = replace(world.ports, rounds=Gone())  # type: ignore[arg-type]  # all that is asked of it
    process = Process(ports, world.rules, noted, await store.open(), Settings(), store.faults_said)
    await fire("sweep", process, world.clock, Seldom())
    assert "a round of sweep is left out: The store is away." in caplog.text


async def test_the_scheduler_begins_with_what_was_missed_and_keeps_its_rounds(
    world: World, noted: Noted, store: RedisStore
) -> None:
    """Started at any moment every job is asked for at once, and from then on where its rounds begin, never in between."""
    world.clock.at = datetime.now(UTC).replace(microsecond=123_000)
    process = Process(world.ports, world.rules, noted, await store.open(), Settings(), store.faults_said)
    scheduler = scheduler_of(process, world.clock)
    scheduler.start(paused=True)
    jobs = {job.id: job for job in scheduler.get_jobs()}
    scheduler.shutdown(wait=False)
    begins = {name: jobs.pop(name + AT_START).next_run_time for name in ROUNDS}
    assert set(begins.values()) == {world.clock.at}
    assert sorted(jobs) == sorted(ROUNDS)
    for name, job in jobs.items():
        at = job.next_run_time
        for _ in range(3):
            assert round_of(name, at) == at
            at = job.trigger.get_next_fire_time(at, at)


async def test_connections_that_the_server_closed_cost_nothing(queue: DocketQueue, store: RedisStore) -> None:
    """After every connection of the engine was cut, what is asked next is answered: it is asked once more."""
    await asyncio.gather(*(queue.depth() for _ in range(8)))
    for _ in range(3):
        await store.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await queue.submit("sweep")
        assert await queue.depth() == 1
