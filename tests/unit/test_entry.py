"""Entries of data teams: each object becomes a record or a reason, whatever was sent, and a reason tells nobody."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.parts import MOST_SOURCES, Parts
from bot.domain.entry import LONGEST_TEXT, MOST_OBJECTS, Part, Stream, read_entry, too_large
from bot.domain.fact import WireFact
from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay

TODAY = date(2026, 3, 10)
USER = "dana.fischer@n.example"
FACT = {"source": "chat", "start": "2026-03-01", "end": "2026-03-02", "surface": "chat.web", "user": USER, "actions": 3}
DAY = {"pilot": "tax", "day": "2026-03-01", "source": "seats", "active_users": 7, "seats": 40}
PILOT = {"id": "tax", "name": "Tax letters", "owner": USER, "timezone": "Europe/Berlin", "routes": [{"group": "tax"}]}


def read(*fields: tuple[str, object], stream: Stream = Stream.USAGE, aggregate_only: bool = False) -> list[Part]:
    """Read an entry whose contents are given as text, bytes, or what becomes JSON."""
    raw = [(name.encode(), to_bytes(content)) for name, content in fields]
    return list(read_entry(stream, raw, today=TODAY, aggregate_only=aggregate_only))


def to_bytes(content: object) -> bytes:
    """Return bytes as they are, text encoded, and anything else as JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def reason(*fields: tuple[str, object], stream: Stream = Stream.USAGE) -> str:
    """Return why an entry of one object is refused."""
    (part,) = read(*fields, stream=stream)
    assert part.record is None
    assert part.reason
    return part.reason


def test_each_kind_becomes_its_record() -> None:
    """A fact, a daily row and a pilot are read as they are documented, with dates as days and lists as lists."""
    (fact,) = read(("fact", FACT))
    (day,) = read(("day", DAY))
    (pilot,) = read(("pilot", PILOT), stream=Stream.REGISTRY)
    assert isinstance(fact.record, WireFact)
    assert (fact.place, fact.record.user, fact.record.last_day) == (0, USER, date(2026, 3, 1))
    assert day.record == UsageDay.model_validate(DAY)
    assert pilot.record == Pilot.model_validate(PILOT)


def test_the_examples_of_the_docs_are_taken() -> None:
    """The fact, the daily row and the pilot that the page shows are read as they stand there."""
    page = (Path(__file__).resolve().parent.parent.parent / "docs" / "ingress.md").read_text()
    fact, day, pilot = re.findall(r"^    (\{.*?\})$", page, re.MULTILINE | re.DOTALL)
    for kind, example in (("fact", fact), ("day", day), ("pilot", pilot)):
        (part,) = read((kind, example), stream=Stream.REGISTRY if kind == "pilot" else Stream.USAGE)
        assert (part.reason, part.record is None) == ("", False)


@pytest.mark.parametrize(
    "batch",
    [
        json.dumps([FACT, {"no": 1}, FACT]),
        f"{json.dumps(FACT)}\n{{\n{json.dumps(FACT)}\r\n",
        b" \n\t" + json.dumps([FACT, 1, FACT], indent=2).encode(),
    ],
    ids=["array", "lines", "indented array"],
)
def test_a_batch_is_an_array_or_lines_and_a_bad_object_costs_only_itself(batch: str | bytes) -> None:
    """Of three objects the second is refused by its place, and the others are taken."""
    parts = read(("kind", "fact"), ("batch", batch))
    assert [(p.place, p.record is None) for p in parts] == [(1, False), (2, True), (3, False)]


def test_an_array_that_is_none_is_refused_as_a_whole() -> None:
    """What begins as an array and breaks off can't be taken apart, and is one reject without its content."""
    said = reason(("kind", "fact"), ("batch", json.dumps([FACT, FACT])[:-1]))
    assert said == "the batch begins as a JSON array and is none; send a whole one, or an object a line"


