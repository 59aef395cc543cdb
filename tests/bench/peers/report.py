"""Write the tables of docs/benchmarks.md from the figures that run.py left: report.py DAY.json [WEEK.json]."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DOC = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"
START, END = "<!-- tables:start -->", "<!-- tables:end -->"
SIZES = (None, 5, 20, 100, 1000)
FLEET = 363
BESIDE = ("budgets", "machine", "seed", "seed_tune", "seeds", "grain", "stall", "ours", "ours_us", "repeated")

OURS = "**ours**"

Cell = Mapping[str, Any]
Told = Mapping[str, Any]


class Demand(NamedTuple):
    """A target of the design: what is measured, in which cell, and the bound it must keep."""

    what: str
    figure: Callable[[Told], float | None]
    bound: float
    at_least: bool


def cell(cells: list[Cell], size: int | None = None, kind: str | None = None) -> Cell:
    """Return one cell of a method; an empty one where there is none."""
    return next((c for c in cells if c["size"] == size and c["kind"] == kind), {})


def year_end(told: Told) -> float | None:
    """Return alarms at the year's end in 363 pilots that live through it."""
    whole = cell(told["ours"])
    return whole["year_end_alarms"] * FLEET / whole["year_end_pilots"] if whole.get("year_end_pilots") else None


DEMANDS = (
    Demand("recall", lambda told: cell(told["ours"])["recall"], 0.95, at_least=True),
    Demand("caught within 14 days", lambda told: cell(told["ours"])["r14"], 0.55, at_least=True),
    Demand("median delay, days", lambda told: cell(told["ours"])["delay"], 11, at_least=False),
    Demand("false a pilot-year", lambda told: cell(told["ours"])["false_a_year"], 0.55, at_least=False),
    Demand("false a pilot-year, 5 seats", lambda told: cell(told["ours"], 5)["false_a_year"], 0.7, at_least=False),
    Demand("outage alarms an outage pilot", lambda told: cell(told["ours"])["outage_alarms"], 0.12, at_least=False),
    Demand(f"year-end alarms in {FLEET} pilots that live through it", year_end, 3, at_least=False),
    Demand("stall: recall", lambda told: ours_of(told["stall"])["recall"], 0.95, at_least=True),
    Demand("stall: false a pilot-year", lambda told: ours_of(told["stall"])["false"], 0.33, at_least=False),
)


def ours_of(stall: Mapping[str, Cell]) -> Cell:
    """Return our row of the stall table."""
    return next(row for name, row in stall.items() if name.startswith("ours"))


def number(value: float | None, digits: int = 2) -> str:
    """Write a figure as the docs do."""
    if value is None or value != value:  # noqa: PLR0124  NaN is not itself
        return "-"
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 and digits else f"{value:.{digits}f}"


def against(value: float | None, demand: Demand) -> str:
    """Write a figure, and that it misses its bound where it does."""
    if value is None:
        return "-"
    good = value >= demand.bound if demand.at_least else value <= demand.bound
    shown = number(value, 0 if demand.bound >= 10 else 1 if demand.bound >= 1 else 2)
    return shown if good else f"**{shown}, missed**"


def targets(day: Told, week: Told | None) -> Iterator[str]:
    """Return the table of targets."""
    yield "| figure | demand | by day | by week |\n|---|---|---|---|"
    for demand in DEMANDS:
        bound = f"{'>=' if demand.at_least else '<='} {number(demand.bound) if demand.bound < 1 else demand.bound}"
        figures = " | ".join(against(demand.figure(told) if told else None, demand) for told in (day, week))
        yield f"| {demand.what} | {bound} | {figures} |"


def methods(told: Told) -> dict[str, list[Cell]]:
    """Return the cells of every method, ours first."""
    peers = {name: entry["cells"] for name, entry in told.items() if name not in BESIDE}
    return {OURS: told["ours"], **peers}


