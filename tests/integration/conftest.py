"""What many of these tests begin with: a command line on a data folder of its own, and an empty firm."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import Papers, papers
from stories import Story, story_of

from adapters.redis_store.store import RedisStore
from jobs.cli import main

REGISTRY = """id,name,owner,sponsor,stage,stage_since,seats,country,timezone
tax,Tax letters,dana@n.example,sam@n.example,pilot,2024-01-02,40,DE,Europe/Berlin
hr,Job ads,,sam@n.example,production,2024-01-02,4,GB,Europe/London
"""


@pytest.fixture
def story(store: RedisStore) -> Story:
    """Return an empty firm over a store of its own."""
    return story_of(store)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Return certificates of this machine: Microsoft's library asks for tokens by TLS only."""
    return papers(tmp_path_factory.mktemp("papers"))


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
