"""The commands of a shell that set the app up in Microsoft Teams."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.playground.teams_state import APP, TENANT

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name an app with its proof."""
    for name, value in (("APP_ID", APP), ("TENANT_ID", TENANT), ("APP_PASSWORD", "hush")):
        monkeypatch.setenv(f"TEAMS_{name}", value)


@pytest.mark.usefixtures("named")
def test_the_package_is_written(cli: Cli, tmp_path: Path) -> None:
    """It names the app and the organisation's own page, and no secret; its options are in its manifest."""
    file = tmp_path / "app.zip"
    for options, version in ((), "1.29"), (("--older", "--for-graph"), "1.16"):
        code, out, _ = cli("teams", "package", str(file), "--website", "https://firm.example/pilots", *options)
        assert (code, "upload it in the Teams admin centre" in out) == (0, True)
        with zipfile.ZipFile(file) as package:
            text = package.read("manifest.json").decode()
        made = json.loads(text)
        assert (made["id"], made["manifestVersion"], made["developer"]["websiteUrl"]) == (
            APP,
            version,
            "https://firm.example/pilots",
        )
        assert ("webApplicationInfo" in made) is bool(options)
        assert "hush" not in text


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app.zip", "--website", "http://firm.example"), "--website 'http://firm.example' is no address"),
        (("nowhere/app.zip",), "'nowhere/app.zip' can't be written"),
    ],
)
def test_what_can_not_be_written_is_said(cli: Cli, words: tuple[str, ...], said: str) -> None:
    """A page without TLS, or a folder that is not there: one sentence with the remedy, and exit code 2."""
    code, _, err = cli("teams", "package", *words)
    assert code == 2
    assert said in err


def test_without_an_app_there_is_no_package(cli: Cli) -> None:
    """The setting that is lacking is named."""
    code, _, err = cli("teams", "package", "app.zip")
    assert code == 2
    assert "TEAMS_APP_ID is not set" in err
