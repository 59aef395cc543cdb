"""One look at everything: what is stored, what detection says of it, and what policy would do about each case."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from bot.app.cast import Budgets, Cast, asked_of, others_of, read_cast, to_recipient
from bot.app.rules import Rules
from bot.detection.detect import Detection, detect
from bot.domain.ask import Ask
from bot.domain.case import Case
from bot.domain.finding import FLEET_KINDS, Finding
from bot.domain.outreach import Outreach, Step
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageWindow
from bot.metrics.progress import stage_spans
from bot.policy.decide import decide
from bot.policy.decisions import Decision, Hold, Quiet, Recipient, Say, apply_decision
from bot.policy.observe import observe
from bot.policy.weekly import is_trusted
from bot.policy.wishes import Around, from_registry
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
    cast: Cast
    detection: Detection
    findings: Mapping[str, Sequence[Finding]]
    """What detection found, by pilot."""
    asks: Mapping[tuple[str, str], Ask] = field(default_factory=dict)
    """The latest Ask of each person and thing that an open case has a wish for."""
    trusted: frozenset[str] = frozenset()
    """Sponsors who may be written to: somebody read their first weekly messages."""
    is_partial: bool = False
    """Whether others than these pilots exist and were not looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look makes of one pilot's case: as stored, as it is now, what is to be said, why nothing is."""

    pilot: Pilot
    case: Case
    stored: StoredCase | None
    taken: tuple[Decision, ...] = ()
    said: tuple[Outreach, ...] = ()
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
    asks = {key: stored.ask for key, stored in (await ports.asks.some(list(asked_of(cases)))).items()}
    if only is None:
        cast = Cast(await ports.people.all(), ports.people.identify, now.date())
        seen = look(window, pilots, sources, cases, cast, rules=rules, now=now)
        return replace(seen, asks=asks, trusted=await _trusted(seen, ports))
    cast = await read_cast(ports, pilots, cases, now.date())
    # A detector that remembers does so for a look at everything; what that saw of sources, a few can't tell.
    anew = replace(rules, detect=partial(detect, common=await ports.sources.common()))
    seen = _in_part(look(window, pilots, sources, cases, cast, rules=anew, now=now))
    return replace(seen, asks=asks, trusted=await _trusted(seen, ports))


async def _trusted(facts: Facts, ports: Ports) -> frozenset[str]:
    """Return the sponsors of cases with an open decision who may be written to."""
    waiting = [p for p in facts.pilots if p.id in facts.cases and facts.cases[p.id].case.decision is not None]
    sponsors = {s.id for p in waiting if (s := facts.cast.sponsor(p))}
    owned = await ports.weeklies.of(sorted(sponsors))
    return frozenset(one for one, history in owned.items() if is_trusted(history))


def _in_part(facts: Facts) -> Facts:
    """Mark a look at some pilots, and leave out what only the whole registry can tell."""
    found = tuple(f for f in facts.detection.findings if f.kind not in FLEET_KINDS)
    return replace(facts, detection=replace(facts.detection, findings=found), is_partial=True)


def look(
    window: UsageWindow,
    pilots: Sequence[Pilot],
    sources: Sequence[SourceStatus],
    cases: Mapping[str, StoredCase],
    cast: Cast,
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
    return Facts(tuple(pilots), tuple(sources), cases, cast, detection, by_pilot)


async def _window(ports: Ports, pilots: Sequence[str], today: date) -> UsageWindow:
    """Return everything known of use before `today`: what is dated later is hidden."""
    extent = await ports.telemetry.extent()
    if extent is None or extent[0] >= today:
        return UsageWindow.blank(today, tuple(pilots), 0)
    return await ports.telemetry.window(pilots, extent[0], min(extent[1], today - ONE_DAY))


def owner_of(pilot: Pilot, cast: Cast, rules: Rules) -> Recipient | None:
    """Return the owner as policy sees them, or whoever stands in."""
    person = cast.owner(pilot)
    return None if person is None else to_recipient(person, pilot, rules)


def written_to(facts: Facts, owners: Mapping[str, Recipient | None]) -> set[str]:
    """Return everybody who may be written to after this look."""
    sponsors = (facts.cast.sponsor(p) for p in facts.pilots)
    named = {o.person for o in owners.values() if o} | {s.id for s in sponsors if s}
    asked = {person for person, _ in asked_of(facts.cases)}
    stand_ins = {facts.cast.people[p].preferences.delegate for p in asked if p in facts.cast.people}
    return named | asked | {one for one in stand_ins if one}


def judge_case(
    pilot: Pilot, facts: Facts, owner: Recipient | None, held: Budgets, *, rules: Rules, now: datetime, live: bool
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
    return _decided(Verdict(pilot, case, stored), facts, owner, held, rules, now, live=live)


def _decided(
    seen: Verdict, facts: Facts, owner: Recipient | None, held: Budgets, rules: Rules, now: datetime, *, live: bool
) -> Verdict:
    """Take decisions until something is said, or nothing is for a reason."""
    pilot, case = seen.pilot, seen.case
    judged = facts.detection.judged_through.get(pilot.id) or now.date() - ONE_DAY
    budget = held.of(owner.person if owner else "")
    taken: list[Decision] = []
    for _ in range(MOST_MOVES):
        others = others_of(pilot, case, facts.cast, held, facts.asks, rules)
        others = replace(others, sponsor_reads=others.sponsor in facts.trusted)
        said: list[Outreach] = []
        for decision in decide(
            case, owner, judged=judged, calendar=rules.calendar, budget=budget, now=now, others=others
        ):
            if isinstance(decision, Hold):
                return replace(seen, case=case, taken=tuple(taken), quiet=decision.why)
            one = _outreach(case, decision, now) if isinstance(decision, Say) else None
            taken.append(decision)
            if live:
                case = apply_decision(case, decision, one.id if one else "", now)
            said += [one] if one else []
            if live and one and one.step is Step.NUDGE and owner:
                case = _with_registry_wish(case, pilot, owner, facts.cast, rules, now)
        if said or not live:
            return replace(seen, case=case, taken=tuple(taken), said=tuple(said))
    return replace(seen, case=case, taken=tuple(taken))


def _with_registry_wish(case: Case, pilot: Pilot, owner: Recipient, cast: Cast, rules: Rules, now: datetime) -> Case:
    """Return the case with what the registry has us ask of somebody else; the first question shows it to the owner."""
    sponsor = cast.sponsor(pilot)
    holders = {d.holder: p.id for d in pilot.dependencies if d.holder and (p := cast.named(d.holder))}
    made = from_registry(case, pilot, holders, Around(owner, sponsor.id if sponsor else None, rules.calendar, now))
    return case.with_request(made) if made else case


def _stage_since(pilot: Pilot, now: datetime) -> date | None:
    """Return the first day of the stage the registry names, even where that is to come."""
    spans = stage_spans(pilot, now.date())
    return pilot.stage_since or (spans[-1].since if spans else None)


def _outreach(case: Case, say: Say, now: datetime) -> Outreach:
    """Return the outreach of a decision; the same decision always has the same id."""
    return Outreach(
        id=Outreach.identify(case.id, say.loop, say.step, say.occurrence, say.person, say.thing),
        case_id=case.id,
        pilot=case.pilot,
        step=say.step,
        recipient=say.person,
        decided_at=now,
        severity=case.severity,
        thing=say.thing,
    )
