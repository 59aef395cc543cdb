"""What detection says about a pilot, turned into its Case: opened, carried on, cleared, retracted."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.detection.signals.recovered import recovery
from bot.domain.case import Case, CaseState
from bot.domain.finding import OWNER_KINDS, STAGE_KINDS, Finding
from bot.domain.playbook import Playbook


def observe(
    case: Case | None,
    pilot: str,
    findings: Sequence[Finding],
    *,
    now: datetime,
    playbook: Playbook,
    stage_since: date | None = None,
) -> Case | None:
    """Return the case as it stands after this look, or None when there is nothing to work on.

    `findings` are all of this pilot, closed ones of the past included. A suspended finding opens no
    case. A case that is open keeps its playbook; a new one is opened with `playbook`. `stage_since` is
    the first day of the pilot's present stage: a registry without history forgets findings of the
    former one, and that is an end and no correction.
    """
    seen = [_unless_muted(f, case, now) for f in findings if f.kind in OWNER_KINDS]
    if case is None or case.is_closed:
        fresh = tuple(f for f in seen if f.is_open and not f.suspended and not _known(case, f))
        if not fresh or (case is not None and case.state is CaseState.DECIDED):
            return case
        fresh_case = Case(pilot=pilot, ordinal=1, opened_at=now, findings=fresh, playbook=playbook)
        return fresh_case if case is None else fresh_case.model_copy(update=_kept(case))
    return _carry_on(case, seen, now, stage_since)


def _unless_muted(finding: Finding, case: Case | None, now: datetime) -> Finding:
    """Hold back a finding whose figures somebody called wrong, until they were looked at; it is no correction."""
    is_muted = case is not None and case.is_muted(finding.kind, now.date())
    return finding.model_copy(update={"suspended": True}) if is_muted else finding


def _kept(former: Case) -> dict[str, object]:
    """Return what a pilot's next case keeps of the former one: what people said of themselves and of the figures."""
    kept = ("disowned", "muted", "answers", "posed")
    return {"ordinal": former.ordinal + 1, **{name: getattr(former, name) for name in kept}}


def _known(case: Case | None, finding: Finding) -> bool:
    """Whether a closed case already dealt with this very finding; one that was retracted dealt with nothing."""
    return case is not None and case.state is not CaseState.RETRACTED and any(_same(f, finding) for f in case.findings)


def _same(one: Finding, other: Finding) -> bool:
    return (one.kind, one.opened_on) == (other.kind, other.opened_on)


def _carry_on(case: Case, seen: Sequence[Finding], now: datetime, stage_since: date | None) -> Case:
    """Bring the findings of an open case up to date and note since when nothing is open."""
    today = now.date()
    kept = tuple(_update(f, seen, today) for f in case.findings)
    fresh = tuple(f for f in seen if f.is_open and not f.suspended and not any(_same(f, k) for k in kept))
    updated = case.model_copy(update={"findings": kept + fresh})
    if fresh or updated.open_findings:
        return updated.model_copy(update={"clear_since": None})
    if not any(_same(f, s) for f in kept for s in seen) and not any(_moved_on(f, stage_since) for f in kept):
        return updated.model_copy(update={"state": CaseState.RETRACTED, "closed_at": now})
    return updated.model_copy(update={"clear_since": case.clear_since or _last_close(kept, today)})


def _moved_on(finding: Finding, stage_since: date | None) -> bool:
    """Whether a finding about a stage ended because the next one began."""
    return finding.kind in STAGE_KINDS and stage_since is not None and stage_since > finding.opened_on


def _update(finding: Finding, seen: Sequence[Finding], today: date) -> Finding:
    """Return the finding as detection sees it now; one that vanished no longer holds."""
    for candidate in seen:
        if _same(finding, candidate):
            return candidate
    return finding if finding.closed_on else finding.model_copy(update={"closed_on": today})


def _last_close(findings: Sequence[Finding], today: date) -> date:
    return max((f.closed_on for f in findings if f.closed_on), default=today)


def is_recovered(case: Case, today: date) -> bool:
    """Whether an open case has been clear on three weekly looks in a row (the playbook's days)."""
    return not case.is_closed and recovery(case.clear_since, today, case.playbook.recovered_after_days) is not None
