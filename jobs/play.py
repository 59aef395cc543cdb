"""Thirty weeks of an invented firm, lived through day by day by the real use cases on a store of their own."""

import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from bot.app.sweep import SweepReport, sweep
from bot.app.switch import go_live
from bot.domain.calendar import to_zone
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Role, Step, identity
from bot.domain.pilot import Pilot
from bot.domain.reply import Reply
from bot.messages.model import Message
from jobs.fleet.fleet import Fleet, make_fleet
from jobs.fleet.others import Given, Others
from jobs.fleet.write import write_fleet
from jobs.load import take_registry, take_usage
from jobs.settings import Settings
from jobs.wiring import Process, open_process

SWEPT_AT: Final = time(5, 0, tzinfo=UTC)
"""Before anybody in the demo's countries may be written to."""
SATURDAY: Final = 5
ONE_DAY: Final = timedelta(days=1)

DELIVERED: Final = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})


class PlayedClock:
    """The clock of the play: it stands at the moment being played."""

    def __init__(self, at: datetime) -> None:
        """Start at a moment."""
        self.at = at

    def now(self) -> datetime:
        """Return the moment being played."""
        return self.at


@dataclass(frozen=True, slots=True)
class Sent:
    """One outreach that left in the play, in the delivery that carried it."""

    at: datetime
    outreach: Outreach
    delivery: Delivery


@dataclass(slots=True)
class Played:
    """What the play brought: the firm, the report of its last day, everything sent, every answer."""

    fleet: Fleet
    report: SweepReport
    sent: list[Sent] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)


@asynccontextmanager
async def stage(seed: int, today: date) -> AsyncIterator[tuple[Process, PlayedClock, Fleet]]:
    """Make the firm, load its files by the real importers into a store of its own, and go live."""
    fleet, clock = make_fleet(seed, today), PlayedClock(datetime.combine(today, SWEPT_AT))
    with tempfile.TemporaryDirectory(prefix="stickshaker-demo-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            redis_url=None,
            pseudonym_key=None,
            mode="switch",
            timezone="UTC",
            aggregate_only=False,
        )
        async with open_process(settings, clock=clock) as process:
            files = write_fleet(fleet, Path(folder))
            await take_registry(process, str(files.registry), None)
            for source, path in files.usage.items():
                await take_usage(process, str(path), source, 0)
            clock.at = datetime.combine(fleet.first_day, SWEPT_AT)
            await go_live(process.ports, "the demo", clock.at)
            yield process, clock, fleet


async def play(process: Process, clock: PlayedClock, fleet: Fleet, each_day: Callable[[date], None]) -> Played:
    """Live through the working days of the window: sweep, send at each one's hour, answer as the scripts say."""
    troupe = _Troupe(process, clock, fleet)
    report = None
    for offset in range(1, (fleet.today - fleet.first_day).days + 1):
        day = fleet.first_day + offset * ONE_DAY
        each_day(day)
        if day.weekday() < SATURDAY or day == fleet.today:
            clock.at = datetime.combine(day, SWEPT_AT)
            report = await sweep(process.ports, process.rules, clock.at)
            await troupe.live_through(day)
    if report is None:
        msg = "a window without days can't be played"
        raise ValueError(msg)
    return Played(fleet, report, list(troupe.sent.values()), troupe.replies)


class _Troupe:
    """The people of the firm: they read what arrives and answer it at the moment their script says."""

    def __init__(self, process: Process, clock: PlayedClock, fleet: Fleet) -> None:
        self._process, self._clock, self._fleet = process, clock, fleet
        self.sent: dict[str, Sent] = {}
        """What was sent, by outreach, as it was read: the store forgets what is half a year old."""
        self._rounds: Counter[str] = Counter()
        self._planned: list[Given] = []
        self._others = Others(process.rules.calendar)
        self.replies: list[Reply] = []

    async def live_through(self, day: date) -> None:
        """Play the moments of a day on which something happens, one after the other."""
        await self._process.work()
        end = datetime.combine(day + ONE_DAY, time(0), tzinfo=UTC)
        while (moment := await self._next(end)) is not None:
            self._clock.at = moment
            await self._answer()
            await self._process.work()
            await self._read()

    async def _next(self, end: datetime) -> datetime | None:
        """Return the next moment from now to `end`: somebody answers, or a delivery falls due."""
        moments = [one.at for one in self._planned]
        moments += [d.due_at for d in await self._process.ports.outbox.due(end)]
        return min((m for m in moments if self._clock.at < m < end), default=None)

    async def _answer(self) -> None:
        """Give the answers whose moment has come."""
        now = self._clock.at
        for one in [p for p in self._planned if p.at <= now]:
            self._planned.remove(one)
            reply = Reply(
                key=f"demo:{identity(one.case_id, one.person, one.at.isoformat())}",
                person=one.person,
                case_id=one.case_id,
                pilot=one.pilot,
                answer=one.answer,
                received_at=now,
                role=one.role,
                thing=one.thing,
            )
            await self._process.ports.inbox.receive(reply)
            self.replies.append(reply)

    async def _read(self) -> None:
        """Let people read what arrived, and plan their answers."""
        for sent in await _sent(self._process):
            if sent.outreach.id in self.sent:
                continue
            self.sent[sent.outreach.id] = sent
            pilot = next((p for p in self._fleet.pilots if p.id == sent.outreach.pilot), None)
            if sent.outreach.role is Role.OWNER:
                self._planned += self._of_owner(sent, pilot)
            else:
                message = Message.from_stored(sent.delivery.message or "")
                self._planned += self._others.answers(sent.outreach, message, sent.at, pilot)

    def _of_owner(self, sent: Sent, pilot: Pilot | None) -> Iterator[Given]:
        """Yield an owner's answer to a first question: of the first round, or of the second."""
        outreach = sent.outreach
        if outreach.step is not Step.NUDGE or pilot is None:
            return
        self._rounds[outreach.case_id] += 1
        script = (self._fleet.replies, self._fleet.later)[self._rounds[outreach.case_id] > 1].get(pilot.id)
        day = sent.at.astimezone(to_zone(pilot.timezone or "UTC")).date()
        reaction = script(day) if script else None
        if reaction is not None:
            yield Given(reaction.at, outreach.recipient, outreach.case_id, pilot.id, reaction.answer, Role.OWNER)


async def _sent(process: Process) -> list[Sent]:
    """Return everything that was sent, oldest first."""
    found = [
        Sent(d.claimed_at, o, d)
        for d in await process.ports.outbox.all()
        if d.state in DELIVERED and d.claimed_at is not None
        for o in d.active
    ]
    return sorted(found, key=lambda s: (s.at, s.outreach.pilot))
