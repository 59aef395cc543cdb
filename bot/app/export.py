"""Everything the store knows of pilots, as lines of JSON; the same store always gives the same lines."""

import json
from collections.abc import AsyncIterator
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.ports import Ports

PURPOSE: Final = (
    "Made to help AI pilots along. Figures are totals of a pilot; groups below five people are left out. "
    "Not for judging people: no use for appraisal, pay, promotion or dismissal."
)
FIGURES: Final = (
    "active_users",
    "active_7d",
    "active_28d",
    "actions",
    "use_cases",
    "present",
    "new_users",
    "habitual_users",
)


async def export(ports: Ports, least_group: int) -> AsyncIterator[str]:
    """Yield a header, then sources, pilots, their usage by day and their cases, sorted throughout.

    Usage of a group below `least_group` people keeps its days and loses its figures.
    """
    yield json.dumps({"stickshaker": "export", "v": 1, "purpose": PURPOSE})
    for status in await ports.sources.all():
        yield json.dumps({"source": status.model_dump(mode="json", exclude_none=True)})
    pilots = await ports.pilots.all()
    for pilot in pilots:
        yield json.dumps({"pilot": pilot.model_dump(mode="json", exclude_none=True)})
    by_id = {p.id: p for p in pilots}
    async for row in ports.telemetry.rows([p.id for p in pilots]):
        yield json.dumps({"usage": _shown(row, by_id[row.pilot], least_group)})
    for pilot in pilots:
        stored = await ports.cases.get(pilot.id)
        for case in [*await ports.cases.past(pilot.id), *([stored.case] if stored else [])]:
            yield json.dumps({"case": case.model_dump(mode="json", exclude_none=True)})


def _shown(row: UsageDay, pilot: Pilot, least_group: int) -> dict[str, object]:
    """Return a row as it may be shown."""
    shown: dict[str, object] = row.model_dump(mode="json", exclude_none=True)
    if is_small(row, pilot, least_group):
        return {k: v for k, v in shown.items() if k not in FIGURES} | {"suppressed": True}
    return shown


def is_small(row: UsageDay, pilot: Pilot, least_group: int) -> bool:
    """Whether a row is about a group too small to be shown: by its seats, else by the most people it names."""
    seats = row.seats if row.seats is not None else pilot.seats
    people = seats if seats is not None else max(row.active_28d or 0, row.active_7d or 0, row.active_users or 0)
    return people < least_group
