"""The commands for what is about people, as a data team types them: what they store, print and return."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=10)
FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "sources" / "github_copilot"
samples = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published sample bodies are not beside the project")
Cli = Callable[..., tuple[int, str, str]]

REGISTRY = """id,name,owner,seats,stage,stage_since,routes
tax,Tax letters,dana@n.example,40,pilot,2026-01-02,chat | tax-* ; code | tax-*
cop,Copilot,dana@n.example,8,pilot,2026-01-02,github_copilot/*
bare,Bare,dana@n.example,40,pilot,2026-01-02,
"""


@pytest.fixture
def fleet(cli: Cli, tmp_path: Path) -> Cli:
    """Return the command line on a store with three pilots."""
    (tmp_path / "pilots.csv").write_text(REGISTRY)
    assert cli("load", "registry", "pilots.csv")[0] == 0
    return cli


def fact(user: str, **changes: object) -> dict[str, object]:
    """Return a fact about somebody in the group of the tax pilot."""
    given_fields: dict[str, object] = {
        "source": "chat",
        "user": user,
        "start": str(DAY),
        "end": str(DAY + timedelta(days=1)),
        "surface": "chat.web",
        "group": "tax-team",
        "actions": 3,
    }
    return given_fields | changes


def write(path: Path, *facts: object) -> str:
    """Write facts, one a line; a text is a line by itself."""
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in facts))
    return str(path)


def usage(cli: Cli) -> list[dict[str, object]]:
    """Return the rows of the export."""
    lines = [json.loads(line) for line in cli("export")[1].splitlines()]
    return [line["usage"] for line in lines if "usage" in line]


def test_facts_are_loaded_and_nothing_of_a_bad_line_is_repeated(fleet: Cli, tmp_path: Path) -> None:
    """Good lines are stored, bad ones named by line and field; neither output nor rejects hold a user or a value."""
    good = [fact(f"zebra{n}@n.example") for n in range(8)]
    path = write(
        tmp_path / "facts.ndjson",
        *good,
        "",
        fact("zebra", surface="zebra"),
        '{"zebra":',
        fact("zebra", end=str(TODAY + timedelta(days=9))),
    )
    code, out, err = fleet("load", "usage", path, "--format", "usage_facts", "--lag", "2")
    rejects = Path(path + ".rejects.csv").read_text(encoding="utf-8-sig")
    assert code == 1
    assert "8 new, 0 changed, 0 unchanged." in out
    assert "chat: 8 user-days of 8 people: 8 active, 0 passive." in out
    assert "3 rows were rejected" in out
    assert "Mend" in out
    assert [line.split(",")[0] for line in rejects.splitlines()] == ["line", "10", "11", "12"]
    assert rejects.splitlines()[0] == "line,reason"
    assert "zebra" not in out + err + rejects
    told = json.loads(fleet("load", "usage", path, "--format", "usage_facts", "--json")[1])
    assert (told["read"], told["unchanged"], told["rejected"], told["newest_days"]) == (11, 8, 3, {"chat": str(DAY)})
    assert told["people"] == [
        {"source": "chat", "grain": "day", "suppressed": False, "people": 8, "user_days": 8, "active": 8, "passive": 0}
    ]
    assert [row["active_users"] for row in usage(fleet)] == [8]
    assert '"lag_days": 2' in fleet("export")[1]


def test_what_can_not_be_meant_is_one_sentence(fleet: Cli, tmp_path: Path) -> None:
    """A format, source or combination that is none ends with exit code 2 and names the remedy."""
    path = write(tmp_path / "facts.ndjson", fact("a"))
    for arguments, words in [
        (("usage", path, "--format", "xml"), "write one of daily, weekly, usage_facts, github_copilot"),
        (("usage", path), "--source is missing: --format daily needs to know"),
        (("usage", path, "--format", "github_copilot"), "--source is missing"),
        (("usage", path, "--format", "usage_facts", "--source", "Chat!"), "--source 'Chat!'"),
        (("usage", path, "--source", "x", "--whole"), "--whole goes with --format usage_facts only"),
        (("usage", path, path, "--source", "x"), "takes one FILE at a time"),
        (("usage", "none.json", "--format", "usage_facts"), "none.json can't be read"),
        (("roster", path, "--source", "Chat!"), "--source 'Chat!'"),
        (("roster", path, "--source", "chat", "--format", "xml"), "write one of csv, github_seats"),
        (("leave", path), "holds JSON and is no table"),
        (("people", path), "holds JSON and is no table"),
        (("usage", path, "--source", "x"), "--format usage_facts or github_copilot"),
    ]:
        code, _, err = fleet("load", *arguments)
        assert (code, words in err, "Traceback" in err) == (2, True, False), (arguments, err)


def test_a_line_of_another_source_than_said_is_a_reject(fleet: Cli, tmp_path: Path) -> None:
    """With --source each line must agree; standard input works as well, and mending it is said to be up to the file."""
    path = write(tmp_path / "facts.ndjson", fact("a"), fact("b", source="code"))
    code, out, _ = fleet(
        "load", "usage", "-", "--format", "usage_facts", "--source", "chat", stdin=Path(path).read_text()
    )
    assert (code, "1 row was rejected" in out, "Mend standard input" in out) == (1, True, True)
    assert "fewer than 5 people, so no figures" in out


@pytest.mark.parametrize("usage_format", ["daily", "weekly", "usage_facts", "github_copilot"])
def test_an_empty_file_is_the_same_fault_in_every_format(fleet: Cli, tmp_path: Path, usage_format: str) -> None:
    """Nothing at all is hardly what was meant: exit code 2, one sentence, whatever the format."""
    path = write(tmp_path / "empty")
    code, out, err = fleet("load", "usage", path, "--source", "chat", "--format", usage_format)
    assert (code, out, "empty is empty: give a file" in err) == (2, "", True)


def test_a_first_row_is_not_taken_for_a_header_and_repeated(fleet: Cli, tmp_path: Path) -> None:
    """A file without a header is refused, and the names in its first row are not said."""
    path = write(tmp_path / "x.csv", "ann@example.com,2026-01-01,5")
    code, out, err = fleet("load", "usage", path, "--format", "daily", "--source", "t")
    assert (code, out, "ann" in err) == (2, "", False)
    assert "its first line does not look like names of columns" in err


def test_what_a_table_changed_is_said(fleet: Cli, tmp_path: Path) -> None:
    """Something, everything unknown to the rules, robots, several pilots: each in a sentence."""
    robots = write(tmp_path / "robots.ndjson", fact("key", actor_kind="service"))
    assert "Left out: 1 of keys and robots" in fleet("load", "usage", robots, "--format", "usage_facts")[1]
    bad = write(tmp_path / "bad.ndjson", "x")
    assert "nothing changed.\n" in fleet("load", "usage", bad, "--format", "usage_facts")[1]
    lost = write(tmp_path / "lost.ndjson", *[fact(f"u{n}", group=f"g{n % 7}") for n in range(49)])
    out = fleet("load", "usage", lost, "--format", "usage_facts")[1]
    assert "nothing was stored, since no pilot's rule wants it" in out
    assert f"chat, group g0, chat.web: 7 facts of 7 people, last on {DAY}" in out
    assert "`stickshaker routes` shows 2 more, and the rules that would take them." in out
    both = write(
        tmp_path / "both.ndjson", *[fact(f"u{n}", group="pilot:bare", source="github_copilot/x") for n in range(5)]
    )
    out = fleet("load", "usage", both, "--format", "usage_facts")[1]
    assert "10 new, 0 changed, 0 unchanged; a fact counts once for each of its pilots." in out
    assert "5 facts count for several pilots" in out
    again = fleet("load", "usage", both, "--format", "usage_facts")[1]
    assert "nothing changed: all of it was known already" in again


def test_routes_and_check_say_what_goes_nowhere_and_the_rule(fleet: Cli, tmp_path: Path) -> None:
    """Rules in words, overlaps with both rules, and a line that can be copied; few people have no figures."""
    code, out, _ = fleet("routes")
    assert (code, "Everything that was loaded goes to a pilot." in out) == (0, True)
    assert "takes use from the source chat, the group tax-*, any surface" in out
    assert "1 pilot has no rule" in out
    many = [fact(f"u{n}", group="a|b; c", surface="code.x") for n in range(6)]
    lost = [fact(f"v{n}", group=group) for group in (None, "pilot:gone") for n in range(4)]
    path = write(tmp_path / "f.ndjson", *many, *lost, *[fact(f"w{n}") for n in range(9)])
    fleet("load", "usage", path, "--format", "usage_facts")
    (tmp_path / "more.csv").write_text("id,name,routes\nall,All,c* | tax-team | chat.*\n")
    fleet("load", "registry", "more.csv")
    code, out, _ = fleet("routes")
    assert code == 1
    assert "all and tax, by   c* | tax-team | chat.*   and   chat | tax-*" in out
    assert "chat, group a|b; c, code.x: 6 facts of 6 people" in out
    assert r"rule:   chat | a\|b\; c" in out
    assert "chat, no group, chat.web: too few people to show" in out
    assert "rule:   chat | * | chat.web" in out
    assert "there is no pilot gone in the registry: load it, or mend the group" in out
    (tmp_path / "late.csv").write_text("id,name,routes\ngone,Gone,\n")
    fleet("load", "registry", "late.csv")
    assert "a rule of gone takes it by now: load it once more" in fleet("routes")[1]
    assert "goes to no pilot by the rules; `stickshaker routes` shows which" in fleet("check")[1]
    told = json.loads(fleet("routes", "--json")[1])
    assert told["pilots"][0] == {
        "pilot": "all",
        "routes": [
            {"rule": "c* | tax-team | chat.*", "takes": "the source c*, the group tax-team, the surface chat.*"}
        ],
    }
    assert len(told["overlaps"]) == 2
    assert [(use["facts"], use["people"], use["suppressed"]) for use in told["nowhere"]] == [
        (6, 6, False),
        (None, None, True),
        (None, None, True),
    ]


def test_many_rules_for_everything_are_cut_and_none_is_said(cli: Cli, tmp_path: Path) -> None:
    """Without any rule it's said how a fact reaches a pilot; of very many overlaps a hundred are shown."""
    assert "No pilot has a rule: a fact reaches a pilot only if its group is pilot:ID" in cli("routes")[1]
    (tmp_path / "all.csv").write_text("id,name,routes\n" + "".join(f"p{n},P{n},*\n" for n in range(16)))
    cli("load", "registry", "all.csv")
    out = cli("routes")[1]
    assert (out.count(", by   *   and   *"), "and perhaps more" in out) == (100, True)


def test_overlapping_sources_are_never_added(fleet: Cli, tmp_path: Path) -> None:
    """Two tools that see the same people: each counts once, in whatever order the files come."""
    people = [fact(f"u{n}") for n in range(6)]
    chat = write(tmp_path / "chat.ndjson", *people)
    code = write(
        tmp_path / "code.ndjson",
        *[one | {"source": "code", "actions": 5} for one in people[:5]],
        fact("x", source="code"),
    )
    fleet("load", "usage", chat, "--format", "usage_facts")
    fleet("load", "usage", code, "--format", "usage_facts")
    (row,) = usage(fleet)
    assert row["active_users"] == 7
    assert row["actions"] == 5 * 5 + 3 + 3


def test_a_restated_file_replaces_its_days(fleet: Cli, tmp_path: Path) -> None:
    """With --whole what is missing vanishes; the older file, loaded late, changes nothing."""
    old = write(tmp_path / "old.ndjson", *[fact(f"u{n}", revision=100) for n in range(9)])
    new = write(tmp_path / "new.ndjson", *[fact(f"u{n}", revision=200, actions=n) for n in range(6)])
    fleet("load", "usage", old, "--format", "usage_facts", "--whole")
    code, out, _ = fleet("load", "usage", new, "--format", "usage_facts", "--whole")
    assert (code, "0 new, 8 changed or gone" in out) == (0, True)
    before = fleet("export")[1]
    assert '"active_users": 5' in before
    out = fleet("load", "usage", old, "--format", "usage_facts", "--whole")[1]
    assert "or a later report of these days is" in out
    assert fleet("export")[1] == before
    torn = write(tmp_path / "torn.ndjson", fact("u1", revision=300), "x")
    out = fleet("load", "usage", torn, "--format", "usage_facts", "--whole")[1]
    assert "Until then nothing is taken away that is missing in it." in out


@samples
def test_the_published_copilot_report(fleet: Cli, tmp_path: Path) -> None:
    """107 user-days: 105 active, 2 passive; the other 117 of 8 x 28 unknown, with a roster of the eight zero."""
    report = str(FIXTURES / "organization-users-28-day-report.json")
    load = ("load", "usage", report, "--format", "github_copilot", "--source", "github_copilot/acme")
    code, out, _ = fleet(*load)
    assert code == 0
    assert (
        "107 user-days of 8 people: 105 active, 2 passive. The other 117 of 8 x 28 are unknown without a roster" in out
    )
    assert "The newest day is 2026-04-25." in out
    rows = [row for row in usage(fleet) if row["pilot"] == "cop"]
    assert {int(str(row.get("active_users", 0))) for row in rows} <= {0, 5, 6, 7, 8}  # fewer are not shown
    assert all("seats" not in row for row in rows)
    users = sorted({str(row["user_id"]) for row in json.loads(Path(report).read_text())["day_totals"]})
    (tmp_path / "roster.csv").write_text("user\n" + "\n".join(users) + "\n")
    code, out, _ = fleet("load", "roster", "roster.csv", "--source", "github_copilot/acme")
    assert (code, "seats of 8 people; 8 new" in out) == (0, True)
    told = json.loads(fleet(*load, "--json")[1])
    (people,) = told["people"]
    assert (told["new"], told["changed"], told["whole"]) == (0, 0, True)
    assert (people["user_days"], people["active"], people["passive"], people["zero"], people["unknown"]) == (
        107,
        105,
        2,
        117,
        0,
    )
    rows = [row for row in usage(fleet) if row["pilot"] == "cop"]
    assert (len(rows), {row["seats"] for row in rows}) == (28, {8})
    assert "The other 117 of 8 x 28 are zero, since the roster knows of their access." in fleet(*load)[1]
    assert '"lag_days": 3' in fleet("export")[1]
    for name, words in (
        ("enterprise-users-28-day-report.json", "one sum a person over 28 days"),
        ("download-links-organization-1-day.json", "holds links"),
    ):
        code, _, err = fleet("load", "usage", str(FIXTURES / name), "--format", "github_copilot", "--source", "x")
        assert (code, words in err) == (2, True)


@samples
def test_the_published_seats_answer(fleet: Cli) -> None:
    """Nine people get seats of the pilots that their source feeds; the same answer again changes nothing."""
    seats = (
        "load",
        "roster",
        str(FIXTURES / "organization_seats_response_sample.json"),
        "--source",
        "github_copilot/a",
    )
    code, out, _ = fleet(*seats, "--format", "github_seats")
    assert (code, "seats of 9 people; 9 new" in out) == (0, True)
    told = json.loads(fleet(*seats, "--format", "github_seats", "--json")[1])
    assert (told["people"], told["unchanged"], told["whole"]) == (9, 9, True)


def test_rosters_leave_and_people_are_told_without_names(fleet: Cli, tmp_path: Path) -> None:
    """Each says what it changed; rejects repeat nothing; people of no pilot are counted, few are not."""
    (tmp_path / "r.csv").write_text(
        "user,group\n" + "".join(f"zebra{n},{'tax-a' if n < 8 else 'ops'}\n" for n in range(14))
    )
    code, out, _ = fleet("load", "roster", "r.csv", "--source", "chat")
    assert (code, "seats of 14 people; 8 new, 0 changed or ended, 0 unchanged" in out) == (0, True)
    assert "6 of them have access to no pilot's tool by its rules" in out
    (tmp_path / "s.csv").write_text(
        "user,group\n" + "".join(f"zebra{n},{'tax-a' if n < 3 else 'ops'}\n" for n in range(14))
    )
    out = fleet("load", "roster", "s.csv", "--source", "code")[1]
    assert "Some of them have access to no pilot's tool" in out  # eleven of fourteen would tell of three
    (tmp_path / "r.csv").write_text("user,group,since\nzebra1,tax-a,\nzebra2,ops,zebra\n")
    code, out, err = fleet("load", "roster", "r.csv", "--source", "chat")
    rejects = (tmp_path / "r.csv.rejects.csv").read_text()
    assert (code, "seats of fewer than 5 people" in out) == (1, True)
    assert "Until then nothing is taken away" in out
    (tmp_path / "l.csv").write_text(f"user,first_day,last_day\nzebra1,{DAY},{DAY}\n")
    code, out, _ = fleet("load", "leave", "l.csv")
    assert (code, "days away of fewer than 5 people; 1 new" in out) == (0, True)
    (tmp_path / "p.csv").write_text("person,aliases\nzebra1,zebra-one;z1\n")
    code, out, _ = fleet("load", "people", "p.csv")
    assert (code, "ids of fewer than 5 people; 2 new" in out) == (0, True)
    assert "zebra" not in out + err + rejects
    (tmp_path / "r.csv").write_text("user\n")
    code, _, err = fleet("load", "roster", "r.csv", "--source", "chat")
    assert (code, "would end everybody's access, so nothing was changed" in err) == (2, True)


def test_people_seen_and_seated_are_told_apart(fleet: Cli, tmp_path: Path) -> None:
    """With a roster of some, the others without a row stay unknown; a seat in the middle counts from then on."""
    two_days = [fact(f"u{n}") for n in range(6)] + [fact("u0", start=str(DAY - timedelta(days=1)), end=str(DAY))]
    path = write(tmp_path / "f.ndjson", *two_days)
    (tmp_path / "r.csv").write_text("user,group,since\nu0,tax-a,\nu1,tax-a,\nu2,tax-a," + str(DAY) + "\n")
    fleet("load", "roster", "r.csv", "--source", "chat")
    out = fleet("load", "usage", path, "--format", "usage_facts", "--whole")[1]
    assert "7 user-days of 6 people: 7 active, 0 passive. Of the others of 6 x 2, 1 are zero" in out
    assert "and 4 are unknown." in out


def test_weeks_are_loaded_as_weeks(fleet: Cli, tmp_path: Path) -> None:
    """A week stands on its last day and is never spread; one that overlaps another of its pilot is a reject."""
    end = TODAY - timedelta(days=8)
    rows = [
        f"tax,{end},12,40",
        f"tax,{end - timedelta(days=7)},11,40",
        f"tax,{end - timedelta(days=3)},10,40",
        f"gone,{end},1,2",
    ]
    (tmp_path / "w.csv").write_text("pilot,week_end,active_users,seats\n" + "\n".join(rows) + "\n")
    code, out, _ = fleet("load", "usage", "w.csv", "--format", "weekly", "--source", "totals")
    rejects = (tmp_path / "w.csv.rejects.csv").read_text()
    assert (code, "2 new" in out, "2 rows were rejected" in out) == (1, True, True)
    assert (
        f"an earlier row already tells the week of tax that ends on {end - timedelta(days=3)}, or days of it" in rejects
    )
    assert "there is no pilot 'gone'" in rejects
    assert '"lag_days": 4' in fleet("export")[1]
    assert [(r["day"], r["active_7d"], r["weekly"], "active_users" in r) for r in usage(fleet)] == [
        (str(end - timedelta(days=7)), 11, True, False),
        (str(end), 12, True, False),
    ]
