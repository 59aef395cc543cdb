"""Weekly messages: what a sponsor and a programme lead get, made when their hour has come, read first where they must be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app.cast import Cast, desk_of
from bot.app.correlated import correlated
from bot.app.rules import Rules
from bot.app.upkeep import OF_LEADS, missing
from bot.app.weekly_parts import decisions, freed, lacks, lesson, needed, newly_stuck
from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.outreach import Outreach, Role, Step, identity
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import Reply, WeeklyAnswer
from bot.domain.settings import Mode
from bot.domain.upkeep import Field
from bot.domain.weekly import Weekly, WeeklyKind, WeeklyState, parse_weekly_id
from bot.errors import Conflict, NotFound
from bot.messages.digest import Waiting, lead_list, sponsor_digest
from bot.messages.model import Message, Section
from bot.messages.plain import to_plain
from bot.messages.upkeep import upkeep, with_gaps
from bot.metrics.portfolio import portfolio
from bot.policy.departure import Desk
from bot.policy.weekly import answer_weekly, is_trusted, monday_of, told_until
from bot.ports import Ports, StoredCase

TRIES = 5
TOLD_AGAIN = timedelta(days=28)
"""What has not changed is told again after so long."""
STALE = timedelta(days=21)
"""A weekly message that is older is neither sent nor shown to anybody."""
STEPS = {WeeklyKind.SPONSOR: Step.DIGEST, WeeklyKind.LEAD: Step.LEAD_LIST, WeeklyKind.OWNER: Step.UPKEEP}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What weekly messages are made from."""

    pilots: tuple[Pilot, ...]
    cases: Mapping[str, StoredCase]
    cast: Cast
    weeklies: Mapping[str, list[Weekly]]
    rules: Rules
    now: datetime

    def of_sponsors(self) -> dict[str, list[Pilot]]:
        """Return the pilots of each sponsor, or of whoever stands in."""
        return self._by((self.cast.sponsor(p), p) for p in self.pilots)

    def of_leads(self) -> dict[str, list[Pilot]]:
        """Return the pilots of each programme lead."""
        return self._by((self.cast.named(p.programme_lead), p) for p in self.pilots)

    def of(self, kind: WeeklyKind) -> dict[str, list[Pilot]]:
        """Return the pilots of everybody who may get a message of a kind, by their ids."""
        if kind is WeeklyKind.SPONSOR:
            return self.of_sponsors()
        return self.of_leads() if kind is WeeklyKind.LEAD else self.of_owners()

    def of_owners(self) -> dict[str, list[Pilot]]:
        """Return the pilots of each owner about which they were asked already: only then is anything asked besides."""
        found = (p for p in self.pilots if p.id in self.cases and _was_asked(self.cases[p.id].case))
        return self._by((self.cast.owner(p), p) for p in found)

    @staticmethod
    def _by(pairs: Iterable[tuple[Person | None, Pilot]]) -> dict[str, list[Pilot]]:
        found: dict[str, list[Pilot]] = defaultdict(list)
        for person, pilot in pairs:
            if person is not None and not person.is_silent:
                found[person.id].append(pilot)
        return dict(sorted(found.items()))

    def desk(self, person: str, pilots: Sequence[Pilot]) -> Desk:
        """Return by whose clock somebody reads: their own, else that of their first pilot."""
        return desk_of(self.cast.people.get(person), pilots[0] if pilots else None, self.rules)

    def moment(self, person: str, desk: Desk) -> datetime:
        """Return the latest moment of a person's weekly hour."""
        rhythm = self.cast.people[person].preferences.digest
        return rhythm.last(self.now, desk.timezone, desk.country, self.rules.calendar)


def _was_asked(case: Case) -> bool:
    return not case.is_closed and any(a.step is Step.NUDGE and a.sent_at for a in case.asked)


async def make_weeklies(ports: Ports, rules: Rules, now: datetime) -> int:
    """Make every weekly message whose hour has come, put what is ready into deliveries, and return how many were made.

    Done twice, or by two at once, each is made once. In shadow mode and pause none is made.
    """
    if rules.mode(await ports.settings.read()) is not Mode.LIVE:
        return 0
    fleet = await _read(ports, rules, now)
    made = 0
    # Leads after sponsors: what waits for release tops their list.
    for kind in (WeeklyKind.SPONSOR, WeeklyKind.LEAD, WeeklyKind.OWNER):
        for person, pilots in fleet.of(kind).items():
            made += await _make(kind, person, pilots, fleet, ports)
        fleet = await _read(ports, rules, now) if made else fleet
    await _hand_over(fleet, ports)
    return made


async def _read(ports: Ports, rules: Rules, now: datetime) -> Fleet:
    pilots, people = await ports.pilots.all(), await ports.people.all()
    cast = Cast(people, ports.people.identify, now.date())
    return Fleet(tuple(pilots), await ports.cases.all(), cast, await ports.weeklies.of(sorted(people)), rules, now)


