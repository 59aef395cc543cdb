"""The registry import: each row becomes the pilot it tells of, or a reason; ids never depend on the order."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.parts import read_dependencies, read_milestones, read_stage_history
from adapters.sources.registry import read_registry, to_cells
from adapters.sources.registry_map import Column, parse_registry_map
from adapters.sources.rejects import Rejects
from bot.domain.pilot import Dependency, Depth, Milestone, Pilot, Stage, StageEntry, Unreadable
from bot.domain.table import Row
from bot.errors import InputError


def read(text: str, rules: str = "") -> list[Row[Pilot]]:
    """Return the rows of a table under the rules of a map given as YAML."""
    mapping = parse_registry_map(rules, "map.yaml") if rules else None
    return list(read_registry(io.BytesIO(text.encode()), mapping, name="registry.csv"))


def one(rules: str = "", **cells: str) -> Row[Pilot]:
    """Return the row of the pilot `tax` with these cells."""
    given_cells = {"id": "tax", "name": "Tax helper"} | cells
    out = io.StringIO()
    csv.writer(out).writerows([given_cells.keys(), given_cells.values()])
    return read(out.getvalue(), rules)[0]


def pilot(row: Row[Pilot]) -> Pilot:
    """Return the pilot of a row that must be one."""
    assert row.record is not None, row.reason
    return row.record


def day(cell: str) -> date | None:
    """Read a day as the standard writes it."""
    return date.fromisoformat(cell) if cell else None


FULL = {
    "owner": "Ana Roy",
    "sponsor": "Bo Li",
    "stage": "Pilot",
    "stage_since": "2026-01-05",
    "planned_stage_days": "90",
    "seats": "64",
    "country": "de",
    "timezone": "Europe/Berlin",
    "start": "2025-09-01",
    "use_case_family": "drafting",
    "programme_lead": "Cy Ode",
    "target_date": "2026-06-30",
    "milestones": "Data access | 2026-01-31 | 2026-02-03; Go-live | 2026-03-31 | | live",
    "dependencies": "data | Dee Fox | 2026-01-05 | 2026-02-20; legal",
    "stage_history": "idea | 2025-09-01 | 60; build | 2025-11-01",
    "depth": "l2",
    "outcome_metric": "hours per return",
    "production_owner": "Eve",
    "data_mode": "live",
    "data_mode_since": "2026-02-01",
    "last_release": "2026-02-10",
    "owner_left": "2026-02-11",
    "sponsor_left": "2026-02-12",
}


def test_a_full_row_is_a_pilot() -> None:
    """Each column lands in the field of its name."""
    assert pilot(one(**FULL)) == Pilot(
        id="tax",
        name="Tax helper",
        owner="Ana Roy",
        sponsor="Bo Li",
        programme_lead="Cy Ode",
        stage=Stage.PILOT,
        stage_since=date(2026, 1, 5),
        stage_history=(
            StageEntry(stage=Stage.IDEA, since=date(2025, 9, 1), planned_days=60),
            StageEntry(stage=Stage.BUILD, since=date(2025, 11, 1)),
        ),
        planned_stage_days=90,
        target_date=date(2026, 6, 30),
        milestones=(
            Milestone(id="data-access", title="Data access", due=date(2026, 1, 31), done_on=date(2026, 2, 3)),
            Milestone(id="live", title="Go-live", due=date(2026, 3, 31)),
        ),
        dependencies=(
            Dependency(id="data-dee-fox", kind="data", holder="Dee Fox", since=date(2026, 1, 5), due=date(2026, 2, 20)),
            Dependency(id="legal", kind="legal"),
        ),
        seats=64,
        country="DE",
        timezone="Europe/Berlin",
        start=date(2025, 9, 1),
        use_case_family="drafting",
        depth=Depth.L2,
        outcome_metric="hours per return",
        production_owner="Eve",
        data_mode="live",
        data_mode_since=date(2026, 2, 1),
        last_release=date(2026, 2, 10),
        owner_left=date(2026, 2, 11),
        sponsor_left=date(2026, 2, 12),
    )


def test_id_and_name_are_enough_and_empty_is_unknown() -> None:
    """Everything but id and name may be left out or empty."""
    assert pilot(one()) == pilot(one(**dict.fromkeys(FULL, " "))) == Pilot(id="tax", name="Tax helper")


def test_texts_are_put_on_one_line() -> None:
    """Line breaks and control characters in a cell are blanks to us."""
    row = one(id=" tax\n", name="Tax\r\nhelper \x07 2\n")
    assert (pilot(row).id, pilot(row).name) == ("tax", "Tax helper 2")


def test_a_long_name_is_cut_and_says_so() -> None:
    """A name is for reading: too long a one costs its end, not the pilot."""
    assert pilot(one(name="x" * 300)).name == "x" * 300
    assert pilot(one(name="x" * 301)).name == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("id", " ", "id: is empty"),
        ("id", "a\x1bb", r"id: 'a b' holds a character that can't be seen \(U\+001B\)"),
        ("name", "", "name: is empty; give the pilot a name"),
        ("owner", "x" * 1001, "owner: has 1,001 characters; shorten it to 1,000"),
        ("seats", "abc", "seats: 'abc' is not a whole number; write for example 64, or leave it empty for unknown"),
        ("seats", "70000", "seats: '70000' is not between 0 and 65,534"),
        ("planned_stage_days", "0", "planned_stage_days: '0' is not between 1 and 3,650"),
        ("stage", "Ideation", r"stage: 'Ideation' is no stage this table knows \(idea, approved, build, pilot"),
        ("stage_since", "1/2/2026", "stage_since: '1/2/2026' is not a date of the form YYYY-MM-DD"),
        ("start", "2026-02-30", "start: there is no day '2026-02-30'"),
        ("country", "UK", "country: 'UK' is not a country code of two letters"),
        ("timezone", "Berlin", "timezone: there is no timezone 'Berlin'; write an IANA name such as Europe/Berlin"),
        ("timezone", "Europe", "there is no timezone"),
        ("depth", "L9", "depth: 'L9' is no depth; write one of L0, L1, L2, L3, L4"),
        ("milestones", "Go-live", "milestones: 'Go-live' has a milestone without title or due date"),
        ("milestones", "Go-live | soon", "milestones: 'soon' is not a date"),
        ("milestones", "a | 2026-01-01; a | 2026-01-02", "two entries have the id 'a'"),
        ("dependencies", "| Ana", "without a kind"),
        ("dependencies", "a | b | | | | c | d", "an entry of 7 parts"),
        ("stage_history", "build", "without its word or its first day"),
        ("stage_history", "build | 2026-01-01 | x", "'x' is not a whole number"),
        ("stage_history", "done | 2026-01-01", "'done' is no stage"),
    ],
)
def test_a_bad_cell_is_a_reason_in_words(column: str, cell: str, words: str) -> None:
    """A reason names the column, the value and what to write."""
    row = one(**{column: cell})
    assert row.record is None
    with pytest.raises(ValueError, match=words):
        raise ValueError(row.reason)


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    """A row with two faults is mended once, not twice."""
    assert one(seats="x", country="Germany").reason.count(" | ") == 1


def test_of_two_rows_with_one_id_the_first_counts() -> None:
    """A later row is a reject that names the line of the first, and says whether it says anything new."""
    found = read("id,name\ntax,Tax\nlaw,Law\ntax,Tax \ntax,Other\n")
    assert [row.reason for row in found] == [
        "",
        "",
        "identical to line 2",
        "id: 'tax' is on line 2 too, with other values; keep one of the two rows",
    ]


def test_a_faulty_row_takes_no_id() -> None:
    """The id of a row that was refused is free for the row that is right."""
    assert [bool(row.record) for row in read("id,name,seats\ntax,Tax,x\ntax,Tax,3\n")] == [False, True]


@pytest.mark.parametrize(
    ("text", "rules", "words"),
    [
        ("name\n", "", "registry.csv has no column 'id' .*--map.*compose ids"),
        ("id,Title\n", "", r"no column 'name' \(found: id\): rename a column"),
        ("id,Title\n", "columns: {name: Titel}", "no column 'Titel' .*mend the map"),
        ("name\n", "id: [name, unit]", "no column 'unit' .*mend the map"),
    ],
)
def test_a_missing_column_stops_the_load(text: str, rules: str, words: str) -> None:
    """A table without a column that is needed is refused by name, with a way out."""
    with pytest.raises(InputError, match=words):
        read(text, rules)


def test_a_map_gives_columns_stages_dates_and_defaults() -> None:
    """A foreign table is read by its own words; columns the map does not name go by ours."""
    rules = """
    columns: {name: Use Case, stage: Phase, start: Begin}
    id: [Use Case, Unit]
    stages: {Proof of concept: pilot, NO: idea}
    dates: [D.M.YYYY, MM/YYYY]
    defaults: {country: "no", seats: 5}
    """
    text = "Use Case;UNIT;Phase;Begin;seats\nHelper;R&D;proof of  Concept;5.1.2026;\nBot;HR;No;3/2026\n;7\n"
    rows = read(text.replace("3/2026\n;", "3/2026;"), rules)
    assert pilot(rows[0]) == Pilot(
        id="helper-r-d", name="Helper", stage=Stage.PILOT, start=date(2026, 1, 5), country="NO", seats=5
    )
    assert pilot(rows[1]) == Pilot(
        id="bot-hr", name="Bot", stage=Stage.IDEA, start=date(2026, 3, 1), country="NO", seats=7
    )


def test_with_stages_in_the_map_no_other_word_is_guessed() -> None:
    """Our own word for a stage means nothing in a table that has words of its own."""
    assert "no stage this table knows (live)" in one("stages: {live: production}", stage="production").reason


def test_what_cannot_be_read_may_be_unknown_and_listed() -> None:
    """On request a date or stage that can't be read leaves the pilot without it, and is listed as it stood."""
    rules = "unreadable: unknown"
    found = pilot(one(rules, stage="Ideation", start="24-Nov \n", stage_since="2026-01-05", milestones="a | soon"))
    assert (found.stage, found.start, found.stage_since, found.milestones) == (None, None, date(2026, 1, 5), ())
    assert {(u.field, u.value) for u in found.unreadable} == {
        ("stage", "Ideation"),
        ("start", "24-Nov"),
        ("milestones", "a | soon"),
    }
    assert pilot(one(rules, start="x" * 500)).unreadable[0] == Unreadable(field="start", value="x" * 199 + "…")
    assert one(rules, seats="many").record is None


