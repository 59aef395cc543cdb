"""When the rounds of the jobs begin: a scheduler in every replica, and one replica that takes each round.

The scheduler keeps nothing: its jobs are made anew at each start, in UTC. A round that nobody took, or that
died with whoever took it, is made good by the next one, since every job does what the state says is due.
"""

import logging
from datetime import timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app.rounds import ROUNDS, round_of
from bot.errors import StoreUnavailable
from bot.ports import Clock
from jobs.wiring import Process

LOG = logging.getLogger(__name__)

LATE: Final = timedelta(seconds=30)
"""A fire that comes later than this is left to the next one."""


def scheduler_of(process: Process, clock: Clock) -> AsyncIOScheduler:
    """Return a scheduler that is not started yet; `clock` is that of the machine."""
    scheduler, now = AsyncIOScheduler(timezone="UTC"), clock.now()
    for job, period in ROUNDS.items():
        scheduler.add_job(
            fire,
            "interval",
            (job, process, clock),
            seconds=period.total_seconds(),
            start_date=round_of(job, now) + period,
            next_run_time=now,  # what was missed while nobody ran is not put off to the next round
            id=job,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(LATE.total_seconds()),
        )
    return scheduler


async def fire(job: str, process: Process, clock: Clock) -> None:
    """Take the present round of a job, unless somebody has it, and ask for the task."""
    ports = process.ports
    try:
        with process.faults_said():
            if await ports.rounds.claim(job, round_of(job, clock.now()), 2 * ROUNDS[job]):
                await ports.queue.submit(job)
    except StoreUnavailable as fault:
        LOG.warning("a round of %s is left out: %s", job, fault)
