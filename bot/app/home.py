"""What stands on the home tab of somebody."""

from typing import Final

from bot.app.commands.caller import Caller, Typed
from bot.app.commands.own import settings_line
from bot.app.commands.pilots import asked_lines, lines_of
from bot.app.questions import letters_of
from bot.app.rules import Rules
from bot.app.self_check import faults_of
from bot.app.vitals import vitals
from bot.messages.home import Home, Open, Shelf
from bot.ports import Ports

MOST: Final = 20
"""Questions and pilots that are shown: a tab is no list of hundreds."""


async def home_of(caller: Caller, ports: Ports, rules: Rules) -> Home:
    """Return the home tab of whoever opened it."""
    said, now = rules.texts.talk.home, ports.clock.now()
    typed = Typed(caller, ports, rules, now, (), _nobody)
    letters = await letters_of(ports, rules, caller.person)
    newest = [Open(one.delivery.id, one.section) for one in reversed(letters.waiting)][:MOST]
    shelves = [Shelf(said.waiting, () if newest else (said.nothing,), tuple(newest))]
    shelves += await _pilots(typed)
    change = said.change.format(command=caller.called)
    shelves.append(Shelf(said.settings, (await settings_line(typed), change)))
    if caller.is_admin:
        shelves.append(await _office(typed))
    return Home(tuple(shelves), said.answer)


async def _pilots(typed: Typed) -> list[Shelf]:
    """Return the pilots of somebody, and what is asked in their name as far as they may see it."""
    said = typed.rules.texts.talk.home
    lines = await lines_of(typed, MOST)
    asked = await asked_lines(typed, MOST)
    shelves = [(said.pilots, lines), (said.asked, asked)]
    return [Shelf(title, tuple(found)) for title, found in shelves if found]


async def _office(typed: Typed) -> Shelf:
    """Return how all is, for an admin."""
    said, called = typed.rules.texts.talk.home, typed.caller.called
    state = await typed.ports.settings.read()
    faults = faults_of(await vitals(typed.ports, typed.now))
    mode = said.modes[typed.rules.mode(state)].format(command=called)
    return Shelf(said.office, (mode, *(faults or (said.well,)), said.configure.format(command=called)))


async def _nobody(_: str) -> tuple[str, ...]:
    """Return nobody: a tab is not told of anybody."""
    return ()
