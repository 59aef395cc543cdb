"""The page that says what each chat can do."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_tests_make_it() -> None:
    """Nobody writes a "yes" by hand: docs/parity.md is what `make parity` makes of the tests, to the letter."""
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, 'tests'); import parity_page; print(parity_page.to_page(), end='')",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == (ROOT / "docs/parity.md").read_text()
