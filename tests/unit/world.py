"""A whole small organisation over a real store, with a clock set by hand and a chat that remembers."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from fakes import FakeClock, FakeMessenger, FakeQueue

from adapters.content import load_texts
from adapters.redis_store.store import RedisStore
from bot.app.deliver import Deliverer
from bot.app.dispatch import relay
from bot.app.replies import reflect_deliveries, work_off_replies
from bot.app.rules import Rules
from bot.app.sweep import SweepReport, sweep
from bot.app.switch import go_live
from bot.app.weekly import make_weeklies
from bot.domain.outreach import Role
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import Answer, Reply
from bot.outgoing import Messenger, Outbox
from bot.ports import Ports

TUESDAY = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
"""Before the hours of Berlin."""
RULES = Rules(texts=load_texts())
OLD = date(2025, 6, 1)


def old_pilot(name: str, owner: str | None = "dana", **given: object) -> Pilot:
    """Return a pilot that has been in one stage for most of a year: found without any usage."""
    fields = {
        "id": name,
        "name": f"Pilot {name}",
        "owner": owner,
        "stage": "pilot",
        "stage_since": OLD,
        "timezone": "Europe/Berlin",
        "country": "DE",
        "seats": 40,
    }
    return Pilot.model_validate(fields | given)


@dataclass(slots=True)
class World:
    """The ports of a test and what moves them."""

    store: RedisStore
    clock: FakeClock
    chat: FakeMessenger
    ports: Ports
    rules: Rules
    deliverer: Deliverer
    worker: str
    writes_weekly: bool = False
    """Whether messages of the week are made too."""

    def use_chat(self, chat: Messenger) -> None:
        """Send by another chat."""
        self.ports = replace(self.ports, messenger=chat)
        self.deliverer = Deliverer(self.ports, self.rules, self.worker)

    async def register(self, *pilots: Pilot) -> None:
        """Store pilots and the people they name."""
        await self.ports.pilots.put(pilots)
        names = {name for p in pilots for name in (p.owner, p.sponsor, p.programme_lead) if name}
        await self.ports.people.put([Person(id=self.ports.people.identify(n), name=n) for n in names])

    async def add_people(self, *names: str) -> None:
        """Store people whom no pilot names in a role."""
        await self.ports.people.put([Person(id=self.ports.people.identify(n), name=n) for n in names])

    async def live(self) -> None:
        """Turn the switch to live."""
        await go_live(self.ports, "test", self.clock.at)

    async def sweep(self) -> SweepReport:
        """Sweep as of the clock."""
        return await sweep(self.ports, self.rules, self.clock.at)

    async def work(self) -> None:
        """Work off replies, pending outreach and what is due."""
        await work_off_replies(self.ports, self.rules)
        if self.writes_weekly:
            await make_weeklies(self.ports, self.rules, self.clock.at)
        await relay(self.ports, self.rules)
        await self.deliverer.deliver_due()
        await reflect_deliveries(self.ports, list(await self.ports.touched.read()))

    async def day(self, hours: tuple[int, ...] = (9, 11, 13)) -> SweepReport:
        """Live through a day: sweep in the morning, work at these hours (UTC), end the next morning."""
        begin = self.clock.at
        report = await self.sweep()
        for hour in hours:
            self.clock.at = begin.replace(hour=hour)
            await self.work()
        self.clock.at = begin + timedelta(days=1)
        return report

    async def answer(self, pilot: str, answer: Answer, key: str, person: str = "dana") -> Reply:
        """Put a reply about a pilot's case into the inbox."""
        stored = await self.ports.cases.get(pilot)
        reply = Reply(
            key=key,
            person=self.ports.people.identify(person),
            case_id=stored.case.id if stored else "none",
            pilot=pilot,
            answer=answer,
            received_at=self.clock.at,
        )
        await self.ports.inbox.receive(reply)
        return reply

    async def review(self, person: str, weekly: str, answer: Answer) -> str:
        """Answer about a weekly message that waits for its release, and return what is said to that."""
        reply = Reply(
            key=f"review:{weekly}:{answer.kind}:{self.clock.at.isoformat()}",
            person=self.ports.people.identify(person),
            case_id=weekly,
            pilot="",
            answer=answer,
            received_at=self.clock.at,
            role=Role.LEAD,
        )
        await self.ports.inbox.receive(reply)
        await self.work()
        return await self.ports.inbox.note(reply) or ""

    @property
    def sent(self) -> list[tuple[datetime, str]]:
        """Return when and to whom messages arrived."""
        return [(at, person) for at, person, _, _ in self.chat.got]


def world_of(store: RedisStore, at: datetime = TUESDAY, worker: str = "w1", rules: Rules = RULES) -> World:
    """Join a store with the fakes."""
    clock = FakeClock(at)
    chat = FakeMessenger(clock)
    ports = Ports(
        clock=clock,
        pilots=store.pilots,
        telemetry=store.telemetry,
        touched=store.touched,
        sources=store.sources,
        facts=store.facts,
        roster=store.roster,
        actors=store.actors,
        nowhere=store.nowhere,
        ingress=store.ingress,
        cases=store.cases,
        asks=store.asks,
        weeklies=store.weeklies,
        outbox=store.outbox,
        dead_letters=store.dead_letters,
        inbox=store.inbox,
        turns=store.turns,
        references=store.references,
        people=store.people,
        settings=store.settings,
        audit=store.audit,
        rounds=store.rounds,
        messenger=chat,
        queue=FakeQueue(),
    )
    return World(store, clock, chat, ports, rules, Deliverer(ports, rules, worker), worker)


async def claims(outbox: Outbox, person: str, since: datetime) -> list[datetime]:
    """Return the moments at which messages nobody asked for were claimed for a person."""
    return list((await outbox.standing([person], since))[person].claimed.values())
