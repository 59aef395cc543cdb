"""Turns of people in chats are answered: an answer of theirs moves its case, and they see what follows from it."""

import logging
from asyncio import timeout
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.app.chats import ref_in
from bot.app.correlated import correlated
from bot.app.dialogue import Decided, Dialogue, Outcome, SayBack, offered_choice, zone_of
from bot.app.directory import known_as
from bot.app.follow_ups import next_section
from bot.app.on_its_way import on_its_way
from bot.app.proven import prove
from bot.app.questions import Question, question_at, waits
from bot.app.replies import work_off_replies
from bot.app.rules import Rules
from bot.domain.outreach import Delivery
from bot.domain.people import Person
from bot.domain.reply import Reply
from bot.domain.survey import ItemId
from bot.domain.turn import SHORTCUT, Form, Given, Settled, Tap, Turn, Words, from_given
from bot.errors import SendRefused
from bot.messages.answers import Unclear, Values
from bot.messages.compose import open_section
from bot.messages.item_answers import read_answer
from bot.messages.model import Answered, Choice, FieldKind, Message, Section
from bot.messages.talk import noted, told
from bot.ports import Ports
from bot.talking import Voice

LOG = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
"""A turn whose worker died is answered by another after this."""
LIMIT: Final = timedelta(seconds=45)
"""Answering one takes no longer than this, so that nobody else begins meanwhile."""
AGAIN: Final = timedelta(seconds=2)
"""Before a turn is tried again that could not be answered now; doubles each time."""
MOST: Final = 8
"""So often a turn is tried; then its author is told, if anything gets through, and an admin reads it in the log."""


async def answer_turns(ports: Ports, rules: Rules, voices: Mapping[str, Voice]) -> int:
    """Answer every turn that waits, oldest first, and return how many were answered.

    Killed anywhere and run again, each answer has moved its case once, and the chat shows what follows.
    """
    done = 0
    for turn in await ports.turns.due(ports.clock.now()):
        voice = voices.get(turn.chat)
        if voice is not None:
            done += await answer_turn(turn, voice, ports, rules)
    return done


async def answer_turn(turn: Turn, voice: Voice, ports: Ports, rules: Rules) -> bool:
    """Answer one turn that waits; False where somebody else has it, or it has to wait longer."""
    now = ports.clock.now()
    held = await ports.turns.hold(turn, now, now + LEASE)
    return bool(held) and await _answer(turn, held, voice, ports, rules)


async def _answer(turn: Turn, held: int, voice: Voice, ports: Ports, rules: Rules) -> bool:
    """Answer one turn, or let it wait; True when it is over."""
    try:
        async with timeout(LIMIT.total_seconds()):
            is_over = await Answering(turn, voice, ports, rules, again=held > 1).answer()
    except SendRefused as refusal:
        is_over, pause = refusal.final, refusal.retry_after or AGAIN * (1 << min(held, MOST))
    except Exception as fault:  # noqa: BLE001  the boundary of one turn: no fault of one keeps the others
        # Only the kind is logged: the words of a fault may hold what somebody said.
        LOG.warning("a turn could not be answered, time %d (%s)", held, type(fault).__name__)
        is_over, pause = False, AGAIN * (1 << min(held, MOST))
    else:
        pause = AGAIN
    if not is_over and held >= MOST:
        LOG.error("a turn of a chat was given up after %d tries; its author is told where that gets through", held)
        await _give_up(turn, voice, ports, rules)
        is_over = True
    if is_over:
        await ports.turns.answered(turn)
    else:
        await ports.turns.later(turn, ports.clock.now() + pause)
    return is_over


