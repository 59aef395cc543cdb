"""The edges of a command: settings, keys and streams that are not as they should be."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeClock

from adapters.redis_store.embedded import EmbeddedServer
from bot.app.overview import person_by_name
from bot.app.sweep import sweep
from bot.app.switch import go_live
from bot.domain.case import CaseState
from jobs.load import rejects_of, take_registry
from jobs.settings import Settings, secret_of
from jobs.shown import open_streams
from jobs.wiring import open_process, terminal_chat

ROOT = Path(__file__).resolve().parent.parent.parent
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Cli = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REDIS_URL", "http://u:hush@host", "STICKSHAKER_PSEUDONYM_KEY is missing"),
        ("PSEUDONYM_KEY", "hush", "at least 16"),
        ("TIMEZONE", "Mars/Base", "such as Europe/Berlin. Its"),
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


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://u:hush@[::1", "can't be read"),
        ("redis://u:hush@host?foo=bar", "can't be read"),
        ("stickshaker:hush@127.0.0.1:7411", "has no scheme"),
        ("redis://u:hush@host/mydb", "number of a database"),
    ],
)
def test_an_odd_url_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    """An address that never ends and an option nobody knows exit with 2, without the password."""
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "sixteen characters or more")
    monkeypatch.setenv("STICKSHAKER_REDIS_URL", url)
    code, out, err = cli("status")
    assert (code, words in err, "hush" in out + err) == (2, True, False)


def test_a_name_that_is_no_setting_is_noted_without_its_value(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the name of a variable is told by `check`, with the name that was meant; it is no fault."""
    monkeypatch.setenv("STICKSHAKER_ADMIN", "hush@n.example")
    monkeypatch.setenv("STICKSHAKER_VERSION", "1.2.3")
    code, out, err = cli("check", "--json")
    notes = [line["says"] for line in json.loads(out)["checked"] if "no setting" in line["says"]]
    if "STICKSHAKER_TEST_STORE" in os.environ:
        notes.pop()
    assert notes == [
        "STICKSHAKER_ADMIN is no setting and changes nothing; the nearest one is STICKSHAKER_ADMINS (docs/settings.md)."
    ]
    assert (code, "hush" in out + err) == (0, False)


def test_secrets_are_shown_as_set_or_not_set(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a URL, a key and tokens `check` tells whether they are set, and nothing that stands for their value."""

    def shown() -> dict[str, str]:
        told = json.loads(cli("check", "--json")[1])["settings"]
        return {one["name"].removeprefix("STICKSHAKER_"): one["value"] for one in told}

    secret = ("REDIS_URL", "PSEUDONYM_KEY", "PUSH_TOKENS")
    assert {shown()[name] for name in secret} == {"not set"}
    monkeypatch.setenv("STICKSHAKER_PUSH_TOKENS", "chat=hush-hush-hush-hush")
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "hush-hush-hush-hush")
    assert [shown()[name] for name in secret] == ["not set", "set", "set"]


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
