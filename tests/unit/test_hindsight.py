"""The registry as it stood on an earlier day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hindsight import Chronicle, as_of, nameless
from bot.domain.pilot import Pilot, Stage
from bot.metrics.progress import stage_spans

DAY = date(2025, 6, 1)
days = st.dates(date(2025, 1, 1), date(2025, 12, 31))
maybe = st.none() | days

pilots = st.builds(
    lambda stage, since, history, done, arose, happened: Pilot.model_validate(
        {
            "id": "a",
            "name": "A",
            "stage": stage,
            "stage_since": since,
            "stage_history": [{"stage": s, "since": d, "planned_days": 30} for s, d in history],
            "milestones": [{"id": "m", "title": "M", "due": DAY, "done_on": done}],
            "dependencies": [{"id": "d", "kind": "data", "holder": "Ana", "since": arose, "done_on": done}],
            "last_release": happened,
            "owner_left": happened,
            "data_mode": "sample",
            "data_mode_since": happened,
        }
    ),
    stage=st.sampled_from(Stage),
    since=days,
    history=st.lists(st.tuples(st.sampled_from(Stage), days), max_size=4),
    done=maybe,
    arose=maybe,
    happened=maybe,
)


@given(pilot=pilots, day=days)
def test_nothing_dated_later_is_left(pilot: Pilot, day: date) -> None:
    """Stages, ends, dependencies and changes of a later day are not in the record of a day."""
    then = as_of(pilot, day)
    told = [then.stage_since, then.last_release, then.owner_left, then.data_mode_since]
    told += [e.since for e in then.stage_history]
    told += [m.done_on for m in then.milestones]
    told += [when for d in then.dependencies for when in (d.since, d.done_on)]
    assert all(when <= day for when in told if when is not None)
    assert (then.data_mode is None) == (pilot.data_mode_since is not None and pilot.data_mode_since > day)


@given(pilot=pilots, day=days)
def test_the_stages_of_a_day_are_those_that_a_look_at_it_sees(pilot: Pilot, day: date) -> None:
    """What is hidden here is what a look at an earlier day hides by itself, and no more."""
    assert stage_spans(as_of(pilot, day), day) == stage_spans(pilot, day)


@given(pilot=pilots, day=days, earlier=days)
def test_hindsight_of_hindsight_is_the_earlier_one(pilot: Pilot, day: date, earlier: date) -> None:
    """Looking back from a later day to an earlier one gives what looking back from today gives."""
    if earlier <= day:
        assert as_of(as_of(pilot, day), earlier) == as_of(pilot, earlier)


def test_an_undated_stage_is_the_last_of_its_history() -> None:
    """A stage without a date is not told of a day on which its history was not at its end."""
    pilot = Pilot.model_validate(
        {
            "id": "a",
            "name": "A",
            "stage": "scale",
            "stage_history": [{"stage": "idea", "since": "2025-01-01"}, {"stage": "scale", "since": "2025-07-01"}],
        }
    )
    assert as_of(pilot, DAY).stage is Stage.IDEA
    assert as_of(pilot, date(2025, 7, 1)).stage is Stage.SCALE
    assert as_of(pilot, date(2024, 7, 1)).stage is None


@given(pilot=pilots, first_use=maybe)
def test_a_chronicle_gives_one_record_between_two_turns(pilot: Pilot, first_use: date | None) -> None:
    """Day by day it gives what `as_of` gives, and the same object while nothing turns."""
    chronicle, before = Chronicle(pilot, first_use), None
    for n in range(0, 365, 9):
        day = date(2025, 1, 1) + timedelta(days=n)
        record = chronicle.on(day)
        assert record == (as_of(pilot, day) if chronicle.has_begun(day) else Pilot(id="a", name="A"))
        if record == before:
            assert record is before
        before = record


def test_a_pilot_begins_with_the_first_that_is_known_of_it() -> None:
    """Its start, its first stage or its first row, whichever comes first; without any date it was always there."""
    started = Pilot(id="a", name="A", start=DAY)
    assert not Chronicle(started, None).has_begun(DAY - timedelta(days=1))
    assert Chronicle(started, None).has_begun(DAY)
    assert Chronicle(started, DAY - timedelta(days=9)).has_begun(DAY - timedelta(days=9))
    assert Chronicle(Pilot(id="a", name="A"), None).has_begun(date(2000, 1, 1))


def test_nobody_is_named_and_everybody_stays_one_person() -> None:
    """Names become numbers; two spellings of one person become the same one, in every role."""
    first = Pilot.model_validate(
        {
            "id": "a",
            "name": "A",
            "owner": "Ana Roy",
            "sponsor": "Sam",
            "dependencies": [{"id": "d", "kind": "data", "holder": "ana  roy"}],
        }
    )
    second = Pilot(id="b", name="B", owner="Lee", sponsor="ANA ROY", production_owner="Lee")
    a, b = nameless([second, first])
    assert (a.owner, a.sponsor, b.owner) == ("person 1", "person 2", "person 3")
    assert (a.dependencies[0].holder, b.sponsor, b.production_owner) == ("person 1", "person 1", "person 3")
    assert "Ana" not in f"{a} {b}"
    assert "roy" not in f"{a} {b}"
