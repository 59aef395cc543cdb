"""Who answers what: whether somebody may, what follows from it, whom it reaches, and what they are told."""

import asyncio
from dataclasses import dataclass
from typing import Self

from bot.app.asks import move
from bot.app.cast import Cast, clock_of, desk_of, read_cast, to_recipient
from bot.app.rules import Rules
from bot.domain.ask import Ask, Request, Thing, Waiting
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.decision import OpenedBy
from bot.domain.outreach import ROLES, Role
from bot.domain.people import Person
from bot.domain.pilot import Dependency, Pilot
from bot.domain.reply import BlockedBy, Cause, Elsewhere, ProposeStop, PutUp, Reply, StopAsking
from bot.errors import Conflict
from bot.messages.asks import About
from bot.messages.other_receipts import receipt_of_others
from bot.messages.receipts import receipt
from bot.policy.answer import Follows, apply_reply, day_objection, objection
from bot.policy.decisions import Recipient, is_reached
from bot.policy.request_answer import answer_ask
from bot.policy.wishes import Around, decision, dependency_for, thing_of, wish
from bot.ports import Ports

MOST_PASSED_ON = 2
"""So often a wish goes to somebody else on the word of whoever was asked; then a person looks at it."""
TRIES = 8
"""Writes to one case that may collide with others."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One reply, the case it is about, and everybody around that."""

    reply: Reply
    case: Case
    revision: int
    pilot: Pilot | None
    cast: Cast
    rules: Rules
    others: tuple[str, ...] = ()
    """Names of all pilots that wait for what was asked."""

    @classmethod
    async def read(cls, reply: Reply, ports: Ports, rules: Rules, others: tuple[str, ...] = ()) -> Self | None:
        """Read what a reply is about; None where there is no case."""
        stored = await ports.cases.get(reply.pilot)
        if stored is None:
            return None
        pilots = await ports.pilots.some([reply.pilot])
        cast = await read_cast(ports, pilots, {reply.pilot: stored}, reply.received_at.date())
        names = [n for n in (getattr(reply.answer, "person", None),) if isinstance(n, str)]
        ids = {reply.person, *(ports.people.identify(name) for name in names)} - cast.people.keys()
        cast = Cast({**cast.people, **await ports.people.some(sorted(ids))}, cast.identify, cast.today)
        pilot = pilots[0] if pilots else None
        meant = _with_holder(reply, pilot) if pilot else reply
        return cls(meant, stored.case, stored.revision, pilot, cast, rules, others)

    def may_answer(self) -> bool:
        """Whether this person was asked in this role about the case, or has the role now."""
        reply, pilot = self.reply, self.pilot
        asked = {a.person for a in self.case.asked if ROLES.get(a.step, Role.OWNER) is reply.role}
        if reply.role is Role.LEAD:
            now, name = None, pilot.programme_lead if pilot else None
        elif reply.role is Role.SPONSOR:
            now, name = (self.cast.sponsor(pilot), pilot.sponsor) if pilot else (None, None)
        else:
            now, name = (self.cast.owner(pilot), pilot.owner) if pilot else (None, None)
        named = {self.cast.identify(name)} if name else set()
        meant = self.cast.named(name)
        stand_in = {meant.preferences.delegate} if meant and meant.preferences.delegate else set()
        return reply.person in asked | named | stand_in | ({now.id} if now else set())

    def follows(self) -> Follows:
        """Return what follows from the answer: a wish to somebody else, a decision, or neither."""
        answer, pilot = self.reply.answer, self.pilot
        if pilot is None or not isinstance(answer, BlockedBy | ProposeStop | PutUp):
            return None
        around = self._around(pilot)
        if isinstance(answer, PutUp):
            sponsor = self.cast.sponsor(pilot)
            return decision(self.case, OpenedBy.LEAD_RAISES, around) if sponsor and not sponsor.is_silent else None
        if isinstance(answer, ProposeStop):
            return decision(self.case, OpenedBy.OWNER_PROPOSES_STOP, around) if around.sponsor else None
        waited, person = dependency_for(pilot, answer.cause, answer.thing), self.cast.named(answer.person)
        return wish(self.case, answer, person.id if person else "", self._thing(answer, waited, person), around)

    def _thing(self, answer: BlockedBy, waited: Dependency | None, person: Person | None) -> Thing:
        """Return what is waited for: as they said, as the registry has it, or what this person is asked for already."""
        asked = [r for r in self.case.live_requests if person and r.person == person.id]
        if waited is not None:
            return thing_of(waited)
        if answer.thing is None and asked:
            return asked[-1].thing
        return Thing(kind=answer.cause.value, words=answer.thing or self.rules.texts.causes[answer.cause])

    def onward(self) -> Follows:
        """Return the wish to whoever holds the thing instead, where the answer names somebody."""
        answer, pilot, reply = self.reply.answer, self.pilot, self.reply
        asked = next((r for r in reversed(self.case.requests) if r.key == (reply.person, reply.thing)), None)
        if pilot is None or asked is None or not isinstance(answer, Elsewhere) or asked.hops >= MOST_PASSED_ON:
            return None
        person, around = self.cast.named(answer.person), self._around(pilot)
        said = BlockedBy(
            cause=Cause.OTHER, person=answer.person, until=asked.due if asked.due > self.cast.today else None
        )
        made = wish(self.case, said, person.id if person else "", asked.thing, around)
        if not isinstance(made, Request):
            return made
        kept = {"hops": asked.hops + 1, "line": asked.line, "since": asked.since, "passed_on": True}
        return made.model_copy(update=kept)

    def receipt(self, after: Case, follows: Follows) -> str:
        """Return what the author of the reply is told."""
        reply, at = self.reply, self.reply.received_at
        zone, _ = clock_of(self.cast.people.get(reply.person), self.pilot, self.rules)
        said = receipt_of_others(self.case, after, reply, self.about(after), self.rules.texts, follows)
        if said is not None:
            return said.text
        why_not = objection(reply, self.case, at, follows)
        return receipt(self.case, after, reply, self.rules.texts, now=at, timezone=zone, objection=why_not).text

    def about(self, case: Case) -> About:
        """Return what is told about the case, for whoever answered."""
        person, owner = (
            self.cast.people.get(self.reply.person),
            self.cast.named(self.pilot.owner if self.pilot else None),
        )
        sponsor = self.cast.sponsor(self.pilot) if self.pilot else None
        desk = desk_of(person, self.pilot, self.rules)
        return About(
            case=case,
            pilot=self.pilot.name if self.pilot else case.pilot,
            owner=owner.name if owner else "",
            today=desk.day(self.reply.received_at),
            timezone=desk.timezone,
            waiting=self.others,
            other=sponsor.name if sponsor else "",
            is_owner_told=self._is_owner_told(case),
        )

    def _is_owner_told(self, case: Case) -> bool:
        """Whether there is an owner who reads what is to be asked in the pilot's name before it leaves."""
        owner = self.cast.owner(self.pilot) if self.pilot else None
        return is_reached(to_recipient(owner, self.pilot, self.rules) if owner and self.pilot else None, case)

    def _around(self, pilot: Pilot) -> Around:
        """Return who stands around the pilot; without an owner its clock is that of who answered."""
        owner, sponsor = self.cast.owner(pilot) or self.cast.people.get(self.reply.person), self.cast.sponsor(pilot)
        zone, country = clock_of(owner, pilot, self.rules)
        reader = to_recipient(owner, pilot, self.rules) if owner else Recipient("", zone, country)
        return Around(reader, sponsor.id if sponsor else None, self.rules.calendar, self.reply.received_at)


