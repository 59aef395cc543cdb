"""Routing: each fact finds its pilots by rules that people can read, and rules that meet are named."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.parts import read_routes
from bot.domain.pilot import Pilot, Route
from bot.domain.routing import Router, can_meet, in_words, is_match, overlaps, to_rule


def pilot(name: str, *rules: str) -> Pilot:
    """Return a pilot with rules written as the registry writes them."""
    return Pilot(id=name, name=name, routes=read_routes("; ".join(rules)))


FLEET = (
    pilot("tax", "github_copilot/* | tax-*", "llm | tax bot | chat.*"),
    pilot("law", "* | Legal"),
    pilot("cli", "github_copilot/acme | * | code.copilot_cli"),
    pilot("bare"),
)


@pytest.mark.parametrize(
    ("source", "groups", "surface", "pilots"),
    [
        ("github_copilot/acme", ("tax-team",), "code.chat", ("tax",)),
        ("github_copilot/acme", ("TAX-Team",), "code.copilot_cli", ("cli", "tax")),
        ("github_copilot/acme", (), "code.copilot_cli", ("cli",)),
        ("github_copilot/acme", (), "code.chat", ()),
        ("github_copilot/acme", ("other",), "code.chat", ()),
        ("github_copilot/acme", ("other", "legal"), "code.chat", ("law",)),
        ("github_copilot", ("tax-team",), "code.chat", ()),
        ("llm", ("Tax Bot",), "chat.web", ("tax",)),
        ("llm", ("tax bot",), "api.llm", ()),
        ("chat", ("pilot:bare",), "chat.web", ("bare",)),
        ("chat", ("pilot:none",), "chat.web", ()),
        ("chat", ("pilot:Bare",), "chat.web", ()),
        ("chat", ("legal", "pilot:bare"), "chat.web", ("bare", "law")),
    ],
)
def test_a_fact_goes_to_every_pilot_of_which_a_rule_lets_it_through(
    source: str, groups: tuple[str, ...], surface: str, pilots: tuple[str, ...]
) -> None:
    """Source, group and surface must all fit, whatever the case; a pilot without rules gets what names it."""
    router = Router(FLEET)
    assert router.pilots_for(source, groups, surface) == pilots
    assert router.pilots_for(source, groups, surface) == pilots


def test_access_does_not_ask_for_a_surface() -> None:
    """Somebody with access to the source has access to a pilot that takes only one surface of it."""
    router = Router(FLEET)
    assert router.pilots_of("github_copilot/acme", ("tax-team",)) == ("cli", "tax")
    assert router.pilots_of("github_copilot/acme", ()) == ("cli",)
    assert router.pilots_fed_by("github_copilot/acme") == ("cli", "law", "tax")
    assert router.pilots_fed_by("llm") == ("law", "tax")


def test_signs_of_other_pattern_languages_are_plain_text() -> None:
    """Brackets, dots and pluses in a group's name mean themselves."""
    assert is_match("Team [A] (x.y)+", "team [a] (x.y)+")
    assert not is_match("Team [A]", "team a")
    assert is_match("a?c", "abc")
    assert not is_match("a?c", "ac")
    assert is_match("*", "")


def test_a_rule_is_said_in_words_and_written_as_the_registry_reads_it() -> None:
    """What a command shows can be copied into the registry, with its marks guarded."""
    route = Route(source="github_copilot/*", group="a|b; c")
    assert in_words(route) == "the source github_copilot/*, the group a|b; c, any surface"
    assert to_rule(route) == r"github_copilot/* | a\|b\; c"
    assert read_routes(to_rule(route)) == (route,)
    assert in_words(Route()) == "any source, any group or none, any surface"
    assert to_rule(Route()) == "*"


def test_overlaps_name_both_rules_once() -> None:
    """Two pilots that one fact can reach are told with the rules; rules of one pilot among themselves are not."""
    found = [(o.pilot, o.other, to_rule(o.rule), to_rule(o.other_rule)) for o in overlaps(FLEET)]
    assert found == [
        ("tax", "cli", "github_copilot/* | tax-*", "github_copilot/acme | * | code.copilot_cli"),
        ("law", "cli", "* | Legal", "github_copilot/acme | * | code.copilot_cli"),
    ]


def test_a_pattern_of_the_registry_that_holds_nothing_is_refused() -> None:
    """A rule of empty parts would take everything by a slip of the pen."""
    with pytest.raises(ValueError, match="without any part"):
        read_routes("| |")
    with pytest.raises(ValueError, match="an entry of 4 parts"):
        read_routes("a | b | c | d")
    with pytest.raises(ValueError, match="more than 200"):
        read_routes("a" * 201)
    assert read_routes(" | tax | ") == (Route(group="tax"),)


globs = st.text("ab*?", min_size=1, max_size=5)
texts = st.text("abc", max_size=6)


@given(globs, texts)
def test_a_pattern_fits_as_a_regular_expression_would(glob: str, text: str) -> None:
    """Star is any signs, question mark one."""
    told = re.fullmatch(glob.replace("*", ".*").replace("?", "."), text)
    assert is_match(glob, text) == bool(told)


def _texts_up_to(length: int) -> list[str]:
    found = [""]
    for _ in range(length):
        found += [text + sign for text in found for sign in "abc"]
    return list(dict.fromkeys(found))


TEXTS = _texts_up_to(5)


@given(st.text("ab*?", min_size=1, max_size=3), st.text("ab*?", min_size=1, max_size=3))
def test_two_patterns_meet_if_and_only_if_some_text_fits_both(one: str, other: str) -> None:
    """Told by trying every short text: patterns of three signs that meet do so in one of five."""
    told = any(is_match(one, text) and is_match(other, text) for text in TEXTS)
    assert can_meet(Route(group=one), Route(group=other)) == told
    assert can_meet(Route(group=other), Route(group=one)) == told


rules = st.builds(Route, source=st.sampled_from(["*", "a", "a*"]), group=globs, surface=st.just("*"))
fleets = st.lists(st.lists(rules, max_size=3), max_size=4)


@given(fleets)
def test_no_overlap_is_missed_and_none_is_made_up(told: list[list[Route]]) -> None:
    """The quick way over beginnings finds the same pairs as comparing all."""
    fleet = [Pilot(id=str(n), name="x", routes=tuple(routes)) for n, routes in enumerate(told)]
    found = [frozenset([(o.pilot, to_rule(o.rule)), (o.other, to_rule(o.other_rule))]) for o in overlaps(fleet)]
    every = [(p.id, r) for p in fleet for r in p.routes]
    pairs = [
        frozenset([(a, to_rule(one)), (b, to_rule(other))])
        for n, (a, one) in enumerate(every)
        for b, other in every[n + 1 :]
        if a != b and can_meet(one, other)
    ]
    assert sorted(map(sorted, found)) == sorted(map(sorted, pairs))


@given(fleets, st.sampled_from(["a", "ab", "b"]), st.lists(st.text("ab", min_size=1, max_size=3), max_size=2))
def test_a_router_finds_what_each_rule_by_itself_lets_through(
    told: list[list[Route]], source: str, groups: list[str]
) -> None:
    """The index by group changes nothing."""
    fleet = [Pilot(id=str(n), name="x", routes=tuple(routes)) for n, routes in enumerate(told)]
    expected = [
        p.id
        for p in fleet
        if any(
            is_match(r.source, source) and (r.group == "*" or any(is_match(r.group, g) for g in groups))
            for r in p.routes
        )
    ]
    assert list(Router(fleet).pilots_for(source, tuple(groups), "chat.x")) == expected
