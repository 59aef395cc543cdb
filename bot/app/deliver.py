"""Outreach becomes deliveries, and deliveries that are due are sent: each once, or listed with its reason."""

import logging
from asyncio import timeout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from bot.app.replies import desk_of
from bot.app.rules import Rules
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Step, identity
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.playbook import Budgets
from bot.domain.settings import Mode
from bot.errors import SendRefused
from bot.messages.compose import compose, section
from bot.messages.model import Message
from bot.policy.budget import WEEK, Budget, weekly
from bot.policy.decide import still_holds
from bot.policy.departure import Desk, first_chance, next_chance
from bot.ports import Claim, Found, Limits, Ports, StoredCase

LOG = logging.getLogger(__name__)

SEND_LIMIT: Final = timedelta(seconds=60)
"""A send is cut off after this; well before anybody looks into what became of it."""
AGAIN_AFTER: Final = timedelta(minutes=15)
"""When the chat refuses for now and does not say for how long."""


async def relay(ports: Ports, rules: Rules) -> int:
    """Put pending outreach into deliveries and return how many; cut off anywhere, the next pass goes on.

    While the organisation is not live no delivery is made.
    """
    done = 0
    if rules.mode(await ports.settings.read()) is not Mode.LIVE:
        return done
    for outreach in await ports.cases.pending():
        pilot, person = await ports.pilots.get(outreach.pilot), await ports.people.get(outreach.recipient)
        claimed = await ports.outbox.budget(outreach.recipient, outreach.decided_at - WEEK)
        budget, desk = Budget(tuple(claimed)), desk_of(person, pilot, rules)
        due_at = first_chance(budget, outreach.decided_at, rules.playbook.budgets, desk)
        await ports.outbox.accept(outreach, due_at)
        await ports.cases.relayed(outreach)
        done += 1
    return done


