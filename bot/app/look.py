"""One look at everything: what is stored, what detection says of it, and what policy would do about each case."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.app.replies import clock_of
from bot.app.rules import Rules
from bot.detection.detect import Detection
from bot.domain.case import Case
from bot.domain.finding import Finding
from bot.domain.outreach import DeliveryState, Outreach
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


async def gather(ports: Ports, rules: Rules, now: datetime) -> Facts:
    """Read everything a look rests on and run detection over it; today is the UTC day of `now`."""
    pilots = await ports.pilots.all()
    sources = await ports.sources.all()
    window = await _window(ports, [p.id for p in pilots], now.date())
    detection = rules.detect(
        window, pilots, sources, today=now.date(), calendar=rules.calendar, settings=rules.detection
    )
    by_pilot: dict[str, list[Finding]] = defaultdict(list)
    for finding in detection.findings:
        by_pilot[finding.pilot].append(finding)
    cases, people = await ports.cases.all(), await ports.people.all()
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
    claimed = {p: tuple(await ports.outbox.budget(p, now - WEEK)) for p in people}
    queued = {p for p in people if any(d.state is DeliveryState.QUEUED and d.active for d in await ports.outbox.of(p))}
    return Budgets(claimed, queued)


def owner_of(pilot: Pilot, ports: Ports, people: Mapping[str, Person], rules: Rules) -> Recipient | None:
    """Return the owner as policy sees them: their own clock and country, else the pilot's, else the setting."""
    if pilot.owner is None:
        return None
    person = people.get(ports.people.identify(pilot.owner))
    if person is None:
        return None
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
    case = observe(
        stored.case if stored else None,
        pilot.id,
        seen,
        now=now,
        playbook=rules.playbook,
        stage_since=_stage_since(pilot, now),
    )
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
