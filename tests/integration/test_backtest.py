"""The backtest command as somebody types it: what it prints, refuses and leaves alone."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from histories import FIRST, pilot_of, use_of

from adapters.sources.registry import to_cells
from bot.domain.pilot import Pilot
from jobs.backtest import source_of
from jobs.fleet.write import USAGE_COLUMNS

Cli = Callable[..., tuple[int, str, str]]

PILOTS = [pilot_of("a"), pilot_of("b", planned_stage_days=3000), pilot_of("s", seats=4)]
ROWS = use_of("a", fall=95) + use_of("b") + use_of("s", level=3, fall=95, seats=4)


def as_table(path: Path, pilots: list[Pilot]) -> str:
    """Write pilots as CSV."""
    cells = [to_cells(p) for p in pilots]
    with path.open("w", newline="") as stream:
        table = csv.DictWriter(stream, [str(c) for c in cells[0]])
        table.writeheader()
        table.writerows([{str(k): v for k, v in row.items()} for row in cells])
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    """Return the options that name a registry and usage."""
    usage = tmp_path / "use.csv"
    with usage.open("w", newline="") as stream:
        table = csv.DictWriter(stream, USAGE_COLUMNS)
        table.writeheader()
        table.writerows([{k: getattr(row, k) for k in USAGE_COLUMNS} for row in ROWS])
    registry = as_table(tmp_path / "registry.csv", PILOTS)
    return ("backtest", "--registry", registry, "--usage", str(usage), "--format", "daily")


RANGE = ("--from", "2025-12-01", "--to", "2026-01-20")


def test_it_tells_people_what_would_have_been_said(cli: Cli, files: tuple[str, ...], tmp_path: Path) -> None:
    """Header, weeks and pilots are printed; nobody is named; no store and no key come into being."""
    code, out, err = cli(*files, *RANGE)
    assert (code, err) == (0, "")
    assert "3 pilots, 480 rows of usage: 51 days replayed, 2025-12-01 to 2026-01-20" in out
    assert "Messages a week" in out
    assert any(line.startswith("2025-12-15 █") for line in out.splitlines())
    assert "Pilot a" in out
    assert "use dropped" in out
    assert "n.example" not in out
    assert not (tmp_path / "data").exists()
    assert list(tmp_path.glob("*.rejects.csv")) == []


def test_the_document_for_scripts(cli: Cli, files: tuple[str, ...]) -> None:
    """One JSON document: that of a sweep on the last day, with pilots, days and seconds; no one is named."""
    code, out, _ = cli(*files, *RANGE, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["pilots"], told["days"], told["today"]) == (3, 51, "2026-01-20")
    assert told["seconds"] > 0
    assert {f["pilot"] for f in told["findings"]} <= {"a", "b", "s"}
    assert "n.example" not in out
    assert "compared" not in told


def test_it_finds_what_a_sweep_of_that_day_finds(cli: Cli, files: tuple[str, ...]) -> None:
    """A replay that ends on a day has the findings that `sweep --now` has on it, from the same files."""
    replayed = json.loads(cli(*files, "--to", "2026-01-20", "--from", "2026-01-18", "--json")[1])
    cli("load", "registry", files[2])
    cli("load", "usage", files[4], "--source", "use")
    swept = json.loads(cli("sweep", "--now", "2026-01-20", "--json")[1])
    assert replayed["findings"] == swept["findings"]
    assert replayed["portfolio"] == swept["portfolio"]


def test_two_settings_are_compared(cli: Cli, files: tuple[str, ...]) -> None:
    """With --set the defaults stand beside what is tried, for people and for scripts."""
    given = ("--set", "reply.share=0", "--set", "flat_weeks=12")
    _, out, _ = cli(*files, *RANGE, *given)
    assert "Two settings side by side" in out
    assert "none yet" in out
    assert "as set: reply.share=0, flat_weeks=12" in out
    told = json.loads(cli(*files, *RANGE, *given, "--json")[1])
    assert told["compared"]["set"]["answers"] == 0 < told["compared"]["defaults"]["answers"]
    assert told["settings"] == ["reply.share=0", "flat_weeks=12"]
    assert told["totals"] == told["compared"]["set"]


def test_a_registry_of_lines_is_the_same_history(cli: Cli, files: tuple[str, ...], tmp_path: Path) -> None:
    """One Pilot in JSON a line gives what the table gives, also from standard input."""
    as_lines = "".join(p.to_stored() + "\n" for p in PILOTS)
    (tmp_path / "registry.jsonl").write_text(as_lines)
    other = ("backtest", "--registry", str(tmp_path / "registry.jsonl"), *files[3:])
    piped = ("backtest", "--registry", "-", *files[3:])
    documents = [
        json.loads(cli(*files, *RANGE, "--json")[1]),
        json.loads(cli(*other, *RANGE, "--json")[1]),
        json.loads(cli(*piped, *RANGE, "--json", stdin=as_lines)[1]),
    ]
    for told in documents:
        del told["seconds"]
    assert documents[0] == documents[1] == documents[2]


def test_lines_are_loaded_as_tables_are(cli: Cli, tmp_path: Path) -> None:
    """`load registry` takes lines, rejects bad ones into a table that loads once mended, and wants no map for them."""
    path = tmp_path / "registry.jsonl"
    path.write_text('{"id":"a","name":"A","seats":40}\n{"id":"b","name":"B","seats":"many"}\n')
    code, out, _ = cli("load", "registry", str(path))
    assert code == 1
    assert "1 new" in out
    rejects = tmp_path / "registry.jsonl.rejects.csv"
    assert "'many' is not a whole number" in rejects.read_text()
    rejects.write_text(rejects.read_text().replace(",many,", ",7,"))
    assert cli("load", "registry", str(rejects))[0] == 0
    map_file = tmp_path / "map.yaml"
    map_file.write_text("columns:\n  name: Title\n")
    code, _, err = cli("load", "registry", str(path), "--map", str(map_file))
    assert code == 2
    assert "without --map" in err


def test_rejects_are_named_and_the_rest_is_replayed(cli: Cli, files: tuple[str, ...], tmp_path: Path) -> None:
    """Rows that can't be taken go beside their file, standard error says where, and the exit code is 1."""
    usage = Path(files[4])
    usage.write_text(usage.read_text() + "zz,2025-12-01,1,1,,,,,1\na,2025-12-01,many,1,,,,,1\n")
    code, out, err = cli(*files, *RANGE, "--json")
    assert code == 1
    assert json.loads(out)["pilots"] == 3
    assert "2 rows were rejected; " in err
    said = (tmp_path / "use.csv.rejects.csv").read_text()
    assert "there is no pilot 'zz'" in said
    assert "'many' is not a whole number" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("--from", "2026-01-20", "--to", "2026-01-01"), "exchange the two days"),
        (("--to", "2025-01-01"), "There is no usage to judge"),
        (("--from", "2027-01-01"), "There is no usage to judge"),
        (("--from", "yesterday"), "--from 'yesterday' is no day"),
        (("--format", "monthly"), "--format monthly is not known here"),
        (("--set", "flatweeks=3"), "did you mean flat_weeks"),
        (("--set", "reply.share=9"), "reply.share=9 can't be used"),
        (("--registry", "none.csv"), "none.csv can't be read"),
        (("--usage", "none.csv"), "none.csv can't be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    cli: Cli, files: tuple[str, ...], changes: tuple[str, ...], said: str
) -> None:
    """Files, days, formats and settings that don't hold end with exit code 2 and a remedy."""
    code, out, err = cli(*files, *changes)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_files_without_a_good_row_are_one_sentence(cli: Cli, files: tuple[str, ...], tmp_path: Path) -> None:
    """A registry without a pilot, and usage without a row, say so."""
    empty = tmp_path / "empty.csv"
    empty.write_text("id,name\n")
    code, _, err = cli(*files, "--registry", str(empty))
    assert (code, "holds no pilot" in err) == (2, True)
    empty.write_text("pilot,day,active_users,seats\n")
    code, _, err = cli("backtest", "--registry", files[2], "--usage", str(empty))
    assert (code, "no row of usage" in err) == (2, True)


