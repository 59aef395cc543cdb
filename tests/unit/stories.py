"""A firm lived through day by day over a real store: use that falls and comes back, people who answer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from world import RULES, World, world_of

from adapters.redis_store.store import RedisStore
from bot.detection.detect import Detector
from bot.domain.case import Case
from bot.domain.outreach import Role
from bot.domain.pilot import Dependency, Pilot
from bot.domain.reply import Answer, Reply
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.messages.model import Message
from bot.messages.plain import to_plain

FIRST = date(2025, 9, 1)
FALL = date(2026, 2, 2)
"""From this day on use is at a quarter of what it was, until it comes back."""
BEGIN = date(2026, 1, 26)
DAY = timedelta(days=1)
MORNING = time(6, tzinfo=UTC)
HOURS = (10, 14)
USUAL = 24
SEATS = 40


def pilot_of(name: str, owner: str = "dana", **given: object) -> Pilot:
    """Return a pilot in Berlin with an owner and a sponsor, for two weeks in its stage."""
    fields: dict[str, object] = {
        "id": name,
        "name": f"Pilot {name}",
        "owner": owner,
        "sponsor": "sam",
        "programme_lead": "lee",
        "stage": "pilot",
        "stage_since": date(2026, 1, 12),
        "planned_stage_days": 170,
        "timezone": "Europe/Berlin",
        "country": "DE",
        "seats": SEATS,
        "target_date": date(2027, 1, 1),
    }
    return Pilot.model_validate(fields | given)


def waits_for(kind: str, holder: str, since: date = date(2026, 1, 5), name: str = "") -> Dependency:
    """Return a dependency that is open."""
    return Dependency(id=name or f"dep-{kind}", kind=kind, holder=holder, since=since)


@dataclass(frozen=True, slots=True)
class Said:
    """One message as somebody got it."""

    day: date
    to: str
    kind: str
    text: str
    message: Message


@dataclass(slots=True)
class Story:
    """The firm: its pilots, and from which day on use of each is back."""

    world: World
    pilots: dict[str, Pilot] = field(default_factory=dict)
    back: dict[str, date] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    replies: int = 0

    def wake_up(self, day: date) -> None:
        """Begin on the morning of a day, where nothing of what was before is looked at."""
        self.world.clock.at = datetime.combine(day, MORNING)

    @property
    def today(self) -> date:
        """Return the day that begins."""
        return self.world.clock.at.date()

    async def begin(self, *pilots: Pilot, people: tuple[str, ...] = ()) -> None:
        """Register pilots and people, load their past, and go live."""
        self.pilots = {p.id: p for p in pilots}
        await self.world.register(*pilots)
        names = {n for p in pilots for n in (p.owner, p.sponsor, p.programme_lead) if n} | set(people)
        await self.world.add_people(*sorted(names))
        self.names = {self.world.ports.people.identify(n): n for n in names}
        await self.load(FIRST, self.today - DAY)
        await self.world.live()

    async def change(self, pilot: Pilot) -> None:
        """Let the registry tell something new of a pilot."""
        self.pilots[pilot.id] = pilot
        await self.world.ports.pilots.put([pilot])

    async def load(self, first: date, last: date) -> None:
        """Load the use of these days."""
        days = [first + n * DAY for n in range((last - first).days + 1)]
        rows = [self._row(p, d) for p in self.pilots for d in days]
        await self.world.ports.telemetry.put(rows)
        await self.world.ports.sources.put(SourceStatus(source="chat", newest_day=last))

    def _row(self, pilot: str, day: date) -> UsageDay:
        usual = USUAL + (day.toordinal() * 7 + len(pilot)) % 5 - 2 if day.weekday() < 5 else 0
        is_low = day >= FALL and day < self.back.get(pilot, date.max)
        people = usual // 4 if is_low else usual
        return UsageDay(pilot=pilot, day=day, source="chat", active_users=people, seats=SEATS, active_28d=USUAL + 6)

    async def days(self, count: int, hours: tuple[int, ...] = HOURS) -> list[Said]:
        """Live through days, with work at these hours (UTC) of each, and return what was said in them."""
        before = len(self.world.chat.got)
        for _ in range(count):
            await self.load(self.today - DAY, self.today - DAY)
            await self.world.day(hours)
            self.world.clock.at = datetime.combine(self.today, MORNING)
        return self.said()[before:]

    async def until(self, is_so: Callable[[Said], bool], most: int = 60) -> Said:
        """Live on until something is said, and return it; fails after so many days."""
        for _ in range(most):
            found = [one for one in await self.days(1) if is_so(one)]
            if found:
                return found[0]
        told = [(s.day.isoformat(), s.to, s.kind) for s in self.said()]
        msg = f"nothing of the kind was said until {self.today}: {told}"
        raise AssertionError(msg)

    def said(self) -> list[Said]:
        """Return everything that was said so far."""
        return [
            Said(at.date(), self.names.get(person, person), message.kind, to_plain(message), message)
            for at, person, _, message in self.world.chat.got
        ]

    async def case(self, pilot: str = "tax") -> Case:
        """Return the latest case of a pilot."""
        stored = await self.world.ports.cases.get(pilot)
        assert stored is not None
        return stored.case

    async def answer(
        self, person: str, pilot: str, answer: Answer, role: Role = Role.OWNER, thing: str | None = None
    ) -> str:
        """Answer about a pilot's case and return what is said to that."""
        stored = await self.world.ports.cases.get(pilot)
        assert stored is not None
        self.replies += 1
        reply = Reply(
            key=f"r{self.replies}",
            person=self.world.ports.people.identify(person),
            case_id=stored.case.id,
            pilot=pilot,
            answer=answer,
            received_at=self.world.clock.at,
            role=role,
            thing=thing,
        )
        await self.world.ports.inbox.receive(reply)
        await self.world.work()
        return await self.world.ports.inbox.note(reply) or ""


def story_of(store: RedisStore) -> Story:
    """Return an empty firm on the morning of its first day."""
    # A detector that remembers, as a process has: a year of mornings would else be judged anew each morning.
    rules = replace(RULES, detect=Detector().detect)
    world = world_of(store, datetime.combine(BEGIN, MORNING), rules=rules)
    world.writes_weekly = True
    return Story(world)


def to(person: str, kind: str) -> Callable[[Said], bool]:
    """Return whether something was said to a person, of a kind."""
    return lambda said: (said.to, said.kind) == (person, kind)
