"""The fleet as files: a registry, usage in the `daily` format by source, and the truth beside them."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from jobs.fleet.fleet import Fleet

REGISTRY_COLUMNS: Final = (
    "id",
    "name",
    "owner",
    "sponsor",
    "programme_lead",
    "stage",
    "stage_since",
    "planned_stage_days",
    "seats",
    "country",
    "timezone",
    "start",
    "use_case_family",
    "milestones",
    "dependencies",
    "depth",
    "outcome_metric",
)
USAGE_COLUMNS: Final = (
    "pilot",
    "day",
    "active_users",
    "seats",
    "active_7d",
    "active_28d",
    "actions",
    "use_cases",
    "complete",
)


@dataclass(frozen=True, slots=True)
class FleetFiles:
    """Where the files are: the registry, the usage file of each source by its name, and the truth."""

    registry: Path
    usage: Mapping[str, Path]
    truth: Path


def write_fleet(fleet: Fleet, folder: Path) -> FleetFiles:
    """Write the files into a folder that exists; the same fleet gives the same bytes."""
    files = FleetFiles(
        registry=folder / "registry.csv",
        usage={source: folder / f"usage-{source}.csv" for source in dict.fromkeys(fleet.sources.values())},
        truth=folder / "truth.json",
    )
    _write_table(files.registry, REGISTRY_COLUMNS, map(_registry_cells, fleet.pilots))
    for source, path in files.usage.items():
        _write_table(path, USAGE_COLUMNS, (_usage_cells(row) for row in fleet.usage if row.source == source))
    truth = [asdict(told) for told in fleet.truth]
    files.truth.write_text(json.dumps(truth, indent=2, default=date.isoformat) + "\n", encoding="utf-8")
    return files


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _registry_cells(pilot: Pilot) -> dict[str, object]:
    cells = pilot.model_dump(mode="json", include=set(REGISTRY_COLUMNS))
    promises = (f"{m.title} | {m.due} | {m.done_on or ''} | {m.id}" for m in pilot.milestones)
    waits = (
        f"{d.kind} | {d.holder or ''} | {d.since or ''} |  | {d.done_on or ''} | {d.id}" for d in pilot.dependencies
    )
    return cells | {"milestones": "; ".join(promises), "dependencies": "; ".join(waits)}


def _usage_cells(row: UsageDay) -> dict[str, object]:
    cells = row.model_dump(mode="json", include=set(USAGE_COLUMNS))
    return cells | {"complete": int(row.complete)}
