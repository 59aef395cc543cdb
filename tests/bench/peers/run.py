"""Detection measured against peers on simulated pilots: `make bench-peers`, or this file with --help.

Thresholds of the peers are chosen for each size on the fleet of one seed, to catch most at no more
false alarms than ours has there, and everything is reported on the fleets of other seeds.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.peers.fleets import SIZES, Cohort, make_fleet
from tests.bench.peers.histories import make_walks
from tests.bench.peers.ours import Alarms, Grain, judge_fleet
from tests.bench.peers.score import score
from tests.bench.peers.stalls import judge_walks
from tests.bench.peers.table import HEAD, Sums, json_of, row_of, table_of

Told = dict[str, object]


def main() -> None:
    """Read the command line, simulate, judge, and print."""
    given = _given()
    if given.quick:
        given.pilots, given.walks, given.seeds = 2, 60, 1
    say(machine())
    told: Told = {"machine": machine(), "seed": given.seed, "seed_tune": given.seed_tune, "grain": given.grain}
    if not given.stall:
        told |= drop_off(given)
    if not given.ours or given.stall:
        told["stall"] = stall(given)
    if given.json is not None:
        given.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", action="store_true", help="our detector alone, in full")
    parser.add_argument("--stall", action="store_true", help="the stalled rule alone")
    parser.add_argument("--seed-tune", type=int, default=11, help="seed of the fleet that thresholds are chosen on")
    parser.add_argument("--seed", type=int, default=401, help="first seed that is reported on")
    parser.add_argument("--seeds", type=int, default=2, help="report on so many seeds together")
    parser.add_argument("--pilots", type=int, default=10, help="pilots of each kind and size, a seed")
    parser.add_argument("--walks", type=int, default=300, help="stage histories, a seed")
    parser.add_argument("--grain", type=Grain, choices=list(Grain), default=Grain.DAY)
    parser.add_argument("--budget", type=float, help="false alarms a pilot-year for the peers, instead of ours")
    parser.add_argument("--quick", action="store_true", help="a small fleet, to see that it runs")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    return parser.parse_args()


def drop_off(given: argparse.Namespace) -> Told:
    """Measure our detector, and unless it is alone the peers beside it."""
    begin = perf_counter()
    fleet = fleet_of(range(given.seed, given.seed + given.seeds), given.pilots)
    lives = [life for cohort in fleet for life in cohort.lives]
    seeds = f"{given.seed} to {given.seed + given.seeds - 1}"
    say(f"seeds {seeds}: {len(lives)} pilots made in {perf_counter() - begin:.1f} s; {given.grain} grain")
    alarms, seconds = judge_fleet(fleet, given.grain)
    sums = score(lives, opened(alarms))
    micros = 1e6 * seconds / sum(life.wish.days for life in lives)
    say("\nours, all findings\n" + table_of(sums))
    again = score(lives, {name: one.repeated for name, one in alarms.items()})[None, None]
    say(f"an open finding told again every 28 days: recall {again.recall:.2f}, false {again.false_a_year:.2f} a year")
    say(f"ours: {micros:.2f} us a pilot-day, the whole of detect(), in windows of {len(lives) // len(fleet)} pilots")
    told: Told = {"ours": json_of(sums), "ours_us": round(micros, 3)}
    if not given.ours:
        told |= peers(given, fleet, sums)
    return told


def fleet_of(seeds: Sequence[int], each: int) -> list[Cohort]:
    """Return the fleets of some seeds as one; names carry the seed."""
    return [cohort for seed in seeds for cohort in make_fleet(seed, each)]


def opened(alarms: dict[str, Alarms]) -> dict[str, list[int]]:
    """Return the days on which findings opened."""
    return {name: one.opened for name, one in alarms.items()}


def peers(given: argparse.Namespace, fleet: list[Cohort], ours: Sums) -> Told:
    """Tune the peers on one seed, measure them on the others, and print them beside ours."""
    from tests.bench.peers.contest import field_of, measure, tune  # noqa: PLC0415  ruptures and river are bench-only
    from tests.bench.peers.methods import METHODS  # noqa: PLC0415  as above

    tuning = fleet_of([given.seed_tune], given.pilots)
    spent = score([life for c in tuning for life in c.lives], opened(judge_fleet(tuning, given.grain)[0]))
    budgets = {size: given.budget or spent[size, None].false_a_year for size in SIZES}
    say(
        f"\npeers tuned on seed {given.seed_tune} to at most these false alarms a pilot-year, by seats: {rounded(budgets)}"
    )
    field, preparing = field_of(fleet, given.grain)
    known, _ = field_of(tuning, given.grain)
    results: list[tuple[str, Sums, float]] = [("ours", ours, float("nan"))]
    told: Told = {"budgets": budgets}
    days = sum(life.wish.days for life in field.lives)
    for method in METHODS:
        settings = tune(method, known, budgets, given.grain)
        alarms, seconds = measure(method, settings, field)
        theirs = score(field.lives, alarms)
        results.append((method.name, theirs, 1e6 * seconds / days))
        told[method.name] = {"settings": settings, "us": round(1e6 * seconds / days, 3), "cells": json_of(theirs)}
        say(f"  {method.name}: {settings}")
    for size in (None, *SIZES):
        say(f"\n{'all sizes' if size is None else f'{size} seats'}\n{HEAD}")
        for name, sums, _ in results:
            say(row_of(name, sums[size, None]))
    say(f"\nmicroseconds a pilot-day (preparing {1e6 * preparing / days:.1f} not included):")
    say(", ".join(f"{name} {micros:.1f}" for name, _, micros in results[1:]))
    return told


def stall(given: argparse.Namespace) -> Told:
    """Measure the stalled rule and three plain ones on stage histories."""
    walks = [w for n in range(given.seeds) for w in make_walks(given.seed + 100 + n, given.walks)]
    tallies = judge_walks(walks, given.grain)
    first = given.seed + 100
    say(f"\nstalled: seeds {first} to {first + given.seeds - 1}, {len(walks)} histories")
    say(f"{'':<34} {'recall in 16 weeks':>20} {'weeks':>6} {'false/yr':>12}")
    told: Told = {}
    for name, tally in tallies.items():
        recall = f"{tally.recall:.2f} ±{tally.recall_error:.2f} of {tally.stalled}"
        false = f"{tally.false_a_year:.2f} ±{tally.false_error:.2f}"
        say(f"{name:<34} {recall:>20} {tally.weeks:>6.1f} {false:>12}")
        told[name] = {
            "recall": tally.recall,
            "stalled": tally.stalled,
            "weeks": tally.weeks,
            "false": tally.false_a_year,
        }
    return told


def rounded(figures: dict[int, float]) -> dict[int, float]:
    """Return figures as people read them."""
    return {size: round(figure, 2) for size, figure in figures.items()}


def machine() -> str:
    """Return the facts of the machine that a figure needs."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}"


def say(line: str) -> None:
    """Print for whoever runs the bench."""
    print(line, flush=True)  # noqa: T201  a bench speaks


if __name__ == "__main__":
    main()
