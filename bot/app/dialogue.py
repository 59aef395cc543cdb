"""What words of a person lead to: an answer they have said yes to, or something that is said back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.cast import clock_of
from bot.app.preferences import AWAY, DELEGATE, DIGEST, set_in_words
from bot.app.questions import Question, letters_of, question_at
from bot.app.rules import Rules
from bot.app.why import why
from bot.domain.outreach import Delivery
from bot.domain.people import Person
from bot.domain.reply import Answer
from bot.domain.turn import Given, Meant, from_given, to_given
from bot.messages.answers import Unclear
from bot.messages.follow_ups import feedback_section, to_message
from bot.messages.item_answers import read_answer
from bot.messages.model import Choice, Message
from bot.messages.talk import ABOUT, MOST_OFFERED, YES, shown_back, told, which
from bot.messages.understanding import confirmed, understand
from bot.ports import Ports

HELP: Final = frozenset({"help", "?", "hi", "hello"})
WHY: Final = "why"
FEEDBACK: Final = "feedback"
SETTINGS: Final = (DELEGATE, AWAY, DIGEST)


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer that somebody has tapped, sent, or said yes to; `label` is the answer as it was offered."""

    delivery: Delivery
    question: Question
    answer: Answer
    label: str


@dataclass(frozen=True, slots=True)
class SayBack:
    """What is said back; nothing was noted. Taps at it are about the delivery."""

    message: Message
    delivery: str = ""


Outcome = Decided | SayBack


