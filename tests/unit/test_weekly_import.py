"""The weekly format: each row becomes the week it says, on its last day, or a reason in words."""

import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.weekly import OPTIONAL, REQUIRED, read_weekly
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay
from bot.errors import InputError

TODAY = date(2026, 3, 10)
COLUMNS = (*REQUIRED, *OPTIONAL)
GOOD = {"pilot": "tax", "week_end": "2026-03-08", "active_users": "12", "seats": "40"}


def read(text: str) -> list[Row[UsageDay]]:
    """Return the rows of a table as the source `chat` tells it on 10 March 2026."""
    return list(read_weekly(io.BytesIO(text.encode()), source="chat", today=TODAY, name="weeks.csv"))


def one(**cells: str) -> Row[UsageDay]:
    """Return the row of a good line with these cells changed."""
    given_cells = GOOD | cells
    line = ",".join(f'"{given_cells.get(column, "")}"' for column in COLUMNS)
    return read(",".join(COLUMNS) + "\n" + line)[0]


def test_a_row_is_the_week_of_its_last_day() -> None:
    """People of the week are active_7d, and no figure of a single day is known."""
    row = one(active_28d="20", actions="99", use_cases="3", complete="0")
    assert row.record == UsageDay(
        pilot="tax",
        day=date(2026, 3, 8),
        source="chat",
        active_7d=12,
        seats=40,
        active_28d=20,
        actions=99,
        use_cases=3,
        complete=False,
        weekly=True,
    )


def test_a_week_may_be_told_by_its_first_day() -> None:
    """The first day, the last, or both which must agree."""
    for cells in ({"week_start": "2026-03-02", "week_end": ""}, {"week_start": "2026-03-02"}):
        record = one(**cells).record
        assert record is not None
        assert (record.day, record.weekly) == (date(2026, 3, 8), True)
    assert read("pilot;week start;active users;seats\ntax;2026-03-02;3;9\n")[0].record is not None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"week_end": ""}, "week_end: is empty; write the last day of the week, such as 2026-02-01"),
        ({"week_start": "2026-03-01"}, "week_start: 2026-03-01 and week_end 2026-03-08 are not the first and last day"),
        ({"week_end": "2026-03-11"}, "week_end: the week ends on 2026-03-11, after today (2026-03-10)"),
        ({"week_start": "2026-03-05", "week_end": ""}, "the week ends on 2026-03-11, after today"),
        ({"week_end": "8.3.2026"}, "week_end: '8.3.2026' is not a date of the form YYYY-MM-DD"),
        ({"week_start": "x"}, "week_start: 'x' is not a date"),
        ({"week_end": "0202-03-08"}, "check the year"),
        ({"active_users": "x", "seats": "-1"}, "active_users: 'x' is not a whole number"),
        ({"active_28d": "3"}, "active_users is 12 and active_28d is 3; 28 days can't have fewer people"),
        ({"pilot": ""}, "pilot: is empty"),
        ({"complete": "maybe"}, "complete: 'maybe' is neither yes nor no"),
    ],
)
def test_a_bad_row_is_a_reason_in_words(cells: dict[str, str], reason: str) -> None:
    """A reason names the column and what to write; several are said at once."""
    row = one(**cells)
    assert row.record is None
    assert reason in row.reason


@pytest.mark.parametrize("missing", ["pilot", "active_users", "seats", "week_end"])
def test_a_missing_column_stops_the_load(missing: str) -> None:
    """A table without a column that is needed is refused by name before any row is read."""
    kept = [column for column in (*REQUIRED, "week_end") if column != missing]
    with pytest.raises(InputError, match=f"weeks.csv has no column '{missing}'"):
        read(",".join(kept) + "\n")


@given(end=st.dates(date(2000, 1, 7), TODAY), people=st.integers(0, 65_534))
def test_first_and_last_day_name_the_same_week(*, end: date, people: int) -> None:
    """Whichever is written, the row stands on the last day."""
    by_end = one(week_end=str(end), active_users=str(people)).record
    by_start = one(week_end="", week_start=str(end - timedelta(days=6)), active_users=str(people)).record
    assert by_end == by_start
    assert by_end is not None
    assert (by_end.day, by_end.active_7d) == (end, people)


def test_a_row_with_too_few_cells_is_a_reject_like_any_other() -> None:
    """What can't be separated comes through with its line and reason."""
    row = read("pilot,week_end,active_users,seats\ntax,2026-03-08\n")[0]
    assert (row.line, row.record, row.reason[:11]) == (2, None, "has 2 cells")
