"""The sweep: judge every pilot, move its case, decide what is to be said, and report all of it."""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.app.asks import join_asks
from bot.app.cast import Budgets, budgets, clock_of, to_recipient
from bot.app.correlated import correlated
from bot.app.look import Facts, Verdict, gather, judge_case, owner_of, written_to
from bot.app.replies import reflect_deliveries
from bot.app.rules import Rules
from bot.domain.audit import AuditEntry
from bot.domain.calendar import to_zone
from bot.domain.finding import OWNER_KINDS, Finding
from bot.domain.outreach import Outreach, Step
from bot.domain.pilot import Unreadable
from bot.domain.settings import Mode
from bot.errors import Conflict
from bot.metrics.portfolio import Portfolio, portfolio
from bot.policy.decisions import Decision, ListForLead, Recipient, Say, Settle
from bot.policy.departure import Desk
from bot.ports import Ports

LOG = logging.getLogger(__name__)

KEPT_AFTER_CLOSE: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Planned:
    """One outreach that is decided, or would be: to whom, and on which day it can leave."""

    pilot: str
    kind: Step
    recipient: str
    on: date


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the registry lacks, for the admin; `pilots` are the ids it concerns."""

    what: str
    pilots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep found and decided; nothing in it is about a person's use."""

    today: date
    mode: Mode
    findings: tuple[Finding, ...]
    outreach: tuple[Planned, ...]
    queued: tuple[Planned, ...]
    """What was decided before and has not left yet."""
    portfolio: Portfolio
    verdicts: tuple[Verdict, ...]
    slowing: frozenset[str]
    gaps: tuple[Gap, ...]
    unreadable: Mapping[str, tuple[Unreadable, ...]]
    changed_only: bool
    """Whether this was a look at pilots that had changed, and says nothing about others."""
    pilots: int
    """Number of pilots that were looked at."""


async def sweep(
    ports: Ports, rules: Rules, now: datetime, *, dry_run: bool = False, changed_only: bool = False
) -> SweepReport:
    """Look at everything once, or with `changed_only` at the pilots that changed since the last look.

    With `dry_run` nothing is stored. In shadow mode and pause cases are stored with what was found,
    and what would be said is in the report only. Twice the same sweep changes nothing the second
    time. What only the passing of time brings is seen by a look at everything.
    """
    # Read before anything else: what changes from here on is looked at again by the next look.
    marks = await ports.touched.read()
    only = sorted(marks) if changed_only else None
    cases = None if dry_run else await reflect_deliveries(ports, only)
    facts = await gather(ports, rules, now, only, cases)
    mode = rules.mode(await ports.settings.read())
    owners = {p.id: owner_of(p, facts.cast, rules) for p in facts.pilots}
    held = await budgets(ports, sorted(written_to(facts, owners)), now)
    verdicts = judge(facts, owners, held, rules, now, live=mode is Mode.LIVE)
    # A look at a few does not read what waits for everybody.
    queued = [] if changed_only else await _queued(ports, facts, rules)
    if not dry_run:
        stored = [v for v in verdicts if await _store(v, ports, now, live=mode is Mode.LIVE)]
        left = {v.pilot.id for v in verdicts} - {v.pilot.id for v in stored}
        await ports.touched.looked_at({pilot: mark for pilot, mark in marks.items() if pilot not in left})
        verdicts = stored
        if not changed_only:
            await ports.sources.keep_common(facts.detection.common)
    return report_of(facts, owners, held, verdicts, queued, rules=rules, now=now, mode=mode)


def report_of(
    facts: Facts,
    owners: Mapping[str, Recipient | None],
    held: Budgets,
    verdicts: Sequence[Verdict],
    queued: Sequence[Planned],
    *,
    rules: Rules,
    now: datetime,
    mode: Mode,
) -> SweepReport:
    """Return what is told of a look and of what was decided on it."""
    said = [one for v in verdicts for one in v.said]
    return SweepReport(
        today=now.date(),
        mode=mode,
        findings=facts.detection.findings,
        outreach=tuple(_plan(said, held, facts, rules, now)),
        queued=tuple(queued),
        portfolio=portfolio(facts.pilots, now.date()),
        verdicts=tuple(verdicts),
        slowing=facts.detection.slowing,
        gaps=tuple(_gaps(facts, owners)),
        unreadable={p.id: p.unreadable for p in facts.pilots if p.unreadable},
        changed_only=facts.is_partial,
        pilots=len(facts.pilots),
    )


def judge(
    facts: Facts, owners: Mapping[str, Recipient | None], held: Budgets, rules: Rules, now: datetime, *, live: bool
) -> list[Verdict]:
    """Judge every pilot, the worst first: what an earlier one takes of a budget a later one lacks."""
    stakes = {
        p.id: max((f.severity for f in facts.findings.get(p.id, ()) if f.is_open), default=0.0) for p in facts.pilots
    }
    verdicts = []
    for pilot in sorted(facts.pilots, key=lambda p: (-stakes[p.id], p.id)):
        verdict = judge_case(pilot, facts, owners[pilot.id], held, rules=rules, now=now, live=live)
        if verdict is None:
            continue
        held.queued |= {(one.recipient, one.role) for one in verdict.said}
        verdicts.append(verdict)
    return verdicts


