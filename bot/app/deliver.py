"""A delivery that is due is sent: once, or it is listed with its reason."""

import logging
from asyncio import Semaphore, gather, get_running_loop, timeout
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from bot.app.asks import note_sent
from bot.app.cast import desk_of
from bot.app.correlated import correlated
from bot.app.dispatch import Known, due_now, read_known, why_not
from bot.app.rules import Rules
from bot.app.writing import Writer
from bot.domain.outreach import Delivery, DeliveryState, Outreach, identity
from bot.domain.people import Person
from bot.domain.playbook import Budgets
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Claim, Found, Limits
from bot.policy.budget import WEEK, weekly
from bot.policy.departure import Desk, next_chance
from bot.policy.item_effects import fewer
from bot.ports import Ports

LOG = logging.getLogger(__name__)

STALE: Final = 1.0
"""Seconds after which what is known of a case may have moved on: somebody may have answered meanwhile."""


@dataclass(slots=True)
class Delivered:
    """What became of deliveries, by delivery id."""

    sent: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    limited: list[str] = field(default_factory=list)
    """Of those refused, which the chat told when to come again."""
    dead: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Deliverer:
    """Sends what is due; several may work on one store at once."""

    def __init__(self, ports: Ports, rules: Rules, worker: str) -> None:
        """Name this worker, differently from every other: claims are told apart by it."""
        self._ports, self._rules, self._worker = ports, rules, worker
        self._claims = count()
        self._under_way = Semaphore(rules.sending.at_once)

    async def deliver_due(self) -> Delivered:
        """Send every delivery that is due, the worst first, one after the other, and say what became of each."""
        done = Delivered()
        for due in await due_now(self._ports, self._rules):
            await self._deliver([due.delivery], done)
        return done

    async def deliver(self, letters: Sequence[tuple[str, str]]) -> Delivered:
        """Do what is due about deliveries, given as (recipient, id), all at the same time.

        Done twice, or by two at once, each is done once. What goes wrong with one does not keep the others.
        """
        done, now = Delivered(), self._ports.clock.now()
        found = await self._ports.outbox.some(letters)
        await self._deliver([d for d in found if d.due_at <= now], done)
        return done

    async def _deliver(self, deliveries: Sequence[Delivery], done: Delivered) -> None:
        """Send what is queued, look after what was cut off, and leave alone what has ended."""
        known = await read_known(deliveries, self._ports)
        ends = await gather(*(self._move(d, known, done) for d in deliveries), return_exceptions=True)
        await self._ports.touched.note([o.pilot for d in deliveries for o in d.outreach if o.pilot])
        for fault in ends:
            if fault is not None:
                raise fault

    async def _move(self, delivery: Delivery, known: Known, done: Delivered) -> None:
        case = " ".join(sorted({o.case_id for o in delivery.outreach}))
        with correlated(delivery=delivery.id, case=case):
            if delivery.state is DeliveryState.SENDING:
                await self._look_after(delivery, known, done)
            elif delivery.state is DeliveryState.QUEUED and self._rules.may_send:
                await self._send(delivery, known, done)

    async def _look_after(self, delivery: Delivery, known: Known, done: Delivered) -> None:
        """Find out what became of a send that did not end: its process died or hangs. Never resends blindly."""
        ports, now, token = self._ports, self._ports.clock.now(), delivery.token or ""
        person = known.people.get(delivery.recipient)
        found, ref = (Found.UNKNOWABLE, "")
        if person is not None:
            try:
                found, ref = await ports.messenger.find(person, delivery.id)
            except SendRefused:  # it stays as it is, and the next round looks
                done.postponed.append(delivery.id)
                return
        if found is Found.SENT:
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.SENT, now=now, ref=ref)
            await note_sent(delivery, ports, now)
            done.sent.append(delivery.id)
        elif found is Found.ABSENT and delivery.looked_at is None:
            # A history may lag, and a clock may have jumped while the send is still under way.
            at = now + self._rules.sending.limit
            await ports.outbox.look_again(delivery, token=token, now=now, due_at=at)
            done.postponed.append(delivery.id)
        elif found is Found.ABSENT:
            reason = "the send was cut off and the chat shows that nothing arrived"
            await ports.outbox.requeue(delivery, token=token, due_at=now, reason=reason)
            done.postponed.append(delivery.id)
        else:
            reason = "the send was cut off and the chat can't tell whether it arrived"
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.UNKNOWN, now=now, reason=reason)
            await note_sent(delivery, ports, now)
            done.unknown.append(delivery.id)

    async def _send(self, delivery: Delivery, known: Known, done: Delivered) -> None:
        """Send one delivery when it is its turn, by what is known then."""
        loop = get_running_loop()
        begin = loop.time()
        async with self._under_way:
            is_stale = loop.time() - begin > STALE
            await self._send_now(delivery, await read_known([delivery], self._ports) if is_stale else known, done)

    async def _send_now(self, delivery: Delivery, known: Known, done: Delivered) -> None:
        """Send one delivery, unless it no longer holds or its time is not now."""
        letter = await self._write(delivery, known)
        if letter is None:
            done.dropped.append(delivery.id)
            return
        token = identity(self._worker, next(self._claims), delivery.id)
        # The limit runs from before the claim: whoever was held up in between must not send any more, since
        # by then somebody else looks after the claim.
        try:
            async with timeout(self._rules.sending.limit.total_seconds()):
                claim = await self._claim(letter, token)
                if claim is Claim.TAKEN:
                    ref = await self._ports.messenger.send(letter.person, delivery.id, letter.message)
        except SendRefused as refusal:
            await self._refused(letter, token, refusal, done)
        except Exception as fault:  # noqa: BLE001  the one boundary: whatever it was, whether it arrived is open
            # It stays as claimed; later on a pass looks into the chat's history. Only the kind of fault is
            # logged: its words may hold an address.
            LOG.warning("delivery %s: the send ended without an answer (%s)", delivery.id, type(fault).__name__)
            done.unknown.append(delivery.id)
        else:
            await self._record(letter, token, claim, ref if claim is Claim.TAKEN else "", done)

    async def _record(self, letter: "_Letter", token: str, claim: Claim, ref: str, done: Delivered) -> None:
        """Record a send after the chat's answer and never before, or do what a refused claim asks for."""
        ports, delivery = self._ports, letter.delivery
        if claim is Claim.TAKEN:
            now = ports.clock.now()
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.SENT, now=now, ref=ref)
            await note_sent(delivery, ports, now)
            done.sent.append(delivery.id)
            LOG.info("sent")
        elif claim in {Claim.OVER_BUDGET, Claim.OUTSIDE_HOURS}:
            await ports.outbox.postpone(delivery, await self._within_budget(letter))
            done.postponed.append(delivery.id)
        elif claim is Claim.NOT_LIVE:
            # The switch was cut off while it was being spread: finish that, and send on the next pass.
            await ports.settings.spread(await ports.settings.read())

    async def _write(self, delivery: Delivery, known: Known) -> "_Letter | None":
        """Withdraw what no longer holds, as its case says now, and return what is left to say, if anything."""
        ports, person = self._ports, known.people.get(delivery.recipient)
        held: list[Outreach] = []
        for outreach in delivery.active:
            reason = why_not(outreach, known)
            if reason is None:
                held.append(outreach)
            else:
                await ports.outbox.withdraw(delivery.recipient, delivery.id, [outreach.id], reason, ports.clock.now())
        if person is None or not held:
            return None
        pilot, stored, now = known.pilot_of(held[0]), known.cases.get(held[0].pilot), ports.clock.now()
        desk = desk_of(person, pilot, self._rules)
        kept = {"outreach": tuple(held), "withdrawn": {}, "local_day": desk.day(now).isoformat()}
        return _Letter(
            delivery=delivery.model_copy(update=kept),
            person=person,
            message=Writer(known, person, self._rules, now).message(held),
            desk=desk,
            budgets=fewer(
                (stored.case.playbook if stored else self._rules.playbook).budgets, person.preferences, desk.day(now)
            ),
        )

    async def _within_budget(self, letter: "_Letter") -> datetime:
        """Return the first open moment at which the recipient's budget may allow the message."""
        now = self._ports.clock.now()
        standing = await self._ports.outbox.standing([letter.person.id], now - WEEK)
        budget = standing[letter.person.id].budget(letter.delivery.role)
        return next_chance(budget, now, letter.budgets, letter.desk)

    async def _claim(self, letter: "_Letter", token: str) -> Claim:
        """Try to become the one who sends."""
        now = self._ports.clock.now()
        window = letter.desk.window(now)
        if window is None:
            return Claim.OUTSIDE_HOURS
        gap = timedelta(hours=letter.budgets.min_gap_hours)
        return await self._ports.outbox.claim(
            letter.delivery,
            now=now,
            token=token,
            message=letter.message.to_stored(),
            window=window,
            look_at=now + self._rules.sending.look_after,
            limits=Limits(
                per_week=letter.budgets.person_per_week,
                in_role=weekly(letter.budgets, letter.delivery.role),
                min_gap=gap,
                local_day=letter.delivery.local_day or "",
            ),
        )

    async def _refused(self, letter: "_Letter", token: str, refusal: SendRefused, done: Delivered) -> None:
        """Try again later, or give up when the chat says that it is final or has refused for days."""
        ports, delivery, now = self._ports, letter.delivery, self._ports.clock.now()
        attempt = delivery.attempt + 1
        if refusal.gone:
            await ports.people.lost(letter.person.id, now.date())
        if refusal.final or self._rules.sending.is_hopeless(attempt, now - delivery.made_at):
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.DEAD, now=now, reason=str(refusal))
            done.dead.append(delivery.id)
            # Only the kind: the words of a refusal may hold an address.
            LOG.warning("dead: the chat refused it %s", "for good" if refusal.final else "for too long")
            return
        due_at = now + (refusal.retry_after or self._rules.sending.pause(attempt))
        await ports.outbox.requeue(delivery, token=token, due_at=due_at, reason=str(refusal))
        done.refused.append(delivery.id)
        LOG.info("refused for now, time %d", attempt)
        if refusal.retry_after is not None:
            done.limited.append(delivery.id)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A delivery with its words and with whatever decides when it may leave."""

    delivery: Delivery
    person: Person
    message: Message
    desk: Desk
    budgets: Budgets
