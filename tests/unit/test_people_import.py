"""Tables about people: seats, leave and aliases become records, or reasons that repeat nothing of the row."""

import io
import json
from datetime import date
from pathlib import Path

import pytest

from adapters.sources.aliases import read_aliases
from adapters.sources.leave import read_leave
from adapters.sources.roster import read_github_seats, read_roster
from bot.domain.roster import WireAway, WirePerson, WireSeat
from bot.errors import InputError

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "sources" / "github_copilot"


def stream(text: str) -> io.BytesIO:
    """Return a file of this text."""
    return io.BytesIO(text.encode())


def test_a_roster_row_is_a_seat() -> None:
    """User, group and half-open span; all but the user may be left out, and rows leave no cells behind."""
    reading = read_roster(stream("User;Group;Since;Until\nDana;tax;2026-01-05;2026-02-01\nbo;;;\n"))
    rows = list(reading)
    assert [row.record for row in rows] == [
        WireSeat("Dana", ("tax",), date(2026, 1, 5), date(2026, 2, 1)),
        WireSeat("bo"),
    ]
    assert (reading.columns, [row.cells for row in rows], reading.bytes_read) == ((), [{}, {}], 60)
    assert [row.record for row in read_roster(stream("user\nx\n"))] == [WireSeat("x")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",g,,", "user: is empty; write the id of the person as the source does"),
        (f"{'zebra' * 100},g,,", "user: has 500 characters"),
        (f"x,{'zebra' * 100},,", "group: has 500 characters; shorten it to 200"),
        ("x,g,zebra,", "since: is not a day of the form YYYY-MM-DD"),
        ("x,g,2026-01-05,2026-01-05", "until: must lie after since; it is the first day without access"),
        (
            "x,g,zebra,zebra",
            "since: is not a day of the form YYYY-MM-DD; write it so, or leave it empty | until: is not",
        ),
        ("zebra,zebra", "has 2 cells where the header names 4 columns"),
    ],
)
def test_a_bad_roster_row_is_a_reason_that_repeats_nothing(row: str, reason: str) -> None:
    """Columns may be shifted: what stands where a day should be may be somebody's name."""
    (found,) = list(read_roster(stream(f"user,group,since,until\n{row}\n")))
    assert (found.record, found.cells, found.line) == (None, {}, 2)
    assert reason in found.reason
    assert "zebra" not in found.reason


def seat(user: int = 7, **changes: object) -> dict[str, object]:
    """Return a seat as GitHub tells it."""
    given_fields = {
        "created_at": "2026-01-03T23:30:00-02:00",
        "pending_cancellation_date": None,
        "last_activity_at": "2026-05-01T12:00:00Z",
        "assignee": {"login": "octocat", "id": user, "avatar_url": "https://zebra"},
        "assigning_team": {"id": 1, "name": "The A Team", "slug": "the-a-team"},
    }
    return given_fields | changes


def test_a_github_seat_is_a_seat() -> None:
    """Id, team, first day in UTC and the day it ends; the login is another id, and nothing else is looked at."""
    leaving = seat(8, pending_cancellation_date="2026-06-01", assigning_team=None)
    (one, two) = list(read_github_seats(stream(json.dumps({"total_seats": 2, "seats": [seat(), leaving]}))))
    assert one.record == WireSeat("7", ("the-a-team",), date(2026, 1, 4), None, ("octocat",))
    assert two.record == WireSeat("8", (), date(2026, 1, 4), date(2026, 6, 1), ("octocat",))


def test_pages_of_seats_go_together_and_a_missing_one_is_noticed() -> None:
    """Fewer seats than the answer counts would end the others: refused, unless they are said to be a part."""
    pages = [json.dumps({"total_seats": 3, "seats": [seat(n)]}) for n in (1, 2)]
    with pytest.raises(InputError, match=r"x holds 2 of 3 seats: fetch every page.*--partial"):
        list(read_github_seats(stream("\n".join(pages)), name="x"))
    assert len(list(read_github_seats(stream("\n".join(pages)), partial=True))) == 2
    assert len(list(read_github_seats(stream("\n".join([*pages, json.dumps([seat(3)])]))))) == 3


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (seat(assignee=None), "seat 1: assignee: must be an object"),
        (seat(assignee={"login": "zebra"}), "seat 1: assignee.id: is missing"),
        (seat(created_at="zebra"), "seat 1: created_at: is not what the format says"),
        ("zebra", "seat 1: is not a JSON object"),
    ],
)
def test_a_bad_seat_costs_only_itself(bad: object, reason: str) -> None:
    """The reason names place and field and repeats nothing."""
    bad_row, good = list(read_github_seats(stream(json.dumps([bad, seat()]))))
    assert reason in bad_row.reason
    assert ("zebra" in bad_row.reason, good.record is None) == (False, False)
    (broken,) = list(read_github_seats(stream('{"seats": [')))
    assert "is not JSON" in broken.reason


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published sample bodies are not beside the project")
def test_the_published_seats_answer() -> None:
    """Nine people in three teams."""
    with (FIXTURES / "organization_seats_response_sample.json").open("rb") as file:
        seats = [row.record for row in read_github_seats(file)]
    assert len({one.user for one in seats if one}) == 9
    assert {group for one in seats if one for group in one.groups} == {"the-a-team", "frontend-team", "backend-team"}


def test_leave_is_a_span_of_days() -> None:
    """Both days are included; an empty or earlier end is a reason without the name."""
    rows = list(
        read_leave(
            stream("user,first_day,last_day\ndana,2026-03-02,2026-03-06\nzebra,2026-03-02,2026-03-01\nzebra,,zebra\n")
        )
    )
    assert rows[0].record == WireAway("dana", date(2026, 3, 2), date(2026, 3, 6))
    assert rows[1].reason == "last_day: lies before first_day; mend one of them"
    assert rows[2].reason.startswith("first_day: is empty; write the day, such as 2026-01-31 | last_day: is not a day")
    assert "zebra" not in rows[1].reason + rows[2].reason
    with pytest.raises(InputError, match="has no column 'first_day'"):
        read_leave(stream("user,last_day\n"))


def test_aliases_are_ids_of_one_person() -> None:
    """The person's own id comes first; an id that stands with two people is refused, or both would be one."""
    rows = list(
        read_aliases(
            stream("person,aliases\ndana@n.example,4711; octocat ;\nbo@n.example,\nzebra, 4711 \nDana@n.example,x\n")
        )
    )
    assert rows[0].record == WirePerson(("dana@n.example", "4711", "octocat"))
    assert rows[1].record == WirePerson(("bo@n.example",))
    assert rows[2].reason == "an id of this row stands with another person on line 2; an id belongs to one person"
    assert rows[3].reason.startswith("an id of this row stands with another person on line 2")