def test_blank_lines_count_as_lines() -> None:
    """The place of an object is the line on which it stands."""
    parts = read(("batch", f"\n{json.dumps(FACT)}\n  \n{json.dumps(FACT)}\n"), ("kind", "fact"))
    assert [p.place for p in parts] == [2, 4]


@pytest.mark.parametrize(
    "fields",
    [
        [("event", FACT)],
        [("fact", FACT), ("fact", FACT)],
        [("fact", FACT), ("day", DAY)],
        [("batch", [FACT])],
        [("kind", "fact")],
        [("kind", "event"), ("batch", [FACT])],
        [("kind", "fact"), ("batch", [FACT]), ("user", USER)],
        [(USER, FACT)],
    ],
)
def test_an_entry_of_another_shape_is_refused_as_a_whole(fields: list[tuple[str, object]]) -> None:
    """Unknown, missing and doubled fields are one reject that says what an entry is."""
    assert "an entry has one field" in reason(*fields)


def test_what_belongs_into_the_other_stream_is_said() -> None:
    """A pilot among usage, and a fact among the registry, are refused with the name of the right stream."""
    assert reason(("pilot", PILOT)) == "a pilot belongs into the registry stream; send it there"
    assert "usage stream" in reason(("fact", FACT), stream=Stream.REGISTRY)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff\xfe{", "is not JSON"),
        (b'{"user": "\xff"}', "is not JSON"),
        (b"", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"a": ' * 5_000 + b"1" + b"}" * 5_000, "is not JSON"),
        (json.dumps(FACT | {"actions": float("nan")}).encode(), "actions: "),
        (json.dumps(FACT | {"actions": 10**40}).encode(), "actions: "),
        (json.dumps(FACT | {"tokens": -1}).encode(), "tokens: "),
        (json.dumps(FACT | {"user": "\ud800"}).encode(), "is not JSON"),
        (b"null", "JSON object"),
        (b'"dana"', "JSON object"),
        (json.dumps(FACT | {"v": 2}).encode(), "v: "),
        (json.dumps(FACT | {"end": "2026-03-11", "start": "2026-03-10"}).encode(), ""),
        (json.dumps(FACT | {"end": "2026-03-12", "start": "2026-03-11"}).encode(), "end: lies after today"),
        (json.dumps(FACT | {"end": "1999-12-31", "start": "1999-12-30"}).encode(), "start: lies before 2000-01-01"),
    ],
)
def test_what_no_sender_should_write_is_refused_and_never_a_crash(raw: bytes, words: str) -> None:
    """Bytes that are no text, no JSON, too deep, too large, too late or too early are one reason each; today is taken."""
    (part,) = read(("fact", raw))
    assert (part.record is None) == bool(words)
    assert words in part.reason


def test_a_day_is_checked_like_a_row_of_a_file() -> None:
    """Days to come, and sources that no file could name, are refused by field."""
    (part,) = read(("day", DAY | {"day": "2026-03-11", "source": "Dana Fischer"}))
    assert part.fields == "day, source"
    assert "Dana" not in part.reason


def test_a_pilot_that_would_stop_a_look_is_refused() -> None:
    """Time zones that don't exist, unseen letters, endless texts and huge records are said by field."""
    bad = PILOT | {"id": "tax ", "timezone": "Mars/Base", "owner": f"{USER}\n", "name": "n" * 200}
    bad |= {"milestones": [{"id": "m", "title": "t" * (LONGEST_TEXT + 1), "due": "2026-05-01"}]}
    (part,) = read(("pilot", bad), stream=Stream.REGISTRY)
    assert part.fields == "id, timezone, owner, milestones"
    assert "milestones.1.title: has 1,001 characters" in part.reason
    assert "dana" not in part.reason
    many = [{"id": str(n), "title": "x" * 900, "due": "2026-05-01"} for n in range(200)]
    assert "send at most 131,072" in reason(("pilot", PILOT | {"milestones": many}), stream=Stream.REGISTRY)
    ours = PILOT | {"unreadable": [{"field": "stage", "value": USER}]}
    assert reason(("pilot", ours), stream=Stream.REGISTRY) == "unreadable: is ours; leave it out"


