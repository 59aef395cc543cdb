"""Everything the store knows of pilots, as lines of JSON; the same store always gives the same lines."""

import json
from collections.abc import AsyncIterator
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.metrics.disclosure import is_small, withheld
from bot.ports import Ports

PURPOSE: Final = (
    "Made to help AI pilots along. Figures are totals of a pilot; groups below {least} people are left out. "
    "Not for judging people: no use for appraisal, pay, promotion or dismissal."
)


async def export(ports: Ports, least_group: int, *, weeks_only: bool = False) -> AsyncIterator[str]:
    """Yield a header, then sources, pilots, their usage by day and their cases, sorted throughout.

    Usage of a group below `least_group` people keeps its days and loses its figures; of a larger one figures are
    left out that tell of fewer. With `weeks_only` rows of single days are left out.
    """
    header = {"stickshaker": "export", "v": 1, "key": key_mark(ports), "purpose": PURPOSE.format(least=least_group)}
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
