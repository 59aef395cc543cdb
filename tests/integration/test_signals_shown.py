"""Signals as an admin reads them: with a reason each, by kind where there are many, and never as a message."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.overview import PilotLine, PilotPage
from bot.domain.pilot import Pilot
from bot.metrics.people import Segments
from jobs.shown import show_page

Cli = Callable[..., tuple[int, str, str]]
HEADER = "id,name,owner,sponsor,stage,stage_since,seats,last_release,owner_left,use_case_family\n"
MANY = 20
"""Pilots of which every third has no sponsor and every second had no release for long."""


TODAY = datetime.now(UTC).date()


def ago(days: int) -> str:
    """Return the day so many days before today, as a registry writes it."""
    return str(TODAY - timedelta(days))


def registry(tmp_path: Path, began: int = 60) -> str:
    """Return the path of a registry with gaps, of pilots that began so many days ago."""
    rows = [
        f"p{n:02},Pilot {n:02},dana@n.example,{'' if n % 3 == 0 else 'sam'},pilot,{ago(began)},40,"
        f"{ago(50 if n % 2 else 5)},{ago(4) if n == 1 else ''},{'chat' if n else 'code'}\n"
        for n in range(MANY)
    ]
    path = tmp_path / "registry.csv"
    path.write_text(HEADER + "".join(rows))
    return str(path)


def test_many_of_a_kind_are_one_line_and_few_are_told_in_full(cli: Cli, tmp_path: Path) -> None:
    """Seven pilots without a sponsor are one line that names five; the one whose owner left has its sentence."""
    cli("load", "registry", registry(tmp_path))
    code, out, _ = cli("sweep", "--dry-run")
    assert code == 0
    assert "No sponsor named: p00, p03, p06, p09, p12 and 2 more" in out
    assert "No new version: p01, p03, p05, p07, p09 and 5 more" in out
    assert "The owner whom the registry names left on" in out
    assert out.count("Pilot ") == 1
    assert "Nobody needs to be written to now." in out


def test_signals_are_in_the_document_and_open_no_case(cli: Cli, tmp_path: Path) -> None:
    """A script finds each with its kind and sentence, and no case and no outreach because of them."""
    cli("load", "registry", registry(tmp_path))
    report = json.loads(cli("sweep", "--json")[1])
    kinds = [f["kind"] for f in report["findings"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {"no_release": 10, "owner_gone": 1, "sponsor_missing": 7}
    assert (report["cases"], report["outreach"]) == ([], [])


def test_the_fleet_has_a_finding_of_its_own(cli: Cli, tmp_path: Path) -> None:
    """What is about all pilots has no pilot in the document, and is told of all pilots."""
    cli("load", "registry", registry(tmp_path, began=181))
    report = json.loads(cli("sweep", "--dry-run", "--json")[1])
    assert ("", "top3_breadth") in [(f["pilot"], f["kind"]) for f in report["findings"]]
    out = " ".join(cli("sweep", "--dry-run")[1].split())
    assert "all pilots few kinds of use" in out
    assert "100 % of the 20 pilots are for chat and code" in out


def test_what_only_the_whole_registry_tells_is_not_told_of_a_part(cli: Cli, tmp_path: Path) -> None:
    """A look at the pilots that changed says nothing about missing sponsors and the breadth of the fleet."""
    cli("load", "registry", registry(tmp_path, began=181))
    part = json.loads(cli("sweep", "--changed", "--dry-run", "--json")[1])
    assert part["looked_at"] == {"pilots": MANY, "changed_only": True}
    kinds = {f["kind"] for f in part["findings"]}
    assert "owner_gone" in kinds
    assert not kinds & {"sponsor_missing", "owner_missing", "top3_breadth"}


def test_a_page_names_signals_as_further_reasons_of_a_case(cli: Cli, tmp_path: Path) -> None:
    """Without a case they are signals, and the list has the first; beside what opened a case they are further reasons."""
    cli("load", "registry", registry(tmp_path))
    page = cli("status", "p01")[1]
    assert "Other signals" in page
    assert f"owner left, open, seen on {ago(4)}" in page
    assert "whom the registry names left" in " ".join(cli("status")[1].split())
    cli("load", "registry", registry(tmp_path, began=200))
    cli("sweep")
    found, reasons = cli("status", "p01")[1].split("Further reasons")
    assert "long in its stage, open" in found
    assert "owner left, open" in reasons


def test_a_page_names_only_groups_that_are_large_enough(capsys: pytest.CaptureFixture[str]) -> None:
    """How people use a pilot is told in counts; groups that are hidden are said to be too few, not how many."""
    pilot = Pilot(id="a", name="Pilot a")
    line = PilotLine("a", "Pilot a", None, None, None, None, None, None, None, is_slowing=False)
    kinds = Segments(people=26, power=None, habitual=9, novice=12, low=None, non_users=0)
    show_page(PilotPage(pilot, line, (), None, (), {}, kinds))
    out = " ".join(capsys.readouterr().out.split())
    assert "26 people: habitual 9, novice 12, none 0; the others are too few to show" in out
