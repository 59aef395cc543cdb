"""Where what people do in a chat is handed over: a turn is kept at once, and whoever answers turns is woken."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from bot.app.chats import seen_anywhere
from bot.app.commands.caller import Caller
from bot.app.commands.table import carry_out
from bot.app.directory import keep_seen, known_as, tell_moved
from bot.app.home import home_of
from bot.app.rules import Rules
from bot.app.turns import Wanted, faults_of_form, form_of
from bot.domain.people import Person
from bot.domain.turn import Form, Turn
from bot.errors import StickshakerError
from bot.messages.home import Home
from bot.messages.model import Message
from bot.messages.talk import told
from bot.ports import Ports
from bot.talking import Seen, Voice

TASK: Final = "turns"
PAUSE: Final = 0.3
"""Seconds between two times that turns are asked to be answered: what comes meanwhile is answered together."""


class Desk:
    """The desk of one chat."""

    def __init__(
        self,
        ports: Ports,
        rules: Rules,
        voice: Voice,
        admins: Sequence[str],
        called: str,
        *,
        forget: Callable[[str], None] = lambda _user: None,
        others: Mapping[str, Voice] | None = None,
    ) -> None:
        """Keep turns in the store of these ports; admins are written as the registry writes people.

        `called` is what commands are called by on the home tab; `forget` lets the chat's adapter look a user up anew;
        `others` are the other chats, in which somebody may be who left this one.
        """
        self._ports, self._rules, self._voice = ports, rules, voice
        self._admins = frozenset(ports.people.identify(name) for name in admins)
        self._called, self._forget, self._others = called, forget, others or {}
        self._wake = asyncio.Event()

    async def take(self, turn: Turn) -> None:
        """Keep a turn once."""
        if await self._ports.turns.take(turn):
            self._wake.set()

    async def form(self, user: str, ref: tuple[str, str, str]) -> Wanted | str:
        """Return the form behind delivery, section and choice, or why there is none."""
        return await form_of(self._ports, self._rules, self._voice, user, *ref)

    async def faults(self, user: str, form: Form) -> Mapping[str, str]:
        """Return what can't be taken of a form, by field."""
        return await faults_of_form(self._ports, self._rules, self._voice, user, form)

    async def command(self, user: str, called: str, text: str, key: str) -> Message:
        """Carry out a command of somebody whom the registry names, or of an admin."""
        ports, said = self._ports, self._rules.texts.talk
        aliases = await self._voice.aliases(user)
        caller = await self._caller(aliases, called, key)
        if caller is None:
            return told(said.stranger.format(alias=aliases[0]) if aliases else said.nobody)
        words = await self._voice.read(text)
        return await carry_out(words, caller, ports, self._rules, ports.clock.now(), self._voice.aliases)

    async def home(self, user: str) -> Home | None:
        """Return the home tab of somebody whom the registry names, or of an admin."""
        caller = await self._caller(await self._voice.aliases(user), self._called, "")
        return await home_of(caller, self._ports, self._rules) if caller else None

    async def _caller(self, aliases: Sequence[str], called: str, key: str) -> Caller | None:
        ids = [self._ports.people.identify(alias) for alias in aliases]
        known, is_admin = await known_as(aliases, self._ports), bool(self._admins & set(ids))
        if known is None and not is_admin:
            return None
        return Caller(known or Person(id=ids[0], name=aliases[0]), is_admin, called, key)

    async def change(self, user: str, alias: str, *, is_gone: bool) -> None:
        """Note that somebody whom the registry names left the workspace, or came back."""
        self._forget(user)
        known = await known_as([one for one in (alias, user) if one], self._ports)
        if known is None:
            return
        seen = await seen_anywhere(known, self._others) if is_gone and self._others else Seen(is_gone=is_gone)
        if seen is not None and await keep_seen(self._ports, known, Seen(is_gone=seen.is_gone)):
            await tell_moved(self._ports, [known])

    async def waking(self) -> None:
        """Ask for the task that answers turns whenever one came, twice: the first may meet one that just ends."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for _ in range(2):
                with suppress(StickshakerError, OSError):
                    await self._ports.queue.submit(TASK)
                await asyncio.sleep(PAUSE)
