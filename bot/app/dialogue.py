"""What words of a person lead to: an answer they have said yes to, or something that is said back."""

import re
from dataclasses import dataclass, replace
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
from bot.messages.answers import CHOICE, Unclear
from bot.messages.follow_ups import feedback_section, to_message
from bot.messages.item_answers import read_answer
from bot.messages.model import Choice, FieldKind, Message, Section
from bot.messages.talk import ABOUT, MOST_OFFERED, YES, shown_back, told, which
from bot.messages.understanding import Understanding, confirmed, understand
from bot.messages.wording import LONGEST_QUOTE, shorten
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
    """What is said back; nothing was noted. Taps at it are about the delivery.

    With `moves`, `meant` takes the place of what waited for their yes.
    """

    message: Message
    delivery: str = ""
    meant: Meant | None = None
    moves: bool = False


Outcome = Decided | SayBack


class Dialogue:
    """One turn of one person."""

    def __init__(self, ports: Ports, rules: Rules, person: Person, now: datetime, turn: str) -> None:
        """Understand what this person does as of now, in the turn of this key."""
        self._ports, self._rules, self._person, self._now, self._turn = ports, rules, person, now, turn
        self._said = rules.texts.talk

    async def tapped(self, delivery: Delivery, question: Question, choice: str, values: dict[str, Given]) -> Outcome:
        """Return what a choice at a question leads to, with what its form asked for."""
        answer = await self._read(question, choice, values)
        if isinstance(answer, Unclear):
            return self._asked_back(delivery, question, choice, values, answer)
        offered = offered_choice(question, choice)
        return Decided(delivery, question, answer, offered.label if offered else choice)

    def _asked_back(
        self, delivery: Delivery, question: Question, choice: str, values: dict[str, Given], unclear: Unclear
    ) -> SayBack:
        """Ask for the first detail that is missing or can't be taken, and take the next words for it."""
        missing = tuple(key for key in unclear.reasons if key != CHOICE)
        said = told(self._said.unclear.format(reasons=next(iter(unclear.reasons.values()))))
        if not missing:
            return SayBack(said)
        section = question.section.key
        kept = Meant(
            by=self._turn, delivery=delivery.id, section=section, choice=choice, values=values, missing=missing
        )
        return SayBack(said, meant=kept, moves=True)

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
        """Return what a tap at something we said back leads to: yes, no, or which question is meant.

        What was understood since then is another thing, and not what was tapped at.
        """
        kind, _, by = choice.partition(":")
        meant = await self._ports.turns.meant(self._person.id)
        if meant is None or meant.by != by:
            return SayBack(told(self._said.passed))
        if kind.startswith(ABOUT):
            return await self._picked(meant, kind.removeprefix(ABOUT)) or SayBack(told(self._said.passed))
        return await self._confirmed(meant, is_yes=kind == YES)

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
            outcome: Outcome = SayBack(told(self._said.help, self._said.settings))
        elif _is_about_us(low):
            outcome = await self._about_us(low, plain)
        else:
            return await self._about_pilots(plain)
        # Whoever speaks of something else has not said yes, and a later "ok" is no answer to what was before.
        return replace(outcome, meant=None, moves=True) if isinstance(outcome, SayBack) else outcome

    async def _going_on(self, meant: Meant, plain: str) -> Outcome | None:
        """Return what words lead to beside what waits for a yes or a detail; None where they say something new."""
        if meant.offered:
            return await self._picked(meant, plain)
        is_yes = confirmed(plain, self._rules.texts)
        if is_yes is not None and not (is_yes and meant.missing):
            return await self._confirmed(meant, is_yes=is_yes)
        low = plain.casefold().rstrip("?!.")
        if not meant.missing or low in HELP or _is_about_us(low):
            return None
        return await self._filled_in(meant, plain)

    async def _picked(self, meant: Meant, plain: str) -> Outcome | None:
        """Return what the kept words mean for the question that was picked by its number."""
        number = int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 3 else 0  # noqa: PLR2004  two figures are plenty
        if not 1 <= number <= len(meant.offered):
            return None
        asked = await self._asked(*meant.offered[number - 1])
        if asked is None:
            return SayBack(told(self._said.gone), moves=True)
        return await self._understood(*asked, meant.words, names=True)

    async def _confirmed(self, meant: Meant, *, is_yes: bool) -> Outcome:
        """Take what was understood after a yes; forget it after a no."""
        if not is_yes:
            return SayBack(told(self._said.not_then), moves=True)
        asked = await self._asked(meant.delivery, meant.section)
        if asked is None:
            return SayBack(told(self._said.gone), moves=True)
        return await self.tapped(*asked, meant.choice, meant.values)

    async def _asked(self, delivery_id: str, key: str) -> tuple[Delivery, Question] | None:
        """Return a message of theirs and what it asks at one of its sections; None where that is not there any more."""
        delivery = await self._ports.outbox.get(self._person.id, delivery_id)
        question = await question_at(self._ports, self._rules, self._person, delivery, key) if delivery else None
        return (delivery, question) if delivery and question else None

    async def _filled_in(self, meant: Meant, plain: str) -> Outcome | None:
        """Take words as the detail that was asked for, and ask for the next one, if any; None where they are no detail."""
        asked = await self._asked(meant.delivery, meant.section)
        if asked is None or await self._is_an_answer(plain, meant, asked[1]):
            return None
        delivery, question = asked
        first, *rest = meant.missing
        values = {**meant.values, first: Given(text=plain)}
        answer = await self._read(question, meant.choice, values)
        offered = offered_choice(question, meant.choice)
        label = offered.label if offered else meant.choice
        if isinstance(answer, Unclear):
            if first in answer.reasons:
                return SayBack(told(answer.reasons[first]))
            left = tuple(key for key in rest if key in answer.reasons) or tuple(answer.reasons)
            kept = meant.model_copy(update={"values": values, "missing": left, "by": self._turn})
            return SayBack(told(answer.reasons[left[0]]), meant=kept, moves=True)
        kinds = {field.key: field.kind for field in (offered.form if offered else ())}
        if kinds.get(first) is not FieldKind.TEXT:
            return Decided(delivery, question, answer, label)
        # Any words are a text: they are shown back before somebody else may read them.
        text = self._said.filled.format(answer=label, words=shorten(plain, LONGEST_QUOTE))
        kept = meant.model_copy(update={"values": values, "missing": (), "by": self._turn})
        shown = shown_back(question.section, Understanding(text, meant.choice), self._said, self._turn)
        return SayBack(shown, meant=kept, moves=True)

    async def _is_an_answer(self, plain: str, meant: Meant, question: Question) -> bool:
        """Whether words are an answer of their own, and not a detail of the one that was begun."""
        zone = await self._zone(question)
        fresh = understand(plain, question.section, self._rules.texts, now=self._now, timezone=zone)
        return fresh.choice is not None and (fresh.choice != meant.choice or not fresh.missing)

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
        named = [one for one in letters.waiting if self._name_in(plain, one.section)]
        pool = named or list(letters.waiting)
        if not pool:
            return SayBack(told(self._said.nothing_waits), moves=True)
        if len(pool) == 1:
            question = Question(pool[0].section, pool[0].section.role)
            return await self._understood(pool[0].delivery, question, plain, names=len(letters.waiting) > 1)
        offered = tuple((one.delivery.id, one.section.key) for one in pool[:MOST_OFFERED])
        kept = Meant(words=plain[:1000], offered=offered, by=self._turn)
        return SayBack(which([one.section for one in pool], self._said, self._turn), meant=kept, moves=True)

    def _name_in(self, plain: str, section: Section) -> re.Match[str] | None:
        """Return where words name the pilot of a section: its title, or its id unless that is a word of an answer."""
        vocabulary = {phrase for phrases in self._rules.texts.words.causes.values() for phrase in phrases}
        names = [section.title, *([section.pilot] if section.pilot.casefold() not in vocabulary else [])]
        places = (re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain, re.IGNORECASE) for name in names if name)
        return next((place for place in places if place), None)

    async def _understood(self, delivery: Delivery, question: Question, words: str, *, names: bool) -> Outcome:
        """Show back what words mean at a question, and keep it until they say yes."""
        section, zone = question.section, await self._zone(question)
        meant = understand(words, section, self._rules.texts, now=self._now, timezone=zone)
        name = self._name_in(words, section) if meant.choice is None else None
        if name is not None:  # it stands between words that belong together
            bare = f"{words[: name.start()]} {words[name.end() :]}"
            meant = understand(" ".join(bare.split()), section, self._rules.texts, now=self._now, timezone=zone)
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
        message = shown_back(section, meant, self._said, self._turn, names=names)
        is_of_message = meant.choice is None or bool(meant.missing)
        return SayBack(message, delivery.id if is_of_message else "", meant=kept, moves=True)

    async def _read(self, question: Question, choice: str, values: dict[str, Given]) -> Answer | Unclear:
        zone = await self._zone(question)
        section, texts = question.section, self._rules.texts
        return read_answer(section, choice, from_given(values), texts, now=self._now, timezone=zone)

    async def _zone(self, question: Question) -> str:
        return await zone_of(self._ports, self._rules, self._person, question)


async def zone_of(ports: Ports, rules: Rules, person: Person, question: Question) -> str:
    """Return the time zone in which somebody who answers a question reads and says days and hours."""
    pilot = await ports.pilots.get(question.section.pilot) if question.section.pilot else None
    return clock_of(person, pilot, rules)[0]


def offered_choice(question: Question, choice: str) -> Choice | None:
    """Return a choice of a section by its key."""
    return next((one for one in question.section.choices if one.key == choice), None)


def _is_about_us(low: str) -> bool:
    """Whether words are about a message or its reader, and no answer."""
    return low in {WHY, FEEDBACK} or low.startswith(SETTINGS)
