"""Top-3 breadth: a fleet that does three things, and gets no new one into production."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.signals.fleet import FLEET, top3_breadth
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.metrics.progress import stage_spans

TODAY = date(2026, 6, 1)
SETTINGS = DetectionSettings()


def pilots(*uses: str | None, stage: str = "pilot", since: int | None = 400) -> list[Pilot]:
    """Return pilots of these uses, in one stage for so many days."""
    fields = {"name": "x", "stage": stage, "stage_since": None if since is None else TODAY - timedelta(since)}
    return [Pilot.model_validate({"id": f"{stage}{n}", "use_case_family": use} | fields) for n, use in enumerate(uses)]


def look(fleet: list[Pilot], today: date = TODAY) -> list[Finding]:
    """Return what is found of the fleet."""
    return list(top3_breadth(fleet, [stage_spans(p, today) for p in fleet], today, SETTINGS))


NARROW = pilots("chat", "Code", "code", "search", "search", "chat", "chat", "CHAT", "voice", "map")
"""Eight of ten for three uses."""


def test_three_uses_for_four_pilots_in_five_are_told() -> None:
    """The sentence names them by their first spelling, as long as nothing new has reached production."""
    (found,) = look(NARROW)
    assert (found.pilot, found.kind, found.observed, found.expected) == (FLEET, Kind.TOP3_BREADTH, 0.8, 0.8)
    assert found.evidence == "80 % of the 10 pilots are for chat, Code and search, and no use has reached production."
    assert (found.onset, found.opened_on) == (TODAY - timedelta(400), TODAY - timedelta(220))
    assert look([*NARROW[:-2], *pilots("voice", "map", "sign")]) == []


@pytest.mark.parametrize(("days", "is_told"), [(179, False), (180, True)])
def test_a_new_use_in_production_within_180_days_is_breadth(days: int, *, is_told: bool) -> None:
    """The first pilot of a use that reaches production counts, a second one of the same use does not."""
    fleet = [*NARROW, *NARROW[:8], *pilots("voice", stage="production", since=days)]
    for told in (fleet, [*fleet, *pilots("voice", stage="production", since=20)]):
        found = look(told)
        assert bool(found) is is_told
        assert all("since 3 December 2025 no new use has reached production" in f.evidence for f in found)


def test_what_nobody_knows_is_not_concluded_from() -> None:
    """Too few pilots, too few with a use, and a use in production since nobody knows when: nothing."""
    assert look(NARROW[:-1]) == []
    assert look([*NARROW, *pilots(None, None, None)]) == []
    assert look([*NARROW, *pilots("chat", stage="production", since=None)]) == []
    assert look([]) == []
    assert look(pilots(*["chat"] * 10, since=None)) == []


def test_retired_pilots_are_not_counted() -> None:
    """What was given up is no breadth, and its use once in production is no new one."""
    assert look([*NARROW, *pilots("a", "b", "c", stage="retired")])
    assert look(NARROW, TODAY - timedelta(221)) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "a", "A", "b", "c", "d", "e"]),
            st.sampled_from(["pilot", "production", "retired"]),
            st.none() | st.integers(0, 500),
        ),
        max_size=30,
    )
)
def test_any_fleet_gives_one_finding_that_is_true_or_none(rows: list[tuple[str | None, str, int | None]]) -> None:
    """Where it is told, so many pilots have one of three uses, and none reached production since its onset."""
    fleet = [one for use, stage, since in rows for one in pilots(use, stage=stage, since=since)]
    for found in look(fleet):
        known = [p for p in fleet if p.use_case_family and p.stage is not Stage.RETIRED]
        counts = sorted((sum(p.use_case_family.casefold() == use for p in known) for use in "abcde"), reverse=True)
        assert found.observed == pytest.approx(sum(counts[:3]) / len(known), abs=1e-3)
        assert found.observed >= 0.8
        assert found.onset + timedelta(180) == found.opened_on <= TODAY