async def _store(verdict: Verdict, ports: Ports, now: datetime, *, live: bool) -> bool:
    """Store a case that moved; False when somebody else moved it meanwhile (the next sweep sees to it)."""
    if not verdict.has_moved:
        return True
    before = verdict.stored.case if verdict.stored and verdict.stored.case.ordinal == verdict.case.ordinal else None
    entry = AuditEntry(
        at=now,
        who="stickshaker",
        what=", ".join(_word(d) for d in verdict.taken) if live and verdict.taken else "looked",
        before=before.state.value if before else "",
        after=verdict.case.state.value,
        why=verdict.quiet.value if verdict.quiet else "",
    )
    pending = verdict.said if live else ()
    try:
        if live:
            await join_asks(verdict.case, verdict.taken, ports, now)
        expected = verdict.stored.revision if verdict.stored else 0
        await ports.cases.save(verdict.case, expected=expected, outreach=pending, entry=entry)
    except Conflict:
        return False
    with correlated(case=verdict.case.id, pilot=verdict.pilot.id):
        LOG.info("case %s: %s", verdict.case.state.value, entry.what)
    if verdict.case.is_closed:
        await ports.outbox.forget(_asked(verdict), KEPT_AFTER_CLOSE)
    return True


def _asked(verdict: Verdict) -> list[tuple[str, str]]:
    """Return recipient and id of everything this case ever asked."""
    return [(a.person, a.outreach) for a in verdict.case.asked]


def _word(decision: Decision) -> str:
    """Name a decision for the trail."""
    if isinstance(decision, Say):
        return f"ask: {decision.step.value}"
    if isinstance(decision, Settle):
        return f"request {decision.state.value}"
    if isinstance(decision, ListForLead):
        return f"listed for the programme lead: {decision.why}"
    return type(decision).__name__.lower()


def _plan(
    said: Sequence[Outreach],
    held: Budgets,
    facts: Facts,
    rules: Rules,
    now: datetime,
) -> list[Planned]:
    """Say on which local day each outreach can leave: hours, distance and the ramp, the worst first."""
    ramp, pilots = Ramp(rules), {p.id: p for p in facts.pilots}
    days: dict[str, date] = {}
    plans = []
    for one in sorted(said, key=lambda o: (-o.severity, o.id)):
        person = facts.cast.people.get(one.recipient)
        if person is None:
            continue
        if one.recipient not in days:
            earliest = held.of(one.recipient, one.role).earliest(now, rules.playbook.budgets)
            reader = to_recipient(person, pilots[one.pilot], rules)
            days[one.recipient] = ramp.take(earliest, reader)
        name = person.name
        plans.append(Planned(one.pilot, one.step, name, days[one.recipient]))
    return plans


class Ramp:
    """The places of each local day, as owners take them."""

    def __init__(self, rules: Rules) -> None:
        """Start with every place free."""
        self._rules, self._taken = rules, Counter[date]()
        self._reached: dict[tuple[str, str | None, datetime], datetime] = {}
        """By clock, country and first open moment: the first day with a place, since full days stay full."""

    def take(self, earliest: datetime, owner: Recipient) -> date:
        """Return the first local day with an open hour and a place in the ramp, and take the place."""
        desk = Desk(owner.timezone, owner.country, self._rules.hours, self._rules.calendar)
        first = desk.next_open(earliest)
        start = (owner.timezone, owner.country, first)
        at = self._reached.get(start, first)
        while self._taken[desk.day(at)] >= self._rules.playbook.budgets.ramp_owners_per_day:
            at = desk.tomorrow(at)
        self._reached[start] = at
        self._taken[desk.day(at)] += 1
        return desk.day(at)


async def _queued(ports: Ports, facts: Facts, rules: Rules) -> list[Planned]:
    """Return outreach that waits in its case or in a delivery, with the recipient's day it is due."""
    waiting = [(o, o.decided_at) for o in await ports.cases.pending()]
    waiting += [(o, d.due_at) for d in await ports.outbox.queued() for o in d.active]
    return plan_queued(waiting, facts, rules)


def plan_queued(waiting: Sequence[tuple[Outreach, datetime]], facts: Facts, rules: Rules) -> list[Planned]:
    """Name the recipient and their day of outreach that waits until a moment."""
    pilots = {p.id: p for p in facts.pilots}
    plans = []
    for one, at in waiting:
        person = facts.cast.people.get(one.recipient)
        zone, _ = clock_of(person, pilots.get(one.pilot), rules)
        name = person.name if person else "nobody the registry names"
        plans.append(Planned(one.pilot, one.step, name, at.astimezone(to_zone(zone)).date()))
    return sorted(plans, key=lambda p: (p.on, p.pilot))


def _gaps(facts: Facts, owners: Mapping[str, Recipient | None]) -> list[Gap]:
    """List what the registry lacks for pilots that something was found about, and in all."""
    found = {f.pilot for f in facts.detection.findings if f.is_open and f.kind in OWNER_KINDS}
    lacking: dict[str, list[str]] = defaultdict(list)
    for pilot in facts.pilots:
        if owners[pilot.id] is None:
            lacking["no owner" if pilot.id not in found else "no owner, and something was found"].append(pilot.id)
        gone = facts.cast.named(pilot.owner)
        if gone is not None and gone.gone_on is not None:
            lacking["an owner whom the chat does not know"].append(pilot.id)
        if pilot.sponsor is None:
            lacking["no sponsor"].append(pilot.id)
        if pilot.stage is None:
            lacking["no stage"].append(pilot.id)
    return [Gap(what, tuple(ids)) for what, ids in lacking.items()]
