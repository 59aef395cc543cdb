"""Everything the store knows of pilots, as lines of JSON; the same store always gives the same lines."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.metrics.disclosure import is_small, withheld
from bot.ports import Ports

VERSION: Final = 2
"""The version of exports that this program writes and reads; the first one had no last line to tell whether it is whole."""
NAMES: Final = {"source": "sources", "pilot": "pilots", "usage": "rows", "case": "cases"}
"""How the last line names the lines of a kind."""
PURPOSE: Final = (
    "Made to help AI pilots along. Figures are totals of a pilot; groups below {least} people are left out. "
    "Not for judging people: no use for appraisal, pay, promotion or dismissal."
)


class Seal:
    """What the last line of an export says of those before it: how many there are of each kind, and their SHA-256."""

    def __init__(self) -> None:
        """Begin before the first line."""
        self._hash, self._counts = sha256(), Counter[str]()

    def add(self, line: str) -> None:
        """Take in a line; how it ends (LF, CRLF) does not matter."""
        self._hash.update(line.rstrip("\r\n").encode() + b"\n")
        self._counts[line[:40].partition('"')[2].partition('"')[0]] += 1

    @property
    def told(self) -> dict[str, object]:
        """Return the last line as plain values."""
        counts = {name: self._counts[kind] for kind, name in NAMES.items()}
        return {"end": {**counts, "lines": self._counts.total(), "sha256": self._hash.hexdigest()}}


async def export(ports: Ports, least_group: int, *, weeks_only: bool = False) -> AsyncIterator[str]:
    """Yield a header, then sources, pilots, their usage by day and their cases, sorted throughout, and the seal.

    Usage of a group below `least_group` people keeps its days and loses its figures; of a larger one figures are
    left out that tell of fewer. With `weeks_only` rows of single days are left out.
    """
    seal = Seal()
    async for line in _lines(ports, least_group, weeks_only=weeks_only):
        seal.add(line)
        yield line
    yield json.dumps(seal.told)


async def _lines(ports: Ports, least_group: int, *, weeks_only: bool) -> AsyncIterator[str]:
    header = {
        "stickshaker": "export",
        "v": VERSION,
        "key": key_mark(ports),
        "purpose": PURPOSE.format(least=least_group),
    }
    yield json.dumps(header)
    for status in await ports.sources.all():
        yield json.dumps({"source": status.model_dump(mode="json", exclude_none=True)})
    pilots = await ports.pilots.all()
    for pilot in pilots:
        yield json.dumps({"pilot": pilot.model_dump(mode="json", exclude_none=True)})
    by_id = {p.id: p for p in pilots}
    async for row in ports.telemetry.rows([p.id for p in pilots]):
        if row.weekly or not weeks_only:
            yield json.dumps({"usage": _shown(row, by_id[row.pilot], least_group)})
    for pilot in pilots:
        stored = await ports.cases.get(pilot.id)
        for case in [*await ports.cases.past(pilot.id), *([stored.case] if stored else [])]:
            yield json.dumps({"case": case.model_dump(mode="json", exclude_none=True)})


def key_mark(ports: Ports) -> str:
    """Return by what an import knows that it works under the pseudonym key of the export; it tells nothing of the key."""
    return ports.people.identify("stickshaker export")


def _shown(row: UsageDay, pilot: Pilot, least_group: int) -> dict[str, object]:
    """Return a row as it may be shown."""
    hidden = withheld(row, pilot, least_group)
    shown = {k: v for k, v in row.model_dump(mode="json", exclude_none=True).items() if k not in hidden}
    return shown | {"suppressed": True} if is_small(row, pilot, least_group) else shown
