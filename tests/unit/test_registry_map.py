"""The map of a registry: a small YAML whose faults are named with place and remedy."""

from pathlib import Path

import pytest

from adapters.sources.registry_map import RegistryMap, load_registry_map, parse_registry_map
from bot.errors import InputError


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("colums: {}", "at colums: no such word; a map has columns, id, stages, dates, unreadable and defaults"),
        ("columns: {title: x}", "at columns.title: Input should be 'id', 'name'"),
        ("columns: name", "at columns: write pairs below it"),
        ("id: name", "at id: write a list below it"),
        ("id: [[name]]", "at id.0: write one word or text here"),
        ("dates: [MM-DD]", "at dates.0: Input should be 'YYYY-MM-DD'"),
        ("dates: []", "at dates: name at least one"),
        ("dates: [M/D/YYYY, D/M/YYYY]", "at the whole file: dates can't be both"),
        ("columns: {id: x}\nid: [y]", "keep one"),
        ("defaults: {name: x}", "id and name can't have a default"),
        ("stages: {Live: done}", "at stages.Live: Input should be 'idea'"),
        ("unreadable: guess", "at unreadable: Input should be 'reject' or 'unknown'"),
        ("- name", "at the whole file: a map begins with"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_map_that_does_not_hold_is_refused_with_place_and_remedy(rules: str, words: str) -> None:
    """The error names the file, the place in it and what may stand there."""
    with pytest.raises(InputError) as refused:
        parse_registry_map(rules, "map.yaml")
    assert str(refused.value).startswith("The map map.yaml")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_map_is_a_file_and_an_empty_one_changes_nothing(tmp_path: Path) -> None:
    """A map is read from its file; one that is missing or no text is named."""
    path = tmp_path / "map.yaml"
    with pytest.raises(InputError, match="can't be read"):
        load_registry_map(path)
    path.write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        load_registry_map(path)
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert load_registry_map(path) == RegistryMap()
