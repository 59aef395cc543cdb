"""The commands as an operator types them: what they store, print and return."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

TODAY = datetime.now(UTC).date()
Cli = Callable[..., tuple[int, str, str]]


def usage(tmp_path: Path, *rows: str, name: str = "usage.csv") -> str:
    """Write a usage file."""
    path = tmp_path / name
    path.write_text("pilot,day,active_users,seats\n" + "\n".join(rows) + "\n")
    return str(path)


def test_a_registry_is_loaded_once(cli: Cli, registry: str) -> None:
    """The first load says what is new, the second that nothing changed; standard input works as well."""
    code, out, _ = cli("load", "registry", registry)
    assert (code, "2 new" in out) == (0, True)
    code, out, _ = cli("load", "registry", registry)
    assert (code, "nothing changed" in out) == (0, True)
    code, out, _ = cli("load", "registry", "-", "--json", stdin=Path(registry).read_text())
    assert (code, json.loads(out)["unchanged"]) == (0, 2)


def test_bad_rows_go_to_the_rejects_and_good_ones_through(cli: Cli, registry: str, tmp_path: Path) -> None:
    """A bad number, an unknown pilot, a day told twice and a day to come are named rejects with their line."""
    cli("load", "registry", registry)
    path = usage(
        tmp_path,
        "tax,2026-01-05,7,40",
        "tax,2026-01-06,seven,40",
        "sap,2026-01-06,7,40",
        "tax,2026-01-05,8,40",
        f"tax,{TODAY + timedelta(days=1)},7,40",
    )
    code, out, _ = cli("load", "usage", path, "--source", "chat", "--json")
    told = json.loads(out)
    assert (code, told["new"], told["rejected"], told["newest_day"]) == (1, 1, 4, "2026-01-05")
    lines = Path(told["rejects"]).read_text().splitlines()
    assert [line.split(",")[0].lstrip("\ufeff") for line in lines] == ["line", "3", "4", "5", "6"]
    assert "there is no pilot 'sap' in the registry" in lines[2]
    code, out, _ = cli("load", "usage", path, "--source", "chat")
    assert code == 1
    assert "4 rows were rejected" in out


def test_a_file_that_is_no_table_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    """A missing file, a missing column, a bad source and a bad format end with exit code 2 and no trace."""
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    for arguments, words in [
        (("load", "registry", "nowhere.csv"), "nowhere.csv can't be read"),
        (("load", "registry", "odd.csv"), "name"),
        (("load", "usage", "odd.csv", "--source", "Chat!"), "--source"),
        (("load", "usage", "odd.csv", "--source", "chat", "--format", "xml"), "--format"),
        (("load", "registry", "odd.csv", "--map", "none.yaml"), "none.yaml"),
        (("sweep", "--now", "soon"), "--now"),
        (("sweep", "--now", "0001-01-01"), "2000 to 2100"),
        (("sweep", "--now", "9999-12-31T23:00-12:00"), "2000 to 2100"),
        (("demo", "--seed", "-1"), "--seed"),
        (("status", "nope"), "no pilot 'nope'"),
        (("chat", "--as", "nobody"), "Nobody in the registry"),
    ]:
        code, _, err = cli(*arguments)
        assert (code, words in err, "Traceback" in err) == (2, True, False), (arguments, err)


def test_a_sweep_reports_and_a_dry_run_stores_nothing(cli: Cli, registry: str) -> None:
    """The report has findings, outreach and portfolio; a dry run leaves the export as it was, a sweep adds the case."""
    cli("load", "registry", registry)
    before = cli("export")[1]
    code, out, _ = cli("sweep", "--dry-run", "--json")
    report = json.loads(out)
    assert code == 0
    assert [(f["pilot"], f["kind"]) for f in report["findings"]] == [("tax", "stage_age")]
    assert [(o["pilot"], o["kind"], o["recipient"]) for o in report["outreach"]] == [("tax", "nudge", "dana@n.example")]
    assert report["portfolio"]["pilots"] == 2
    assert {"what": "no owner", "pilots": ["hr"]} in report["gaps"]
    assert cli("export")[1] == before
    code, out, _ = cli("sweep")
    assert "Shadow mode" in out
    assert '"case"' in cli("export")[1]
    assert cli("sweep", "--json")[0] == 0


def test_a_look_at_another_day_stores_nothing(cli: Cli, registry: str) -> None:
    """A sweep of another day says what would be sent then, also when live, and leaves every case as it was."""
    cli("load", "registry", registry)
    cli("golive", "--yes")
    before = cli("export")[1]
    code, out, _ = cli("sweep", "--now", "2030-01-08")
    assert (code, "Would be sent" in out, "Decided" in out) == (0, True, False)
    assert cli("export")[1] == before
    assert json.loads(cli("status", "tax", "--json")[1])["trail"] == []


def test_going_live_pausing_and_resuming(cli: Cli, registry: str) -> None:
    """Going live shows what would be sent and asks; a pause holds across processes until it is resumed."""
    cli("load", "registry", registry)
    code, out, _ = cli("golive", stdin="n\n")
    assert (code, "dana@n.example" in out, "Nothing changed" in out) == (1, True, True)
    code, out, _ = cli("golive", "--yes")
    assert (code, "Live." in out) == (0, True)
    assert "live since" in cli("golive")[1]
    assert cli("pause")[0] == 0
    assert "Paused" in cli("sweep")[1]
    assert "paused" in cli("check")[1]
    assert "Live again" in cli("resume")[1]
    code, out, _ = cli("sweep")
    assert "Decided" in out


def test_shadow_by_the_environment_outranks_the_switch(
    cli: Cli, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With STICKSHAKER_MODE=shadow nothing is decided though the organisation is live."""
    cli("load", "registry", registry)
    monkeypatch.setenv("STICKSHAKER_MODE", "shadow")
    assert "keeps this process from sending" in cli("golive", "--yes")[1]
    assert "Shadow mode" in cli("sweep")[1]
    assert "never sends" in cli("check")[1]


