"""What detection says about a pilot, turned into its Case: opened, carried on, cleared, retracted."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.domain.case import Case, CaseState
from bot.domain.finding import OWNER_KINDS, USAGE_KINDS, Finding
from bot.domain.playbook import Playbook


def observe(
    case: Case | None, pilot: str, findings: Sequence[Finding], *, now: datetime, playbook: Playbook
) -> Case | None:
    """Return the case as it stands after this look, or None when there is nothing to work on.

    `findings` are all of this pilot, closed ones of the past included. A suspended finding opens no
    case. A case that is open keeps its playbook; a new one is opened with `playbook`.
    """
    seen = [f for f in findings if f.kind in OWNER_KINDS]
    if case is None or case.is_closed:
        fresh = tuple(f for f in seen if f.is_open and not f.suspended and not _known(case, f))
        if not fresh or (case is not None and case.state is CaseState.DECIDED):
            return case
        ordinal = case.ordinal + 1 if case else 1
        disowned = case.disowned if case else ()
        return Case(pilot=pilot, ordinal=ordinal, opened_at=now, findings=fresh, playbook=playbook, disowned=disowned)
    return _carry_on(case, seen, now)


def _known(case: Case | None, finding: Finding) -> bool:
    """Whether a closed case already dealt with this very finding."""
    return case is not None and any(_same(f, finding) for f in case.findings)


def _same(one: Finding, other: Finding) -> bool:
    return (one.kind, one.opened_on) == (other.kind, other.opened_on)


def _carry_on(case: Case, seen: Sequence[Finding], now: datetime) -> Case:
    """Bring the findings of an open case up to date and note since when nothing is open."""
    today = now.date()
    kept = tuple(_update(f, seen, today) for f in case.findings)
    fresh = tuple(f for f in seen if f.is_open and not f.suspended and not any(_same(f, k) for k in kept))
    updated = case.model_copy(update={"findings": kept + fresh})
    if fresh or updated.open_findings:
        return updated.model_copy(update={"clear_since": None})
    if not any(_same(f, s) for f in kept for s in seen) and any(f.kind in USAGE_KINDS for f in kept):
        # Figures were corrected. A stage that is simply no longer old has moved on, which is an end like any other.
        return updated.model_copy(update={"state": CaseState.RETRACTED, "closed_at": now})
    return updated.model_copy(update={"clear_since": case.clear_since or _last_close(kept, today)})


def _update(finding: Finding, seen: Sequence[Finding], today: date) -> Finding:
    """Return the finding as detection sees it now; one that vanished no longer holds."""
    for candidate in seen:
        if _same(finding, candidate):
            return candidate
    return finding if finding.closed_on else finding.model_copy(update={"closed_on": today})


def _last_close(findings: Sequence[Finding], today: date) -> date:
    return max((f.closed_on for f in findings if f.closed_on), default=today)


def is_recovered(case: Case, today: date) -> bool:
    """Whether nothing was open on three weekly looks in a row (the playbook's days)."""
    if case.clear_since is None or case.is_closed:
        return False
    return today >= case.clear_since + timedelta(days=case.playbook.recovered_after_days)
