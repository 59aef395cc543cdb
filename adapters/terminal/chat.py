"""One person's chat in a terminal: reads what was sent to them, takes answers by number or in words."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from bot.app.cast import clock_of
from bot.app.follow_ups import next_section
from bot.app.preferences import AWAY, DELEGATE, DIGEST, set_in_words
from bot.app.questions import Waiting, letters_of
from bot.app.rules import Rules
from bot.app.why import why
from bot.domain.calendar import to_zone
from bot.domain.outreach import Role, Step, identity
from bot.domain.people import Person
from bot.domain.reply import Answer, Reply
from bot.messages.answers import Unclear, Value
from bot.messages.compose import compose
from bot.messages.follow_ups import feedback_section, to_message
from bot.messages.item_answers import read_answer
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.messages.plain import picked, to_plain
from bot.messages.understanding import Understanding, confirmed, understand
from bot.ports import Ports

LEAVE: Final = frozenset({"q", "quit", "exit", "bye"})
FEEDBACK: Final = "feedback"
SETTINGS: Final = (DELEGATE, AWAY, DIGEST)
WORTH_ASKING: Final = ("person", "lesson")
"""Optional details that are asked for after free words: these seldom name a person so that it is certain."""
WIDTH: Final = 84
HINT: Final = "[dim]Answer by number or in words; 'why' tells why you got it, 'feedback' tells us; Enter leaves it for later, q ends.[/]"

Read = Callable[[str], str]
"""Shows a prompt and returns a line; raises EOFError at the end of the input."""


class Left(Exception):  # noqa: N818  it is no error: the person left
    """The person ended the chat."""


class Later(Exception):  # noqa: N818  as above
    """The person leaves this question for later."""


class About(Exception):  # noqa: N818  as above
    """The person says something about the message or themselves, and nothing about the pilot."""

    def __init__(self, said: str) -> None:
        """Keep what they said."""
        super().__init__(said)
        self.said = said


class Elsewhere(Exception):  # noqa: N818  as above
    """The person turns to another pilot of the same message."""

    def __init__(self, key: str) -> None:
        """Name its section."""
        super().__init__(key)
        self.key = key


class Chat:
    """The chat of one person; `work` works off replies and whatever is due."""

    def __init__(
        self,
        ports: Ports,
        rules: Rules,
        person: Person,
        work: Callable[[], Awaitable[None]],
        console: Console,
        read: Read = input,
    ) -> None:
        """Sit down as `person`."""
        self._ports, self._rules, self._person, self._work = ports, rules, person, work
        self._console, self._read = console, read
        self._zone = "UTC"
        self._next = ""
        self._why = ""
        self._later: set[str] = set()

    async def run(self) -> None:
        """Show what was sent and take answers until nothing waits or the person leaves."""
        await self._work()
        waiting, past = await self._letters()
        for line in past:
            self._console.print(line)
        if not waiting:
            self._console.print("Nothing waits for an answer from you.")
        try:
            while fresh := [one for one in waiting if one.section.key not in self._later]:
                await self._converse(fresh[0], fresh)
                # Read anew each time: an answer may settle what came after it.
                waiting, _ = await self._letters()
                waiting.sort(key=lambda one: one.section.key != self._next)
        except (Left, EOFError):
            self._console.print("[dim]Until next time.[/]")

    async def _letters(self) -> tuple[list[Waiting], list[str]]:
        """Return the questions that wait, the newest of each case, and a line for everything else that was sent."""
        letters = await letters_of(self._ports, self._rules, self._person)
        past = []
        for delivery, section in letters.past:
            when = f"{delivery.claimed_at:%d %b}" if delivery.claimed_at else ""
            past.append(f"[dim]{when}  {escape(section.fact)}[/]")
        return list(letters.waiting), past

    async def _converse(self, one: Waiting, waiting: Sequence[Waiting]) -> None:
        """Show one question and take its answer, leave it for later, or turn to another of its message."""
        pilot = await self._ports.pilots.get(one.section.pilot)
        self._zone, _ = clock_of(self._person, pilot, self._rules)
        others = [w for w in waiting if w is not one and w.letter == one.letter]
        sections = tuple(w.section for w in (one, *others))
        message = one.message.model_copy(update={"sections": sections})
        if not one.section.footer and one.section.is_of_owner:
            # Written anew: how many pilots of an owner's message wait has changed with each answer.
            message = compose([(Step(one.message.kind), section) for section in sections], self._rules.texts)
        self._why = await why(
            self._ports, self._rules, self._person.id, one.delivery.id, one.section.case_id, self._ports.clock.now()
        )
        self._show(one, message)
        try:
            answer = self._answer(message)
        except Elsewhere as other:
            self._next = other.key
        except About as words:
            await self._about_us(one, words.said)
        except Later:
            self._later.add(one.section.key)
            self._console.print("[dim]Left for later.[/]\n")
        else:
            self._later.add(one.section.key)
            await self._give(one, answer)

    async def _about_us(self, one: Waiting, said: str) -> None:
        """Take what somebody sets for themselves, or what a message was to them; the question stays open."""
        texts, now = self._rules.texts, self._ports.clock.now()
        if not said.casefold().startswith(FEEDBACK):
            note = await set_in_words(self._person.id, said, self._ports, self._rules, now, self._zone)
            self._console.print(f"[green]{escape(note or '')}[/]\n")
            return
        section = feedback_section(one.section, texts, texts.follow_ups)
        message = to_message(section, texts)
        self._console.print(Panel(escape(to_plain(message)), width=WIDTH))
        with suppress(Later):
            await self._give(Waiting(one.delivery, message, section), self._answer(message), one.section.role)

    def _show(self, one: Waiting, message: Message) -> None:
        sent = one.delivery.claimed_at
        at = f"{sent.astimezone(to_zone(self._zone)):%A %d %B, %H:%M}" if sent else ""
        text = escape(to_plain(message))
        self._console.print(Panel(text, title=f"[bold]Stickshaker[/] {at}", title_align="left", width=WIDTH))
        self._console.print(HINT)

    def _answer(self, message: Message) -> Answer:
        """Ask until there is an answer that was confirmed or tapped."""
        while True:
            said = self._ask("> ")
            if not said:
                raise Later
            if said.casefold().rstrip("?") == "why":
                self._console.print(escape(self._why))
                continue
            if said.casefold().startswith((FEEDBACK, *SETTINGS)):
                raise About(said)
            answer = self._by_number(said, message) if said.isdigit() else self._in_words(said, message.sections[0])
            if answer is not None:
                return answer

    def _by_number(self, said: str, message: Message) -> Answer | None:
        """Return the answer behind a number, with its details asked one by one; another pilot's number opens that."""
        choice = picked(message, said)
        if isinstance(choice, Section):
            raise Elsewhere(choice.key)
        if choice is None:
            numbers = len(message.sections[0].choices) + len(message.sections) - 1
            self._console.print(f"There are numbers 1 to {numbers}; which one?")
            return None
        values: dict[str, Value] = {}
        for field in choice.form:
            given = self._detail(field)
            if given:
                values[field.key] = given
        return self._complete(choice, values, message.sections[0])

    def _in_words(self, said: str, section: Section) -> Answer | None:
        """Show back what was understood, ask for what is missing, and take it only after a yes."""
        now = self._ports.clock.now()
        meant = understand(said, section, self._rules.texts, now=now, timezone=self._zone)
        self._console.print(escape(meant.text))
        if meant.choice is None:
            return None
        values = dict(meant.values)
        for field in meant.missing:
            given = self._detail(field, is_asked=field is meant.missing[0])
            if given:
                values[field.key] = given
        if not self._is_right(meant, section):
            self._console.print("Then not. What is it?")
            return None
        choice = next((c for c in section.choices if c.key == meant.choice), Choice(key=meant.choice, label=""))
        for field in choice.form:
            if field.key in WORTH_ASKING and field.key not in values:
                given = self._detail(field)
                if given:
                    values[field.key] = given
        return self._complete(choice, values, section)

    def _to_answer(self, key: str, values: dict[str, Value], section: Section, now: datetime) -> Answer | Unclear:
        return read_answer(section, key, values, self._rules.texts, now=now, timezone=self._zone)

    def _complete(self, choice: Choice, values: dict[str, Value], section: Section) -> Answer | None:
        """Return the answer, asking again for each detail that can't be taken."""
        while True:
            now = self._ports.clock.now()
            answer = self._to_answer(choice.key, values, section, now)
            if not isinstance(answer, Unclear):
                return answer
            for key, reason in answer.reasons.items():
                self._console.print(escape(reason))
                said = self._ask("  ")
                if not said:
                    raise Later
                values[key] = said

    def _detail(self, field: FormField, *, is_asked: bool = False) -> str:
        """Ask for one detail of a form, unless that was said already; an optional one may be left empty."""
        if not is_asked:
            optional = "" if field.required else " [dim](Enter if unknown)[/]"
            self._console.print(f"  {escape(field.label)}{optional}")
        if field.kind is FieldKind.CHOICE:
            for number, (_, label) in enumerate(field.options, 1):
                self._console.print(f"    {number}  {escape(label)}")
        return self._ask("  ")

    def _is_right(self, meant: Understanding, section: Section) -> bool:
        """Ask for a yes; an owner who has filled in what was missing has given it."""
        if meant.missing and section.is_of_owner:
            return True
        if meant.missing:
            self._console.print(escape(self._rules.texts.understood.right))
        return self._yes()

    def _yes(self) -> bool:
        while True:
            said = confirmed(self._ask("  yes or no? "), self._rules.texts)
            if said is not None:
                return said

    def _ask(self, prompt: str) -> str:
        said = self._read(prompt).strip()
        if said.casefold() in LEAVE:
            raise Left
        return said

    async def _give(self, one: Waiting, answer: Answer, role: Role | None = None) -> None:
        """Put the reply into the inbox, have it worked off, and show what follows from it."""
        now = self._ports.clock.now()
        said = answer.model_dump_json()
        key = identity(self._person.id, one.delivery.id, one.section.key, now.isoformat(), said)
        reply = Reply(
            key=f"terminal:{key}",
            person=self._person.id,
            case_id=one.section.case_id,
            pilot=one.section.pilot,
            answer=answer,
            received_at=now,
            role=role or one.section.role,
            thing=one.section.thing,
        )
        await self._ports.inbox.receive(reply)
        await self._work()
        note = await self._ports.inbox.note(reply)
        self._console.print(f"[green]{escape(note or 'Kept; it is worked off with the next sweep.')}[/]\n")
        await self._ask_on(one, reply)

    async def _ask_on(self, one: Waiting, reply: Reply) -> None:
        """Put the item that follows an answer, if any: in the same breath, and never required."""
        said = self._rules.texts.follow_ups
        section = await next_section(self._ports, self._rules, reply, said)
        if section is None:
            return
        message = to_message(section, self._rules.texts)
        self._console.print(Panel(escape(to_plain(message)), width=WIDTH))
        try:
            answer = self._answer(message)
        except Later:
            self._console.print("[dim]Left for later.[/]\n")
        else:
            await self._give(Waiting(one.delivery, message, section), answer)
