"""One year of the firm over a real store, with the live code between the falls and the people."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from hidden_world import BEGIN, DAY, PAST, Assumptions, Firm
from people_model import OWNER_STEPS, SPONSOR_STEPS, UNBLOCKER_STEPS, Crowd, Heard
from world import RULES, World, world_of

from adapters.redis_store.store import RedisStore
from bot.app.dispatch import relay
from bot.app.look import Verdict
from bot.app.replies import work_off_replies
from bot.app.sweep import SweepReport
from bot.app.weekly import make_weeklies
from bot.detection.detect import Detector
from bot.domain.case import CaseState
from bot.domain.finding import Kind
from bot.domain.outreach import Delivery, Outreach, Role, Step
from bot.domain.reply import Answer, BlockedBy, Reply
from bot.domain.telemetry import SourceStatus
from bot.messages.model import Message

NOON = time(10, tzinfo=UTC)
"""An hour at which everybody in Germany may be written to, on each working day."""
TUESDAY, SATURDAY = 1, 5
ROLE_OF = {
    **dict.fromkeys(OWNER_STEPS, Role.OWNER),
    **dict.fromkeys(UNBLOCKER_STEPS, Role.UNBLOCKER),
    **dict.fromkeys(SPONSOR_STEPS, Role.SPONSOR),
    Step.REVIEW: Role.LEAD,
}
"""As what a question is answered."""


class Arm(StrEnum):
    """What is done about falls."""

    LOOP = "whole loop"
    OWNER = "owner only"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that arrived, and the outreach in it."""

    day: date
    person: str
    role: Role
    parts: tuple[Outreach, ...]


@dataclass(slots=True)
class Lived:
    """What came of a year in one arm."""

    arm: Arm
    firm: Firm
    days: int
    confirmed: dict[str, date] = field(default_factory=dict)
    """By pilot the day on which its fall was seen on a second look."""
    recorded: dict[str, date] = field(default_factory=dict)
    """By pilot the day since which its case is clear or decided, after that."""
    decision_on: dict[str, date] = field(default_factory=dict)
    """By pilot the first day on which a decision was open."""
    open_weeks: set[tuple[str, date]] = field(default_factory=set)
    """Owners and the Mondays of weeks with an open case of theirs."""
    sent: list[Sent] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    """Answers by kind."""
    named_on: dict[str, date] = field(default_factory=dict)
    """By pilot the first day on which its owner named somebody."""
    shown: dict[str, date] = field(default_factory=dict)
    """By pilot the first day on which a sponsor read of its decision."""
    quiet: Counter[str] = field(default_factory=Counter)
    """Case-days of open cases, by why nothing was said on them."""
    cases_opened: int = 0


def monday(day: date) -> date:
    """Return the Monday of a week."""
    return day - timedelta(days=day.weekday())


