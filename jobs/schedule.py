"""When the rounds of the jobs begin: a scheduler in every replica, and one replica that takes each round.

All replicas keep the same rounds, counted from 1970, whenever they were started: so one of them takes each. The scheduler keeps nothing: its jobs are made anew at each start, in UTC. A round that nobody took, or that
died with whoever took it, is made good by the next one, since every job does what the state says is due.
"""

import logging
from datetime import timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app.rounds import ROUNDS, round_of
from bot.errors import StoreUnavailable
from bot.ports import Clock
from jobs.seldom import Seldom
from jobs.wiring import Process

LOG = logging.getLogger(__name__)

LATE: Final = timedelta(seconds=30)
"""A fire that comes later than this is left to the next one."""
AT_START: Final = " at the start"
"""What the name of a job ends with that fires once."""


def scheduler_of(process: Process, clock: Clock) -> AsyncIOScheduler:
    """Return a scheduler that is not started yet; `clock` is that of the machine."""
    scheduler, now, seldom = AsyncIOScheduler(timezone="UTC"), clock.now(), Seldom()
    for job, period in ROUNDS.items():
        given = (job, process, clock, seldom)
        # What was missed while nobody ran is not put off to the next round. This is a job of its own: an interval
        # counts from its first fire, so that with one of them all would be as far from their round as the start was.
        scheduler.add_job(fire, "date", given, run_date=now, id=f"{job}{AT_START}", misfire_grace_time=None)
        scheduler.add_job(
            fire,
            "interval",
            given,
            seconds=period.total_seconds(),
            start_date=round_of(job, now) + period,
            id=job,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(LATE.total_seconds()),
        )
    return scheduler


async def fire(job: str, process: Process, clock: Clock, seldom: Seldom) -> None:
    """Take the present round of a job, unless somebody has it, and ask for the task; say a fault, but not each time."""
    ports = process.ports
    try:
        with process.faults_said():
            if await ports.rounds.claim(job, round_of(job, clock.now()), 2 * ROUNDS[job]):
                await ports.queue.submit(job)
    except StoreUnavailable as fault:
        if seldom.is_time(f"{job} {fault}"):
            LOG.warning("a round of %s is left out: %s", job, fault)
