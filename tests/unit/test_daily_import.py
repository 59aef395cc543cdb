"""The daily format: each row becomes the usage day it says, or a reason in words."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.daily import OPTIONAL, REQUIRED, read_daily
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay
from bot.errors import InputError

TODAY = date(2026, 3, 10)
COLUMNS = (*REQUIRED, *OPTIONAL)
GOOD = {"pilot": "tax", "day": "2026-03-09", "active_users": "12", "seats": "40"}


def read(text: str) -> list[Row[UsageDay]]:
    """Return the rows of a table as the source `chat` tells it on 10 March 2026."""
    return list(read_daily(io.BytesIO(text.encode()), source="chat", today=TODAY, name="usage.csv"))


def one(**cells: str) -> Row[UsageDay]:
    """Return the row of a good line with these cells changed."""
    given_cells = GOOD | cells
    line = ",".join(f'"{given_cells.get(column, "")}"' for column in COLUMNS)
    return read(",".join(COLUMNS) + "\n" + line)[0]


def test_a_full_row_is_a_usage_day() -> None:
    """Each column lands in the field of its name, with the source that was named."""
    text = (
        "pilot,day,active_users,seats,active_7d,active_28d,actions,use_cases,complete\ntax,2026-03-09,3,40,6,9,44,2,0\n"
    )
    assert read(text)[0].record == UsageDay(
        pilot="tax",
        day=date(2026, 3, 9),
        source="chat",
        active_users=3,
        seats=40,
        active_7d=6,
        active_28d=9,
        actions=44,
        use_cases=2,
        complete=False,
    )


def test_optional_columns_may_be_missing_and_stand_anywhere() -> None:
    """Four columns are enough, in any order, and others are left alone."""
    row = read("Seats;Note;DAY;pilot;active users\n40;hello;2026-03-09;tax;0\n")[0]
    assert row.record == UsageDay(pilot="tax", day=date(2026, 3, 9), source="chat", active_users=0, seats=40)
    assert row.cells == {"Seats": "40", "Note": "hello", "DAY": "2026-03-09", "pilot": "tax", "active users": "0"}
    assert row.line == 2


def test_empty_is_unknown_and_zero_is_zero() -> None:
    """An empty count is None, never zero, and an empty `complete` is yes."""
    record = one(active_users="", seats=" ", actions="0").record
    assert record is not None
    assert (record.active_users, record.seats, record.actions, record.complete) == (None, None, 0, True)


@pytest.mark.parametrize(
    ("word", "meaning"), [("1", True), ("TRUE", True), ("Yes", True), ("0", False), ("false", False), (" no ", False)]
)
def test_complete_takes_the_usual_words(word: str, meaning: bool) -> None:  # noqa: FBT001  the table's second column
    """Yes and no may be written as people and programs do."""
    record = one(complete=word).record
    assert record is not None
    assert record.complete is meaning


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("pilot", " ", "pilot: is empty; each row needs the id of a pilot"),
        ("pilot", "a\u200bb", "U\\+200B"),
        ("pilot", "x" * 201, "201 characters; shorten it to 200"),
        ("day", "", "day: is empty; write the UTC day"),
        ("day", "9.3.2026", "day: '9.3.2026' is not a date of the form YYYY-MM-DD"),
        ("day", "2026-02-30", "day: there is no day '2026-02-30'"),
        ("day", "2026-03-11", r"day: 2026-03-11 lies after today \(2026-03-10\)"),
        ("day", "0202-03-11", "check the year"),
        ("active_users", "-1", "active_users: '-1' is not between 0 and 65,534"),
        ("active_users", "1.5", "active_users: '1.5' is not a whole number"),
        ("seats", "NaN", "seats: 'NaN' is not a whole number; write for example 64, or leave it empty"),
        ("seats", "65535", "seats: '65535' is not between 0 and 65,534"),
        ("actions", "4294967295", "actions: '4294967295' is not between"),
        ("actions", "9" * 5000, "is not a whole number"),
        ("actions", "٣", "is not a whole number"),
        ("use_cases", "255", "use_cases: '255' is not between 0 and 254"),
        ("complete", "maybe", "complete: 'maybe' is neither yes nor no"),
        ("active_7d", "11", "active_users is 12 and active_7d is 11; a longer window can't have fewer"),
        ("active_28d", "5", "active_users is 12 and active_28d is 5; a longer window"),
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
    assert one(seats="x", complete="y").reason.count(" | ") == 1


def test_today_itself_is_taken_and_whole_numbers_of_data_frames_too() -> None:
    """A row of today is a row; 12.0 is twelve, since data frames write counts with gaps like that."""
    record = one(day="2026-03-10", active_users="12.0").record
    assert record is not None
    assert (record.day, record.active_users) == (TODAY, 12)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_column_stops_the_load(missing: str) -> None:
    """A table without a required column is refused by name before any row is read."""
    with pytest.raises(InputError, match=f"usage.csv has no column '{missing}'"):
        read(",".join(column for column in COLUMNS if column != missing) + "\n")


def test_a_row_without_the_right_cells_is_a_reject_like_any_other() -> None:
    """What can't be separated comes through with its line and reason."""
    row = read("pilot,day,active_users,seats\ntax,2026-03-09\n")[0]
    assert (row.line, row.record, row.cells) == (2, None, {"pilot": "tax", "day": "2026-03-09"})
    assert row.reason.startswith("has 2 cells")


def test_the_bytes_read_grow_to_the_size_of_the_file() -> None:
    """Progress can be shown: after the last row every byte has been counted."""
    content = (",".join(COLUMNS) + "\n" + "tax,2026-03-09,1,2,,,,,\n" * 5).encode()
    reading = read_daily(io.BytesIO(content), source="chat", today=TODAY)
    seen = [reading.bytes_read for _ in reading]
    assert seen == sorted(seen)
    assert seen[-1] == len(content)
    assert reading.columns == COLUMNS


counts = st.none() | st.integers(0, 65_534)


@given(
    people=st.tuples(counts, counts, counts),
    seats=counts,
    actions=st.none() | st.integers(0, 4_294_967_294),
    use_cases=st.none() | st.integers(0, 254),
    complete=st.booleans(),
    day=st.dates(date(2000, 1, 1), TODAY),
)
def test_a_row_is_what_the_record_says(
    *,
    people: tuple[int | None, int | None, int | None],
    seats: int | None,
    actions: int | None,
    use_cases: int | None,
    complete: bool,
    day: date,
) -> None:
    """A row is read if and only if the record takes its values, and as that record."""
    values = dict(zip(("active_users", "active_7d", "active_28d"), people, strict=True))
    values |= {"seats": seats, "actions": actions, "use_cases": use_cases}
    row = one(day=str(day), complete=str(complete), **{c: "" if n is None else str(n) for c, n in values.items()})
    known = [n for n in people if n is not None]
    if known == sorted(known):
        assert row.record == UsageDay.model_validate(
            {"pilot": "tax", "day": day, "source": "chat", "complete": complete, **values}
        )
    else:
        assert "longer window" in row.reason


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=9, max_size=9))
def test_any_text_is_a_record_or_a_reason(texts: list[str]) -> None:
    """No cell makes the import fall over."""
    row = one(**{column: text.replace('"', '""') for column, text in zip(COLUMNS, ["x", *texts[1:]], strict=True)})
    assert (row.record is None) == bool(row.reason)
