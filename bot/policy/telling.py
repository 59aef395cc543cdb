"""What an owner is told of what others said about their pilot: an answer to a wish, a sponsor's decision."""

from datetime import datetime

from bot.domain.ask import Request, RequestState
from bot.domain.case import Case
from bot.domain.outreach import DeliveryState, Step
from bot.policy.decisions import Recipient, Say, is_reached

NEWS = frozenset({RequestState.NEEDS, RequestState.OBJECTED, RequestState.ELSEWHERE})
"""Answers after which the owner may have something to do."""


def news(case: Case, owner: Recipient | None) -> Say | None:
    """Return the first thing the owner was not told yet, or None."""
    if not is_reached(owner, case):
        return None
    for request in case.requests:
        told, since = _told_at(case, owner, request.thing.key), news_since(request)
        if since is not None and (told is None or told < since):
            return _say(case, owner, request.thing.key)
    last = case.decided[-1] if case.decided else None
    told = _told_at(case, owner, None)
    if last and last.by != owner.person and (told is None or told < last.at):
        return _say(case, owner, None)
    return None


def news_since(request: Request) -> datetime | None:
    """Return since when there is something to tell of a wish: an answer, or that the programme lead named somebody."""
    if request.by_lead and request.state is RequestState.SHOWN:
        return request.made_at
    return request.said_at if request.state in NEWS else None


def _told_at(case: Case, owner: Recipient, thing: str | None) -> datetime | None:
    """Return when the owner was told of a thing, or without one of a decision, in whichever loop; dropped counts as never."""
    told = (a for a in case.asked if (a.step, a.person, a.thing) == (Step.TOLD, owner.person, thing))
    return max((a.decided_at for a in told if a.outcome is not DeliveryState.DROPPED), default=None)


def _say(case: Case, owner: Recipient, thing: str | None) -> Say:
    before = sum((a.step, a.loop, a.person, a.thing) == (Step.TOLD, case.loop, owner.person, thing) for a in case.asked)
    return Say(Step.TOLD, owner.person, case.loop, before, thing)
