"""The commands as an operator types them: what they store, print and return."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import FakeClock

from adapters.redis_store.embedded import EmbeddedServer
from bot.app.overview import person_by_name
from bot.app.sweep import sweep
from bot.app.switch import go_live
from bot.domain.case import CaseState
from jobs.cli import main
from jobs.load import rejects_of, take_registry
from jobs.settings import Settings, secret_of
from jobs.shown import open_streams
from jobs.wiring import open_process, terminal_chat

ROOT = Path(__file__).resolve().parent.parent.parent
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TODAY = datetime.now(UTC).date()
REGISTRY = """id,name,owner,sponsor,stage,stage_since,seats,country,timezone
tax,Tax letters,dana@n.example,sam@n.example,pilot,2024-01-02,40,DE,Europe/Berlin
hr,Job ads,,sam@n.example,production,2024-01-02,4,GB,Europe/London
"""

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return a function that runs a command on a data folder of its own: exit code, output, errors."""
    monkeypatch.setenv("STICKSHAKER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        else:
            code = 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def registry(tmp_path: Path) -> str:
    """Return the path of a small registry."""
    path = tmp_path / "registry.csv"
    path.write_text(REGISTRY)
    return str(path)


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
    code, out, _ = cli("load", "registry", "-", "--json", stdin=REGISTRY)
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


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REDIS_URL", "http://u:hush@host", "STICKSHAKER_PSEUDONYM_KEY is missing"),
        ("PSEUDONYM_KEY", "hush", "at least 16"),
        ("TIMEZONE", "Mars/Base", "no timezone"),
        ("HTTP_PORT", "99999", "STICKSHAKER_HTTP_PORT"),
        ("MODE", "live", "STICKSHAKER_MODE"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """A setting that can't be used is one sentence with its name, exit code 2, and no secret in it."""
    monkeypatch.setenv(f"STICKSHAKER_{name}", value)
    code, out, err = cli("status")
    assert (code, words in err) == (2, True)
    assert "hush" not in out + err
    code, out, err = cli("check", "--json")
    assert (code, json.loads(out)["ok"]) == (2, False)
    assert "hush" not in out + err


def test_a_wrong_url_or_key_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheme that is no store, a server that is not there, and another key each exit with 2."""
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "sixteen characters or more")
    assert cli("status")[0] == 0
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "another key of good length")
    code, _, err = cli("status")
    assert (code, "another STICKSHAKER_PSEUDONYM_KEY" in err) == (2, True)
    for url, words in [("http://u:hush@host", "starts with 'http://'"), ("redis://u:hush@127.0.0.1:1", "127.0.0.1:1")]:
        monkeypatch.setenv("STICKSHAKER_REDIS_URL", url)
        code, out, err = cli("status")
        assert (code, words in err, "hush" in out + err) == (2, True, False)


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


@pytest.mark.parametrize(
    ("url", "words"),
    [("redis://u:hush@[::1", "can't be read"), ("redis://u:hush@host?foo=bar", "can't be read")],
)
def test_an_odd_url_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    """An address that never ends and an option nobody knows exit with 2, without the password."""
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "sixteen characters or more")
    monkeypatch.setenv("STICKSHAKER_REDIS_URL", url)
    code, out, err = cli("status")
    assert (code, words in err, "hush" in out + err) == (2, True, False)


def test_a_data_folder_may_be_relative_and_must_exist_somewhere(
    cli: Cli, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder works from where the command is typed; the home of nobody is one sentence."""
    monkeypatch.setenv("STICKSHAKER_DATA_DIR", "./near")
    assert cli("load", "registry", registry)[0] == 0
    assert (tmp_path / "near" / "pseudonym.key").exists()
    monkeypatch.setenv("STICKSHAKER_DATA_DIR", "~nobody-of-this-name/x")
    code, _, err = cli("status")
    assert (code, "STICKSHAKER_DATA_DIR" in err, "Traceback" in err) == (2, True, False)


@pytest.mark.parametrize("held", [b"", b"short\n", b"\xff" * 40], ids=["empty", "short", "no text"])
def test_a_damaged_key_is_never_used(cli: Cli, tmp_path: Path, held: bytes) -> None:
    """A key file without a whole key is named with the remedy, and stays as it is."""
    path = tmp_path / "data" / "pseudonym.key"
    path.parent.mkdir()
    path.write_bytes(held)
    code, _, err = cli("status")
    assert (code, str(path) in err, "backup" in err) == (2, True, True)
    assert path.read_bytes() == held


def test_all_who_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    """Eight first starts at the same moment end with one key, nobody else's to read, and nothing beside it."""
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(secret_of, [settings] * 8))
    assert len(keys) == 1
    assert [(p.name, p.stat().st_mode & 0o777) for p in tmp_path.iterdir()] == [("pseudonym.key", 0o600)]


def test_rejects_elsewhere_keep_files_of_one_name_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rejects can't stand beside their file, two files of one name have two places, each named in full."""
    monkeypatch.chdir(tmp_path)
    one, other = (rejects_of(str(tmp_path / room / "usage.csv"), lambda _: False) for room in ("a", "b"))
    assert one != other
    assert {one.parent, other.parent} == {tmp_path}
    assert one.name.startswith("usage.csv.")
    assert rejects_of("a/usage.csv", lambda _: False) == one
    assert rejects_of("a/usage.csv", lambda _: True) == Path("a/usage.csv.rejects.csv")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a data folder with a pilot in it, whose server runs for all who come."""
    folder = tmp_path_factory.mktemp("filled")
    with EmbeddedServer(folder):
        table = "id,name,owner,stage,stage_since,seats\ntax,Täx,dana@n.example,pilot,2024-01-02,40\n"
        shell(folder, "ss load registry -", table)
        yield folder


def shell(folder: Path, typed: str, stdin: str = "") -> tuple[int, str, str]:
    """Type a command into a real shell: exit code, output, errors."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'ss() {{ "{sys.executable}" -m jobs.cli "$@"; }}; {typed}'],
        env={**os.environ, "STICKSHAKER_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
        input=stdin.encode(),
        capture_output=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("typed", "code", "out", "err"),
    [
        ("ss load registry - <&-", 2, "", "standard input is empty"),
        ("ss golive <&-", 1, "Nothing changed", ""),
        ("ss golive <&- >&- 2>&-", 1, "", ""),
        ("ss status >&-", 0, "", ""),
        ("ss export >/dev/full", 2, "", "can't be written"),
        ("export PYTHONUNBUFFERED=1; ss status >/dev/full", 2, "", "can't be written"),
        ("ss status nope 2>/dev/full", 2, "", ""),
    ],
)
def test_closed_and_full_streams_are_no_accident(filled: Path, typed: str, code: int, out: str, err: str) -> None:
    """Whatever the standard streams are, a command ends with its code and at most one sentence."""
    got, said, complaint = shell(filled, typed)
    assert (got, out in said, err in complaint) == (code, True, True)
    assert complaint.count("\n") <= 1
    assert bool(err) == bool(complaint)


@pytest.mark.parametrize("command", ["export", "status"])
def test_a_reader_who_leaves_is_no_fault(filled: Path, command: str) -> None:
    """When whoever reads us goes before the end, the command is silent and its exit code is 0."""
    assert shell(filled, f"{{ ss {command}; echo code $? >&2; }} | true") == (0, "", "code 0\n")


def test_a_terminal_that_knows_few_letters_gets_the_others_escaped(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an ASCII encoding a name is shown escaped, and a document for a script is still one."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    code, out, _ = shell(filled, "ss status")
    assert (code, "T\\u00e4x" in out) == (0, True)
    code, out, _ = shell(filled, "ss status --json")
    assert (code, json.loads(out)["pilots"][0]["name"]) == (0, "Täx")


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
async def test_a_byte_that_is_no_text_does_not_end_the_chat(
    tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], errors: str
) -> None:
    """What is typed in another encoding becomes a mark in the answer, and the chat goes on to its end."""
    typed = b"blocked by Zo\xeb from legal\nyes\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed), "utf-8", errors=errors))
    if errors == "strict":
        open_streams()  # as every command does; the other way of reading is what some terminals begin with
    clock = FakeClock(TUESDAY)
    async with open_process(Settings(data_dir=tmp_path / "data"), clock=clock) as process:
        await take_registry(process, registry, None)
        await go_live(process.ports, "test", clock.at)
        await sweep(process.ports, process.rules, clock.at)
        await process.work()
        dana = await person_by_name("dana@n.example", process.ports)
        await terminal_chat(process, dana).run()
        stored = await process.ports.cases.get("tax")
    assert stored is not None
    assert stored.case.block is not None
    assert stored.case.block.person == "Zo\ufffd"
    assert "Zo\ufffd could clear it" in capsys.readouterr().out
    assert stored.case.state is CaseState.BLOCKED


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
