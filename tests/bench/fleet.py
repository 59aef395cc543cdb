"""How well the demo fleet is judged, over seeds or over days: `make bench-fleet`, or this file with --help.

A condition counts as found when a finding of its kind opens between its onset and its latest day. A
finding about a pilot that nothing is said of in the truth is false. Detection looks once, at the end
of the window; it finds the same as day by day (tests/unit/test_detect.py).
"""

import argparse
from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np

from bot.detection.detect import detect
from bot.domain.calendar import Calendar
from bot.domain.finding import OWNER_KINDS, Finding, Kind
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow
from jobs.fleet.fleet import Fleet, Truth, make_fleet

YEAR = 365.25


def window_of(fleet: Fleet) -> tuple[UsageWindow, list[SourceStatus]]:
    """Return the fleet's rows as detection reads them from the store."""
    rows = {p.id: n for n, p in enumerate(fleet.pilots)}
    names = sorted(set(fleet.sources.values()))
    days = (fleet.last_day - fleet.first_day).days + 1
    window = UsageWindow.blank(fleet.first_day, tuple(rows), days, tuple(names))
    grids = (window.active, window.seats, window.active_28d, window.use_cases)
    newest: dict[str, date] = {}
    for told in fleet.usage:
        at = rows[told.pilot], (told.day - fleet.first_day).days
        window.origin[at] = names.index(told.source)
        newest[told.source] = max(newest.get(told.source, told.day), told.day)
        if told.complete:
            figures = (told.active_users, told.seats, told.active_28d, told.use_cases)
            for grid, figure in zip(grids, figures, strict=True):
                grid[at] = np.nan if figure is None else figure
    return window, [SourceStatus(source=name, newest_day=day) for name, day in newest.items()]


def judge(seed: int, today: date) -> tuple[list[Truth], list[Truth], list[Finding]]:
    """Return what was true, what of it was missed, and what was found about pilots that are well."""
    fleet = make_fleet(seed, today)
    window, sources = window_of(fleet)
    found = detect(
        window, fleet.pilots, sources, today=today, calendar=Calendar(), settings=DetectionSettings()
    ).findings
    true = [t for t in fleet.truth if t.kind is not None]
    missed = [t for t in true if not any(_tells(f, t) for f in found)]
    kinds: dict[str, set[Kind | None]] = defaultdict(set)
    for truth in true:
        kinds[truth.pilot].add(truth.kind)
    false = [f for f in found if f.kind in OWNER_KINDS and f.kind not in kinds[f.pilot]]
    return true, missed, false


def _tells(finding: Finding, truth: Truth) -> bool:
    """Whether a finding tells a true condition in time."""
    alike = (finding.pilot, finding.kind) == (truth.pilot, truth.kind)
    return (
        alike
        and truth.onset is not None
        and truth.latest_day is not None
        and (truth.onset <= finding.opened_on <= truth.latest_day)
    )


def main() -> None:
    """Judge the fleet of each seed and day, and print sums, misses and false findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="judge seeds 1 to this")
    parser.add_argument("--seed", type=int, help="judge this seed only")
    parser.add_argument("--today", type=date.fromisoformat, default=date(2026, 11, 24))
    parser.add_argument("--days", type=int, default=1, help="judge as of so many days, from --today on")
    parser.add_argument("--step", type=int, default=1, help="days between two of them")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(1, given.seeds + 1)
    runs, wrong, sums = 0, 0, Counter[str]()
    for seed in seeds:
        for n in range(given.days):
            today = given.today + timedelta(days=n * given.step)
            true, missed, false = judge(seed, today)
            well = [f for f in false if f.pilot not in {t.pilot for t in true if t.kind in OWNER_KINDS}]
            runs += 1
            wrong += bool(missed or well)
            sums.update(f"{t.kind} true" for t in true)
            sums.update(f"{t.kind} missed" for t in missed)
            sums.update(f"{f.kind} false" for f in false)
            for line in [f"missed {t.pilot} {t.kind} {t.onset}" for t in missed] + [
                f"false {f.pilot} {f.kind} {f.onset} to {f.closed_on}" for f in false
            ]:
                print(seed, today, line)  # noqa: T201  a bench speaks
    false_a_year = sum(n for what, n in sums.items() if what.endswith("false")) / (runs * 14 * 210 / YEAR)
    print(dict(sorted(sums.items())))  # noqa: T201  as above
    print(f"{wrong} of {runs} runs missed something or found something in a pilot that is well")  # noqa: T201  as above
    print(f"{false_a_year:.2f} false findings a pilot-year")  # noqa: T201  as above


if __name__ == "__main__":
    main()
