"""Write docs/parity.md from the tests that run in each chat.

    python tests/parity_page.py

A test of the suite compares the page with what this makes of it.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parent / "docs/parity.md"
SUITE: Final = "tests/integration/chats"
HEAD: Final = f"""# What each chat can do

Made by `make parity` from the tests in `{SUITE}`: every line is a test that runs in each chat whose column says "yes",
against a local server that speaks the wire protocol of Slack or of Microsoft. Nothing of it was tried in a real
workspace or tenant; [install-slack.md](install-slack.md) and [install-teams.md](install-teams.md) say what that leaves
open. The last part is of what one chat alone has, with the reason why the other has not.
"""


def to_page() -> str:
    """Return the page."""
    sys.path[:0] = [str(HERE.parent), str(HERE / "unit"), str(HERE / "chaos")]
    from parity import AREAS, CHATS, NAMES, TOLD  # noqa: PLC0415  needs the path

    inside = HERE.parent / SUITE
    for path in sorted(
        [*inside.glob("test_*.py"), *inside.parent.glob("test_slack_*"), *inside.parent.glob("test_teams_*")]
    ):
        spec = importlib.util.spec_from_file_location(f"parity_{path.stem}", path)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    parts = [HEAD]
    for area in AREAS:
        names = " | ".join(NAMES[chat] for chat in CHATS)
        rows = "\n".join(one.to_row() for one in TOLD if one.area == area)
        parts.append(f"## {area}\n\n| | {names} |\n| --- |{' --- |' * len(CHATS)}\n{rows}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(to_page())
