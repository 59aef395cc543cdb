"""Words that somebody gave against something are deleted once their time is over, wherever they are kept."""

from datetime import datetime, timedelta

from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import Step
from bot.errors import Conflict
from bot.ports import Ports


async def forget_words(ports: Ports, now: datetime) -> int:
    """Delete what people who were asked wrote about cases that have closed long ago; returns how many cases had any.

    Gone are the words in the case and its former ones, in the replies, and in the messages that told them to owners;
    what remains is the kind of concern.
    """
    done = 0
    for pilot, stored in (await ports.cases.all()).items():
        for place, past in enumerate(await ports.cases.past(pilot) if stored.case.ordinal > 1 else ()):
            if _is_over(past, now):
                await _forget_elsewhere(past, ports)
                await ports.cases.rewrite_past(pilot, place, without_words(past))
                done += 1
        if _is_over(stored.case, now):
            await _forget_elsewhere(stored.case, ports)
            entry = AuditEntry(at=now, who="stickshaker", what="words of others deleted")
            try:
                await ports.cases.save(without_words(stored.case), expected=stored.revision, outreach=[], entry=entry)
            except Conflict:
                continue  # it moved; the next day sees to it
            done += 1
    return done


def without_words(case: Case) -> Case:
    """Return the case without what those who were asked wrote."""
    return case.model_copy(update={"requests": tuple(r.model_copy(update={"said": None}) for r in case.requests)})


def _is_over(case: Case, now: datetime) -> bool:
    kept = timedelta(days=case.playbook.objection_kept_days)
    has_words = any(r.said for r in case.requests)
    return has_words and case.closed_at is not None and now > case.closed_at + kept


async def _forget_elsewhere(case: Case, ports: Ports) -> None:
    """Delete the words from replies and from the messages that told them."""
    for request in case.requests:
        for key in case.applied if request.said else ():
            await ports.inbox.forget_words(request.person, key)
    for asked in case.asked:
        if asked.step is Step.TOLD and asked.delivery:
            await ports.outbox.forget_text(asked.person, asked.delivery)