async def _give_up(turn: Turn, voice: Voice, ports: Ports, rules: Rules) -> None:
    """Tell who did the turn what became of it: what was noted where an answer was, else that nothing was."""
    try:
        person = await _person(voice, turn.user, ports)
        note = await ports.inbox.note_of(person.id, key_of(turn)) if person else None
        await voice.whisper(turn, note or rules.texts.talk.failed)
    except Exception as fault:  # noqa: BLE001  nothing gets through: that is why it was given up
        LOG.warning("nor could its author be told (%s)", type(fault).__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that somebody asked for: what it is about, and the choice whose details it asks."""

    section: Section
    choice: Choice
    values: Mapping[str, Given]


async def form_of(
    ports: Ports, rules: Rules, voice: Voice, user: str, delivery: str, key: str, choice: str
) -> Wanted | str:
    """Return the form behind a choice, filled with what its author said already; or why there is none, in a sentence."""
    said = rules.texts.talk
    person = await _person(voice, user, ports)
    letter = await ports.outbox.get(person.id, delivery) if person else None
    if person is None or letter is None:
        return said.not_yours if person else said.nobody
    question = await question_at(ports, rules, person, letter, key)
    offered = offered_choice(question, choice) if question else None
    if question is None or offered is None:
        return said.gone
    meant = await ports.turns.meant(person.id)
    is_meant = meant is not None and (meant.delivery, meant.section, meant.choice) == (delivery, key, choice)
    return Wanted(question.section, offered, meant.values if meant and is_meant else {})


async def faults_of_form(ports: Ports, rules: Rules, voice: Voice, user: str, form: Form) -> Mapping[str, str]:
    """Return what can't be taken of a form, a sentence for each field; empty where all can, or nobody knows yet."""
    person = await _person(voice, user, ports)
    letter = await ports.outbox.get(person.id, form.delivery) if person else None
    question = await question_at(ports, rules, person, letter, form.section) if person and letter else None
    if person is None or question is None:
        return {}
    zone = await zone_of(ports, rules, person, question)
    values: Values = from_given(form.values)
    read = read_answer(question.section, form.choice, values, rules.texts, now=ports.clock.now(), timezone=zone)
    return read.reasons if isinstance(read, Unclear) else {}


async def _person(voice: Voice, user: str, ports: Ports) -> Person | None:
    return await known_as(await voice.aliases(user), ports)


def key_of(turn: Turn) -> str:
    """Return the key of the reply that a turn leads to."""
    return f"{turn.chat}:{turn.key}"


def to_settled(outcome: Outcome) -> Settled:
    """Return what a turn led to as it is kept."""
    if isinstance(outcome, Decided):
        section = outcome.question.section.model_dump_json()
        return Settled(
            delivery=outcome.delivery.id,
            section=section,
            role=outcome.question.role,
            answer=outcome.answer,
            label=outcome.label,
        )
    message = outcome.message.to_stored()
    return Settled(delivery=outcome.delivery, message=message, meant=outcome.meant, moves_meant=outcome.moves)


class Answering:
    """One turn under way."""

    def __init__(self, turn: Turn, voice: Voice, ports: Ports, rules: Rules, *, again: bool) -> None:
        """Answer it by this voice; with `again` somebody may have answered it in part."""
        self._turn, self._voice, self._ports, self._rules, self._again = turn, voice, ports, rules, again
        self._said = rules.texts.talk

    async def answer(self) -> bool:
        """Do what the turn asks for; False where it must wait."""
        aliases = await self._voice.aliases(self._turn.user)
        person = await known_as(aliases, self._ports)
        if person is None:
            text = self._said.stranger.format(alias=aliases[0]) if aliases else self._said.nobody
            await self._voice.whisper(self._turn, text)
            return True
        await self._meet(person)
        known = await self._ports.turns.settled(self._turn) if self._again else None
        outcome = await self._outcome(person) if known is None else await self._as_settled(known, person)
        if outcome is None:
            return True
        if known is None:
            await self._ports.turns.settle(self._turn, to_settled(outcome))
        if isinstance(outcome, Decided):
            return await self._give(person, outcome)
        if outcome.moves:
            await self._ports.turns.keep_meant(person.id, outcome.meant)
        if isinstance(self._turn.what, Words) or outcome.message.sections:
            await self._voice.say(self._turn, outcome.message, outcome.delivery, again=self._again)
        else:
            await self._voice.whisper(self._turn, "\n".join(outcome.message.body))
        return True

    async def _meet(self, person: Person) -> None:
        """Note that somebody can be reached, and where."""
        if person.gone_on is not None:
            await self._ports.people.lost(person.id, None)
        if person.met_in != self._turn.chat:
            await self._ports.people.meet(person.id, self._turn.chat)

    async def _as_settled(self, settled: Settled, person: Person) -> Outcome:
        """Return what the turn led to when it was held before: what it moved then is not asked about again."""
        delivery = await self._ports.outbox.get(person.id, settled.delivery) if settled.delivery else None
        if settled.answer is not None and settled.section is not None and delivery is not None:
            question = Question(Section.model_validate_json(settled.section), settled.role)
            return Decided(delivery, question, settled.answer, settled.label)
        message = Message.from_stored(settled.message) if settled.message else told(self._said.gone)
        return SayBack(message, settled.delivery, settled.meant, settled.moves_meant)

    async def _outcome(self, person: Person) -> Outcome | None:
        """Return what the turn leads to; None where it is done already."""
        what = self._turn.what
        dialogue = Dialogue(self._ports, self._rules, person, self._ports.clock.now(), self._turn.key)
        if isinstance(what, Words):
            return await dialogue.said(await self._voice.read(what.text))
        if isinstance(what, Tap) and not what.delivery:
            return await dialogue.at_talk(what.choice)
        delivery = await self._ports.outbox.get(person.id, what.delivery)
        if delivery is None or delivery.message is None:
            return SayBack(told(self._said.not_yours))
        await prove(delivery, self._turn, self._ports)
        if isinstance(what, Tap) and what.choice.startswith(SHORTCUT):
            return await dialogue.about_message(delivery, what.section, what.choice.removeprefix(SHORTCUT))
        if isinstance(what, Tap) and not what.choice:
            return await self._opened(person, delivery, what.section)
        return await self._chosen(person, dialogue, delivery, what)

    async def _chosen(self, person: Person, dialogue: Dialogue, delivery: Delivery, what: Tap | Form) -> Outcome:
        """Return what a choice at a message leads to."""
        question = await question_at(self._ports, self._rules, person, delivery, what.section)
        if question is None:
            return SayBack(told(self._said.gone))
        values = what.values if isinstance(what, Form) else {}
        named = await self._named(offered_choice(question, what.choice), values)
        if named is None:
            return SayBack(told(self._said.unknown_person))
        return await dialogue.tapped(delivery, question, what.choice, named)

    async def _named(self, choice: Choice | None, values: Mapping[str, Given]) -> dict[str, Given] | None:
        """Return what was filled in, with people as the registry writes them; None where somebody is not known."""
        found = dict(values)
        for field in choice.form if choice else ():
            picked = found.get(field.key)
            if field.kind is FieldKind.PERSON and picked is not None and picked.text:
                aliases = await self._voice.aliases(picked.text)
                if not aliases:
                    return None
                known = await known_as(aliases, self._ports)
                found[field.key] = Given(text=known.name if known else aliases[0])
        return found

    async def _opened(self, person: Person, delivery: Delivery, key: str) -> SayBack | None:
        """Show another section of a message in full."""
        message = Message.from_stored(delivery.message or "")
        sections = await self._left(person, delivery, message, "")
        if all(one.key != key for one in sections):
            return SayBack(told(self._said.gone))
        opened = open_section(message.model_copy(update={"sections": tuple(sections)}), key)
        if not self._turn.place:  # opened from elsewhere than the message
            return SayBack(opened, delivery.id)
        await self._voice.show(self._turn, delivery.id, self._turn.place, opened)
        return None

    async def _left(self, person: Person, delivery: Delivery, message: Message, but: str) -> list[Section]:
        """Return the sections of a message that still wait, and what is on its way in the name of their pilots."""
        pilots = {one.pilot for one in message.sections}
        own = [one for one in message.sections if one.key != but and await waits(self._ports, delivery, one, person.id)]
        others = await on_its_way(self._ports, self._rules, person)
        return [*(one for one in others if one.pilot in pilots and one.key != but), *own]

    async def _give(self, person: Person, decided: Decided) -> bool:
        """Have an answer noted, and show what follows from it."""
        section = decided.question.section
        reply = Reply(
            key=key_of(self._turn),
            person=person.id,
            case_id=section.case_id,
            pilot=section.pilot,
            answer=decided.answer,
            received_at=self._turn.at,
            role=decided.question.role,
            thing=section.thing,
        )
        with correlated(case=reply.case_id, pilot=reply.pilot):
            await self._ports.inbox.receive(reply)
            await work_off_replies(self._ports, self._rules)
            note = await self._ports.inbox.note(reply)
        if note is None:
            return False
        await self._ports.turns.keep_meant(person.id, None)
        await self._ports.queue.submit("changed")
        follows = await next_section(self._ports, self._rules, reply, self._rules.texts.follow_ups)
        answered = Answered(fact=section.fact, label=decided.label, note=note)
        await self._show(person, decided, answered, follows)
        return True

    async def _show(self, person: Person, decided: Decided, answered: Answered, follows: Section | None) -> None:
        """Show what follows where they answered: in the place of the message, or as words to who used words.

        Where they answered elsewhere the message itself loses its choices, too.
        """
        delivery, section = decided.delivery, decided.question.section
        message = Message.from_stored(delivery.message or "")
        is_of_message = section.key in {one.key for one in message.sections}
        is_feedback = section.asks is ItemId.USEFUL
        left = [] if is_feedback else await self._left(person, delivery, message, section.key)
        sections = [*([follows] if follows else []), *left]
        more = self._rules.texts.more
        shown = noted(answered, sections, None if is_feedback else message, more=more)
        here = "" if isinstance(self._turn.what, Words) else self._turn.place
        there = ref_in(self._turn.chat, delivery.ref or "")
        if there and there != here and is_of_message:
            bare = noted(answered, [], message, more=more)
            await self._voice.show(self._turn, delivery.id, there, bare)
        if here:
            await self._voice.show(self._turn, delivery.id, here, shown)
        else:
            await self._voice.say(self._turn, shown, delivery.id, again=self._again)