@dataclass(slots=True)
class Delivered:
    """What one pass over the due deliveries did, by delivery id."""

    sent: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Deliverer:
    """Sends what is due, the worst first; several may work on one store at once."""

    def __init__(self, ports: Ports, rules: Rules, worker: str) -> None:
        """Name this worker, differently from every other: claims are told apart by it."""
        self._ports, self._rules, self._worker = ports, rules, worker
        self._claims = count()

    async def deliver_due(self) -> Delivered:
        """Send every delivery that is due, if the organisation is live, and say what became of each."""
        done = Delivered()
        state = await self._ports.settings.read()
        if self._rules.mode(state) is not Mode.LIVE:
            return done
        for delivery in await self._ports.outbox.due(self._ports.clock.now()):
            if delivery.state is DeliveryState.SENDING:
                await self._look_after(delivery, done)
            else:
                await self._send(delivery, done)
            await self._ports.touched.note([o.pilot for o in delivery.outreach])
        return done

    async def _look_after(self, delivery: Delivery, done: Delivered) -> None:
        """Find out what became of a send that did not end: its process died or hangs. Never resends blindly."""
        ports, now, token = self._ports, self._ports.clock.now(), delivery.token or ""
        person = await ports.people.get(delivery.recipient)
        found, ref = (Found.UNKNOWABLE, "")
        if person is not None:
            found, ref = await ports.messenger.find(person, delivery.id)
        if found is Found.SENT:
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.SENT, now=now, ref=ref)
            done.sent.append(delivery.id)
        elif found is Found.ABSENT:
            reason = "the send was cut off and the chat shows that nothing arrived"
            await ports.outbox.requeue(delivery, token=token, due_at=now, reason=reason)
            done.postponed.append(delivery.id)
        else:
            reason = "the send was cut off and the chat can't tell whether it arrived"
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.UNKNOWN, now=now, reason=reason)
            done.unknown.append(delivery.id)

    async def _send(self, delivery: Delivery, done: Delivered) -> None:
        """Send one delivery, unless it no longer holds or its time is not now."""
        letter = await self._write(delivery)
        if letter is None:
            done.dropped.append(delivery.id)
            return
        later = await self._later(letter)
        if later is not None:
            await self._ports.outbox.postpone(delivery, later)
            done.postponed.append(delivery.id)
            return
        token = identity(self._worker, next(self._claims), delivery.id)
        claim = await self._claim(letter, token)
        if claim is Claim.TAKEN:
            await self._transmit(letter, token, done)
        elif claim in {Claim.OVER_BUDGET, Claim.OUTSIDE_HOURS}:
            await self._ports.outbox.postpone(delivery, await self._within_budget(letter))
            done.postponed.append(delivery.id)
        elif claim is Claim.NOT_LIVE:
            # The switch was cut off while it was being spread: finish that, and send on the next pass.
            await self._ports.settings.spread(await self._ports.settings.read())

    async def _write(self, delivery: Delivery) -> "_Letter | None":
        """Reread every case, withdraw what no longer holds, and return what is left to say, if anything."""
        ports = self._ports
        person = await ports.people.get(delivery.recipient)
        held: list[tuple[Outreach, Pilot, StoredCase]] = []
        for outreach in delivery.active:
            stored, pilot = await ports.cases.get(outreach.pilot), await ports.pilots.get(outreach.pilot)
            owner = ports.people.identify(pilot.owner) if pilot and pilot.owner else None
            case = stored.case if stored else None
            reason = still_holds(case, outreach.case_id, outreach.step, outreach.recipient, owner)
            if person is None or person.opted_out:
                reason = "no longer to be sent"
            if reason is not None:
                await ports.outbox.withdraw(delivery.recipient, delivery.id, [outreach.id], reason, ports.clock.now())
            elif stored is not None and pilot is not None:
                held.append((outreach, pilot, stored))
        if person is None or not held:
            return None
        desk, texts = desk_of(person, held[0][1], self._rules), self._rules.texts
        sections = [(o.step, section(c.case, o.step, p.name, texts, timezone=desk.timezone)) for o, p, c in held]
        return _Letter(
            delivery=delivery.model_copy(update={"outreach": tuple(o for o, _, _ in held), "withdrawn": {}}),
            person=person,
            message=compose(sections, texts),
            desk=desk,
            budgets=held[0][2].case.playbook.budgets,
        )

    async def _later(self, letter: "_Letter") -> datetime | None:
        """Return when to try again when now is outside the hours or the day's ramp is full, else None."""
        now = self._ports.clock.now()
        opens = letter.desk.next_open(now)
        if opens > now:
            return opens
        if not any(o.step is Step.NUDGE for o in letter.delivery.active):
            return None
        limit = letter.budgets.ramp_owners_per_day
        if await self._ports.outbox.reserve(now.date(), letter.delivery.id, limit):
            return None
        return letter.desk.tomorrow(now)

    async def _within_budget(self, letter: "_Letter") -> datetime:
        """Return the first open moment at which the recipient's budget may allow the message."""
        now = self._ports.clock.now()
        claimed = await self._ports.outbox.budget(letter.person.id, now - WEEK)
        return next_chance(Budget(tuple(claimed)), now, letter.budgets, letter.desk)

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
            limits=Limits(weekly(letter.budgets), gap, letter.desk.day(now).isoformat()),
        )

    async def _transmit(self, letter: "_Letter", token: str, done: Delivered) -> None:
        """Hand a claimed message to the chat and record how that ended, after its answer and never before."""
        ports, delivery = self._ports, letter.delivery
        try:
            async with timeout(SEND_LIMIT.total_seconds()):
                ref = await ports.messenger.send(letter.person, delivery.id, letter.message)
        except SendRefused as refusal:
            await self._refused(delivery, token, refusal)
            done.refused.append(delivery.id)
        except Exception as fault:  # noqa: BLE001  the one boundary: whatever it was, whether it arrived is open
            # It stays as claimed; after the send timeout a pass looks into the chat's history. Only the
            # kind of fault is logged: its words may hold an address.
            LOG.warning("delivery %s: the send ended without an answer (%s)", delivery.id, type(fault).__name__)
            done.unknown.append(delivery.id)
        else:
            now = ports.clock.now()
            await ports.outbox.settle(delivery, token=token, state=DeliveryState.SENT, now=now, ref=ref)
            done.sent.append(delivery.id)

    async def _refused(self, delivery: Delivery, token: str, refusal: SendRefused) -> None:
        """Try again later, or give up for good when the chat says that it is final."""
        now = self._ports.clock.now()
        if refusal.final:
            await self._ports.outbox.settle(
                delivery, token=token, state=DeliveryState.DEAD, now=now, reason=str(refusal)
            )
            return
        due_at = now + (refusal.retry_after or AGAIN_AFTER)
        await self._ports.outbox.requeue(delivery, token=token, due_at=due_at, reason=str(refusal))


@dataclass(frozen=True, slots=True)
class _Letter:
    """A delivery with its words and with whatever decides when it may leave."""

    delivery: Delivery
    person: Person
    message: Message
    desk: Desk
    budgets: Budgets