async def _make(kind: WeeklyKind, person: str, pilots: Sequence[Pilot], fleet: Fleet, ports: Ports) -> bool:
    """Make the message of this week, unless there is one or its hour has not come in this week."""
    desk = fleet.desk(person, pilots)
    moment = fleet.moment(person, desk)
    week = monday_of(desk.day(moment))
    history = [one for one in fleet.weeklies.get(person, []) if one.kind is kind]
    if week != monday_of(desk.day(fleet.now)) or any(one.week == week for one in history):
        return False
    since = told_until(history, fleet.now)
    is_digest = kind is WeeklyKind.SPONSOR
    written = _written(kind, person, pilots, since, fleet)
    must_wait = is_digest and not is_trusted(history)
    reviewer = _reviewer(person, pilots, fleet.cast) if must_wait else None
    is_known = written is not None and (
        _waits_already(written, history, reviewer, fleet.now)
        if must_wait
        else _says_nothing_new(written, history, fleet.now)
    )
    message = None if is_known else written
    if not (is_known and must_wait):  # the one that waits says what there is to say
        await _supersede([one for one in history if one.waits], ports)
    state = WeeklyState.DRAFT if must_wait else WeeklyState.READY
    weekly = Weekly(
        person=person,
        kind=kind,
        week=week,
        state=WeeklyState.SKIPPED if message is None else state,
        since=since,
        made_at=fleet.now,
        message=message.to_stored() if message else "",
        reviewer=reviewer,
    )
    try:
        await ports.weeklies.save(weekly, None)
    except Conflict:
        return False  # somebody else made it at this moment
    return True


def _written(kind: WeeklyKind, person: str, pilots: Sequence[Pilot], since: datetime, fleet: Fleet) -> Message | None:
    """Write a message, or return None where there is nothing to say."""
    desk = fleet.desk(person, pilots)
    if kind is WeeklyKind.SPONSOR:
        return _digest(pilots, since, desk, fleet)
    if kind is WeeklyKind.LEAD:
        return _list(person, pilots, desk, fleet)
    texts = fleet.rules.texts.weekly
    return upkeep(missing(pilots, fleet.now.date(), frozenset(Field) - OF_LEADS), texts.upkeep, texts.lead.more)


def _waits_already(message: Message, history: Sequence[Weekly], reviewer: str | None, now: datetime) -> bool:
    """Whether the same waits for the same reader, with every day in it ahead: nobody is asked each week to release it."""
    last = next((one for one in reversed(history) if one.waits), None)
    if last is None or last.reviewer != reviewer or now - last.made_at >= STALE:
        return False
    before = Message.from_stored(last.message)
    asked = [[s.question for s in one.sections] for one in (message, before)]
    return message.body == before.body and _told(message) == _told(before) and asked[0] == asked[1]


def _says_nothing_new(message: Message, history: Sequence[Weekly], now: datetime) -> bool:
    """Whether it tells what the last one told, of late; days by which something is hoped for don't count."""
    last = next((one for one in reversed(history) if one.state is WeeklyState.READY), None)
    if last is None or now - last.made_at >= TOLD_AGAIN:
        return False
    before = Message.from_stored(last.message)
    is_same_body = last.kind is WeeklyKind.LEAD or message.body == before.body
    return is_same_body and _told(message) == _told(before)


def _told(message: Message) -> list[tuple[str, str]]:
    """Return what a message tells, section by section.

    Of digests that wait for release only whose they are, and of cases only which, and why and since when they are on
    a list: their figures move every day.
    """
    of_whom = ((parse_weekly_id(s.case_id), s) for s in message.sections)
    return [(known[1], "") if known else (s.case_id, _kept(s)) for known, s in of_whom]


def _kept(section: Section) -> str:
    """Return what of a section stays the same while nothing happens."""
    if section.looks:
        return section.line.partition(";")[0]
    return "" if section.pilot else section.fact


async def _supersede(older: Sequence[Weekly], ports: Ports) -> None:
    """Let this week's message take the place of those that nobody released: one waits at a time."""
    for one in older:
        try:
            await ports.weeklies.save(one.model_copy(update={"state": WeeklyState.SKIPPED}), one)
        except Conflict:
            continue  # it is being released at this moment


def _reviewer(sponsor: str, pilots: Sequence[Pilot], cast: Cast) -> str | None:
    """Return who reads a sponsor's first messages: their delegate, else the programme lead of one of their pilots."""
    delegate = cast.people.get(cast.people[sponsor].preferences.delegate or "")
    leads = (cast.named(p.programme_lead) for p in pilots)
    wanted = [one for one in (delegate, *leads) if one is not None and not one.is_silent and one.id != sponsor]
    return wanted[0].id if wanted else None