@pytest.mark.parametrize(
    ("shape", "cell", "wanted"),
    [
        ("YYYY-MM-DD", "2026-1-5", date(2026, 1, 5)),
        ("M/D/YYYY", "01/5/2026", date(2026, 1, 5)),
        ("D/M/YYYY", "5/1/2026", date(2026, 1, 5)),
        ("D.M.YYYY", "05.01.2026", date(2026, 1, 5)),
        ("MM/YYYY", "1/2026", date(2026, 1, 1)),
        ("YYYY-MM", "2026-01", date(2026, 1, 1)),
        ("M/D/YYYY", "5/1/26", None),
        ("M/D/YYYY", "13/1/2026", None),
        ("MM/YYYY", "10/12023", None),
        ("MM/YYYY", "1/1/2026", None),
    ],
)
def test_dates_are_read_in_the_shapes_of_the_map_only(shape: str, cell: str, wanted: date | None) -> None:
    """A date is what the named shape says, or unreadable; years have four digits."""
    row = one(f"dates: [{shape}]", start=cell)
    assert (row.record.start if row.record else None) == wanted


def test_a_shape_that_gives_no_day_leaves_the_word_to_the_next() -> None:
    """With two shapes the one that gives a day counts."""
    rules = "dates: [MM/YYYY, YYYY-MM-DD, YYYY-MM]"
    assert pilot(one(rules, start="2026-01")).start == date(2026, 1, 1)