def test_each_usage_file_is_a_source_of_its_own(cli: Cli, files: tuple[str, ...], tmp_path: Path) -> None:
    """A second file is another source, named by its file, and late on its own."""
    usage = Path(files[4])
    lines = usage.read_text().splitlines()
    early = [line for line in lines if line.startswith("b,") and line.split(",")[1] < "2025-12-20"]
    usage.write_text("\n".join(line for line in lines if not line.startswith("b,")) + "\n")
    other = tmp_path / "Other Tool.csv"
    other.write_text("\n".join([lines[0], *early]) + "\n")
    told = json.loads(cli(*files, "--usage", str(other), *RANGE, "--json")[1])
    late = [f for f in told["findings"] if f["kind"] == "source_late"]
    assert [(f["pilot"], f["source"]) for f in late] == [("b", "other-tool")]


@pytest.mark.parametrize(
    ("file", "source"),
    [("-", "usage"), ("a/Use of Chat.2026.csv", "use-of-chat"), ("_.csv", "usage"), ("x" * 90 + ".csv", "x" * 64)],
)
def test_a_source_is_called_like_its_file(file: str, source: str) -> None:
    """The file's name without its endings, in letters that a source may have."""
    assert source_of(file) == source


def test_the_first_day_is_the_day_after_the_first_row(cli: Cli, files: tuple[str, ...]) -> None:
    """Without a range all days are replayed on which something new was known."""
    told = json.loads(cli(*files, "--to", "2025-09-10", "--json")[1])
    assert (FIRST.isoformat(), told["from"], told["days"]) == ("2025-09-01", "2025-09-02", 9)


def test_weeks_are_replayed_and_aggregate_only_holds(
    cli: Cli, files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of weeks is a history too; with aggregate-only days and small groups are rejects here as well."""
    weeks = tmp_path / "weeks.csv"
    sundays = [row for row in ROWS if row.day.weekday() == 6]
    lines = [f"{row.pilot},{row.day},{row.active_28d},{row.seats}" for row in sundays]
    weeks.write_text("\n".join(["pilot,week_end,active_users,seats", *lines]) + "\n")
    options = (*files[:3], "--usage", str(weeks), "--format", "weekly", *RANGE, "--json")
    code, out, _ = cli(*options)
    assert (code, json.loads(out)["days"]) == (0, 51)
    monkeypatch.setenv("STICKSHAKER_AGGREGATE_ONLY", "1")
    code, out, err = cli(*options)
    assert (code, json.loads(out)["pilots"]) == (1, 3)
    assert f"{len(sundays) // 3} rows were rejected" in err
    code, _, err = cli(*files, *RANGE)
    assert (code, "no row of usage" in err) == (2, True)
