"""What a killed worker had in hand is done by another, soon."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Final

import pytest
from chat_server import ChatServer, Faults
from firm import firm_of, utc
from jumping import JumpingClock
from replica import EVERYBODY
from scene import Scene, service_of
from stores import one_server

from bot.domain.outreach import Delivery, DeliveryState
from jobs.tasks import LEASE

pytestmark = pytest.mark.no_cover
"""It runs in processes of its own: counting lines would double the time, and other tests cover them."""

ALL: Final = 400
BEFORE: Final = 100
"""Messages that have arrived when the worker is killed: the rest is in its hands, in the other's, or queued."""
GRACE: Final = timedelta(seconds=2)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_what_a_killed_worker_held_is_sent_soon(tmp_path: Path) -> None:
    """Kill -9 of one of two workers delays no message that was not being sent by more than the lease and two seconds."""
    clock = JumpingClock(tmp_path / "clock")
    clock.jump_to(utc(2026, 3, 25, 4))  # before anybody may be written to
    (tmp_path / "store").mkdir()
    with one_server(tmp_path / "store") as store:
        await firm_of(range(ALL), store.url, clock)
        chat = ChatServer(clock, Random(1), faults=Faults(latency=timedelta(seconds=0.1)))  # noqa: S311  no secret
        async with service_of(tmp_path, store, clock, chat, EVERYBODY, Random(1)) as scene:  # noqa: S311  as above
            await scene.ask("sweep")
            await all_queued(scene)
            scene.jump_to(utc(2026, 3, 25, 14))
            await until(lambda: len(chat.got) >= BEFORE, seconds=60)
            scene.storm.service.kill("worker-1")
            killed, moment = monotonic(), time()
            deliveries = await all_ended(scene)
    offset = scene.offsets[-1][1] if scene.offsets else clock.now().timestamp() - time()
    held = {d.id for d in deliveries if d.claimed_at and d.claimed_at.timestamp() - offset >= moment}
    late = max(one.machine - killed for one in chat.got if one.delivery in held)
    print(f"{len(held)} of {ALL} were not being sent yet; the last of them arrived {late:.1f} s after the kill")  # noqa: T201  a measurement
    assert {d.state for d in deliveries} == {DeliveryState.SENT}
    assert len({one.delivery for one in chat.got}) == len(chat.got) == ALL
    assert held
    assert late <= (LEASE + GRACE).total_seconds()


async def all_queued(scene: Scene) -> None:
    """Return once every message waits for its hour: what follows is sending and nothing else."""
    async with scene.connected() as process:
        while len(await process.ports.outbox.queued()) < ALL:  # noqa: ASYNC110  another process moves it
            await asyncio.sleep(0.2)


async def all_ended(scene: Scene) -> list[Delivery]:
    """Return every delivery once none waits any more."""
    async with scene.connected() as process:
        while True:
            found = await process.ports.outbox.all()
            if len(found) == ALL and all(d.state is DeliveryState.SENT for d in found):
                return list(found)
            await asyncio.sleep(0.2)


async def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Return once something is so; fail after so many seconds."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  another process makes it so
            await asyncio.sleep(0.02)
