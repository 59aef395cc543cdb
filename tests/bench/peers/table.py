"""Tables of the bench, for people and as JSON."""

from collections.abc import Mapping
from math import isnan

from tests.bench.peers.kinds import FALLS, Kind
from tests.bench.peers.score import Tally

Sums = Mapping[tuple[int | None, Kind | None], Tally]
FLEET = 363
"""Pilots that the bound on alarms at the year's end speaks of."""


def share(value: float, error: float) -> str:
    """Write a share with its standard error."""
    return "-" if isnan(value) else f"{value:.2f} ±{error:.2f}"


def number(value: float, digits: int = 2) -> str:
    """Write a figure, or a dash where there is none."""
    return "-" if isnan(value) else f"{value:.{digits}f}"


def row_of(name: str, tally: Tally) -> str:
    """Return one line: recall, r14, delay, false alarms a pilot-year, outage alarms, alarms at the year's end."""
    year_end = f"{tally.year_end} of {tally.year_end_pilots}"
    cells = (
        f"{name:<22}",
        f"{share(tally.recall, tally.error_of(tally.recall)):>11}",
        f"{share(tally.soon, tally.error_of(tally.soon)):>11}",
        f"{number(tally.delay, 0):>6}",
        f"{share(tally.false_a_year, tally.false_error):>11}",
        f"{number(tally.outage_rate):>7}",
        f"{year_end:>10}",
    )
    return " ".join(cells)


HEAD = f"{'':<22} {'recall':>11} {'r14':>11} {'delay':>6} {'false/yr':>11} {'outage':>7} {'year-end':>10}"


def table_of(sums: Sums) -> str:
    """Return the table of one method, by size and then by kind and size."""
    sizes = sorted({size for size, _ in sums if size is not None})
    lines = [HEAD]
    lines += [row_of("all" if size is None else f"{size} seats", sums[size, None]) for size in (None, *sizes)]
    for kind in Kind:
        if (None, kind) in sums:
            lines.append(row_of(kind.value, sums[None, kind]))
    lines += ["", by_size(sums, sizes)]
    whole = sums[None, None]
    if whole.year_end_pilots:
        lived = whole.year_end * FLEET / whole.year_end_pilots
        any_time = whole.year_end * FLEET / len(whole.false)
        lines.append(
            f"year-end: {lived:.1f} alarms in {FLEET} pilots that live through it, {any_time:.1f} in {FLEET} of all"
        )
    return "\n".join(lines)


def by_size(sums: Sums, sizes: list[int]) -> str:
    """Return recall/r14 of each fall, and false alarms a pilot-year of every other kind, by size."""
    lines = [f"{'by size':<22} " + " ".join(f"{size:>16}" for size in sizes)]
    for kind in Kind:
        cells = []
        for size in sizes:
            tally = sums.get((size, kind), Tally())
            fall = f"{number(tally.recall)}/{number(tally.soon)}/{number(tally.delay, 0)}"
            cells.append(f"{fall if kind in FALLS else number(tally.false_a_year):>16}")
        lines.append(f"{kind.value:<22} " + " ".join(cells))
    return "\n".join(lines)


def json_of(sums: Sums) -> list[dict[str, object]]:
    """Return every cell as a record of figures; None where there is none."""
    return [
        {
            "size": size,
            "kind": None if kind is None else kind.value,
            "falls": tally.falls,
            "recall": _known(tally.recall),
            "recall_error": _known(tally.error_of(tally.recall)),
            "r14": _known(tally.soon),
            "delay": _known(tally.delay),
            "false_a_year": _known(tally.false_a_year),
            "false_error": _known(tally.false_error),
            "pilot_years": round(sum(tally.years), 3),
            "outage_alarms": _known(tally.outage_rate),
            "outage_pilots": tally.outage_pilots,
            "year_end_alarms": tally.year_end,
            "year_end_pilots": tally.year_end_pilots,
        }
        for (size, kind), tally in sums.items()
    ]


def _known(value: float) -> float | None:
    return None if isnan(value) else round(value, 4)
