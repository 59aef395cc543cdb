"""Replies move cases, and what became of deliveries is noted in the cases that asked for them."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from bot.app.answering import Standpoint, answer_to_ask, entry_of
from bot.app.correlated import correlated
from bot.app.follow_ups import answer_feedback, answer_item
from bot.app.rules import Rules
from bot.app.upkeep import answer_gap
from bot.app.weekly import answer_to_weekly
from bot.domain.audit import AuditEntry
from bot.domain.case import Asked
from bot.domain.outreach import Delivery, DeliveryState, Role
from bot.domain.reply import Feedback, ItemAnswer, Reply, StopAsking, WeeklyAnswer
from bot.domain.upkeep import parse_gap
from bot.errors import Conflict
from bot.policy.answer import apply_reply
from bot.ports import Ports, StoredCase

LOG = logging.getLogger(__name__)

Applies = Callable[[Reply, Ports, Rules], Awaitable[str | None]]
TRIES: Final = 5
"""Writes to one case that may collide with others before we leave it to the next pass."""

PENDING: Final = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.DEAD})
"""What may still become something else: what is dead an admin may have sent once more."""


async def work_off_replies(ports: Ports, rules: Rules) -> int:
    """Apply every reply that waits, oldest first, and return how many were worked off.

    Killed anywhere and run again, each reply has moved its case once: the case keeps the keys of
    the replies it has applied.
    """
    done = 0
    for reply in await ports.inbox.waiting():
        with correlated(case=reply.case_id, pilot=reply.pilot):
            note = await _apply(reply, ports, rules)
            LOG.info("a reply was %s", "left to the next pass" if note is None else "applied")
        if note is not None:
            await ports.touched.note([reply.pilot] if reply.pilot else [])
            await ports.inbox.applied(reply, note)
            done += 1
    return done


async def _apply(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    """Apply one reply and return what its author is told; None when it must wait for the next pass."""
    if isinstance(reply.answer, StopAsking):
        await ports.people.opt_out(reply.person)
    elsewhere = _elsewhere(reply)
    try:
        return await (elsewhere or _apply_to_case)(reply, ports, rules)
    except Conflict:  # one that others move again and again keeps nobody else's reply waiting
        return None


def _elsewhere(reply: Reply) -> Applies | None:
    """Return what applies a reply that moves something else than one case, or None."""
    if parse_gap(reply.case_id):
        return answer_gap
    if isinstance(reply.answer, WeeklyAnswer):
        return answer_to_weekly
    if isinstance(reply.answer, ItemAnswer | Feedback):
        return _answer_item if isinstance(reply.answer, ItemAnswer) else _answer_feedback
    return answer_to_ask if reply.role is Role.UNBLOCKER else None


async def _answer_item(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    return await answer_item(ports, rules, reply, rules.texts.follow_ups)


async def _answer_feedback(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    return await answer_feedback(ports, rules, reply, rules.texts.follow_ups)


async def _apply_to_case(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    for _ in range(TRIES):
        standing = await Standpoint.read(reply, ports, rules)
        if standing is None:
            said = rules.texts.receipts
            return said.stop_asking if isinstance(reply.answer, StopAsking) else said.closed
        before, follows = standing.case, standing.follows()
        after = apply_reply(before, standing.reply, reply.received_at, follows) if standing.may_answer() else before
        try:
            if after != before:
                await ports.cases.save(
                    after, expected=standing.revision, outreach=[], entry=entry_of(reply, before, after)
                )
        except Conflict:
            continue
        return standing.receipt(after, follows)
    return None


async def reflect_deliveries(ports: Ports, pilots: Sequence[str] | None = None) -> dict[str, StoredCase]:
    """Note in each case, or in those of some pilots, what became of what it asked for: sent, dropped, dead, unknown.

    Returns these cases by pilot, as they stand now.
    """
    cases = await (ports.cases.all() if pilots is None else ports.cases.some(pilots))
    waiting = [(a.person, a.outreach) for s in cases.values() for a in s.case.asked if a.outcome in PENDING]
    deliveries = await ports.outbox.holding(waiting)
    collided = []
    for pilot, stored in list(cases.items()):
        asked = [
            reflected(a, deliveries[a.outreach]) if a.outcome in PENDING and a.outreach in deliveries else a
            for a in stored.case.asked
        ]
        if tuple(asked) == stored.case.asked:
            continue
        changed = [a for a, b in zip(asked, stored.case.asked, strict=True) if a != b]
        entry = AuditEntry(
            at=max(a.sent_at or a.decided_at for a in changed),
            who="stickshaker",
            what=", ".join(f"{a.step.value}: {a.outcome.value}" for a in changed),
        )
        moved = stored.case.model_copy(update={"asked": tuple(asked)})
        try:
            revision = await ports.cases.save(moved, expected=stored.revision, outreach=[], entry=entry)
        except Conflict:
            collided.append(pilot)  # the next pass notes it
        else:
            cases[pilot] = StoredCase(moved, revision)
    return cases | await ports.cases.some(collided)


def reflected(asked: Asked, delivery: Delivery) -> Asked:
    """Return what was asked with what became of the delivery that holds it.

    What was withdrawn may be decided anew; what an admin gave up is dead to the case, and not asked once more.
    """
    outcome = DeliveryState.DROPPED if asked.outreach in delivery.withdrawn else delivery.state
    if outcome is DeliveryState.DROPPED and asked.outreach not in delivery.withdrawn:
        outcome = DeliveryState.DEAD
    return asked.model_copy(
        update={"outcome": outcome, "delivery": delivery.id, "sent_at": _sent_at(delivery, outcome)}
    )


def _sent_at(delivery: Delivery, outcome: DeliveryState) -> datetime | None:
    """Return when it was sent; a send whose end is unknown counts as sent when it began."""
    return delivery.claimed_at if outcome in {DeliveryState.SENT, DeliveryState.UNKNOWN} else None
