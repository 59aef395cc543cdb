"""The usage_facts format: each line becomes the fact it says, or a reason that holds nothing of it."""

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.documents import Documents
from adapters.sources.lines import LINE_LIMIT
from adapters.sources.usage_facts import read_usage_facts
from bot.domain.fact import ActorKind, WireFact
from bot.domain.table import Row
from bot.domain.wire import read_wire
from bot.errors import InputError

GOOD: dict[str, object] = {
    "source": "chat",
    "user": "dana.fischer@n.example",
    "start": "2026-03-09",
    "end": "2026-03-10",
    "surface": "chat.web",
    "actions": 3,
}
WORD = "zebra"


def read(content: bytes, source: str | None = None) -> list[Row[WireFact]]:
    """Return the rows of a file."""
    return list(read_usage_facts(io.BytesIO(content), source=source, name="facts.ndjson"))


def one(**changes: object) -> Row[WireFact]:
    """Return the row of a good line with these fields changed; None takes a field out."""
    given_fields = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return read(json.dumps(given_fields).encode())[0]


def test_a_line_is_a_fact() -> None:
    """Fields land where they belong; what is left out is unknown; marks and blank lines count as nothing."""
    rows = read(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\n  \n" + json.dumps(GOOD).encode())
    assert [row.line for row in rows] == [1, 4]
    fact = rows[0].record
    assert fact is not None
    assert (fact.user, fact.start, fact.actions, fact.group) == (GOOD["user"], date(2026, 3, 9), 3, None)
    assert (fact.actor_kind, fact.revision, fact.is_active, fact.last_day) == (ActorKind.PERSON, 0, True, fact.start)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user": None}, "user is missing: the vendor's id of the person; for totals write actor_kind aggregate"),
        ({"user": 4711}, 'user: must be text of 1 to 320 characters in quotes, such as "4711"'),
        ({"user": "  "}, "user is missing: the vendor's id of the person"),
        ({"user": WORD * 100}, "user: must be text of 1 to 320 characters"),
        ({"start": None}, "start: is missing"),
        ({"start": "9.3.2026"}, "start: must be the first day in UTC, such as 2026-01-31"),
        ({"end": "2026-03-09"}, "end must lie after start"),
        ({"end": "2026-03-12"}, "a day has 1 days, and start and end give 3"),
        ({"surface": WORD}, "surface: must be chat, code, office, agent or api, a dot and a name in small letters"),
        ({"source": WORD.upper()}, "source: must be 1 to 64 of a-z"),
        ({"actions": -1}, "actions: must be 0 or more"),
        ({"actions": 2**40}, "actions: must be 4,294,967,294 or less"),
        ({"actions": WORD}, "actions: must be a whole number; leave it out if unknown"),
        ({"actions": 1.5}, "actions: must be a whole number"),
        ({"actions": float("nan")}, "actions: must be a whole number; leave it out if unknown"),
        ({"active": WORD}, "active: must be true or false; leave it out if unknown"),
        ({"period": WORD}, "period: must be day, week, month or snapshot"),
        ({"actor_kind": WORD}, "actor_kind: must be person, service or aggregate"),
        ({"group": ""}, "group: must have at least 1 characters; leave it out if unknown"),
        ({"group": WORD * 100}, "group: must have at most 200 characters"),
        ({"group": 5}, "group: must be text in quotes"),
        ({"revision": "2026-03-10"}, "revision: must be seconds since 1970 in UTC"),
        ({"revision": 1_772_000_000_000}, "revision: must be seconds since 1970 in UTC"),
        ({"people": 3}, ""),
        (
            {"actor_kind": "aggregate", "people": 3},
            "an aggregate gives people, the number of distinct people, and no user",
        ),
        ({"v": 2}, "v: this program knows version 1 of the format"),
        ({WORD: "what dana wrote"}, "field 7 is not one we take; leave it out"),
        ({"prompt": WORD, "start": "x"}, "start: must be the first day in UTC, such as 2026-01-31 | field 7 is not"),
    ],
)
def test_a_bad_line_is_a_reason_that_holds_nothing_of_it(changes: dict[str, object], reason: str) -> None:
    """The field and the remedy are named; neither what stood there, nor the user, nor a field that is not ours."""
    row = one(**changes)
    assert reason in row.reason
    assert (row.record is None, row.cells) == (bool(reason), {})
    for word in (WORD, "dana", "fischer", "wrote"):
        assert word not in row.reason.casefold()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"source": "chat",', "is not JSON from character 18 on"),
        (b"zebra", "is not JSON from character 1 on"),
        (b"[1, 2]", "is not a JSON object; write one { ... } a line"),
        (b'"zebra"', "is not a JSON object"),
        (b'{"source": "chat", "user": "\xff"}', "is not JSON"),
        (b"[" * 5000, "is not JSON"),
        (b'{"zebra": {"a": [' + b"[" * 300 + b"]" * 300 + b"]}}", "is not JSON"),
        (b"{}", "source: is missing | start: is missing | end: is missing | surface: is missing"),
        (b"x" * (LINE_LIMIT + 5), "is longer than 1,048,576 bytes"),
        (b"x" * (2 * LINE_LIMIT + 5), "is longer than 1,048,576 bytes"),
    ],
)
def test_what_is_no_object_is_a_reason_and_stops_nothing(line: bytes, reason: str) -> None:
    """The next line is read as if the bad one were not there."""
    rows = read(line + b"\n" + json.dumps(GOOD).encode() + b"\n")
    assert reason in rows[0].reason
    assert [row.line for row in rows] == [1, 2]
    assert rows[1].record is not None
    assert b"zebra" not in rows[0].reason.encode()


