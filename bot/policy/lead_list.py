"""The programme lead's list: why a case is on it, what the lead may say of it, and when it goes on by itself.

Nobody above is told who was silent: what goes up is what was found, and since when it is open.
"""

from datetime import date, datetime
from typing import Final

from bot.domain.ask import Request
from bot.domain.calendar import Calendar
from bot.domain.case import Block, Case, CaseState
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.outreach import Step
from bot.domain.reply import BlockedBy, Cause, PutUp, Reply, SnoozeUntil
from bot.domain.survey import ItemId
from bot.policy.deadlines import has_passed
from bot.policy.decisions import Recipient, is_reached

NEEDS_LOOK: Final = "needs a person to look in"
OWNER_UNSURE: Final = "owner to be confirmed"
SPONSOR_UNSURE: Final = "sponsor to be confirmed"
SPONSOR_NEEDS: Final = "the sponsor needs something before deciding"
NOBODY_NAMED: Final = "who could clear its way is not known"
NOBODY_ASKED: Final = "nobody can be asked for what is in the way"
NOT_THROUGH: Final = "the message did not get through"
ON_TRACK_TWICE: Final = "the owner finds it on track; the rule needs a look"
DATA_CHECK: Final = "its figures are to be checked"

OF_THE_RULE: Final = frozenset({ON_TRACK_TWICE, DATA_CHECK})
"""Reasons that put the rule or the data in question, and not the pilot: no decision comes of them."""


def goes_up(case: Case, calendar: Calendar, now: datetime, sponsor: Recipient, owner: Recipient | None) -> bool:
    """Whether a case has been on the list for the playbook's working days of its sponsor and nothing has moved it.

    A clash of targets is for people to talk about, what puts the rule in question says nothing of the pilot, a small
    pilot gets one question and no more, what was named a day for waits for that day, and whoever was told that they
    would be asked again is asked before.
    """
    since = case.listed_on
    if since is None or case.listed_why in OF_THE_RULE or case.decision is not None:
        return False
    if _is_for_people(case) or _has_day_ahead(case, now):
        return False
    if case.state in {CaseState.BLOCKED, CaseState.COMMITTED} and is_reached(owner, case):
        asked = case.asked_at(Step.CHECK, owner.person)
        if asked is None or asked.sent_at is None or (case.answered_at and asked.decided_at <= case.answered_at):
            return False
        since = max(since, asked.sent_at.date())
    return has_passed(calendar, now, since, case.playbook.upward_after_wd, sponsor)


def _is_for_people(case: Case) -> bool:
    """Whether what was found or said is nothing that a decision would settle."""
    said = [a.option for a in case.answers if a.item is ItemId.HOLDS_BACK]
    is_clash = (case.block is not None and case.block.cause is Cause.TARGETS) or said[-1:] == [Cause.TARGETS.value]
    return is_clash or all(f.tier == "question" for f in case.open_findings)


def _has_day_ahead(case: Case, now: datetime) -> bool:
    """Whether a day that somebody named has not passed."""
    days = [r.promised_for for r in case.live_requests if r.promised_for is not None]
    days += [case.block.until] if case.block else []
    days += [case.commitment.due_at.date()] if case.commitment else []
    return any(now.date() <= day for day in days)


def lead_objection(case: Case, reply: Reply, follows: Request | OpenDecision | None) -> str | None:
    """Return why a programme lead's answer can't be taken, in words for them, or None when it can."""
    if case.listed_on is None:
        return "This one is off the list by now, so nothing changes. Thank you all the same."
    if case.decision is not None and (isinstance(reply.answer, PutUp) or isinstance(follows, OpenDecision)):
        return "It is with the sponsor already, so nothing changes."
    if isinstance(reply.answer, PutUp):
        return None if follows else "No sponsor is named whom we can write to. Name one first, then say it again."
    return _naming_objection(case, follows) if isinstance(reply.answer, BlockedBy) else None


def _naming_objection(case: Case, follows: Request | OpenDecision | None) -> str | None:
    """Return why nobody can be asked on a lead's word."""
    if follows is None:
        return "That is with the owner, or with yourself. Who else could clear it?"
    if isinstance(follows, OpenDecision):
        return None
    if not follows.is_live:
        return f"Nobody we can write to is called {follows.name}. Write them as the registry does."
    if any(r.key == follows.key for r in case.live_requests):
        return f"{follows.name} is asked for that already, so nothing changes."
    return None


def said_by_lead(case: Case, reply: Reply, now: datetime, follows: Request | OpenDecision | None) -> dict[str, object]:
    """Return what a programme lead's answer about a case on their list changes."""
    off: dict[str, object] = {"listed_on": None, "listed_why": None, "snoozed_until": None, "commitment": None}
    match reply.answer:
        case SnoozeUntil(until=until):
            looked = {"state": CaseState.SNOOZED, "snoozed_until": until, "block": None}
            return off | looked | {"decision": _after_look(case.decision, until)}
        case PutUp() | BlockedBy() if isinstance(follows, OpenDecision):
            return off | {"state": CaseState.WAITING, "decision": follows, "block": None}
        case BlockedBy() if isinstance(follows, Request):
            named = follows.model_copy(update={"by_lead": True, "said_by": reply.person})
            block = _block(case, reply, reply.answer, follows.due, now)
            kept = {"state": CaseState.BLOCKED, "block": block}
            return off | kept | {"requests": case.with_request(named).requests}
        case _:
            return {}


def _after_look(opened: OpenDecision | None, until: date) -> OpenDecision | None:
    """Return what becomes of a decision when the lead looks into it: what time alone has opened is taken back."""
    if opened is None or opened.opened_by is OpenedBy.OPEN_LONG:
        return None
    return opened.model_copy(update={"due": max(opened.due, until)})


def _block(case: Case, reply: Reply, answer: BlockedBy, due: date, now: datetime) -> Block:
    """Return what is in the way: as the owner said it, else as the lead does."""
    if case.block is not None:
        return case.block.model_copy(update={"person": answer.person, "until": due})
    return Block(cause=answer.cause, person=answer.person, until=due, said_by=reply.person, said_at=now)
