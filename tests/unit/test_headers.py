"""Headers: what a missing column's error repeats of them, and what it never does."""

import io
from datetime import date

import pytest

from adapters.sources import aliases, daily, leave, registry_map, rejects, roster, weekly
from adapters.sources.daily import read_daily
from adapters.sources.headers import NAMES
from adapters.sources.tables import Table, normalise
from bot.errors import InputError

WITHOUT_HEADER = (
    "ann@example.com,2026-01-01,5\n",
    "ann@example.com;2026-01-01;5\n",
    "ann@example.com,5,5\n",
    "ann,ann,5\n",
    '"Roy, Ann",,\n',
    "user ann,pilot ann\n",
)


def refusal(content: str) -> str:
    """Return what is said to a daily file that can't be taken."""
    with pytest.raises(InputError) as refused:
        read_daily(io.BytesIO(content.encode()), source="t", today=date(2026, 3, 10), name="x.csv")
    return str(refused.value)


def test_names_are_those_of_every_format() -> None:
    """Each column of each format is known, and nothing else is."""
    formats = (
        rejects.OWN_COLUMNS,
        tuple(registry_map.Column),
        daily.REQUIRED + daily.OPTIONAL,
        weekly.REQUIRED + weekly.OPTIONAL,
        roster.COLUMNS,
        leave.COLUMNS,
        aliases.COLUMNS,
    )
    assert {column for columns in formats for column in columns} == NAMES
    assert {normalise(name) for name in NAMES} == NAMES


@pytest.mark.parametrize("content", WITHOUT_HEADER)
def test_a_first_row_without_header_is_not_repeated(content: str) -> None:
    """Of a file without a header no cell is said, since it may be somebody's name."""
    said = refusal(content)
    assert "ann" not in said.casefold()
    assert "2026" not in said
    assert "name" in said


def test_columns_that_a_format_has_are_named() -> None:
    """Somebody who took the wrong file sees which of our columns it has, and none of the others."""
    said = refusal("Pilot,Day,ann@example.com\n")
    assert "has no column 'active_users' (found: Pilot, Day): rename" in said


@pytest.mark.parametrize("content", ['{"source": "chat"}\n', '\n  [{"user_id": 1}]\n', '\ufeff{\n"seats": []}\n'])
def test_json_is_led_to_the_formats_that_read_it(content: str) -> None:
    """JSON that is loaded as a table is told the formats for it."""
    said = refusal(content)
    assert said.startswith("x.csv holds JSON and is no table: load use with --format usage_facts or github_copilot")


def test_a_map_may_name_any_column() -> None:
    """A column that only a map knows is looked for by its name, and the error says it."""
    with pytest.raises(InputError, match=r"no column 'Use Case' \(its first line does not look like names"):
        Table(io.BytesIO(b"Title,Topic\n")).require("Use Case", "mend the map")