def test_limits_of_size_are_said_with_the_remedy() -> None:
    """One object too many refuses the batch, in either form; a large entry says its size."""
    assert len(read(("kind", "day"), ("batch", "{}\n" * MOST_OBJECTS))) == MOST_OBJECTS
    for batch in ("{}\n" * (MOST_OBJECTS + 1), f"[{'{},' * MOST_OBJECTS}{{}}]"):
        assert (
            reason(("kind", "day"), ("batch", batch))
            == "the batch has more than 10,000 objects; send it in several entries"
        )
    assert too_large(4_200_000).reason == "the entry has 4,200,000 bytes; send at most 4,194,304 in one"


def test_without_people_a_persons_fact_is_not_read_at_all() -> None:
    """What is about a person or robot is neither taken nor checked; totals and daily rows are read as ever."""
    total = {k: v for k, v in FACT.items() if k != "user"} | {"actor_kind": "aggregate", "people": 9}
    lines = [FACT, {"user": USER, "nonsense": [1]}, FACT | {"actor_kind": "service"}, total, total | {"people": -1}]
    parts = read(("kind", "fact"), ("batch", lines), aggregate_only=True)
    assert [(p.record is not None, bool(p.reason)) for p in parts] == [
        *[(False, False)] * 3,
        (True, False),
        (False, True),
    ]
    assert all(p.record for p in read(("day", DAY), aggregate_only=True))
    (broken,) = read(("fact", f"{USER} {{"), aggregate_only=True)
    assert "is not JSON" in broken.reason


def test_a_sender_who_makes_sources_up_is_stopped() -> None:
    """Once an organisation has a thousand sources a new one is refused, and those that are known are taken."""
    parts = Parts(Stream.USAGE)
    parts.add(
        "1-0", read(("kind", "day"), ("batch", [DAY | {"source": name} for name in ("a", "b", "a", "known", "b")]))
    )
    parts.limit_sources({"known", *(f"s{n}" for n in range(MOST_SOURCES - 2))})
    assert [row.record.source for row in parts.rows(UsageDay) if row.record] == ["a", "a", "known"]
    assert [(r.entry, r.place, r.field) for r in parts.refusals()] == [("1-0", 2, "source"), ("1-0", 5, "source")]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(USER) | st.just(f"x{USER}y"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([USER, "id", "due", "group"]), inner),
    max_leaves=6,
)
NAMES = st.sampled_from([*FACT, *DAY, *PILOT, "v", "period", "actor_kind", "people", "milestones", USER, f"a.{USER}"])


@given(
    kind=st.sampled_from(["fact", "day", "pilot"]),
    changes=st.dictionaries(NAMES, VALUES, max_size=4),
    is_batch=st.booleans(),
)
@settings(max_examples=400)
def test_no_reason_names_anybody(kind: str, changes: dict[str, object], is_batch: bool) -> None:  # noqa: FBT001  hypothesis
    """Whatever stands where, no reason and no name of a field holds the address that stood there."""
    whole = {"fact": FACT, "day": DAY, "pilot": PILOT}[kind] | changes
    stream = Stream.REGISTRY if kind == "pilot" else Stream.USAGE
    fields = [("kind", kind), ("batch", [whole])] if is_batch else [(kind, whole)]
    for part in read(*fields, stream=stream):
        assert (part.record is None) == bool(part.reason)
        assert "dana" not in part.reason + part.fields


@given(
    raw=st.binary(max_size=60), kind=st.sampled_from(["fact", "day", "pilot", "batch"]), stream=st.sampled_from(Stream)
)
def test_any_bytes_are_read_without_a_crash(raw: bytes, kind: str, stream: Stream) -> None:
    """Bytes that no sender would send give records or reasons, one for each object."""
    fields = [("kind", "fact"), ("batch", raw)] if kind == "batch" else [(kind, raw)]
    assert all((p.record is None) == bool(p.reason) for p in read(*fields, stream=stream))
