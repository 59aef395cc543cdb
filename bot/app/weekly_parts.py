"""The parts of a weekly message, from pilots and their cases; nothing of anybody's use, and nothing of who was silent."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.ask import Request, RequestState
from bot.domain.case import Case, CaseState
from bot.domain.outreach import Step
from bot.domain.pilot import Pilot
from bot.messages.asks import decision_reason
from bot.messages.digest import Cleared, Lack, Needed, Open, Stuck
from bot.messages.texts import Texts

Cases = Sequence[tuple[Pilot, Case]]
LEFT = frozenset(
    {RequestState.OUT, RequestState.PROMISED, RequestState.OBJECTED, RequestState.MISSED, RequestState.EXPIRED}
)
"""Wishes that were put to somebody: their owner had seen that the sponsor sees the matter."""


def decisions(cases: Cases, texts: Texts, zone: ZoneInfo, today: date) -> list[Open]:
    """Return the decisions that are open, but for those that a programme lead looks into first."""
    return [
        Open(
            case_id=case.id,
            pilot=pilot.id,
            name=pilot.name,
            fact=decision_reason(case, texts),
            asked="",
            due=case.decision.due,
            since=case.decision.opened_at.astimezone(zone).date(),
        )
        for pilot, case in cases
        if case.decision is not None and not case.is_closed and not _is_looked_into(case, today)
    ]


def _is_looked_into(case: Case, today: date) -> bool:
    return case.state is CaseState.SNOOZED and case.snoozed_until is not None and today < case.snoozed_until


def freed(cases: Cases, since: datetime, texts: Texts) -> list[Cleared]:
    """Return pilots that recovered since then after somebody had cleared the way, with the role of who did."""
    return [
        Cleared(pilot.name, texts.weekly.role_of(helped.thing.kind), case.closed_at.date())
        for pilot, case in cases
        if case.state is CaseState.RECOVERED and case.closed_at is not None and case.closed_at > since
        for helped in _helped(case)
    ]


def _helped(case: Case) -> Iterable[Request]:
    done = [r for r in case.requests if r.state in {RequestState.DONE, RequestState.PROMISED}]
    return done[-1:]


def newly_stuck(cases: Cases, since: datetime) -> list[Stuck]:
    """Return pilots whose owner was asked since then and that are open, each with a cause that may be told."""
    return [
        Stuck(pilot.name, _cause(case), finding.onset)
        for pilot, case in cases
        if not case.is_closed and (finding := case.lead_finding) and _was_asked(case, since)
    ]


def _was_asked(case: Case, since: datetime) -> bool:
    nudges = [a.sent_at for a in case.asked if a.step is Step.NUDGE and a.sent_at]
    return bool(nudges) and nudges[0] > since


def _cause(case: Case) -> str:
    """Return a cause that the registry tells or that was put to somebody else; an owner's own words stay theirs."""
    told = [r.thing.kind for r in case.requests if r.state in LEFT]
    return told[-1] if told else ""


def lesson(cases: Cases, since: datetime) -> str | None:
    """Return what was learned from the last pilot that was stopped since then."""
    told = [(d.at, d.lesson) for _, case in cases for d in case.decided if d.lesson and d.at > since]
    return max(told)[1] if told else None


def needed(cases: Cases) -> list[Needed]:
    """Return the cases that are on a programme lead's list."""
    return [
        Needed(case.id, pilot.id, pilot.name, finding.evidence, case.listed_why or "", case.listed_on)
        for pilot, case in cases
        if case.listed_on is not None and not case.is_closed and (finding := case.lead_finding)
    ]


def lacks(pilots: Sequence[Pilot]) -> list[Lack]:
    """Return what the registry lacks of these pilots that nobody can say in chat."""
    staged = [p.name for p in pilots if p.stage is None]
    return [Lack("no stage", tuple(staged))] if staged else []
