"""House rules that no linter knows, checked on the tree itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for room in ("bot", "adapters", "jobs") for p in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HIDING = {"utils", "helpers", "common", "core", "manager", "handler", "base", "misc", "data"}


def names(paths: list[Path]) -> list[str]:
    """Return the paths as a reader of the tree writes them."""
    return [str(p.relative_to(ROOT)) for p in paths]


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_a_file_is_small_and_says_what_it_is(path: Path) -> None:
    """A source file has at most 400 lines, a docstring, and a name that does not hide its content."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert path.stem not in HIDING
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert path.name != "__init__.py" or len(tree.body) == 1


@pytest.mark.parametrize("path", TESTS, ids=names(TESTS))
def test_each_test_says_what_it_promises(path: Path) -> None:
    """Every test function has a docstring of one sentence."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            assert (ast.get_docstring(node) or "").endswith("."), node.name


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=names([*SOURCES, *TESTS]))
def test_an_exception_from_a_rule_carries_its_reason(path: Path) -> None:
    """A lint or type exception is followed by at least one word of why."""
    for line in path.read_text(encoding="utf-8").splitlines():
        _, mark, rest = line.partition("# noqa:")
        _, ignore, why = line.partition("# type: ignore[")
        if mark and path.name != Path(__file__).name:
            assert len(rest.split()) > 1, line
        if ignore and path.name != Path(__file__).name:
            assert why.partition("]")[2].strip(), line
