"""What is asked in answer to a reply, and what becomes of the answer, and of feedback on a message.

Both are cut off anywhere and done again without harm: a case keeps which item followed which reply, and the keys
of the replies that moved it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.app.answering import TRIES, Standpoint, answer_to_ask, entry_of
from bot.app.cast import desk_of
from bot.app.rules import Rules
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import Role
from bot.domain.people import Person, Preferences
from bot.domain.reply import Answer, DontKnow, Feedback, ItemAnswer, Reply, StopAsking
from bot.domain.survey import FeedbackOption, ItemId, Posed, Scoring, Standing
from bot.errors import Conflict
from bot.messages.follow_ups import (
    bank_of,
    feedback_receipt,
    item_receipt,
    item_section,
    otherwise,
    suggested_step,
)
from bot.messages.item_texts import OWNERS, ItemTexts
from bot.messages.model import Section
from bot.policy.follow_ups import known_from_registry, next_item
from bot.policy.item_effects import (
    apply_feedback,
    apply_item,
    plain_answer,
    plain_feedback,
    preferences_after,
)
from bot.ports import Ports

THEIR_OWN: Final = frozenset({FeedbackOption.BAD_TIME, FeedbackOption.TOO_MANY})
"""Feedback that sets something for its author and nobody else."""


async def next_section(ports: Ports, rules: Rules, reply: Reply, said: ItemTexts) -> Section | None:
    """Return the item that is put to an owner after a reply of theirs was worked off, or None.

    It is noted in the case as put to them. Asked again about the same reply it is the same item, until it was
    answered.
    """
    bank = bank_of(rules.texts.items)
    for _ in range(TRIES if reply.role is Role.OWNER else 0):
        standing = await Standpoint.read(reply, ports, rules)
        asking = _Asking.of(standing, bank) if standing else None
        if asking is None:
            return None
        posed = asking.posed_before()
        if posed is not None:
            return None if asking.has_answered(posed) else asking.section(asking.case, posed.item, said)
        fresh = await asking.fresh(ports, said)
        if fresh is None:
            return None
        after = asking.case.model_copy(update={"posed": (*asking.case.posed, fresh)})
        entry = AuditEntry(at=fresh.at, who="stickshaker", what=f"asked in reply: {fresh.item}")
        try:
            await ports.cases.save(after, expected=asking.standing.revision, outreach=[], entry=entry)
        except Conflict:
            continue
        return asking.section(after, fresh.item, said)
    return None


@dataclass(frozen=True, slots=True)
class _Asking:
    """A reply that moved its case, and whoever gave it."""

    standing: Standpoint
    person: Person
    bank: Mapping[ItemId, Scoring]

    @classmethod
    def of(cls, standing: Standpoint, bank: Mapping[ItemId, Scoring]) -> "_Asking | None":
        """Return it where something may be asked at all: the reply was taken, and its author hears from us."""
        reply, case = standing.reply, standing.case
        person = standing.cast.people.get(reply.person)
        is_over = case.id != reply.case_id or case.is_closed or reply.key not in case.applied
        return None if person is None or person.opted_out or is_over else cls(standing, person, bank)

    @property
    def case(self) -> Case:
        """Return the case after the reply."""
        return self.standing.case

    def posed_before(self) -> Posed | None:
        """Return what was put to them after this very reply."""
        return next((one for one in self.case.posed if one.after == self.standing.reply.key), None)

    def has_answered(self, posed: Posed) -> bool:
        """Whether they answered an item since it was put to them."""
        given = (a for a in self.case.answers if (a.item, a.by) == (posed.item, posed.person))
        return any(one.at >= posed.at for one in given)

    async def fresh(self, ports: Ports, said: ItemTexts) -> Posed | None:
        """Return the item that is put to them now."""
        first = self._next(ports, ())
        # What else they were asked lately is read where something is to be asked, and not with each reply.
        item = self._next(ports, await self._elsewhere(ports)) if first else None
        if item is None:
            return None
        action = suggested_step(self.case, said) if item is ItemId.NEXT_STEP else None
        key, now = self.standing.reply.key, ports.clock.now()
        return Posed(item=item, person=self.person.id, at=now, in_reply=True, after=key, action=action)

    def _next(self, ports: Ports, elsewhere: tuple[Posed, ...]) -> ItemId | None:
        now = ports.clock.now()
        known = known_from_registry(self.standing.pilot, now.date())
        answer = self.standing.reply.answer
        return next_item(self.case, answer, self.person, self.bank, now, elsewhere=elsewhere, known=known)

    async def _elsewhere(self, ports: Ports) -> tuple[Posed, ...]:
        """Return what was put to them about other pilots that they were written to about."""
        sent = await ports.outbox.of(self.person.id)
        others = {o.pilot for delivery in sent for o in delivery.outreach if o.pilot} - {self.case.pilot}
        cases = await ports.cases.some(sorted(others))
        return tuple(one for stored in cases.values() for one in stored.case.posed if one.person == self.person.id)

    def section(self, case: Case, item: ItemId, said: ItemTexts) -> Section:
        """Return the item as they read it."""
        return item_section(item, self.standing.about(case), self.standing.rules.texts, said)


async def items_put(ports: Ports, rules: Rules, person: Person, about: Section) -> list[Section]:
    """Return the items that followed answers of this person about the case of a section, as they read them."""
    asked = Reply(
        key="",
        person=person.id,
        case_id=about.case_id,
        pilot=about.pilot,
        answer=DontKnow(),
        received_at=ports.clock.now(),
    )
    standing = await Standpoint.read(asked, ports, rules)
    if standing is None or standing.case.id != about.case_id:
        return []
    put = dict.fromkeys(one.item for one in standing.case.posed if one.person == person.id and one.item in OWNERS)
    said = standing.about(standing.case)
    return [item_section(item, said, rules.texts, rules.texts.follow_ups) for item in put]


async def answer_item(ports: Ports, rules: Rules, reply: Reply, said: ItemTexts) -> str | None:
    """Move a case by an answer to an item; returns what its author is told, None when it must wait for the next pass.

    An item is answered by whoever it was put to, and by nobody else. Raises ValueError for another kind of answer.
    """
    answer = reply.answer
    if not isinstance(answer, ItemAnswer):
        msg = f"{answer.kind} is no answer to an item"
        raise ValueError(msg)  # noqa: TRY004  the kind of a value is wrong, not its type
    stops = answer.option == Standing.STOP_ASKING
    if stops:
        await ports.people.opt_out(reply.person)
    for _ in range(TRIES):
        read = await Standpoint.read(reply, ports, rules)
        if read is None:
            return rules.texts.receipts.stop_asking if stops else rules.texts.receipts.closed
        before, at = read.case, reply.received_at
        plain = plain_answer(before, answer, reply.person, at)
        standing = _as_plain(read, plain)
        follows = standing.follows()
        is_meant = before.id == reply.case_id
        after = apply_item(before, answer, reply.person, reply.key, at, follows) if is_meant else before
        if not await _is_stored(ports, standing, after):
            continue
        if plain is None and after != before:
            return item_receipt(answer, said)
        added = otherwise(after, said) if after != before else ""
        return " ".join(part for part in (standing.receipt(after, follows), added) if part)
    return None


async def answer_feedback(ports: Ports, rules: Rules, reply: Reply, said: ItemTexts) -> str | None:
    """Do what feedback on a message asks for; returns what its author is told, None when it must wait.

    What somebody sets for themselves holds whatever the message was about. A case is moved by whoever was written
    to about it, and by nobody else. Raises ValueError for another kind of answer.
    """
    feedback = reply.answer
    if not isinstance(feedback, Feedback):
        msg = f"{feedback.kind} is no feedback"
        raise ValueError(msg)  # noqa: TRY004  the kind of a value is wrong, not its type
    plain = plain_feedback(feedback, reply.role)
    if isinstance(plain, StopAsking):
        await ports.people.opt_out(reply.person)
    own = await _prefer(ports, rules, reply, feedback)
    if own is None:
        return rules.texts.receipts.not_asked
    if plain is not None and reply.role is Role.UNBLOCKER and reply.thing is not None:
        return await answer_to_ask(reply.model_copy(update={"answer": plain}), ports, rules)
    for _ in range(TRIES):
        read = await Standpoint.read(reply, ports, rules)
        if read is None:
            return _without_case(feedback, plain, own, rules, said)
        standing = _as_plain(read, plain)
        after = _after(read, feedback)
        if await _is_stored(ports, standing, after):
            is_noted = plain is None and (after != read.case or feedback.option in THEIR_OWN)
            own_words = feedback_receipt(feedback, after, own.preferences, said, own.today)
            return own_words if is_noted else standing.receipt(after, None)
    return None


def _after(read: Standpoint, feedback: Feedback) -> Case:
    """Return the case after feedback of somebody who was written to about it; of others it changes nothing."""
    before, reply = read.case, read.reply
    if before.id != reply.case_id or all(one.person != reply.person for one in before.asked):
        return before
    return apply_feedback(before, feedback, reply.person, reply.key, reply.received_at, reply.role)


@dataclass(frozen=True, slots=True)
class _Own:
    """What somebody has set for themselves, and which day it is for them."""

    preferences: Preferences
    today: date


async def _prefer(ports: Ports, rules: Rules, reply: Reply, feedback: Feedback) -> _Own | None:
    """Set what somebody asks for themselves, and return what holds now; None where we know nobody of this id."""
    person = await ports.people.get(reply.person)
    if person is None:
        return None
    today = desk_of(person, None, rules).day(reply.received_at)
    after = preferences_after(person.preferences, feedback, today)
    if after != person.preferences:
        await ports.people.prefer(person.id, after)
    return _Own(after, today)


def _without_case(feedback: Feedback, plain: Answer | None, own: _Own, rules: Rules, said: ItemTexts) -> str:
    """Return what is told to somebody whose message was about no case; what needs one does not happen."""
    if isinstance(plain, StopAsking):
        return rules.texts.receipts.stop_asking
    if plain is not None or feedback.option in {FeedbackOption.WRONG_FACTS, FeedbackOption.WRONG_PERSON}:
        return rules.texts.receipts.closed
    return feedback_receipt(feedback, None, own.preferences, said, own.today)


def _as_plain(standing: Standpoint, plain: Answer | None) -> Standpoint:
    """Return the standpoint of the ordinary answer that was given, where there is one."""
    if plain is None:
        return standing
    return replace(standing, reply=standing.reply.model_copy(update={"answer": plain}))


async def _is_stored(ports: Ports, standing: Standpoint, after: Case) -> bool:
    """Store a case that was moved; False where somebody else moved it meanwhile."""
    if after == standing.case:
        return True
    entry = entry_of(standing.reply, standing.case, after)
    try:
        await ports.cases.save(after, expected=standing.revision, outreach=[], entry=entry)
    except Conflict:
        return False
    return True