def _digest(pilots: Sequence[Pilot], since: datetime, desk: Desk, fleet: Fleet) -> Message | None:
    """Write a sponsor's digest."""
    cases = [(p, fleet.cases[p.id].case) for p in pilots if p.id in fleet.cases]
    texts, today = fleet.rules.texts, desk.day(fleet.now)
    return sponsor_digest(
        decisions(cases, texts, to_zone(desk.timezone), today),
        freed(cases, since, texts),
        newly_stuck(cases, since),
        lesson(cases, since),
        texts.weekly,
        counts=portfolio(pilots, fleet.now.date()),
        today=today,
    )


def _list(person: str, pilots: Sequence[Pilot], desk: Desk, fleet: Fleet) -> Message | None:
    """Write a programme lead's list."""
    cases = [(p, fleet.cases[p.id].case) for p in pilots if p.id in fleet.cases]
    today = desk.day(fleet.now)
    due = fleet.rules.calendar.add_working_days(desk.country, today, fleet.rules.playbook.lead_look_wd)
    waiting = [
        Waiting(one.id, fleet.cast.people[one.person].name, one.week, to_plain(shown(one)))
        for owned in fleet.weeklies.values()
        for one in owned
        if one.waits and one.reviewer == person and one.person in fleet.cast.people
    ]
    texts = fleet.rules.texts.weekly
    gaps = missing(pilots, fleet.now.date(), OF_LEADS)
    return with_gaps(lead_list(waiting, needed(cases), lacks(pilots), texts, due=due, today=today), gaps, texts)


def shown(weekly: Weekly) -> Message:
    """Return a weekly message as it is read: with the correction of whoever read it first, where there is one."""
    message = Message.from_stored(weekly.message)
    return message.model_copy(update={"body": (weekly.note, *message.body)}) if weekly.note else message


async def _hand_over(fleet: Fleet, ports: Ports) -> None:
    """Put what is ready, and what is to be read first, into deliveries; known ones change nothing."""
    pilots = {**fleet.of_leads(), **fleet.of_sponsors()}
    for person, owned in fleet.weeklies.items():
        for one in owned:
            is_present = fleet.now - (one.released_at or one.made_at) < STALE
            if one.state is WeeklyState.READY and is_present:
                desk = fleet.desk(person, pilots.get(person, []))
                await _accept(one, STEPS[one.kind], person, desk, ports)
            elif one.waits and one.reviewer and is_present and not _is_held(one, fleet.now):
                desk = fleet.desk(one.reviewer, pilots.get(person, []))
                await _accept(one, Step.REVIEW, one.reviewer, desk, ports)


def _is_held(weekly: Weekly, now: datetime) -> bool:
    return weekly.held_until is not None and now.date() < weekly.held_until


async def _accept(weekly: Weekly, step: Step, person: str, desk: Desk, ports: Ports) -> None:
    """Queue one message; after a correction, or after a hold has ended, it is asked about once more."""
    again = [str(len(weekly.applied))] if step is Step.REVIEW else []
    outreach = Outreach(
        id=identity(weekly.id, step, person, *again),
        case_id=weekly.id,
        pilot="",
        step=step,
        recipient=person,
        decided_at=max(weekly.made_at, weekly.released_at or weekly.made_at),
    )
    with correlated(case=step.value):
        await ports.outbox.accept(outreach, desk.next_open(outreach.decided_at))


async def waiting(ports: Ports) -> list[Weekly]:
    """Return every weekly message that waits for its release, oldest first."""
    owned = await ports.weeklies.of(sorted(await ports.people.all()))
    return sorted((one for all_of in owned.values() for one in all_of if one.waits), key=lambda one: (one.week, one.id))


async def settle_as_admin(weekly: str, answer: WeeklyAnswer, who: str, ports: Ports) -> None:
    """Release or hold a weekly message as an admin does; raises NotFound where none of this id waits."""
    found = next((one for one in await waiting(ports) if one.id == weekly), None)
    if found is None:
        msg = f"No weekly message '{weekly}' waits for release; `stickshaker digests list` shows those that do."
        raise NotFound(msg)
    now = ports.clock.now()
    key = identity("admin", who, weekly, now.isoformat())
    reply = Reply(key=key, person=who, case_id=weekly, pilot="", answer=answer, received_at=now, role=Role.LEAD)
    await ports.weeklies.save(answer_weekly(found, reply, now).model_copy(update={"settled_by": who}), found)


async def answer_to_weekly(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    """Move a weekly message by the answer of whoever reads it first, and return what they are told."""
    said, known = rules.texts.weekly.review.receipts, parse_weekly_id(reply.case_id)
    if known is None:
        return said.over
    kind, person, week = known
    for _ in range(TRIES):
        owned = (await ports.weeklies.of([person]))[person]
        before = next((one for one in owned if (one.kind, one.week) == (kind, week)), None)
        if before is None or (not before.waits and reply.key not in before.applied):
            return said.over
        if before.reviewer != reply.person:
            return said.not_asked
        after = answer_weekly(before, reply, reply.received_at)
        try:
            if after != before:
                await ports.weeklies.save(after, before)
        except Conflict:
            continue
        return said.of(after, reply.answer)
    return None
