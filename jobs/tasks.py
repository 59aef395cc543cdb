"""Work over the engine, docket: how a task is asked for, and the worker that runs what was asked for.

The engine wakes, repeats and limits; it is no truth. Delivery records say what is due, so a task that is
lost or comes twice changes nothing. Only ids are handed over.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb
from typing import Annotated, Final, TypeVar

from docket import ConcurrencyLimit, Docket, ExponentialRetry, Worker

from bot.app.correlated import correlated
from bot.app.deliver import Delivered
from bot.app.duties import Duties
from bot.app.rounds import ROUNDS
from bot.domain.outreach import identity
from bot.errors import NewerRecord
from jobs.measures import Measures
from jobs.seldom import Seldom

LOG = logging.getLogger(__name__)
T = TypeVar("T")

LEASE: Final = timedelta(seconds=10)
"""A task of a worker that died is given to another within this."""
IDLE: Final = timedelta(seconds=3)
"""So long the engine waits for a sign of life of a task; it looks four times in that time, and those who wait for
a dead one's place look again after as much."""
CHECK: Final = timedelta(milliseconds=200)
"""How long a worker waits for new tasks in one call (a new one wakes it at once), and before it looks again when it
is full."""
RESOLUTION: Final = timedelta(seconds=1)
"""How exactly a task that is tried again keeps its time."""
KEPT: Final = timedelta(minutes=1)
"""How long the engine remembers that a task ended; our own records remember what matters."""
AT_ONCE: Final = 64
"""Tasks of one worker at the same time: a pool of redis-py has a hundred connections, and each task may hold one."""
PER_WORKSPACE: Final = 4
"""Bundles of deliveries of one workspace at the same time, over all workers. One person never gets two messages at
the same time: the claim sees to that."""
PRODUCING: Final = 16
"""Tasks that one process hands over at the same time."""


class DocketQueue:
    """The WorkQueue port."""

    def __init__(self, docket: Docket) -> None:
        """Hand over to this engine, which must be open."""
        self.docket = docket
        self._places = asyncio.Semaphore(PRODUCING)

    async def submit(self, task: str, *ids: str) -> None:
        """Ask for a task; one that waits or runs already is not asked for twice."""
        key = f"{task}:{identity(*ids)}" if ids else task
        async with self._places:
            await _twice(lambda: self.docket.add(task, key=key)(*ids))

    async def depth(self) -> int:
        """Return how many tasks wait or run."""
        return await _twice(self._depth)

    async def _depth(self) -> int:
        async with self.docket.redis() as client, client.pipeline(transaction=False) as pipe:
            pipe.xlen(self.docket.stream_key)
            pipe.zcard(self.docket.queue_key)
            return sum(await pipe.execute())


async def _twice(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask once more when it fails: the engine's pool finds out by use that the server closed a connection meanwhile.

    What it is asked may be done twice.
    """
    try:
        return await ask()
    except Exception:  # noqa: BLE001  whatever it was, the second one is told
        return await ask()


class TaskFailed(Exception):  # noqa: N818  it is what the engine is told of any fault
    """A task ended in a fault. The fault's own words stay out: they may hold what is stored of people."""


@asynccontextmanager
async def open_queue(url: str, name: str) -> AsyncIterator[DocketQueue]:
    """Connect the engine to the store; `name` is what its keys begin with."""
    async with Docket(name=name, url=url, execution_ttl=KEPT) as docket:
        for task in ("deliver", *ROUNDS):
            docket.register(_not_here, names=[task])
        yield DocketQueue(docket)


async def _not_here() -> None:
    """Stand for a task in a process that asks for it and does not run it."""
    raise TaskFailed("this process runs no tasks")


def register(docket: Docket, duties: Duties, measures: Measures) -> None:
    """Tell the engine what the tasks are, in a process that runs them and counts what became of them."""
    again = ExponentialRetry(attempts=3, minimum_delay=timedelta(seconds=1), maximum_delay=timedelta(seconds=30))
    seldom = Seldom()
    for name in ("docket.worker", "docket.dependencies"):
        logging.getLogger(name).addFilter(is_news)

    async def deliver(
        workspace: Annotated[str, ConcurrencyLimit(PER_WORKSPACE)],  # noqa: ARG001  the engine limits by it
        *letters: str,
    ) -> None:
        with _told_by_kind("deliver", seldom), correlated(job="deliver"):
            count(await duties.deliver(*letters), measures)

    docket.register(deliver)
    for name in ROUNDS:
        docket.register(_job(name, duties, measures, again, seldom), names=[name])


def is_news(record: logging.LogRecord) -> bool:
    """Whether what the engine logs is more than that a task ended in a fault, which was told by us."""
    return not (record.exc_info and isinstance(record.exc_info[1], TaskFailed))


def _job(
    name: str, duties: Duties, measures: Measures, again: ExponentialRetry, seldom: Seldom
) -> Callable[..., Awaitable[None]]:
    async def job(retry: ExponentialRetry = again) -> None:  # noqa: ARG001  the engine repeats by it
        with _told_by_kind(name, seldom), correlated(job=name):
            took = await duties.run(name)
            measures.ended(name, took.total_seconds())

    return job


def count(done: Delivered, measures: Measures) -> None:
    """Count what became of deliveries."""
    measures.sent(len(done.sent))
    measures.unknown(len(done.unknown))
    measures.dropped(len(done.dropped))
    measures.refused("for_now", len(done.refused))
    measures.refused("final", len(done.dead))
    measures.rate_limited(len(done.limited))


@contextmanager
def _told_by_kind(task: str, seldom: Seldom) -> Iterator[None]:
    """Tell of a fault by its kind and place alone, once a minute; what a newer program wrote is said in its sentence.

    That one is no fault of the task: another process, of the newer version, may take it when it comes again.
    """
    try:
        yield
    except NewerRecord as fault:
        if seldom.is_time(str(fault)):
            LOG.warning("task %s has to wait: %s", task, fault)
        raise TaskFailed(type(fault).__name__) from None
    except Exception as fault:  # noqa: BLE001  the one boundary of a job: it is told and repeated
        place = extract_tb(fault.__traceback__)[-1]
        kind = f"{type(fault).__name__} in {Path(place.filename).name}:{place.lineno}"
        if seldom.is_time(f"{task} {kind}"):
            LOG.error("task %s failed: %s", task, kind)  # noqa: TRY400  the words of the fault stay out
        raise TaskFailed(kind) from None


async def work(docket: Docket, name: str, ending: asyncio.Event, drain: timedelta) -> None:
    """Run tasks until `ending` is set, then finish those in hand within `drain`; what is left others take over."""
    async with Worker(
        docket,
        name=name,
        concurrency=AT_ONCE,
        redelivery_timeout=IDLE,
        minimum_check_interval=CHECK,
        scheduling_resolution=RESOLUTION,
        reconnection_delay=timedelta(seconds=1),
        schedule_automatic_tasks=False,
    ) as worker:
        running = asyncio.create_task(worker.run_forever())
        waiting = asyncio.create_task(ending.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        running.cancel()  # it takes nothing more and ends with the last task in hand
        await asyncio.wait({running}, timeout=drain.total_seconds())
        running.cancel()  # and now it cuts off what is still in hand
        with suppress(asyncio.CancelledError):
            await running
