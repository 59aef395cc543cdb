"""The service: one process of one role, until it is asked to end."""

import asyncio
import logging
import os
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Final

from bot.app.rules import Rules
from bot.errors import StoreUnavailable
from bot.outgoing import Messenger
from bot.ports import Clock
from jobs.awaiting import WaitingRoom
from jobs.chats import Joined, open_chats
from jobs.measures import Measures
from jobs.running import ending
from jobs.schedule import scheduler_of
from jobs.settings import Settings, unknown_names
from jobs.tasks import DocketQueue, open_queue, register, work
from jobs.wiring import Process, machine_clock, open_process, open_web, worker_name

LOG = logging.getLogger(__name__)

DRAIN: Final = timedelta(seconds=20)
"""How long what is in hand may take after we are asked to end; whatever is left then is taken over by others."""
AGAIN: Final = timedelta(seconds=2)
"""Before we look again for a store that does not answer at the start."""


class Role(StrEnum):
    """What a process is there for: everything, only what comes in from outside, or only the jobs."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def is_worker(self) -> bool:
        """Whether it runs jobs."""
        return self is not Role.WEB


async def serve(
    settings: Settings,
    role: Role,
    *,
    clock: Clock | None = None,
    messenger: Messenger | None = None,
    rules: Rules | None = None,
) -> None:
    """Run until SIGTERM or Ctrl-C; a store that isn't there yet is waited for, and who asks over HTTP is told so.

    Messages leave by Slack, Teams or both, where their settings are there. Raises SettingsError and WrongKey: waiting mends neither.
    """
    for sentence in unknown_names(os.environ):
        LOG.warning("%s", sentence)
    measures = Measures()
    room = WaitingRoom(settings.http_host, settings.http_port, version("stickshaker"), measures.registry)
    with ending() as end:
        try:
            async with open_chats(clock or machine_clock(), settings.admins) as chats:
                while not end.is_set():
                    await room.open()
                    try:
                        async with open_process(
                            settings,
                            clock=clock,
                            messenger=messenger,
                            chats=chats,
                            rules=rules,
                            engine=open_queue,
                        ) as process:
                            await room.close()
                            await _serve(process, role, end, measures, chats)
                    except StoreUnavailable as fault:
                        room.why = fault.why
                        LOG.warning("%s We look again in %d s.", fault, AGAIN.total_seconds())
                        await _wait(end, AGAIN)
        finally:
            await room.close()


async def _serve(opened: Process, role: Role, end: asyncio.Event, measures: Measures, chats: Joined | None) -> None:
    queue = opened.ports.queue
    checks = {**opened.checks, **chats.checks} if chats else opened.checks
    process = replace(opened, faults_said=measures.watched(opened.faults_said), checks=checks)
    scheduler = scheduler_of(process, machine_clock())
    listens = chats.listening if chats else None
    takes = role is not Role.WORKER
    async with open_web(process, measures, version=version("stickshaker"), takes_facts=takes, chat=listens):
        scheduler.start()
        LOG.info("started as %s with %s %s", role.value, process.server.name, process.server.version)
        try:
            if role.is_worker and isinstance(queue, DocketQueue):
                register(queue.docket, process.duties, measures)
                await work(queue.docket, worker_name(), end, DRAIN)
            else:
                await end.wait()
        finally:
            scheduler.shutdown(wait=False)
    LOG.info("ended")


async def _wait(end: asyncio.Event, most: timedelta) -> None:
    """Wait a while, or until we are asked to end."""
    await asyncio.wait([asyncio.ensure_future(end.wait())], timeout=most.total_seconds())