names = st.sampled_from(["Chat Bot", "chat-bot", "Übersetzer", "税務", "x" * 250, "!"])


@given(st.lists(st.tuples(names, st.sampled_from(["a", "b"])), min_size=1, max_size=6), st.randoms())
def test_composed_ids_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, str]], chance: object) -> None:
    """Shuffled rows give the same pilots; ids are distinct, readable and at most 200 long."""

    def load(given_rows: list[tuple[str, str]]) -> dict[str, Pilot]:
        out = io.StringIO()
        csv.writer(out).writerows([("name", "owner"), *given_rows])
        return {pilot(row).id: pilot(row) for row in read(out.getvalue(), "id: [name]") if row.record}

    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  hypothesis gives a random.Random
    found = load(rows)
    assert found == load(shuffled)
    assert len(found) == len({row for row in rows if row[0] != "!"})
    assert all(len(name) <= 200 and name == name.lower() for name in found)


def test_rows_that_share_a_composed_id_all_get_a_hash() -> None:
    """One alone has the bare words; of several that differ none has; identical ones are one pilot."""
    rows = read("name,owner\nChat Bot,A\nchat bot,B\nOther,\nChat Bot,A\n!,\n", "id: [name]")
    ids = [row.record.id if row.record else row.reason for row in rows]
    assert [name[:9] for name in ids[:2]] == ["chat-bot-", "chat-bot-"]
    assert len({len(name) for name in ids[:2]} | {17}) == 1
    assert ids[0] != ids[1]
    assert ids[2:4] == ["other", "identical to line 2"]
    assert ids[4].startswith("id: is empty")


