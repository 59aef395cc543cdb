"""Who typed a command, in which roles they may do something, and what a command works with."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from bot.app.cast import clock_of
from bot.app.directory import known_as
from bot.app.rules import Rules
from bot.domain.audit import AuditEntry
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.messages.command_texts import CommandTexts
from bot.ports import Ports

ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|[UW][A-Z0-9]{4,}")
"""How somebody may be written whom the registry does not know yet: an address, or a chat's own id."""
LONGEST_NAME: Final = 200
"""Characters, as the records have it."""
NEAR: Final = 3
"""Names that are offered in the place of one that is not known."""


class Right(StrEnum):
    """As what somebody may do something; of a pilot where the command is about one."""

    ANYONE = "anyone"
    OWNER = "owner"
    SPONSOR = "sponsor"
    LEAD = "lead"
    ADMIN = "admin"


class Refused(Exception):  # noqa: N818  an answer to who typed
    """A command was not carried out, for the reason given in a sentence; `shows_usage` where it was written wrongly."""

    def __init__(self, said: str, *, shows_usage: bool = False) -> None:
        """Keep the sentence."""
        super().__init__(said)
        self.said, self.shows_usage = said, shows_usage


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever typed it. `called` is what commands are called by in their chat, `key` tells one typing from another."""

    person: Person
    is_admin: bool
    called: str
    key: str


@dataclass(frozen=True, slots=True)
class Typed:
    """One command under way: who typed it, the words after its name, and the pilot where it is about one."""

    caller: Caller
    ports: Ports
    rules: Rules
    now: datetime
    words: tuple[str, ...]
    who_is: Callable[[str], Awaitable[tuple[str, ...]]]
    """Returns how the registry may write somebody whom the chat knows, the best way first."""
    named: Pilot | None = None

    @property
    def said(self) -> CommandTexts:
        """Return what is said to commands."""
        return self.rules.texts.commands

    @property
    def me(self) -> Person:
        """Return who typed it."""
        return self.caller.person

    @property
    def pilot(self) -> Pilot:
        """Return the pilot it is about; raises ValueError for a command about none."""
        if self.named is None:
            raise ValueError("the command is about no pilot")
        return self.named

    @property
    def rest(self) -> str:
        """Return the words as one text."""
        return " ".join(self.words)

    @property
    def zone(self) -> str:
        """Return the time zone of who typed it."""
        return clock_of(self.me, self.named, self.rules)[0]

    def entry(self, what: str) -> AuditEntry:
        """Return the entry in the trail for what they do."""
        return AuditEntry(at=self.now, who=self.me.name, what=what)

    async def person(self, given: str) -> Person:
        """Return somebody as they were written, known or new; raises Refused where nobody can be meant."""
        aliases = await self.who_is(given.strip())
        found = await known_as(aliases, self.ports)
        is_new = found is None and aliases and ADDRESS.fullmatch(aliases[0]) and len(aliases[0]) <= LONGEST_NAME
        if found is None and not is_new:
            raise Refused(self.said.no_person.format(given=given[:80]))
        return found or Person(id=self.ports.people.identify(aliases[0]), name=aliases[0])


def rights_of(caller: Caller, pilot: Pilot | None, ports: Ports) -> frozenset[Right]:
    """Return as what somebody may act, of a pilot where one is meant; whoever stands in for an owner or sponsor too."""
    mine = {Right.ANYONE} | ({Right.ADMIN} if caller.is_admin else set())
    if pilot is None:
        return frozenset(mine)
    names = {Right.OWNER: pilot.owner, Right.SPONSOR: pilot.sponsor, Right.LEAD: pilot.programme_lead}
    return frozenset(
        mine | {right for right, name in names.items() if name and ports.people.identify(name) == caller.person.id}
    )


async def stands_in(caller: Caller, pilot: Pilot, ports: Ports) -> frozenset[Right]:
    """Return for which roles of a pilot somebody was named as the one who stands in."""
    named = {Right.OWNER: pilot.owner, Right.SPONSOR: pilot.sponsor}
    ids = {right: ports.people.identify(name) for right, name in named.items() if name}
    people = await ports.people.some(sorted(set(ids.values())))
    return frozenset(
        right for right, one in ids.items() if one in people and people[one].preferences.delegate == caller.person.id
    )


async def find_pilot(
    words: tuple[str, ...], caller: Caller, ports: Ports, said: CommandTexts
) -> tuple[Pilot, tuple[str, ...]]:
    """Return the pilot that the first words name, by id or by name, and the words after it.

    The longest name counts, and of equal ones that in which the caller has a role. Raises Refused, with those that look
    alike as far as the caller may know of them.
    """
    pilots = await ports.pilots.all()
    for count in range(len(words), 0, -1):
        given = " ".join(words[:count])
        exact = [p for p in pilots if p.id == given]
        found = exact or [p for p in pilots if given.casefold() in {p.id.casefold(), p.name.casefold()}]
        mine = [p for p in found if len(rights_of(caller, p, ports)) > 1]
        if len(found) == 1 or len(mine) == 1:
            return (mine or found)[0], words[count:]
        if found:
            raise Refused(said.several_pilots.format(given=given[:80], ids=", ".join(sorted(p.id for p in found))))
    given = words[0] if words else ""
    low = given.casefold()
    known = [p for p in pilots if caller.is_admin or len(rights_of(caller, p, ports)) > 1]
    near = [p.id for p in known if low and (low in p.id.casefold() or low in p.name.casefold())][:NEAR]
    near = near or get_close_matches(given, [p.id for p in known], n=NEAR)
    hint = said.did_you_mean.format(near=", ".join(near)) if near else ""
    raise Refused(said.no_pilot.format(given=given[:80], near=hint), shows_usage=not given)
