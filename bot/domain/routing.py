"""Which pilots a fact belongs to: by rules that people can read (docs/loading.md).

A rule has a pattern for source, group and surface; `*` stands for any signs, `?` for one, case does not
matter. A fact goes to every pilot of which a rule lets it through, and a group `pilot:<id>` goes to that
pilot without any rule. A person's groups are the fact's own, else those of the roster.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.domain.pilot import Pilot, Route

DIRECT: Final = "pilot:"
"""How a group begins that names its pilot itself."""
ANY: Final = "*"
_MANY: Final = 1 << 16
_WILD: Final = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two pilots that some use would count for both, and the rules by which it would."""

    pilot: str
    rule: Route
    other: str
    other_rule: Route


class Router:
    """Finds the pilots of facts. Answers are remembered, so it is made anew when the registry changes."""

    def __init__(self, pilots: Iterable[Pilot]) -> None:
        """Sort the rules of these pilots: those for one named group are found by it, the others are tried."""
        self._ids: set[str] = set()
        self._named: defaultdict[str, list[tuple[str, Route]]] = defaultdict(list)
        self._wild: list[tuple[str, Route]] = []
        for pilot in pilots:
            self._ids.add(pilot.id)
            for route in pilot.routes:
                is_wild = _WILD.search(route.group) is not None
                (self._wild if is_wild else self._named[route.group.casefold()]).append((pilot.id, route))
        self._answers: dict[tuple[str, tuple[str, ...], str | None], tuple[str, ...]] = {}

    def pilots_for(self, source: str, groups: tuple[str, ...], surface: str) -> tuple[str, ...]:
        """Return the ids of every pilot that this use counts for, sorted; none means that it goes nowhere."""
        return self._answer(source, groups, surface)

    def pilots_of(self, source: str, groups: tuple[str, ...]) -> tuple[str, ...]:
        """Return the ids of every pilot that somebody with access to the source has access to, on any surface."""
        return self._answer(source, groups, None)

    def pilots_fed_by(self, source: str) -> tuple[str, ...]:
        """Return the ids of every pilot of which a rule takes anything from this source, sorted."""
        every = [*self._wild, *(rule for rules in self._named.values() for rule in rules)]
        return tuple(sorted({pilot for pilot, route in every if is_match(route.source, source)}))

    def _answer(self, source: str, groups: tuple[str, ...], surface: str | None) -> tuple[str, ...]:
        asked = (source, groups, surface)
        answer = self._answers.get(asked)
        if answer is None:
            answer = self._answers[asked] = tuple(sorted(set(self._find(source, groups, surface))))
        return answer

    def _find(self, source: str, groups: Sequence[str], surface: str | None) -> Iterator[str]:
        yield from (group[len(DIRECT) :] for group in groups if is_direct(group) and group[len(DIRECT) :] in self._ids)
        named = (rule for group in groups for rule in self._named.get(group.casefold(), ()))
        wild = (rule for rule in self._wild if _lets_any_through(rule[1].group, groups))
        for pilot, route in (*named, *wild):
            if is_match(route.source, source) and (surface is None or is_match(route.surface, surface)):
                yield pilot


def is_direct(group: str) -> bool:
    """Whether a group names its pilot itself."""
    return group.startswith(DIRECT)


def is_match(glob: str, text: str) -> bool:
    """Whether a pattern fits the whole text, whatever the case."""
    return glob == ANY or _compiled(glob).fullmatch(text.casefold()) is not None


def _lets_any_through(glob: str, groups: Sequence[str]) -> bool:
    """Whether a pattern fits one of the groups; `*` also fits where there is none."""
    return glob == ANY or any(is_match(glob, group) for group in groups)


@lru_cache(maxsize=_MANY)
def _compiled(glob: str) -> re.Pattern[str]:
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in glob.casefold()), re.DOTALL)


def in_words(route: Route) -> str:
    """Say what a rule lets through."""
    source = "any source" if route.source == ANY else f"the source {route.source}"
    group = "any group or none" if route.group == ANY else f"the group {route.group}"
    surface = "any surface" if route.surface == ANY else f"the surface {route.surface}"
    return f"{source}, {group}, {surface}"


def to_rule(route: Route) -> str:
    """Return a rule as the registry's column `routes` writes it; parts at the end that are any are left out."""
    parts = [re.sub(r"([\\;|])", r"\\\1", part) for part in (route.source, route.group, route.surface)]
    while len(parts) > 1 and parts[-1] == ANY:
        parts.pop()
    return " | ".join(parts)


def overlaps(pilots: Iterable[Pilot]) -> Iterator[Overlap]:
    """Yield every two rules of different pilots that one fact can pass, by the order of the pilots.

    Only rules are compared: somebody who is in two groups counts for the pilots of both without it.
    """
    # Two patterns can fit one group only if what one begins with, up to its first wildcard, begins the other's.
    before: defaultdict[str, list[tuple[str, Route]]] = defaultdict(list)
    longer: defaultdict[str, list[tuple[str, Route]]] = defaultdict(list)
    for pilot, route in [(p.id, r) for p in pilots for r in p.routes]:
        start = _beginning(route.group)
        shorter = [rule for end in range(len(start) + 1) for rule in before[start[:end]]]
        for other, other_route in [*shorter, *longer[start]]:
            if other != pilot and can_meet(other_route, route):
                yield Overlap(other, other_route, pilot, route)
        before[start].append((pilot, route))
        for end in range(len(start)):
            longer[start[:end]].append((pilot, route))


def can_meet(one: Route, other: Route) -> bool:
    """Whether there can be a fact that both rules let through."""
    pairs = ((one.source, other.source), (one.group, other.group), (one.surface, other.surface))
    return all(_can_both_fit(a.casefold(), b.casefold()) for a, b in pairs)


def _beginning(glob: str) -> str:
    return _WILD.split(glob.casefold(), maxsplit=1)[0]


@lru_cache(maxsize=_MANY)
def _can_both_fit(one: str, other: str) -> bool:
    """Whether some text fits both patterns: which ends of `other` may be left is followed sign by sign of `one`."""
    left = _skipped({0}, other)
    for sign in one:
        if sign == ANY:
            left = set(range(min(left, default=len(other) + 1), len(other) + 1))
        else:
            stays = {at for at in left if at < len(other) and other[at] == ANY}
            moves = {at + 1 for at in left if at < len(other) and _are_alike(sign, other[at])}
            left = _skipped(stays | moves, other)
    return len(other) in left


def _skipped(places: set[int], glob: str) -> set[int]:
    """Add the places behind each `*` that may stand for nothing."""
    found = set(places)
    for at in range(len(glob)):
        if at in found and glob[at] == ANY:
            found.add(at + 1)
    return found


def _are_alike(one: str, other: str) -> bool:
    return one == other or (one == "?" and other != ANY) or other == "?"
