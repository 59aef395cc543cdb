"""One look at everything: what is stored, what detection says of it, and what policy would do about each case."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from bot.app.replies import clock_of
from bot.app.rules import Rules
from bot.detection.detect import Detection, detect
from bot.domain.case import Case
from bot.domain.finding import FLEET_KINDS, Finding
from bot.domain.outreach import Outreach
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageWindow
from bot.metrics.progress import stage_spans
from bot.policy.budget import WEEK, Budget
from bot.policy.decide import Ask, Decision, Hold, Quiet, Recipient, apply_decision, decide
from bot.policy.observe import observe
from bot.ports import Ports, StoredCase

ONE_DAY = timedelta(days=1)
MOST_MOVES = 4
"""Decisions that one look takes about a case before it asks or holds: a new loop, then the ladder."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store holds, as of one moment."""

    pilots: tuple[Pilot, ...]
    sources: tuple[SourceStatus, ...]
    cases: Mapping[str, StoredCase]
    people: Mapping[str, Person]
    detection: Detection
    findings: Mapping[str, Sequence[Finding]]
    """What detection found, by pilot."""
    is_partial: bool = False
    """Whether others than these pilots exist and were not looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look makes of one pilot's case: as stored, as it is now, what is to be said, why nothing is."""

    pilot: Pilot
    case: Case
    stored: StoredCase | None
    taken: tuple[Decision, ...] = ()
    outreach: Outreach | None = None
    quiet: Quiet | None = None

    @property
    def has_moved(self) -> bool:
        """Whether there is anything to store."""
        return self.stored is None or self.stored.case != self.case


async def gather(
    ports: Ports,
    rules: Rules,
    now: datetime,
    only: Sequence[str] | None = None,
    cases: Mapping[str, StoredCase] | None = None,
) -> Facts:
    """Read everything a look rests on and run detection over it; today is the UTC day of `now`.

    With `only` it's a look at these pilots, and nothing is read of others. `cases` are those of the
    pilots looked at, where they have been read already.
    """
    pilots = await (ports.pilots.all() if only is None else ports.pilots.some(only))
    sources = await ports.sources.all()
    window = await _window(ports, [p.id for p in pilots], now.date())
    if cases is None:
        cases = await (ports.cases.all() if only is None else ports.cases.some(only))
    if only is None:
        return look(window, pilots, sources, cases, await ports.people.all(), rules=rules, now=now)
    people = await ports.people.some([ports.people.identify(p.owner) for p in pilots if p.owner])
    # A detector that remembers does so for a look at everything; what that saw of sources, a few can't tell.
    anew = replace(rules, detect=partial(detect, common=await ports.sources.common()))
    return _in_part(look(window, pilots, sources, cases, people, rules=anew, now=now))


def _in_part(facts: Facts) -> Facts:
    """Mark a look at some pilots, and leave out what only the whole registry can tell."""
    found = tuple(f for f in facts.detection.findings if f.kind not in FLEET_KINDS)
    return replace(facts, detection=replace(facts.detection, findings=found), is_partial=True)


def look(
    window: UsageWindow,
    pilots: Sequence[Pilot],
    sources: Sequence[SourceStatus],
    cases: Mapping[str, StoredCase],
    people: Mapping[str, Person],
    *,
    rules: Rules,
    now: datetime,
) -> Facts:
    """Run detection over what was read; rows of the window stand in the order of `pilots`."""
    detection = rules.detect(
        window, pilots, sources, today=now.date(), calendar=rules.calendar, settings=rules.detection
    )
    by_pilot: dict[str, list[Finding]] = defaultdict(list)
    for finding in detection.findings:
        by_pilot[finding.pilot].append(finding)
    return Facts(tuple(pilots), tuple(sources), cases, people, detection, by_pilot)


async def _window(ports: Ports, pilots: Sequence[str], today: date) -> UsageWindow:
    """Return everything known of use before `today`: what is dated later is hidden."""
    extent = await ports.telemetry.extent()
    if extent is None or extent[0] >= today:
        return UsageWindow.blank(today, tuple(pilots), 0)
    return await ports.telemetry.window(pilots, extent[0], min(extent[1], today - ONE_DAY))


@dataclass(slots=True)
class Budgets:
    """What people got and will get, kept while a look asks one after the other."""

    claimed: Mapping[str, tuple[datetime, ...]]
    queued: set[str] = field(default_factory=set)

    def of(self, person: str) -> Budget:
        """Return the budget of one person; what this look has already asked of them joins one message."""
        return Budget(self.claimed.get(person, ()), person in self.queued)


async def budgets(ports: Ports, people: Sequence[str], now: datetime) -> Budgets:
    """Read what these people got in a week and whether a message is queued for them."""
    standing = await ports.outbox.standing(people, now - WEEK)
    claimed = {person: s.claimed for person, s in standing.items()}
    return Budgets(claimed, {person for person, s in standing.items() if s.has_queued})


def owner_of(pilot: Pilot, ports: Ports, people: Mapping[str, Person], rules: Rules) -> Recipient | None:
    """Return the owner as policy sees them: their own clock and country, else the pilot's, else the setting."""
    person = people.get(ports.people.identify(pilot.owner)) if pilot.owner else None
    return None if person is None else to_recipient(person, pilot, rules)


def to_recipient(person: Person, pilot: Pilot, rules: Rules) -> Recipient:
    """Return a pilot's owner as policy sees them."""
    zone, country = clock_of(person, pilot, rules)
    return Recipient(person.id, zone, country, person.opted_out)


def judge_case(
    pilot: Pilot, facts: Facts, recipient: Recipient | None, budget: Budget, *, rules: Rules, now: datetime, live: bool
) -> Verdict | None:
    """Return what is to be done about a pilot now, or None where there is no case and no reason for one.

    While the organisation is not live only what was observed moves the case: what would be said or
    done is returned and not applied, so that no rung moves.
    """
    stored = facts.cases.get(pilot.id)
    seen = facts.findings.get(pilot.id, ())
    if stored is None and not seen:
        return None
    before = stored.case if stored else None
    since = _stage_since(pilot, now) if before and not before.is_closed else None
    case = observe(before, pilot.id, seen, now=now, playbook=rules.playbook, stage_since=since)
    if case is None:
        return None
    judged = facts.detection.judged_through.get(pilot.id) or now.date() - ONE_DAY
    taken: list[Decision] = []
    for _ in range(MOST_MOVES):
        for decision in decide(case, recipient, judged=judged, calendar=rules.calendar, budget=budget, now=now):
            if isinstance(decision, Hold):
                return Verdict(pilot, case, stored, tuple(taken), quiet=decision.why)
            said = _outreach(case, decision, now) if isinstance(decision, Ask) else None
            taken.append(decision)
            if live:
                case = apply_decision(case, decision, said.id if said else "", now)
            if said or not live:
                return Verdict(pilot, case, stored, tuple(taken), said)
    return Verdict(pilot, case, stored, tuple(taken))


def _stage_since(pilot: Pilot, now: datetime) -> date | None:
    """Return the first day of the stage the registry names, even where that is to come."""
    spans = stage_spans(pilot, now.date())
    return pilot.stage_since or (spans[-1].since if spans else None)


def _outreach(case: Case, ask: Ask, now: datetime) -> Outreach:
    """Return the outreach of a decision; the same decision always has the same id."""
    return Outreach(
        id=Outreach.identify(case.id, ask.loop, ask.step, ask.occurrence, ask.person),
        case_id=case.id,
        pilot=case.pilot,
        step=ask.step,
        recipient=ask.person,
        decided_at=now,
        severity=case.severity,
    )