class Dialogue:
    """One turn of one person."""

    def __init__(self, ports: Ports, rules: Rules, person: Person, now: datetime, turn: str) -> None:
        """Understand what this person does as of now, in the turn of this key."""
        self._ports, self._rules, self._person, self._now, self._turn = ports, rules, person, now, turn
        self._said = rules.texts.talk

    async def tapped(self, delivery: Delivery, key: str, choice: str, values: dict[str, Given]) -> Outcome:
        """Return what a choice at a section leads to, with what its form asked for."""
        question = await question_at(self._ports, self._rules, self._person, delivery, key)
        if question is None:
            return SayBack(told(self._said.gone))
        answer = await self._read(question, choice, values)
        if isinstance(answer, Unclear):
            return SayBack(told(self._said.unclear.format(reasons=" ".join(answer.reasons.values()))))
        offered = (one.label for one in question.section.choices if one.key == choice)
        return Decided(delivery, question, answer, next(offered, choice))

    async def about_message(self, delivery: Delivery, key: str, what: str) -> Outcome:
        """Tell why a message came, or ask what it was to somebody; `key` is that of one of its sections."""
        texts = self._rules.texts
        sections = Message.from_stored(delivery.message).sections if delivery.message else ()
        section = next((one for one in sections if one.key == key), next(iter(sections), None))
        if section is None:
            return SayBack(told(self._said.gone))
        if what == FEEDBACK:
            return SayBack(to_message(feedback_section(section, texts, texts.follow_ups), texts), delivery.id)
        asked = section.case_id
        return SayBack(told(await why(self._ports, self._rules, self._person.id, delivery.id, asked, self._now)))

    async def at_talk(self, choice: str) -> Outcome:
        """Return what a tap at something we said back leads to: yes, no, or which question is meant."""
        meant = await self._ports.turns.meant(self._person.id)
        if meant is None:
            return SayBack(told(self._said.passed))
        if choice.startswith(ABOUT):
            return await self._picked(meant, choice.removeprefix(ABOUT)) or SayBack(told(self._said.passed))
        return await self._confirmed(meant, is_yes=choice == YES)

    async def said(self, words: str) -> Outcome:
        """Return what words lead to."""
        plain = " ".join(words.split())
        meant = await self._ports.turns.meant(self._person.id)
        # What this very turn left behind, before it was cut off, is no answer to anything.
        going_on = await self._going_on(meant, plain) if meant and meant.by != self._turn else None
        if going_on is not None:
            return going_on
        low = plain.casefold().rstrip("?!.") or plain
        if low in HELP:
            return SayBack(told(self._said.help, self._said.settings))
        if low == WHY or low.startswith((FEEDBACK, *SETTINGS)):
            return await self._about_us(low, plain)
        return await self._about_pilots(plain)

    async def _going_on(self, meant: Meant, plain: str) -> Outcome | None:
        """Return what words lead to beside what waits for a yes or a detail; None where they say something new."""
        if meant.offered:
            return await self._picked(meant, plain)
        is_yes = confirmed(plain, self._rules.texts)
        if is_yes is not None and not (is_yes and meant.missing):
            return await self._confirmed(meant, is_yes=is_yes)
        return await self._filled_in(meant, plain) if meant.missing else None

    async def _picked(self, meant: Meant, plain: str) -> Outcome | None:
        """Return what the kept words mean for the question that was picked by its number."""
        number = int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 3 else 0  # noqa: PLR2004  two figures are plenty
        if not 1 <= number <= len(meant.offered):
            return None
        delivery_id, key = meant.offered[number - 1]
        delivery = await self._ports.outbox.get(self._person.id, delivery_id)
        question = await question_at(self._ports, self._rules, self._person, delivery, key) if delivery else None
        if delivery is None or question is None:
            return SayBack(told(self._said.gone))
        return await self._understood(delivery, question, meant.words)

    async def _confirmed(self, meant: Meant, *, is_yes: bool) -> Outcome:
        """Take what was understood after a yes; forget it after a no. A yes is forgotten once it was noted."""
        if not is_yes:
            await self._ports.turns.keep_meant(self._person.id, None)
            return SayBack(told(self._said.not_then))
        delivery = await self._ports.outbox.get(self._person.id, meant.delivery)
        if delivery is None:
            return SayBack(told(self._said.gone))
        return await self.tapped(delivery, meant.section, meant.choice, meant.values)

    async def _filled_in(self, meant: Meant, plain: str) -> Outcome | None:
        """Take words as the detail that was asked for, and ask for the next one, if any."""
        delivery = await self._ports.outbox.get(self._person.id, meant.delivery)
        question = (
            await question_at(self._ports, self._rules, self._person, delivery, meant.section) if delivery else None
        )
        if delivery is None or question is None:
            return None
        first, *rest = meant.missing
        values = {**meant.values, first: Given(text=plain)}
        answer = await self._read(question, meant.choice, values)
        if not isinstance(answer, Unclear):
            offered = (one.label for one in question.section.choices if one.key == meant.choice)
            return Decided(delivery, question, answer, next(offered, meant.choice))
        if first in answer.reasons:
            return SayBack(told(answer.reasons[first]))
        left = tuple(key for key in rest if key in answer.reasons) or tuple(answer.reasons)
        kept = meant.model_copy(update={"values": values, "missing": left, "by": self._turn})
        await self._ports.turns.keep_meant(self._person.id, kept)
        return SayBack(told(answer.reasons[left[0]]))

    async def _about_us(self, low: str, plain: str) -> Outcome:
        """Answer why a message came, take what it was to somebody, or what they set for themselves."""
        letters, texts = await letters_of(self._ports, self._rules, self._person), self._rules.texts
        if low.startswith(SETTINGS):
            zone = clock_of(self._person, None, self._rules)[0]
            note = await set_in_words(self._person.id, plain, self._ports, self._rules, self._now, zone)
            return SayBack(told(note or texts.talk.settings))
        sent = [(one.delivery, one.section) for one in letters.waiting] + [*letters.past]
        if not sent:
            return SayBack(told(texts.talk.nothing_waits))
        delivery, section = max(sent, key=lambda one: one[0].claimed_at or one[0].made_at)
        return await self.about_message(delivery, section.key, WHY if low == WHY else FEEDBACK)

    async def _about_pilots(self, plain: str) -> Outcome:
        """Understand words as an answer to the question that waits, or ask which of several is meant."""
        letters = await letters_of(self._ports, self._rules, self._person)
        low = plain.casefold()
        named = [w for w in letters.waiting if w.section.title.casefold() in low or w.section.pilot.casefold() in low]
        pool = named or list(letters.waiting)
        if not pool:
            return SayBack(told(self._said.nothing_waits))
        if len(pool) == 1:
            return await self._understood(pool[0].delivery, Question(pool[0].section, pool[0].section.role), plain)
        offered = tuple((one.delivery.id, one.section.key) for one in pool[:MOST_OFFERED])
        await self._ports.turns.keep_meant(self._person.id, Meant(words=plain[:1000], offered=offered, by=self._turn))
        return SayBack(which([one.section for one in pool], self._said))

    async def _understood(self, delivery: Delivery, question: Question, words: str) -> Outcome:
        """Show back what words mean at a question, and keep it until they say yes."""
        section, zone = question.section, await self.zone(question)
        meant = understand(words, section, self._rules.texts, now=self._now, timezone=zone)
        kept = None
        if meant.choice is not None:
            kept = Meant(
                by=self._turn,
                delivery=delivery.id,
                section=section.key,
                choice=meant.choice,
                values=to_given(meant.values),
                missing=tuple(field.key for field in meant.missing),
            )
        await self._ports.turns.keep_meant(self._person.id, kept)
        message = shown_back(section, meant, self._said)
        is_of_message = meant.choice is None or bool(meant.missing)
        return SayBack(message, delivery.id if is_of_message else "")

    async def _read(self, question: Question, choice: str, values: dict[str, Given]) -> Answer | Unclear:
        zone = await self.zone(question)
        section, texts = question.section, self._rules.texts
        return read_answer(section, choice, from_given(values), texts, now=self._now, timezone=zone)

    async def zone(self, question: Question) -> str:
        """Return the time zone in which this person reads and says days and hours."""
        pilot = await self._ports.pilots.get(question.section.pilot) if question.section.pilot else None
        return clock_of(self._person, pilot, self._rules)[0]


def offered_choice(question: Question, choice: str) -> Choice | None:
    """Return a choice of a section by its key."""
    return next((one for one in question.section.choices if one.key == choice), None)
