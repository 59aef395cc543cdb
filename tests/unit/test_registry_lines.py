"""The registry as lines of JSON."""

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.registry import read_registry, to_cells
from adapters.sources.registry_lines import COLUMNS, OURS, is_lines, read_registry_lines
from bot.domain.pilot import Dependency, Milestone, Pilot, Route, Stage, StageEntry, Unreadable
from bot.domain.table import Row

printable = st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=("Cc", "Cf", "Zs"))
texts = st.lists(st.text(printable, min_size=1), min_size=1, max_size=3).map(" ".join)
days = st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1))
pilots = st.builds(
    Pilot,
    id=texts,
    name=texts,
    owner=st.none() | texts,
    stage=st.none() | st.sampled_from(Stage),
    stage_since=days,
    stage_history=st.lists(
        st.builds(
            StageEntry,
            stage=st.sampled_from(Stage),
            since=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
            planned_days=st.none() | st.integers(1, 3650),
        ),
        max_size=3,
    ).map(tuple),
    milestones=st.lists(
        st.builds(Milestone, id=texts, title=texts, due=st.dates(date(2000, 1, 1), date(2030, 1, 1)), done_on=days),
        max_size=2,
        unique_by=lambda m: m.id,
    ).map(tuple),
    dependencies=st.lists(
        st.builds(Dependency, id=texts, kind=texts, holder=st.none() | texts, since=days, due=days, done_on=days),
        max_size=2,
        unique_by=lambda d: d.id,
    ).map(tuple),
    routes=st.lists(st.builds(Route, source=texts, group=st.just("*")), max_size=2).map(tuple),
    seats=st.none() | st.integers(0, 65534),
    country=st.none() | st.sampled_from(["DE", "US"]),
    timezone=st.none() | st.just("Europe/Berlin"),
    last_release=days,
    unreadable=st.lists(st.builds(Unreadable, field=texts, value=texts), max_size=2).map(tuple),
)


def read(*lines: str) -> list[Row[Pilot]]:
    """Return the rows of a text of these lines."""
    return list(read_registry_lines(io.BytesIO("\n".join(lines).encode())))


def reason(line: str) -> str:
    """Return why a line is a reject."""
    (row,) = read(line)
    assert row.record is None
    return row.reason


@given(pilot=pilots)
def test_a_pilot_as_json_is_read_as_the_same_pilot(pilot: Pilot) -> None:
    """What `export` writes of a pilot, and a pilot with every empty field, come back as they were."""
    rows = read(pilot.to_stored(), pilot.model_copy(update={"id": f"{pilot.id[:90]}!"}).model_dump_json())
    assert rows[0].record == pilot
    assert rows[1].record is not None
    assert rows[1].record.model_copy(update={"id": pilot.id}) == pilot


def test_every_field_of_a_pilot_has_its_column() -> None:
    """A line can say everything that a pilot holds."""
    assert {*COLUMNS, *OURS} == set(Pilot.model_fields)


