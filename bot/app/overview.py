"""What an admin looks at: every pilot with its case in a line, one pilot in full, and the report as plain values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from bot.app.look import Verdict
from bot.app.sweep import SweepReport
from bot.domain.audit import AuditEntry
from bot.domain.case import Case, CaseState
from bot.domain.finding import OWNER_KINDS, Finding
from bot.domain.people import Person
from bot.domain.pilot import Pilot, Stage
from bot.errors import NotFound
from bot.metrics.people import Segments
from bot.metrics.progress import days_in_stage, stage_spans
from bot.ports import Ports


@dataclass(frozen=True, slots=True)
class PilotLine:
    """One pilot as the list shows it; `state` is the case's, `why` is why nothing is being said."""

    id: str
    name: str
    stage: Stage | None
    days_in_stage: int | None
    owner: str | None
    state: CaseState | None
    evidence: str | None
    listed: str | None
    why: str | None
    is_slowing: bool


@dataclass(frozen=True, slots=True)
class PilotPage:
    """One pilot in full: its record, what was found, its case and how that moved."""

    pilot: Pilot
    line: PilotLine
    findings: tuple[Finding, ...]
    case: Case | None
    trail: tuple[AuditEntry, ...]
    reasons: Mapping[str, str]
    """Why outreach was withdrawn, given up or is unknown, by its id."""
    segments: Segments | None
    """How many people use it how; None where that is not known or about too few."""


def lines(report: SweepReport, pilots: Mapping[str, Pilot]) -> list[PilotLine]:
    """Return a line for each pilot: the programme lead's list first, then open cases by what is at stake."""
    by_pilot = {v.pilot.id: v for v in report.verdicts}
    open_now: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.is_open:
            open_now[finding.pilot].append(finding)
    found = [_line(p, by_pilot.get(p.id), open_now[p.id], report) for p in pilots.values()]
    stakes = {v.pilot.id: v.case.severity for v in report.verdicts}
    return sorted(found, key=lambda x: (x.listed is None, x.state is None, -stakes.get(x.id, 0.0), x.id))


def _line(pilot: Pilot, verdict: Verdict | None, open_now: Sequence[Finding], report: SweepReport) -> PilotLine:
    case = verdict.case if verdict and not verdict.case.is_closed else None
    spans = stage_spans(pilot, report.today)
    lead = case.lead_finding if case else next((f for f in open_now if f.kind not in OWNER_KINDS), None)
    return PilotLine(
        id=pilot.id,
        name=pilot.name,
        stage=spans[-1].stage if spans else None,
        days_in_stage=days_in_stage(spans[-1], report.today) if spans else None,
        owner=pilot.owner,
        state=case.state if case else None,
        evidence=lead.evidence if lead else None,
        listed=case.listed_why if case else None,
        why=verdict.quiet.value if case and verdict and verdict.quiet else None,
        is_slowing=pilot.id in report.slowing,
    )


async def page(pilot_id: str, report: SweepReport, ports: Ports) -> PilotPage:
    """Return one pilot in full; raises NotFound, naming ids that look alike."""
    pilot = await ports.pilots.get(pilot_id)
    if pilot is None:
        raise NotFound(await _unknown(pilot_id, ports))
    verdict = next((v for v in report.verdicts if v.pilot.id == pilot_id), None)
    stored = await ports.cases.get(pilot_id)
    case = verdict.case if verdict else stored.case if stored else None
    findings = tuple(f for f in report.findings if f.pilot == pilot_id)
    return PilotPage(
        pilot=pilot,
        line=_line(pilot, verdict, [f for f in findings if f.is_open], report),
        findings=findings,
        case=case,
        trail=tuple(await ports.audit.of_pilot(pilot_id)),
        reasons=await _reasons(case, ports) if case else {},
        segments=await ports.facts.segments(pilot_id, report.today),
    )


