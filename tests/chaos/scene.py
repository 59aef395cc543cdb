"""A service in its weather: replicas, their store, the chat at the other end, and the clock they share."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from ends import End
from firm import ENDS, KEY, Books, Trouble
from jumping import JumpingClock
from pydantic import SecretStr
from stores import Store
from storm import Service, Storm

from bot.domain.outreach import Delivery
from bot.errors import StoreUnavailable
from bot.ports import Ports
from jobs.settings import Settings
from jobs.tasks import open_queue
from jobs.wiring import Process, open_process

ROLES = {"web": "web", "worker-1": "worker", "worker-2": "worker"}


@dataclass(slots=True)
class Scene:
    """Everything of one test; the test itself is one more process, which only asks and looks."""

    folder: Path
    store: Store
    clock: JumpingClock
    chat: End
    storm: Storm
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    offsets: list[tuple[float, float]] = field(default_factory=list)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Process]:
        """Connect to the store as the service does."""
        settings = Settings(
            redis_url=SecretStr(self.store.url), pseudonym_key=SecretStr(KEY), data_dir=self.folder / "data"
        )
        async with open_process(settings, clock=self.clock, engine=open_queue) as process:
            yield process

    async def ask(self, job: str) -> None:
        """Ask for a job, however often the store is gone."""
        while True:
            try:
                async with self.connected() as process:
                    await process.ports.queue.submit(job)
                    return
            except StoreUnavailable:
                await asyncio.sleep(0.1)

    def jump_to(self, moment: datetime) -> None:
        """Set the clock of all processes; a send that is under way meanwhile is in trouble."""
        began = time.time()
        self.storm.troubles.append(Trouble("the clock jumped", began - 2, began + 1))
        self.clock.jump_to(moment)
        self.offsets.append((began, moment.timestamp() - began))

    async def calm_down(self, season: Sequence[datetime], least: int, patience: float = 240) -> None:
        """Let day after day pass until nothing waits any more, and keep the records of what was delivered.

        `least` deliveries more must have ended by then. The hour stays, so that of its last moment
        should be one in which everybody may be written to.
        """
        moment = season[-1]
        async with self.connected() as process, asyncio.timeout(patience):
            found: list[Delivery] = []
            while len(found) < least or any(d.state not in ENDS for d in found):
                moment += timedelta(days=1)
                self.jump_to(moment)
                await self._sweep(process.ports)
                await self._until_nothing_is_due(process.ports)
                found = [d for d in await process.ports.outbox.all() if d.id not in self.deliveries]
            self.deliveries |= {d.id: d for d in found}

    async def _sweep(self, ports: Ports) -> None:
        """Return when a sweep that was asked for now has ended."""
        before = (await ports.rounds.last()).get("sweep")
        await ports.queue.submit("sweep")
        while (await ports.rounds.last()).get("sweep") == before:  # noqa: ASYNC110  another process moves it
            await asyncio.sleep(0.1)

    async def _until_nothing_is_due(self, ports: Ports) -> None:
        while any(d.state not in ENDS and d.due_at <= self.clock.now() for d in await ports.outbox.all()):  # noqa: ASYNC110  as above
            await asyncio.sleep(0.2)

    async def books(self) -> Books:
        """Return everything that is known in the end."""
        async with self.connected() as process:
            ports = process.ports
            people = await ports.people.all()
            pilots = {ports.people.identify(p.owner): p for p in await ports.pilots.all() if p.owner}
        zones = {who: (pilots[who].timezone or "UTC", pilots[who].country or "") for who in people}
        return Books(list(self.deliveries.values()), zones, self.chat, self.storm.troubles, self.offsets)


@asynccontextmanager
async def service_of(
    folder: Path, store: Store, clock: JumpingClock, chat: End, ramp: int, dice: Random
) -> AsyncIterator[Scene]:
    """Run the replicas over a store that runs already; whatever is left of them in the end is killed."""
    async with chat.running() as environment:
        service = Service(store.url, environment, folder / "clock", folder, ramp)
        try:
            for name, role in ROLES.items():
                service.start(name, role)
            chat.reach(service.ports["web"])
            yield Scene(folder, store, clock, chat, Storm(service, store, ROLES, dice))
        finally:
            for replica in service.replicas.values():
                replica.kill()
                replica.wait()
