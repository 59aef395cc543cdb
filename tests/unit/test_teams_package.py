"""The app package: what a tenant uploads is what Microsoft's schema takes, and made from the table of commands."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from adapters.content import load_texts
from adapters.playground.teams_state import APP
from adapters.teams.package import to_manifest, to_package
from bot.messages.command_texts import COMMANDS

SCHEMA = Path(__file__).resolve().parents[2].parent / "shared/fixtures/teams/schema/teams-manifest-1.29.json"
MADE = to_manifest(load_texts().commands, APP, "https://firm.example/stickshaker", "0.1.0")


def test_the_schema_takes_the_manifest() -> None:
    """Microsoft's own schema of the version that it names has nothing against it."""
    if not SCHEMA.exists():
        pytest.skip("the schema of manifests is not beside the project")
    judge = Draft4Validator(json.loads(SCHEMA.read_text()))
    assert [fault.message for fault in judge.iter_errors(MADE)] == []


def test_what_is_offered_are_commands_of_ours() -> None:
    """Each that Teams offers is one of the table, by a mention or a slash in a team; it asks for no permission."""
    personal, team = MADE["bots"][0]["commandLists"]
    assert team["triggers"] == ["mention", "slash"]
    assert {one["title"] for one in team["commands"]} <= set(COMMANDS)
    assert {one["title"] for one in personal["commands"]} <= {*COMMANDS, "home"}
    assert not {"permissions", "authorization", "webApplicationInfo"} & set(MADE)


def test_the_package_holds_manifest_and_icons_of_the_sizes_that_teams_wants() -> None:
    """A colour icon of 192 and an outline of 32 pixels, and the same bytes each time it is made."""
    made = to_package(MADE)
    assert to_package(MADE) == made
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(package.read("manifest.json")) == MADE
        sizes = {name: struct.unpack(">II", package.read(name)[16:24]) for name in ("color.png", "outline.png")}
    assert sizes == {"color.png": (192, 192), "outline.png": (32, 32)}