@given(pilot=pilots)
def test_a_line_says_what_a_row_of_a_table_says(pilot: Pilot) -> None:
    """The cells that a reject would keep are those of the same pilot in a table."""
    (row,) = read(pilot.to_stored())
    assert {k: v for k, v in row.cells.items() if v} == {k: v for k, v in to_cells(pilot).items() if v}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id":"a","name":"A","ownr":"x"}', "'ownr': there is no such field; did you mean owner?"),
        ('{"id":"a","name":"A","zzz":1}', "'zzz': there is no such field; leave it out"),
        ('{"id":"a","name":"A","seats":"many"}', "seats: 'many' is not a whole number"),
        ('{"id":"a","name":"A","seats":true}', "seats: is true or false; write a text or a number"),
        ('{"id":"a","name":"A","owner":{"a":1}}', "owner: is an object"),
        ('{"id":"a","name":"A","owner":["a"]}', "owner: is a list"),
        ('{"id":"a","name":"A","stage":"trial"}', "stage: 'trial' is no stage"),
        ('{"id":"a","name":"A","start":"1.2.2026"}', "start: '1.2.2026' is not a date"),
        ('{"id":"a","name":"A","milestones":[3]}', "milestones: holds '3'; write objects with title"),
        ('{"id":"a","name":"A","milestones":{"title":"x"}}', "milestones: is an object; write a list of objects"),
        ('{"id":"a","name":"A","stage_history":[{"stage":"idea","from":"x"}]}', "unknown field 'from'"),
        ('{"id":"a","name":"A","stage_history":[{"stage":["idea"],"since":"2026-01-01"}]}', "has an entry with"),
        ('{"id":"a","name":"A","unreadable":7}', "unreadable: is no list"),
        ('{"id":"a","name":"A","v":99}', "v: this program knows version 1"),
        ('{"id":"a","name":"A","id":"b"}', "has the field 'id' twice"),
        ('{"id":"a","name":"A","seats":NaN}', "holds NaN"),
        ('{"name":"A"}', "id: is empty"),
        ("[1]", "is not a JSON object"),
        ('{"id":', "is not JSON from character"),
        ("{" * 5000, "is not JSON from character"),
        ('{"id":' + "[" * 100_000, "is nested too deeply"),
        ("x" * (1 << 20), "is longer than"),
    ],
)
def test_a_line_that_is_no_pilot_says_why(line: str, said: str) -> None:
    """Each fault names field and remedy."""
    assert said in reason(line)


def test_everything_wrong_with_a_line_is_said_at_once() -> None:
    """Unknown fields, wrong kinds and wrong values stand in one reason."""
    said = reason('{"id":"a","name":"","zzz":1,"owner":[],"seats":-1}')
    assert [part.split(":")[0] for part in said.split(" | ")] == ["'zzz'", "owner", "name", "seats"]


def test_bytes_that_are_no_text_cost_their_own_line() -> None:
    """The lines around it are read."""
    rows = list(read_registry_lines(io.BytesIO(b'{"id":"a","name":"A"}\n{"id":"\xff"}\n{"id":"b","name":"B"}\n')))
    assert [row.record and row.record.id for row in rows] == ["a", None, "b"]
    assert "UTF-8" in rows[1].reason


def test_an_id_that_stands_twice_names_the_first_line() -> None:
    """The second line is a reject that says whether it is identical; blank lines count as lines."""
    rows = read('{"id":"a","name":"A"}', "", '{"name":"A","id":"a"}', '{"id":"a","name":"B"}')
    assert [row.line for row in rows] == [1, 3, 4]
    assert rows[1].reason == "identical to line 1"
    assert "is on line 1 too" in rows[2].reason


def test_a_mended_reject_loads_as_a_table() -> None:
    """The cells of a reject are those of a table, lists included."""
    line = {
        "id": "a",
        "name": "A",
        "seats": "many",
        "stage_history": [{"stage": "idea", "since": "2025-01-01", "planned_days": 60}],
    }
    (row,) = read(json.dumps(line))
    cells = dict(row.cells) | {"seats": "64"}
    table = ",".join(cells) + "\n" + ",".join(cells.values())
    (mended,) = read_registry(io.BytesIO(table.encode()))
    assert mended.record is not None
    assert (mended.record.seats, mended.record.stage_history[0].planned_days) == (64, 60)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [(b'{"id":1}', True), (b'\xef\xbb\xbf\n \n{"id":1}', True), (b"id,name\n", False), (b"", False), (b"[{", False)],
)
def test_lines_are_known_by_their_first_sign(text: bytes, *, is_so: bool) -> None:
    """A brace makes them, after a mark and blanks; nothing is taken from the stream."""
    for stream in (io.BytesIO(text), io.BufferedReader(io.BytesIO(text))):
        assert is_lines(stream) == is_so
        assert stream.read() == text