def test_status_shows_all_and_one(cli: Cli, registry: str) -> None:
    """The list has each pilot with its case; one pilot is shown in full, for people and for scripts."""
    assert "no pilot yet" in cli("status")[1]
    cli("load", "registry", registry)
    cli("golive", "--yes")
    cli("sweep")
    out = cli("status")[1]
    assert "Tax letters" in out
    pilots = json.loads(cli("status", "--json")[1])["pilots"]
    assert [(p["id"], p["state"]) for p in pilots] == [("tax", "waiting"), ("hr", None)]
    page = json.loads(cli("status", "tax", "--json")[1])
    assert page["case"]["asked"][0]["step"] == "nudge"
    full = cli("status", "tax")[1]
    assert "first question" in full
    assert "long in its stage" in full
    assert cli("chat", "--as", "DANA@n.example")[0] == 0


def test_check_says_what_is_missing_and_how_to_mend_it(
    cli: Cli, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty store, a pilot without an owner, a late source: each is a line, the late one exit code 1."""
    assert "load registry" in cli("check")[1]
    cli("load", "registry", registry)
    cli("load", "usage", usage(tmp_path, "tax,2026-01-05,7,40"), "--source", "chat", "--lag", "2")
    monkeypatch.setenv("STICKSHAKER_ADMINS", "ada, grace")
    code, out, _ = cli("check")
    assert code == 1
    for words in ("2 admins", "1 of them without an owner", "source chat", "late", "STICKSHAKER_TIMEZONE"):
        assert words in out
    told = json.loads(cli("check", "--json")[1])
    assert {"name", "value", "default", "means"} == set(told["settings"][0])


def test_small_groups_lose_their_figures_in_the_export(cli: Cli, registry: str, tmp_path: Path) -> None:
    """The days of a four-person pilot are exported, how many used it is not."""
    cli("load", "registry", registry)
    path = usage(tmp_path, "hr,2026-01-05,3,4", "tax,2026-01-05,7,40")
    cli("load", "usage", path, "--source", "chat")
    rows = [json.loads(line)["usage"] for line in cli("export")[1].splitlines() if line.startswith('{"usage"')]
    by_pilot = {r["pilot"]: r for r in rows}
    assert by_pilot["tax"]["active_users"] == 7
    assert by_pilot["hr"]["suppressed"] is True
    assert "active_users" not in by_pilot["hr"]


def test_a_lag_once_given_is_kept(cli: Cli, registry: str, tmp_path: Path) -> None:
    """A later load without --lag does not forget how late the source usually is."""
    cli("load", "registry", registry)
    path = usage(tmp_path, "tax,2026-01-05,7,40")
    cli("load", "usage", path, "--source", "chat", "--lag", "4")
    cli("load", "usage", path, "--source", "chat")
    sources = [json.loads(x)["source"] for x in cli("export")[1].splitlines() if x.startswith('{"source"')]
    assert sources == [{"v": 1, "source": "chat", "lag_days": 4, "newest_day": "2026-01-05"}]


def test_somebody_who_wants_messages_again_gets_them(cli: Cli, registry: str) -> None:
    """An opt-in is by name; a name the registry does not know is one sentence."""
    cli("load", "registry", registry)
    code, out, _ = cli("optin", "dana@n.example")
    assert (code, "gets messages again" in out) == (0, True)
    assert cli("optin", "nobody")[0] == 2


def test_a_pause_is_not_ended_by_going_live(cli: Cli, registry: str) -> None:
    """In a pause golive changes nothing and says what ends it; what waits is shown."""
    cli("load", "registry", registry)
    cli("golive", "--yes")
    cli("sweep")
    cli("pause")
    code, out, _ = cli("golive", "--yes")
    assert (code, "resume" in out) == (1, True)
    assert (
        "not sent yet" in cli("sweep")[1]
        or json.loads(cli("status", "tax", "--json")[1])["case"]["asked"][0]["sent_at"]
    )
