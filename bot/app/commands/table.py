"""The table of commands: who may use each, whether it is about a pilot, and what carries it out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from bot.app.commands import office, own, pilots
from bot.app.commands.caller import Caller, Refused, Right, Typed, find_pilot, rights_of, stands_in
from bot.app.rules import Rules
from bot.messages.command_texts import COMMANDS, CommandTexts
from bot.messages.model import Message
from bot.messages.talk import told
from bot.ports import Ports

Do = Callable[[Typed], Awaitable[Message]]
HELP: Final = "help"
LONGEST: Final = 3_000
"""Characters of a command that are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. About a pilot, its first words name one, and the rights are those of that pilot."""

    do: Do
    rights: frozenset[Right] = frozenset({Right.ANYONE})
    of_pilot: bool = False


def _of(do: Do, *rights: Right) -> Entry:
    return Entry(do, frozenset(rights), of_pilot=True)


def _for_admins(do: Do) -> Entry:
    return Entry(do, frozenset({Right.ADMIN}))


async def _help(typed: Typed) -> Message:
    """Show the commands that somebody may use, or one of them."""
    said, called = typed.said, typed.caller.called
    given = typed.rest.casefold()
    if given:
        name = given if given in TABLE else _nearest(given)
        return told(said.commands[name].means, *usage(name, said, called))
    is_for = {Right.ANYONE, Right.OWNER, Right.SPONSOR, Right.LEAD} | (
        {Right.ADMIN} if typed.caller.is_admin else set()
    )
    mine = [said.commands[name] for name in COMMANDS if TABLE[name].rights & is_for]
    lines = [said.help_line.format(usage=one.usage, means=one.means) for one in mine]
    return told(said.help_intro.format(command=called), "\n".join(lines), said.help_more)


TABLE: Final[Mapping[str, Entry]] = {
    HELP: Entry(_help),
    "list": Entry(pilots.list_pilots),
    "status": _of(pilots.status, Right.OWNER, Right.SPONSOR, Right.LEAD, Right.ADMIN),
    "snooze": _of(pilots.snooze, Right.OWNER),
    "decision": _of(pilots.decision, Right.SPONSOR),
    "stage": _of(pilots.stage, Right.OWNER, Right.LEAD, Right.ADMIN),
    "dependency": _of(pilots.dependency, Right.OWNER, Right.LEAD, Right.ADMIN),
    "owner": _of(pilots.owner, Right.LEAD, Right.ADMIN),
    "sponsor": _of(pilots.sponsor, Right.LEAD, Right.ADMIN),
    "why": Entry(own.why),
    "settings": Entry(own.settings),
    "set": Entry(own.set_own),
    "delegate": Entry(own.delegate),
    "mute": Entry(own.mute),
    "digest": Entry(own.digest),
    "mydata": Entry(own.mydata),
    "optout": Entry(own.optout),
    "optin": Entry(own.optin),
    "add": _for_admins(pilots.add),
    "edit": _of(pilots.edit, Right.ADMIN),
    "sources": _for_admins(office.sources),
    "preview": _for_admins(office.preview),
    "golive": _for_admins(office.golive),
    "pause all": _for_admins(office.pause_all),
    "resume": _for_admins(office.end_pause),
}
"""Every command by its name; what it is called and how it is used is in bot/content/commands.yaml."""


async def carry_out(
    text: str,
    caller: Caller,
    ports: Ports,
    rules: Rules,
    now: datetime,
    who_is: Callable[[str], Awaitable[tuple[str, ...]]],
) -> Message:
    """Carry out what somebody typed after the name of the command, and return what is said to that.

    Nothing that can be typed is a fault: what is not understood gets the usage, the nearest command and an example.
    """
    words = tuple(text[:LONGEST].replace("\x00", " ").split()) or (HELP,)
    said = rules.texts.commands
    name, rest = _named(words)
    if name is None:
        near = _nearest(words[0].casefold())
        unknown = said.unknown.format(given=words[0][:40], near=near)
        return told(unknown, *usage(near, said, caller.called))
    entry = TABLE[name]
    typed = Typed(caller, ports, rules, now, rest, who_is)
    try:
        if entry.of_pilot:
            pilot, left = await find_pilot(rest, caller, ports, said)
            typed = replace(typed, named=pilot, words=left)
        await _check(entry, typed)
        return await entry.do(typed)
    except Refused as refused:
        return told(refused.said, *(usage(name, said, caller.called) if refused.shows_usage else ()))


async def _check(entry: Entry, typed: Typed) -> None:
    """Raise Refused unless who typed may do this."""
    held = rights_of(typed.caller, typed.named, typed.ports)
    if typed.named is not None and not held & entry.rights:
        held |= await stands_in(typed.caller, typed.named, typed.ports)
    if not held & entry.rights:
        said = typed.said
        who = [getattr(said, right.value) for right in Right if right in entry.rights]
        raise Refused(said.not_allowed.format(who=said.word_or.join(who)))


def _named(words: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the command that the first words name, and the words after it."""
    for count in (2, 1):
        name = " ".join(words[:count]).casefold()
        if name in TABLE:
            return name, words[count:]
    return None, words


def _nearest(given: str) -> str:
    """Return the command that looks most like what was typed; help where none does."""
    return next(iter(get_close_matches(given, COMMANDS, n=1, cutoff=0.5)), HELP)


def usage(name: str, said: CommandTexts, called: str) -> tuple[str, str]:
    """Return how a command is written, and one that works."""
    one = said.commands[name]
    return (
        said.usage.format(command=called, usage=one.usage),
        said.example.format(command=called, example=one.example),
    )
