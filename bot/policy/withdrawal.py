"""Whether what was decided to be said is still to be said when its time has come."""

from bot.domain.ask import RequestState
from bot.domain.case import Case, CaseState
from bot.domain.outreach import Outreach, Role, Step
from bot.policy.telling import news_since

AWAITED = {Step.UNBLOCK: RequestState.OUT, Step.UNBLOCK_CHECK: RequestState.PROMISED}
"""How a wish stands while its message is still to be sent."""


def still_holds(case: Case | None, outreach: Outreach, owner: str | None, sponsor: str | None = None) -> str | None:
    """Return why an outreach that waits should not be sent any more, or None when it should.

    `owner` and `sponsor` are the ids of whoever is written to as such now. What is withdrawn counts as
    never asked: when the reason has gone, it is decided anew.
    """
    if case is None or case.id != outreach.case_id:
        return "the case has moved on"
    if outreach.role is Role.UNBLOCKER:
        return _of_request(case, outreach)
    if outreach.role is Role.SPONSOR:
        return _of_decision(case, outreach, sponsor)
    if outreach.recipient != owner:
        return "the pilot has another owner now"
    return _of_news(case, outreach.thing) if outreach.step is Step.TOLD else _of_owner(case, outreach)


def _of_news(case: Case, thing: str | None) -> str | None:
    """Judge what an owner is to be told of an answer, or of a decision."""
    if thing is None:
        return None if case.decided else "nothing was decided"
    held = not case.is_closed and any(r.thing.key == thing and news_since(r) for r in case.requests)
    return None if held else "it is settled"


def _of_request(case: Case, outreach: Outreach) -> str | None:
    """Judge what is to be said to somebody who can clear the way."""
    if outreach.step is Step.THANKS:
        return None if case.state is CaseState.RECOVERED else "it is not a recovery any more"
    if case.is_closed or not case.open_findings:
        return "what was found no longer holds"
    key, state = (outreach.recipient, outreach.thing), AWAITED[outreach.step]
    held = any(r.key == key and r.state is state for r in case.requests)
    return None if held else "it is not asked for any more"


def _of_decision(case: Case, outreach: Outreach, sponsor: str | None) -> str | None:
    if outreach.recipient != sponsor:
        return "the pilot has another sponsor now"
    return None if case.decision is not None and not case.is_closed else "it is decided"


def _of_owner(case: Case, outreach: Outreach) -> str | None:
    """Judge what is to be said to the owner."""
    step = outreach.step
    if step is Step.RECOVERY:
        return None if case.state is CaseState.RECOVERED else "it is not a recovery any more"
    if step is Step.RETRACTION:
        return None if case.state is CaseState.RETRACTED else "there is nothing to take back any more"
    if case.is_closed or not case.open_findings:
        return "what was found no longer holds"
    if all(f.suspended for f in case.open_findings):
        return "the data is late, so nothing is concluded from it"
    if step is Step.CHECK and outreach.thing is not None:
        held = any(r.thing.key == outreach.thing and r.state is RequestState.PROMISED for r in case.requests)
        return None if held else "it is settled"
    promised = {CaseState.COMMITTED, CaseState.BLOCKED}
    awaited = promised if step is Step.CHECK else {CaseState.WAITING}
    return None if case.state in awaited else "the owner has answered"