class Year:
    """The days of one arm, one after the other."""

    def __init__(self, store: RedisStore, arm: Arm, seed: int, pilots: int, days: int, given: Assumptions) -> None:
        """Draw the firm; nothing is stored yet."""
        self._firm = Firm(seed, pilots, days, given)
        self._crowd = Crowd(self._firm, given, names_others=arm is Arm.LOOP)
        rules = replace(RULES, detect=Detector().detect)
        self._world: World = world_of(store, datetime.combine(BEGIN, NOON), rules=rules)
        self._lived = Lived(arm, self._firm, days)
        self._names: dict[str, str] = {}
        self._first_seen: dict[str, date] = {}
        self._of_fall: dict[str, str] = {}
        """The case of each fall."""
        self._told, self._replies, self._loaded = 0, 0, BEGIN - PAST * DAY
        self._registered: set[str] = set()
        self._ids: set[str] = set()

    async def live(self) -> Lived:
        """Live through the year; silence is the switch in shadow mode."""
        is_loop = self._lived.arm is Arm.LOOP
        await self._world.register(*(self._firm.pilot(p, whole=is_loop) for p in self._firm.ids))
        await self._world.add_people(*self._firm.names)
        self._names = {self._world.ports.people.identify(n): n for n in self._firm.names}
        if self._lived.arm is not Arm.SILENCE:
            await self._world.live()
        for n in range(self._lived.days):
            await self._day(BEGIN + n * DAY)
        return self._lived

    async def _day(self, day: date) -> None:
        """Live one day; on a weekend people and use go on, and nobody looks."""
        self._firm.live(day)
        if day.weekday() >= SATURDAY:
            return
        self._world.clock.at = datetime.combine(day, NOON)
        await self._load(day - DAY)
        await self._register(day)
        is_review = await self._answer(day)
        self._note(await self._world.sweep(), day)
        if self._lived.arm is Arm.SILENCE:
            return
        if is_review or day.weekday() in {TUESDAY, TUESDAY + 1}:
            await make_weeklies(self._world.ports, self._world.rules, self._world.clock.at)
        await relay(self._world.ports, self._world.rules)
        await self._world.deliverer.deliver_due()
        await self._hear(day)

    async def _load(self, last: date) -> None:
        """Load the use of every day that was not loaded yet."""
        while self._loaded <= last:
            await self._world.ports.telemetry.put(self._firm.rows(self._loaded))
            self._loaded += DAY
        await self._world.ports.sources.put(SourceStatus(source="chat", newest_day=last))

    async def _register(self, day: date) -> None:
        """Let the registry tell of pilots that were stopped, and of what was cleared for others."""
        whole, falls = self._lived.arm is Arm.LOOP, self._firm.falls.values()
        stopped = {f.pilot for f in falls if f.stopped_on and f.stopped_on <= day}
        freed = {f.pilot for f in falls if f.in_registry and f.freed_on} if whole else set()
        news = sorted((stopped | freed) - self._registered)
        self._registered |= set(news)
        await self._world.ports.pilots.put([self._firm.pilot(p, whole=whole, stopped=p in stopped) for p in news])

    def _note(self, report: SweepReport, day: date) -> None:
        """Note how cases stand after a look."""
        for verdict in report.verdicts:
            self._note_case(verdict, day)

    def _note_case(self, verdict: Verdict, day: date) -> None:
        lived, case, pilot = self._lived, verdict.case, verdict.pilot.id
        if case.id not in self._ids:
            self._ids.add(case.id)
            lived.cases_opened += 1
        if not case.is_closed:
            lived.open_weeks.add((self._firm.owner_of[pilot], monday(day)))
            lived.quiet[verdict.quiet.name if verdict.quiet else "said or moved"] += 1
            if case.decision is not None:
                lived.decision_on.setdefault(pilot, day)
        held = [f for f in case.open_findings if f.kind is Kind.DROP_OFF and not f.suspended]
        is_found = bool(held) and not case.is_closed and self._firm.down(pilot, day - DAY) is not None
        if is_found and self._first_seen.setdefault(pilot, day) < day:
            lived.confirmed.setdefault(pilot, day)
            self._of_fall.setdefault(pilot, case.id)
        if pilot in lived.confirmed:
            self._note_end(verdict, day)

    def _note_end(self, verdict: Verdict, day: date) -> None:
        """Note since when a case is clear or decided, and forget that when something is found anew."""
        case, pilot = verdict.case, verdict.pilot.id
        if case.id != self._of_fall[pilot]:
            return
        is_decided = case.state is CaseState.DECIDED
        if is_decided or case.clear_since is not None:
            since = day if is_decided else case.clear_since
            self._lived.recorded.setdefault(pilot, since or day)
        elif not case.is_closed:
            self._lived.recorded.pop(pilot, None)

    async def _answer(self, day: date) -> bool:
        """Let people answer, have it worked off, and return whether a weekly message was reviewed."""
        is_review = False
        for heard, answer in self._crowd.answers(day):
            self._lived.said[f"{ROLE_OF[heard.step]}: {answer.kind}"] += 1
            if isinstance(answer, BlockedBy) and answer.person:
                self._lived.named_on.setdefault(heard.pilot, day)
            await self._world.ports.inbox.receive(self._reply(heard, answer))
            is_review |= heard.step is Step.REVIEW
        await work_off_replies(self._world.ports, self._world.rules)
        return is_review

    def _reply(self, heard: Heard, answer: Answer) -> Reply:
        self._replies += 1
        role = ROLE_OF[heard.step]
        return Reply(
            key=f"reply-{self._replies}",
            person=self._world.ports.people.identify(heard.person),
            case_id=heard.case_id,
            pilot=heard.pilot,
            answer=answer,
            received_at=self._world.clock.at,
            role=role,
            thing=heard.thing if role is Role.UNBLOCKER else None,
        )

    async def _hear(self, day: date) -> None:
        """Let people read what arrived since the last round."""
        fresh = self._world.chat.got[self._told :]
        self._told += len(fresh)
        found = await self._world.ports.outbox.some([(person, delivery) for _, person, delivery, _ in fresh])
        deliveries = {d.id: d for d in found}
        for _, person, delivery, message in fresh:
            self._read(deliveries[delivery], self._names[person], message, day)

    def _read(self, delivery: Delivery, name: str, message: Message, day: date) -> None:
        self._lived.sent.append(Sent(day, name, delivery.role, delivery.active))
        heard: set[tuple[Step, str]] = set()
        for one in delivery.active:
            if one.step is Step.DIGEST:
                self._read_digest(name, message, day)
            elif one.step in ROLE_OF and (one.step, one.thing or one.case_id) not in heard:
                heard.add((one.step, one.thing or one.case_id))
                thing = one.thing if one.step in UNBLOCKER_STEPS else None
                self._crowd.hear(one.step, name, one.case_id, one.pilot, thing, day)

    def _read_digest(self, name: str, message: Message, day: date) -> None:
        for section in message.sections:
            if section.pilot and section.question:
                self._lived.shown.setdefault(section.pilot, day)
                self._crowd.hear(Step.DIGEST, name, section.case_id, section.pilot, None, day)