def _with_holder(reply: Reply, pilot: Pilot) -> Reply:
    """Return an owner's answer with whoever the registry names for what is in the way, where they named nobody."""
    answer = reply.answer
    if reply.role is not Role.OWNER or not isinstance(answer, BlockedBy) or answer.person:
        return reply
    waited = dependency_for(pilot, answer.cause, answer.thing)
    if waited is None or waited.holder is None:
        return reply
    return reply.model_copy(update={"answer": answer.model_copy(update={"person": waited.holder})})


def entry_of(reply: Reply, before: Case, after: Case) -> AuditEntry:
    """Return the entry in the trail; that somebody wants no messages is nobody else's business."""
    return AuditEntry(
        at=reply.received_at,
        who=reply.person,
        what="replied" if isinstance(reply.answer, StopAsking) else f"replied: {reply.answer.kind}",
        before=before.state.value,
        after=after.state.value,
    )


async def answer_to_ask(reply: Reply, ports: Ports, rules: Rules) -> str | None:
    """Move an Ask by an answer to it, then every case that waits; cut off anywhere and done again, each moves once."""
    key, at = (reply.person, reply.thing or ""), reply.received_at
    if isinstance(reply.answer, StopAsking):
        return rules.texts.receipts.stop_asking
    refused = day_objection(reply.answer, at)
    if refused is not None:
        return refused
    stored = (await ports.asks.some([key])).get(key)
    if stored is None:
        return rules.texts.others.receipts.not_asked
    moved = await move(
        key, lambda ask: answer_ask(ask, reply, at) if ask else None, ports, at, f"replied: {reply.answer.kind}"
    )
    if moved is None:
        return None
    if moved.is_closed and reply.key not in moved.applied:
        return rules.texts.others.receipts.over
    notes = await asyncio.gather(*(_reach(one, moved, reply, ports, rules) for one in moved.waiting))
    await ports.touched.note([one.pilot for one in moved.waiting])
    told = [note for note in notes if note]
    fresh = [note for note in told if note != rules.texts.receipts.duplicate]
    return next(iter(fresh or told), rules.texts.others.receipts.over)


async def _reach(waiting: Waiting, ask: Ask, reply: Reply, ports: Ports, rules: Rules) -> str | None:
    """Let an answer reach one case that waits for it; returns what its author is told, None when it waits no more."""
    mine = reply.model_copy(update={"case_id": waiting.case_id, "pilot": waiting.pilot})
    names = tuple(sorted(w.pilot for w in ask.waiting))
    for _ in range(TRIES):
        standing = await Standpoint.read(mine, ports, rules, names)
        if standing is None or standing.case.id != waiting.case_id or standing.case.is_closed:
            return None
        before, onward = standing.case, standing.onward()
        after = apply_reply(before, mine, mine.received_at, onward)
        try:
            if after != before:
                await ports.cases.save(
                    after, expected=standing.revision, outreach=[], entry=entry_of(mine, before, after)
                )
        except Conflict:
            continue
        return standing.receipt(after, onward)
    raise Conflict("a case was moved by others again and again")
