"""What is wrong with Stickshaker itself is said in sentences with a remedy; what is well is not mentioned."""

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.duties import Duties
from bot.app.ingress import Receiver
from bot.app.self_check import faults_of
from bot.app.vitals import vitals
from bot.domain.telemetry import SourceStatus
from bot.outgoing import OutboxLoad
from bot.ports import Round

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store, NOW)


@pytest.fixture
def duties(world: World) -> Duties:
    """Return the jobs of that organisation."""
    return Duties(world.ports, world.rules, Receiver(world.ports), world.deliverer)


async def test_a_service_that_is_well_says_nothing(duties: Duties, caplog: pytest.LogCaptureFixture) -> None:
    """With every job just done and nothing late the self-check logs no line."""
    for job in ("wake", "sweep", "retention"):
        await duties.run(job)
    caplog.clear()
    await duties.run("self_check")
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_each_fault_is_one_sentence_with_a_remedy(world: World) -> None:
    """A job that stopped, a message nobody takes, dead letters and a late source: each is named, with what to do."""
    seen = await vitals(world.ports, NOW)
    ill = replace(
        seen,
        rounds={"sweep": Round(NOW - timedelta(hours=4), timedelta(seconds=1)), "wake": Round(NOW, timedelta(0))},
        outbox=OutboxLoad(queued=1, unknown=2, dead=1, oldest_due_at=NOW - timedelta(minutes=25)),
        late=frozenset({"litellm", "github"}),
    )
    assert faults_of(ill) == (
        "The job sweep last ended at 2026-03-10 05:00 UTC; look for its fault in the log.",
        "A message has been due for 25 minutes; start a worker.",
        "Messages that need a look: 1 dead, 2 unknown; see `stickshaker letters`.",
        "Late sources: github, litellm; nothing is concluded from them until they deliver.",
    )


async def test_what_the_store_tells_of_late_sources_and_dead_letters_is_logged(
    world: World, duties: Duties, caplog: pytest.LogCaptureFixture
) -> None:
    """The job reads the store itself: a source that stopped a month ago and a message of unknown fate are warned of."""
    await world.ports.sources.put(SourceStatus(source="litellm", newest_day=date(2026, 2, 1)))
    await world.register(old_pilot("tax"))
    await world.live()
    world.chat.dies = "before"
    world.chat.knows = False
    await world.day()
    world.clock.at = NOW + timedelta(hours=2)
    await world.work()
    await duties.run("self_check")
    told = [r.getMessage() for r in caplog.records if r.name == "bot.app.duties" and r.levelno == logging.WARNING]
    assert any("Late sources: litellm" in line for line in told)
    assert any("0 dead, 1 unknown" in line for line in told)
