"""What the jobs do. Each looks at what the state says is due and does it: run twice, late or by two at once, nothing changes.

A job that leads to another asks the queue for it; when the queue loses that, the next round of the other finds the work.
"""

import logging
from asyncio import gather
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.app.correlated import first
from bot.app.deliver import Delivered, Deliverer
from bot.app.directory import look_up_all
from bot.app.dispatch import Due, due_now, relay
from bot.app.forgetting import forget_words
from bot.app.ingest import tidy
from bot.app.ingress import Receiver
from bot.app.replies import work_off_replies
from bot.app.rules import Rules
from bot.app.self_check import faults_of
from bot.app.sweep import sweep
from bot.app.turns import answer_turns
from bot.app.vitals import vitals
from bot.app.weekly import make_weeklies
from bot.ports import Ports, Round
from bot.talking import Voice

LOG = logging.getLogger(__name__)

MOST_HANDED_OUT: Final = 2_000
"""Deliveries that wait in the queue at most: what is due beyond that stays in the outbox, which knows their order."""
FEW: Final = MOST_HANDED_OUT // 2
"""Below this the queue is filled up again: everything that is due is read for that."""

BUNDLE: Final = 16
"""Deliveries of one workspace that are handed out as one task: what they are about is read at once."""
HANDED_OUT_FOR: Final = timedelta(seconds=30)
"""So long a delivery that was handed out isn't handed out again; the engine repeats a lost task sooner."""


@dataclass(frozen=True, slots=True)
class Duties:
    """The jobs of one process, over its ports."""

    ports: Ports
    rules: Rules
    receiver: Receiver
    deliverer: Deliverer
    voices: Mapping[str, Voice] = field(default_factory=dict)
    """By the name of the chat."""

    @property
    def jobs(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Return every job by its name in ROUNDS."""
        return {
            "wake": self.wake,
            "turns": self.turns,
            "replies": self.replies,
            "relay": self.relay,
            "ingest": self.ingest,
            "changed": self.changed,
            "clocks": self.clocks,
            "sweep": self.sweep,
            "weeklies": self.weeklies,
            "self_check": self.self_check,
            "retention": self.retention,
            "directory": self.directory,
        }

    async def run(self, job: str) -> timedelta:
        """Run one round of a job, remember how long it took, and return that."""
        begun = self.ports.clock.now()
        await self.jobs[job]()
        ended = self.ports.clock.now()
        await self.ports.rounds.ended(job, Round(ended, ended - begun))
        return ended - begun

    async def wake(self) -> None:
        """Hand out what is due, the worst first, as long as the queue isn't full."""
        depth = await self.ports.queue.depth()
        if depth >= FEW:
            return
        due = await due_now(self.ports, self.rules, MOST_HANDED_OUT - depth)
        deliveries, now = [d.delivery for d in due], self.ports.clock.now()
        await self.ports.outbox.handed_out(deliveries, now + HANDED_OUT_FOR)
        try:
            await self._hand_out(due)
        except Exception:
            await self.ports.outbox.handed_out(deliveries, now)  # nobody may have heard of them
            raise

    async def _hand_out(self, due: Sequence[Due]) -> None:
        """Ask for what is due in bundles, each of one workspace."""
        bundles: dict[str, list[str]] = defaultdict(list)
        for one in due:
            bundles[one.workspace].append(f"{one.delivery.recipient} {one.delivery.id}")
        for workspace, letters in bundles.items():
            parts = [letters[start : start + BUNDLE] for start in range(0, len(letters), BUNDLE)]
            await gather(*(self.ports.queue.submit("deliver", workspace, *part) for part in parts))

    async def deliver(self, *letters: str) -> Delivered:
        """Do what is due about deliveries, each given as `recipient id`."""
        pairs = [letter.partition(" ") for letter in letters]
        return await self.deliverer.deliver([(recipient, delivery) for recipient, _, delivery in pairs])

    async def turns(self) -> None:
        """Answer what people did in chats until nothing waits."""
        while await answer_turns(self.ports, self.rules, self.voices):
            pass

    async def replies(self) -> None:
        """Work off replies until none waits; what they moved is looked at at once."""
        moved = False
        while await work_off_replies(self.ports, self.rules):
            moved = True
        if moved:
            await self.ports.queue.submit("changed")

    async def relay(self) -> None:
        """Put what was decided into deliveries; what is due of it leaves with the next round of `wake`."""
        await relay(self.ports, self.rules)

    async def ingest(self) -> None:
        """Take in what data teams wrote into the streams."""
        taken = await self.receiver.take_in()
        if taken.entries:
            moved = sorted(await self.ports.touched.read())
            LOG.info(
                "taken from the streams: entries %d, pilots to look at %d: %s", taken.entries, len(moved), first(moved)
            )
            await self.ports.queue.submit("changed")

    async def changed(self) -> None:
        """Look at the pilots that changed since the last look."""
        await self._sweep(changed_only=True)

    async def clocks(self) -> None:
        """Have the pilots with an open case looked at: snoozes and promises end by the passing of time alone."""
        await self.ports.touched.note(await self.ports.cases.opened())
        await self.ports.queue.submit("changed")

    async def sweep(self) -> None:
        """Look at every pilot."""
        await self._sweep(changed_only=False)

    async def weeklies(self) -> None:
        """Make the weekly messages whose hour has come; what is ready leaves with the next round of `wake`."""
        await make_weeklies(self.ports, self.rules, self.ports.clock.now())

    async def self_check(self) -> None:
        """Log what is wrong with Stickshaker itself."""
        for fault in faults_of(await vitals(self.ports, self.ports.clock.now())):
            LOG.warning("%s", fault)

    async def retention(self) -> None:
        """Finish what a load left behind, and delete what is past its time."""
        now = self.ports.clock.now()
        await tidy(self.ports, now.date())
        await forget_words(self.ports, now)

    async def directory(self) -> None:
        """Ask the chats about everybody whom the registry names: who has left, who is back, whose clock is which."""
        if self.voices:
            await look_up_all(self.ports, self.voices)

    async def _sweep(self, *, changed_only: bool) -> None:
        report = await sweep(self.ports, self.rules, self.ports.clock.now(), changed_only=changed_only)
        if report.outreach:
            await self.ports.queue.submit("relay")