async def _reasons(case: Case, ports: Ports) -> dict[str, str]:
    """Return why what a case asked did not simply arrive, by the id of the outreach."""
    deliveries = await ports.outbox.holding([(a.person, a.outreach) for a in case.asked])
    reasons = {one: delivery.withdrawn.get(one) or delivery.reason for one, delivery in deliveries.items()}
    return {one: reason for one, reason in reasons.items() if reason}


async def _unknown(pilot_id: str, ports: Ports) -> str:
    words = pilot_id.casefold()
    alike = sorted(i for i in await ports.pilots.ids() if words in i.casefold())[:3]
    hint = f"; did you mean {', '.join(alike)}?" if alike else "; `stickshaker status` lists them all."
    return f"There is no pilot '{pilot_id}' in the registry{hint}"


def to_plain(report: SweepReport) -> dict[str, object]:
    """Return a sweep's report as plain values for a script; days are ISO days."""
    return {
        "today": report.today.isoformat(),
        "mode": report.mode.value,
        "looked_at": {"pilots": report.pilots, "changed_only": report.changed_only},
        "findings": [finding_to_plain(f) for f in report.findings],
        "outreach": [
            {"pilot": o.pilot, "kind": o.kind.value, "recipient": o.recipient, "on": o.on.isoformat()}
            for o in report.outreach
        ],
        "queued": [
            {"pilot": o.pilot, "kind": o.kind.value, "recipient": o.recipient, "on": o.on.isoformat()}
            for o in report.queued
        ],
        "portfolio": report.portfolio.model_dump(),
        "cases": [
            {
                "pilot": v.pilot.id,
                "state": v.case.state.value,
                "listed": v.case.listed_why,
                "quiet": v.quiet.value if v.quiet else None,
            }
            for v in report.verdicts
        ],
        "slowing": sorted(report.slowing),
        "gaps": [{"what": g.what, "pilots": list(g.pilots)} for g in report.gaps],
        "unreadable": [
            {"pilot": pilot, "field": u.field, "value": u.value}
            for pilot, values in sorted(report.unreadable.items())
            for u in values
        ],
    }


def finding_to_plain(finding: Finding) -> dict[str, object]:
    """Return a finding as plain values."""
    return {
        "pilot": finding.pilot,
        "kind": finding.kind.value,
        "opened_on": _iso(finding.opened_on),
        "onset": _iso(finding.onset),
        "closed_on": _iso(finding.closed_on),
        "observed": finding.observed,
        "expected": finding.expected,
        "evidence": finding.evidence,
        "source": finding.source,
        "tier": finding.tier,
        "suspended": finding.suspended,
    }


def line_to_plain(line: PilotLine) -> dict[str, object]:
    """Return a pilot's line as plain values."""
    return asdict(line)


def page_to_plain(page: PilotPage) -> dict[str, object]:
    """Return one pilot in full as plain values."""
    case = page.case
    return {
        "pilot": page.pilot.model_dump(mode="json", exclude_none=True),
        "line": line_to_plain(page.line),
        "findings": [finding_to_plain(f) for f in page.findings],
        "case": case.model_dump(mode="json", exclude_none=True) if case else None,
        "trail": [asdict(e) | {"at": e.at.isoformat()} for e in page.trail],
        "reasons": dict(page.reasons),
        "segments": asdict(page.segments) if page.segments else None,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


async def person_by_name(name: str, ports: Ports) -> Person:
    """Return the person the registry writes like this; raises NotFound, naming some who look alike."""
    person = await ports.people.get(ports.people.identify(name))
    if person is not None:
        return person
    words = name.casefold()
    alike = sorted(p.name for p in (await ports.people.all()).values() if words in p.name.casefold())[:3]
    hint = f"; did you mean {', '.join(alike)}?" if alike else "; write the person as the registry does."
    msg = f"Nobody in the registry is written '{name}'{hint}"
    raise NotFound(msg)
