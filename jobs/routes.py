"""The routes command: which use is whose, where rules overlap, and what goes nowhere with the rule that would take it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.routing import DIRECT, Overlap, Router, in_words, is_direct, overlaps, to_rule
from bot.intake import Unrouted
from jobs.shown import MOST_NAMED, plain, say, say_json
from jobs.told import in_words as use_in_words
from jobs.told import rule_for, unrouted_to_plain
from jobs.wiring import Process

MOST_OVERLAPS: Final = 100
"""Overlaps that are looked for; a rule for everything overlaps every other one."""


async def show_routes(process: Process, *, as_json: bool) -> int:
    """Print rules, overlaps and what goes nowhere; returns the exit code, 1 where something goes nowhere."""
    pilots = await process.ports.pilots.all()
    found = list(islice(overlaps(pilots), MOST_OVERLAPS))
    lost = await process.ports.nowhere.all()
    if as_json:
        say_json(to_plain(pilots, found, lost))
    else:
        for line in _lines(pilots, found, lost):
            say(line)
    return 1 if lost else 0


def to_plain(pilots: Sequence[Pilot], found: Sequence[Overlap], lost: Sequence[Unrouted]) -> dict[str, object]:
    """Return rules, overlaps and what goes nowhere as plain values."""
    return {
        "pilots": [
            {"pilot": p.id, "routes": [{"rule": to_rule(r), "takes": in_words(r)} for r in p.routes]} for p in pilots
        ],
        "overlaps": [{"pilots": [o.pilot, o.other], "rules": [to_rule(o.rule), to_rule(o.other_rule)]} for o in found],
        "nowhere": [unrouted_to_plain(use) for use in lost],
    }


def _lines(pilots: Sequence[Pilot], found: Sequence[Overlap], lost: Sequence[Unrouted]) -> Iterator[str]:
    ruled = [p for p in pilots if p.routes]
    if not ruled:
        yield "No pilot has a rule: a fact reaches a pilot only if its group is pilot:ID (docs/loading.md)."
    for pilot in ruled:
        yield f"[bold]{plain(pilot.name)}[/] [dim]{plain(pilot.id)}[/]"
        for route in pilot.routes:
            yield f"  takes use from {plain(in_words(route))}"
    bare = len(pilots) - len(ruled)
    if ruled and bare:
        others = "1 pilot has" if bare == 1 else f"{bare} pilots have"
        yield f"[dim]{others} no rule and gets only facts whose group is pilot:ID.[/]"
    yield from _overlaps(found)
    yield from _lost(lost, Router(pilots))


def _overlaps(found: Sequence[Overlap]) -> Iterator[str]:
    if found:
        yield "\n[bold]Counts for several pilots[/]"
    for one in found:
        both = f"{to_rule(one.rule)}   and   {to_rule(one.other_rule)}"
        yield f"  {plain(one.pilot)} and {plain(one.other)}, by   {plain(both)}"
    if len(found) == MOST_OVERLAPS:
        yield "  [dim]and perhaps more[/]"


def _lost(lost: Sequence[Unrouted], router: Router) -> Iterator[str]:
    if not lost:
        yield "\nEverything that was loaded goes to a pilot."
        return
    yield "\n[bold]Goes nowhere[/], as of the last load of each source"
    for use in lost:
        yield f"  {use_in_words(use)}"
        yield f"    [cyan]{plain(_remedy(use, router))}[/]"


def _remedy(use: Unrouted, router: Router) -> str:
    """Say what would take it in."""
    takers = router.pilots_for(use.source, (use.group,) if use.group else (), use.surface)
    if takers:
        return f"a rule of {', '.join(takers[:MOST_NAMED])} takes it by now: load it once more"
    if use.group and is_direct(use.group):
        return f"there is no pilot {use.group[len(DIRECT) :]} in the registry: load it, or mend the group"
    return f"one of the pilots could have the rule:   {to_rule(rule_for(use))}"