def test_a_mended_rejects_file_loads(tmp_path: Path) -> None:
    """What was refused, once mended where it stands, loads from the rejects file itself."""
    path = tmp_path / "registry.csv.rejects.csv"
    reading = read_registry(io.BytesIO(b"id;name;seats;owner\ntax;Tax;-5;=Ana\nlaw;Law;5;Bo\n"))
    with Rejects[Pilot](path, reading.columns) as rejects:
        for row in reading:
            if row.record is None:
                rejects.add(row)
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "line,reason,id,name,seats,owner"
    assert text.splitlines()[1].endswith(",tax,Tax,'-5,'=Ana")
    assert read(text)[0].reason.startswith("seats: '-5'")
    assert pilot(read(text.replace("'-5", "5"))[0]) == Pilot(id="tax", name="Tax", seats=5, owner="=Ana")


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).map(
    lambda text: " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
)
some = words.filter(bool)
dates = st.dates(date(1, 1, 1))
milestones = st.lists(
    st.builds(Milestone, id=some, title=some, due=dates, done_on=st.none() | dates),
    max_size=3,
    unique_by=lambda m: m.id,
).map(tuple)
dependencies = st.lists(
    st.builds(
        Dependency,
        id=some,
        kind=some,
        holder=st.none() | some,
        since=st.none() | dates,
        due=st.none() | dates,
        done_on=st.none() | dates,
    ),
    max_size=3,
    unique_by=lambda d: d.id,
).map(tuple)
history = st.lists(
    st.builds(StageEntry, stage=st.sampled_from(Stage), since=dates, planned_days=st.none() | st.integers(1, 3650)),
    max_size=3,
).map(tuple)
pilots = st.builds(
    Pilot,
    v=st.just(1),
    id=some,
    name=some,
    owner=st.none() | some,
    sponsor=st.none() | some,
    programme_lead=st.none() | some,
    stage=st.none() | st.sampled_from(Stage),
    stage_since=st.none() | dates,
    stage_history=history,
    planned_stage_days=st.none() | st.integers(1, 3650),
    target_date=st.none() | dates,
    milestones=milestones,
    dependencies=dependencies,
    seats=st.none() | st.integers(0, 65_534),
    country=st.sampled_from([None, "DE", "NO"]),
    timezone=st.sampled_from([None, "Europe/Berlin", "UTC"]),
    start=st.none() | dates,
    use_case_family=st.none() | some,
    depth=st.none() | st.sampled_from(Depth),
    outcome_metric=st.none() | some,
    production_owner=st.none() | some,
    data_mode=st.none() | some,
    data_mode_since=st.none() | dates,
    last_release=st.none() | dates,
    owner_left=st.none() | dates,
    sponsor_left=st.none() | dates,
    unreadable=st.just(()),
)


@settings(deadline=None)
@given(pilots)
def test_a_pilot_written_as_cells_is_read_as_the_same_pilot(written: Pilot) -> None:
    """What `to_cells` writes, `read_registry` reads."""
    out = io.StringIO()
    csv.writer(out).writerows([to_cells(written).keys(), to_cells(written).values()])
    assert [row.record or row.reason for row in read(out.getvalue())] == [written]


def test_marks_in_a_text_are_kept_by_a_backslash() -> None:
    """A semicolon, a bar or a backslash may be part of a title."""
    found = read_milestones(r"a\;b \| c\\ | 2026-01-31 | | x;", day)
    assert found == (Milestone(id="x", title="a;b | c\\", due=date(2026, 1, 31)),)
    assert read_dependencies(r"C:\temp\ | ", day)[0].kind == "C:\\temp\\"
    assert read_stage_history("", day, Stage) == ()


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(Column), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    st.sampled_from(["", "unreadable: unknown", "id: [name]", "dates: [D.M.YYYY, MM/YYYY]\nunreadable: unknown"]),
)
def test_any_text_is_a_record_or_a_reason(cells: dict[str, str], rules: str) -> None:
    """No cell makes the import fall over, and no pilot has an id that can't be seen."""
    row = one(rules, **{"id": "tax", "name": "Tax", **cells})
    assert (row.record is None) == bool(row.reason)
    assert row.record is None or row.record.id.isprintable()