def test_a_named_source_must_be_that_of_each_line() -> None:
    """A file of another source is refused line by line, without repeating its name."""
    rows = read(json.dumps(GOOD).encode(), source="code")
    assert rows[0].reason == "source: is another one than --source says; leave --source out, or mend the line"
    assert read(json.dumps(GOOD).encode(), source="chat")[0].record is not None


def test_a_file_that_is_something_else_is_one_sentence() -> None:
    """A compressed file is refused as a whole, with the remedy."""
    with pytest.raises(InputError, match=r"facts.ndjson is compressed: save it as UTF-8 text"):
        read(b"\x1f\x8b\x08\x00")


def test_the_bytes_read_grow_to_the_size_of_the_file() -> None:
    """Progress can be shown, and no cells of a line are kept for the rejects."""
    content = (json.dumps(GOOD) + "\n").encode() * 5
    reading = read_usage_facts(io.BytesIO(content), source=None)
    seen = [reading.bytes_read for _ in reading]
    assert (seen == sorted(seen), seen[-1], reading.columns) == (True, len(content), ())


class Torn(io.BytesIO):
    """A file on a disk that fails after its first line."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return a line once."""
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().readline(size)


def test_a_disk_that_fails_is_one_sentence() -> None:
    """What can't be read any further is said with its reason, for lines and for documents."""
    content = (json.dumps(GOOD) + "\n").encode() * 2
    with pytest.raises(InputError, match=r"facts can't be read any further \(Input/output error\): check the disk"):
        list(read_usage_facts(Torn(content), source=None, name="facts"))
    with pytest.raises(InputError, match=r"report can't be read any further \(Input/output error\): check the disk"):
        list(Documents(Torn(content), "report"))


def test_only_so_many_faults_of_a_line_are_said() -> None:
    """Ten unknown fields are five reasons and a count."""
    reason = one(**{f"f{n}": n for n in range(10)}).reason
    assert reason.endswith("field 11 is not one we take; leave it out (docs/loading.md lists them) | and 5 more")


wire_facts = st.builds(
    WireFact,
    source=st.sampled_from(["chat", "llm/acme"]),
    user=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip),
    start=st.just(date(2026, 3, 2)),
    end=st.just(date(2026, 3, 3)),
    surface=st.just("chat.web"),
    group=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    active=st.none() | st.booleans(),
    actions=st.none() | st.integers(0, 2**32 - 2),
    revision=st.integers(0, 2**40 - 1),
)


@given(wire_facts)
def test_a_fact_written_is_the_fact_read(fact: WireFact) -> None:
    """JSON there and back loses nothing."""
    assert read_wire(WireFact, fact.to_stored()) == fact


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_fact_or_a_reason(value: object) -> None:
    """Nothing that is sent makes the import fall over."""
    row = read(json.dumps(value).encode() + b"\n")[0]
    assert (row.record is None) == bool(row.reason)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \n"])
def test_a_file_that_holds_nothing_is_refused(content: bytes) -> None:
    """An empty file is a fault in every format, not a load of nothing."""
    with pytest.raises(InputError, match=r"facts\.ndjson is empty: give a file with one JSON object a line\."):
        read(content)
    with pytest.raises(InputError, match=r"seats\.json is empty: give a file that holds the answer in JSON\."):
        list(Documents(io.BytesIO(content), "seats.json"))


@pytest.mark.parametrize(
    "twin",
    ['"user": "dana", "user": "zebra"', '"user":"a:b" , "user" : "a:b"', '"actions": 1, "user": "a", "actions": 1'],
)
def test_a_field_that_stands_twice_is_a_reject(twin: str) -> None:
    """Which of two was meant nobody can tell, so neither is taken; the field is named and what it held is not."""
    fields = ", ".join(f'"{key}": "{GOOD[key]}"' for key in ("source", "start", "end", "surface"))
    (row,) = read(f"{{{fields}, {twin}}}".encode())
    assert row.record is None
    name = "actions" if "actions" in twin else "user"
    assert row.reason == f"{name}: stands twice in one object; keep the one that is right"


@given(user=st.text(min_size=1, max_size=20).filter(str.strip))
def test_a_user_may_hold_any_sign(user: str) -> None:
    """Colons and quotes in an id are no second field."""
    assert one(user=user).reason == ""
