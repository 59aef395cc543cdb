"""Does the loop close? A year of a simulated firm with the whole loop, with reminders to owners alone, and in silence.

    python tests/bench/loop.py [--pilots 200] [--days 365] [--seeds 3] [--jobs 2] [--no-halved] [--json FILE]

The live code works over an embedded store on a simulated clock. What happens is drawn once for each seed: why use
of a pilot falls, and how people are (hidden_world.py, people_model.py). All of that is assumed and nothing of it
measured; the run prints every assumption. "Owner only" gets the same first questions, follow-ups and checks, and
nobody else is ever written to. Silence is the service in shadow mode. With answer rates halved both are run again.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from firm_year import Arm, Year
from hidden_world import Assumptions
from loop_score import Figures, figures_of, table

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of

Wanted = tuple[Arm, bool, int, int, int]
"""Arm, whether answer rates are halved, seed, pilots, days."""


async def lived(wanted: Wanted) -> Figures:
    """Live through one year over a store of its own."""
    arm, halved, seed, pilots, days = wanted
    given = Assumptions().halved() if halved else Assumptions()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        store = RedisStore(client_of(server), b"a bench has no secrets")
        try:
            return figures_of(await Year(store, arm, seed, pilots, days, given).live())
        finally:
            await store.close()


def run(wanted: Wanted) -> tuple[Wanted, Figures]:
    """Live through one year in a process of its own, and say how long that took."""
    begin = time.perf_counter()
    figures = asyncio.run(lived(wanted))
    arm, halved, seed, _, _ = wanted
    half = ", answers halved" if halved else ""
    print(f"{arm}{half}, seed {seed}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)  # noqa: T201  a bench speaks
    return wanted, figures


def tell(runs: Sequence[tuple[Wanted, Figures]]) -> None:
    """Print the tables and what they rest on."""
    years: dict[str, list[Figures]] = {}
    for (arm, halved, *_), figures in runs:
        years.setdefault(f"{arm}, answers halved" if halved else arm.value, []).append(figures)
    print("\n".join(table(years)))  # noqa: T201  as above
    print("\nAssumed, and not measured:")  # noqa: T201  as above
    for name, value in asdict(Assumptions()).items():
        print(f"  {name} = {value}")  # noqa: T201  as above


def main() -> None:
    """Live through the years asked for and print what came of them."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pilots", type=int, default=200)
    asked.add_argument("--days", type=int, default=365)
    asked.add_argument("--seeds", type=int, default=3, help="live seeds 1 to this")
    asked.add_argument("--jobs", type=int, default=2, help="years that are lived at the same time")
    asked.add_argument("--no-halved", action="store_true", help="leave out the years with answer rates halved")
    asked.add_argument("--json", type=Path, help="keep every figure of every year here, from the first year on")
    given = asked.parse_args()
    arms = [(arm, False) for arm in Arm]
    arms += [] if given.no_halved else [(Arm.LOOP, True), (Arm.OWNER, True)]
    wanted = [(arm, half, seed, given.pilots, given.days) for seed in range(1, given.seeds + 1) for arm, half in arms]
    runs = []
    with multiprocessing.get_context("spawn").Pool(given.jobs, maxtasksperchild=1) as pool:
        for one in pool.imap(run, wanted):
            runs.append(one)
            if given.json:
                given.json.write_text(json.dumps(runs))
    tell(runs)


if __name__ == "__main__":
    main()
