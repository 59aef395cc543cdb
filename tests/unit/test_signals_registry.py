"""Signals of the registry: each from its dates, in the stages it is about, and never from an empty cell alone."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.signals.ground import kept_columns
from bot.detection.signals.registry import curated_data, dependency_open, no_release, nobody
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Pilot
from bot.domain.settings import DetectionSettings
from bot.metrics.progress import stage_spans

TODAY = date(2026, 6, 1)
BEGUN = date(2026, 1, 1)
SETTINGS = DetectionSettings()
BOTH = frozenset({"owner", "sponsor"})


def ago(days: int) -> date:
    """Return the day so many days before today."""
    return TODAY - timedelta(days)


def pilot(**given: object) -> Pilot:
    """Return a pilot with owner and sponsor that people use, changed as given."""
    fields = {"id": "tax", "name": "Tax", "owner": "Ana", "sponsor": "Bo", "stage": "pilot", "stage_since": BEGUN}
    return Pilot.model_validate(fields | given)


def all_of(one: Pilot, today: date = TODAY, kept: frozenset[str] = BOTH) -> list[Finding]:
    """Return everything the registry says of a pilot."""
    spans = stage_spans(one, today)
    found = [*dependency_open(one, spans, today, SETTINGS), *curated_data(one, spans, today, SETTINGS)]
    found += [*nobody(one, "owner", spans, today, kept), *nobody(one, "sponsor", spans, today, kept)]
    return [*found, *no_release(one, spans, today, SETTINGS)]


def waits(**given: object) -> dict[str, object]:
    """Return a dependency, as fields of a pilot."""
    return {"dependencies": ({"id": "d", "kind": "data_access", "since": ago(64)} | given,)}


def test_a_pilot_with_nothing_amiss_has_no_signal() -> None:
    """Owner, sponsor, live data, a fresh release and nothing to wait for: nothing is said."""
    assert (
        all_of(pilot(data_mode="live", data_mode_since=ago(400), last_release=ago(42), **waits(done_on=ago(60)))) == []
    )


@pytest.mark.parametrize(
    ("fields", "kind", "onset", "opened", "words"),
    [
        (waits(), Kind.DEPENDENCY_OPEN, 64, 49, "It has waited for data access since 29 March 2026, 64 days."),
        (waits(due=ago(9)), Kind.DEPENDENCY_OPEN, 64, 49, "64 days; it was promised for 23 May 2026."),
        (waits(done_on=ago(10)), Kind.DEPENDENCY_OPEN, 64, 49, "from 29 March 2026 to 22 May 2026, 54 days."),
        (waits(since=ago(15)), Kind.DEPENDENCY_OPEN, 15, 0, "15 days"),
        ({"data_mode": "Hand-Curated", "data_mode_since": ago(61)}, Kind.CURATED_DATA, 61, 0, "not on live data"),
        (
            {"data_mode": "sample"},
            Kind.CURATED_DATA,
            151,
            90,
            "on a sample, and not on live data, since 1 January 2026",
        ),
        ({"owner_left": ago(0)}, Kind.OWNER_GONE, 0, 0, "The owner whom the registry names left on 1 June 2026."),
        ({"sponsor_left": ago(9)}, Kind.SPONSOR_GONE, 9, 9, "The sponsor whom the registry names left"),
        ({"owner": None}, Kind.OWNER_MISSING, 151, 151, "The registry names no owner for it"),
        ({"sponsor": None}, Kind.SPONSOR_MISSING, 151, 151, "The registry names no sponsor for it"),
        ({"last_release": ago(43)}, Kind.NO_RELEASE, 43, 0, "a changed version on 19 April 2026, 43 days ago."),
    ],
)
def test_each_rule_tells_its_days_and_its_sentence(
    fields: dict[str, object], kind: Kind, onset: int, opened: int, words: str
) -> None:
    """A condition begins with its date, is told once it has lasted, and one day less is nothing."""
    (found,) = all_of(pilot(**fields))
    assert (found.kind, found.onset, found.opened_on) == (kind, ago(onset), ago(opened))
    assert words in found.evidence
    assert all_of(pilot(**fields), ago(opened + 1)) == []


@pytest.mark.parametrize(
    "fields",
    [
        waits(since=None),
        waits(since=ago(14)),
        waits(since=ago(-3)),
        {"data_mode": "live", "data_mode_since": ago(99)},
        {"data_mode": "who knows", "data_mode_since": ago(99)},
        {"data_mode": "sample", "data_mode_since": ago(60)},
        {"data_mode": "sample", "stage": "build"},
        {"owner_left": ago(-1)},
        {"sponsor": None, "stage_since": None},
        {"last_release": None},
        {"last_release": ago(-1)},
    ],
)
def test_what_is_young_undated_or_to_come_is_not_concluded_from(fields: dict[str, object]) -> None:
    """A date ahead, no date, a word nobody explained: nothing."""
    assert all_of(pilot(**fields)) == []


def test_an_empty_cell_says_nothing_where_the_registry_does_not_keep_the_column() -> None:
    """Half of the pilots on their way must name an owner before one without is missing one."""
    named, empty, live = pilot(), pilot(owner=None), pilot(stage="production", owner=None)
    assert kept_columns([named, empty, live], 0.5) == {"owner", "sponsor"}
    assert kept_columns([named, empty, empty], 0.5) == {"sponsor"}
    assert kept_columns([], 0.5) == frozenset()
    assert all_of(empty, kept=frozenset({"sponsor"})) == []


def test_things_waited_for_at_one_time_are_one_finding() -> None:
    """Two that overlap are one finding that lasts until the last is done; a later one is another."""
    kinds = [
        {"id": "a", "kind": "data", "since": ago(120), "done_on": ago(80)},
        {"id": "b", "kind": "legal", "since": ago(100), "done_on": ago(70)},
        {"id": "c", "kind": "security", "since": ago(40)},
        {"id": "d", "kind": "procurement", "since": ago(5)},
    ]
    found = list(all_of(pilot(dependencies=kinds)))
    assert [(f.onset, f.opened_on, f.closed_on) for f in found] == [
        (ago(120), ago(105), ago(70)),
        (ago(40), ago(25), None),
    ]
    assert found[1].evidence.endswith("security since 22 April 2026, 40 days. It waits for 1 more thing.")
    assert (found[1].observed, found[1].expected) == (40.0, 14.0)


def test_a_rule_ends_with_the_stages_it_is_about() -> None:
    """A pause ends what is found of the registry, and production ends what is about the way there."""
    history = [{"stage": "pilot", "since": ago(200)}, {"stage": "paused", "since": ago(30)}]
    paused = pilot(
        stage="paused", stage_since=ago(30), stage_history=history, owner_left=ago(60), last_release=ago(90), **waits()
    )
    assert {f.closed_on for f in all_of(paused)} == {ago(30)}
    assert len(all_of(paused)) == 3
    history[1]["stage"] = "production"
    live = pilot(
        stage="production", stage_since=ago(30), stage_history=history, owner_left=ago(60), last_release=ago(90)
    )
    assert {f.kind: f.closed_on for f in all_of(live)} == {Kind.OWNER_GONE: None, Kind.NO_RELEASE: ago(30)}
    assert [f.kind for f in all_of(pilot(stage=None, stage_since=None, owner_left=ago(3)))] == [Kind.OWNER_GONE]


days = st.integers(0, 200).map(ago)
dependencies = st.lists(
    st.builds(
        lambda number, since, done, due: {
            "id": f"d{number}",
            "kind": "data",
            "since": since,
            "done_on": done,
            "due": due,
        },
        st.integers(0, 10_000),
        st.none() | days,
        st.none() | days,
        st.none() | days,
    ),
    max_size=4,
    unique_by=lambda d: d["id"],
)
pilots = st.builds(
    pilot,
    stage=st.sampled_from(["idea", "build", "pilot", "scale", "production", "paused", "retired"]),
    stage_since=st.none() | days,
    stage_history=st.lists(
        st.builds(
            lambda stage, since: {"stage": stage, "since": since}, st.sampled_from(["build", "pilot", "paused"]), days
        ),
        max_size=3,
    ),
    owner=st.sampled_from([None, "Ana"]),
    sponsor=st.sampled_from([None, "Bo"]),
    start=st.none() | days,
    dependencies=dependencies,
    data_mode=st.sampled_from([None, "live", "sample", "hand_curated", "??"]),
    data_mode_since=st.none() | days,
    last_release=st.none() | days,
    owner_left=st.none() | days,
    sponsor_left=st.none() | days,
)


@given(pilots, days)
def test_any_record_gives_findings_in_order_and_one_open_of_a_kind(one: Pilot, today: date) -> None:
    """Onset, opening and end stand in order and none lies ahead; of each kind at most one is open."""
    found = all_of(one, today)
    for f in found:
        assert f.onset <= f.opened_on <= today
        assert f.closed_on is None or f.opened_on < f.closed_on <= today
        assert (f.severity, f.numbers) == (0.0, True)
    is_open = [f.kind for f in found if f.is_open]
    assert len(is_open) == len(set(is_open))


@given(pilots, days, days)
def test_one_look_or_many_open_the_same(one: Pilot, day: date, later: date) -> None:
    """With a record that stays as it is, what an earlier look found a later one finds, opened on the same day."""
    first, second = sorted((day, later))

    def opened(found: Iterable[Finding], until: date) -> set[tuple[Kind, date]]:
        return {(f.kind, f.opened_on) for f in found if f.opened_on <= until and f.kind not in UNDATED}

    if stage_spans(one, first) == stage_spans(one, TODAY):
        assert opened(all_of(one, first), first) <= opened(all_of(one, second), first)


UNDATED = frozenset({Kind.OWNER_MISSING, Kind.SPONSOR_MISSING})
"""Kinds whose beginning nobody wrote down: they follow the present stage."""