def contest(told: Told) -> Iterator[str]:
    """Return the tables of all methods: all sizes together, then by size."""
    yield "| method | recall | r14 | delay | false a year | outage | year-end |\n|---|---|---|---|---|---|---|"
    for name, cells in methods(told).items():
        whole = cell(cells)
        false = f"{number(whole['false_a_year'])} ± {number(whole['false_error'])}"
        recall = f"{number(whole['recall'])} ± {number(whole['recall_error'])}"
        ends = f"{whole['year_end_alarms']} of {whole['year_end_pilots']}"
        yield f"| {name} | {recall} | {number(whole['r14'])} | {number(whole['delay'], 0)} | {false} | {number(whole['outage_alarms'])} | {ends} |"
    yield "\n| recall / r14 / delay / false | 5 seats | 20 | 100 | 1,000 |\n|---|---|---|---|---|"
    for name, cells in methods(told).items():
        yield f"| {name} | {' | '.join(brief(cell(cells, size)) for size in SIZES[1:])} |"
    yield "\n" + not_better(told)


def brief(one: Cell) -> str:
    """Write a cell in short."""
    return " / ".join((number(one["recall"]), number(one["r14"]), number(one["delay"], 0), number(one["false_a_year"])))


def not_better(told: Told) -> str:
    """Say where a peer catches as much as ours, and where it catches less at clearly fewer false findings."""
    as_good, fewer = [], []
    for name, cells in methods(told).items():
        for size in SIZES if name != OURS else ():
            mine, theirs = cell(told["ours"], size), cell(cells, size)
            at = f"{name} {'over all sizes' if size is None else f'at {size:,} seats'} {compared(theirs, mine)}"
            spread = 2 * float(np.hypot(mine["false_error"], theirs["false_error"]))
            if theirs["recall"] >= mine["recall"]:
                as_good.append(at)
            elif theirs["false_a_year"] + spread < mine["false_a_year"]:
                fewer.append(at)
    lines = [
        f"A peer catches as much as ours or more: {'; '.join(as_good) or 'nowhere'}.",
        f"A peer catches less, at fewer false findings by two standard errors: {'; '.join(fewer) or 'nowhere'}.",
    ]
    return "\n\n".join(lines)


def compared(theirs: Cell, mine: Cell) -> str:
    """Write recall and false findings of a peer against ours."""
    pair = (f"{number(c['recall'])} at {number(c['false_a_year'])}" for c in (theirs, mine))
    return f"({', ours '.join(pair)})"


def kinds(day: Told, week: Told | None) -> Iterator[str]:
    """Return the table of ours by kind: falls first, then false findings of the others."""
    yield "| kind | by day | by week |\n|---|---|---|"
    names = dict.fromkeys(c["kind"] for c in day["ours"] if c["kind"] is not None)
    for name in names:
        pair = [cell(told["ours"], None, name) for told in (day, week) if told]
        if pair[0]["recall"] is not None:
            shown = [f"{number(p['recall'])} / {number(p['r14'])} / {number(p['delay'], 0)} d" for p in pair]
        else:
            shown = [f"{number(p['false_a_year'])} ± {number(p['false_error'])} false a year" for p in pair]
        yield f"| {name} | {' | '.join(shown if week else [*shown, '-'])} |"


def stalls(day: Told) -> Iterator[str]:
    """Return the table of the stalled rule."""
    yield "| rule | recall in 16 weeks | median weeks | false a pilot-year |\n|---|---|---|---|"
    for name, row in day["stall"].items():
        yield f"| {name} | {number(row['recall'])} of {row['stalled']} | {number(row['weeks'], 1)} | {number(row['false'])} |"


def speed(told: Told) -> str:
    """Say how long each method took."""
    peers = ", ".join(f"{n} {entry['us']:.1f}" for n, entry in told.items() if n not in BESIDE)
    return f"Microseconds a pilot-day, as run here: ours {told['ours_us']:.1f} (the whole of `detect()` in small windows, with preparation; `make bench` measures large ones), peers without preparation {peers}."


def main() -> None:
    """Read both files and put the tables between the marks of the page."""
    day, week = (json.loads(Path(name).read_text(encoding="utf-8")) if name else None for name in [*sys.argv, ""][1:3])
    parts = [
        "### Targets\n",
        *targets(day, week),
        "\n### By day\n",
        *contest(day),
        "\n" + speed(day),
        "\n### By week\n",
        *(contest(week) if week else ["Not measured yet."]),
        "\n### Ours by kind\n\nFalls: recall / r14 / median delay.\n",
        *kinds(day, week),
        "\n### Stall\n",
        *stalls(day),
    ]
    text = DOC.read_text(encoding="utf-8")
    head, rest = text.split(START)
    DOC.write_text(f"{head}{START}\n" + "\n".join(parts) + f"\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
