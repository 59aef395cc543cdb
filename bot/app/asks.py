"""Asks in the store: cases join one, answers move it and reach every case that waits for it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from bot.domain.ask import Ask, Request, Waiting
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import Delivery, Outreach, Step
from bot.errors import Conflict
from bot.policy.decisions import Decision, Join
from bot.ports import Ports

TRIES: Final = 8
"""Writes to one Ask that may collide with others."""


async def join_asks(case: Case, taken: Iterable[Decision], ports: Ports, now: datetime) -> None:
    """Let a case wait for what somebody was asked already; done before the case is stored, so that no answer misses it."""
    for decision in taken:
        if isinstance(decision, Join):
            await join(case, decision.request, ports, now, asked=True)


async def ask_for(outreach: Outreach, ports: Ports, now: datetime) -> None:
    """Open the Ask that a message is about, or let its case join it; called before the message can leave."""
    stored = await ports.cases.get(outreach.pilot)
    if stored is None or stored.case.id != outreach.case_id:
        return
    key = (outreach.recipient, outreach.thing)
    request = next((r for r in reversed(stored.case.requests) if r.key == key and r.is_live), None)
    if request is not None:
        await join(stored.case, request, ports, now)


async def join(case: Case, request: Request, ports: Ports, now: datetime, *, asked: bool = False) -> None:
    """Put a case among those that wait for an Ask, which is opened when there is none or the last one takes no more.

    With `asked` the person must have been asked already: raises Conflict when they have answered meanwhile.
    """
    waiting = Waiting(case_id=case.id, pilot=case.pilot, since=request.since, line=request.line)

    def joined(ask: Ask | None) -> Ask:
        if ask is not None and ask.takes_more(now.date()):
            return ask.with_waiting(waiting)
        if asked:
            raise Conflict("The Ask was answered meanwhile; the next look decides anew.")
        ordinal = ask.ordinal + 1 if ask else 1
        fresh = Ask(person=request.person, thing=request.thing, ordinal=ordinal, opened_at=now, due=request.due)
        return fresh.with_waiting(waiting)

    await move(request.key, joined, ports, now, f"{case.id} waits")


async def note_sent(delivery: Delivery, ports: Ports, now: datetime) -> None:
    """Note with each Ask of a message that it has left: whoever waits for the same from now on only joins."""
    for one in delivery.active:
        if one.step is Step.UNBLOCK and one.thing is not None:

            def sent(ask: Ask | None) -> Ask | None:
                return ask.model_copy(update={"sent_at": now}) if ask and ask.sent_at is None else ask

            await move((one.recipient, one.thing), sent, ports, now, "asked")


async def move(
    key: tuple[str, str], change: Callable[[Ask | None], Ask | None], ports: Ports, now: datetime, what: str
) -> Ask | None:
    """Change an Ask, given by person and thing, however often others do at the same time; returns it as it is then.

    A change that gives None or the same Ask stores nothing. Raises Conflict when it never came through.
    """
    for attempt in range(TRIES):
        stored = (await ports.asks.some([key])).get(key)
        before = stored.ask if stored else None
        after = change(before)
        if after is None or after == before:
            return before
        entry = AuditEntry(
            at=now, who="stickshaker", what=what, before=before.state.value if before else "", after=after.state.value
        )
        try:
            await ports.asks.save(after, expected=stored.revision if stored else 0, entry=entry)
        except Conflict:
            if attempt == TRIES - 1:
                raise
        else:
            return after
    return None
