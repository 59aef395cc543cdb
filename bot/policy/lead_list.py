"""The programme lead's list: why a case is on it, what the lead may say of it, and when it goes on by itself.

Nobody above is told who was silent: what goes up is what was found, and since when it is open.
"""

from datetime import date, datetime
from typing import Final

from bot.domain.ask import Request
from bot.domain.calendar import Calendar
from bot.domain.case import Block, Case, CaseState
from bot.domain.decision import OpenDecision
from bot.domain.reply import BlockedBy, Cause, PutUp, Reply, SnoozeUntil
from bot.policy.deadlines import has_passed
from bot.policy.decisions import Recipient

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


def goes_up(case: Case, calendar: Calendar, now: datetime, sponsor: Recipient) -> bool:
    """Whether a case has been on the list for the playbook's working days of its sponsor and nothing has moved it.

    A clash of targets is for people to talk about, what puts the rule in question says nothing of the pilot, and
    what was named a day for waits for that day.
    """
    if case.listed_on is None or case.listed_why in OF_THE_RULE or case.decision is not None:
        return False
    if case.block is not None and (case.block.cause is Cause.TARGETS or now.date() <= case.block.until):
        return False
    return has_passed(calendar, now, case.listed_on, case.playbook.upward_after_wd, sponsor)


def lead_objection(case: Case, reply: Reply, follows: Request | OpenDecision | None) -> str | None:
    """Return why a programme lead's answer can't be taken, in words for them, or None when it can."""
    if case.listed_on is None:
        return "This one is off the list by now, so nothing changes. Thank you all the same."
    if isinstance(reply.answer, PutUp):
        if case.decision is not None:
            return "It is with the sponsor already, so nothing changes."
        return None if follows else "No sponsor is named whom we can write to. Name one first, then say it again."
    if not isinstance(reply.answer, BlockedBy):
        return None
    if follows is None:
        return "That is with the owner, who was asked. Who else could clear it?"
    if isinstance(follows, Request) and not follows.is_live:
        return f"Nobody we can write to is called {follows.name}. Write them as the registry does."
    return None


def said_by_lead(case: Case, reply: Reply, now: datetime, follows: Request | OpenDecision | None) -> dict[str, object]:
    """Return what a programme lead's answer about a case on their list changes."""
    off: dict[str, object] = {"listed_on": None, "listed_why": None}
    match reply.answer:
        case SnoozeUntil(until=until):
            return off | {"state": CaseState.SNOOZED, "snoozed_until": until, "commitment": None, "block": None}
        case PutUp() | BlockedBy() if isinstance(follows, OpenDecision):
            return off | {"state": CaseState.WAITING, "decision": follows, "commitment": None, "block": None}
        case BlockedBy() if isinstance(follows, Request):
            named = follows.model_copy(update={"by_lead": True, "said_by": reply.person})
            block = _block(case, reply, reply.answer, follows.due, now)
            kept = {"state": CaseState.BLOCKED, "block": block, "snoozed_until": None, "commitment": None}
            return off | kept | {"requests": (*case.requests, named)}
        case _:
            return {}


def _block(case: Case, reply: Reply, answer: BlockedBy, due: date, now: datetime) -> Block:
    """Return what is in the way: as the owner said it, else as the lead does."""
    if case.block is not None:
        return case.block.model_copy(update={"person": answer.person, "until": due})
    return Block(cause=answer.cause, person=answer.person, until=due, said_by=reply.person, said_at=now)
