"""Speed and memory of detection on an invented firm: `make bench`, or this file with --pilots.

The firm is like one at work: half of its pilots grow, one in ten falls off, a few rows are missing, one
in three is past its plan. How much there is to tell is printed, because telling costs more than judging.
"""

import argparse
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bot.detection import detect as entry
from bot.detection.detect import Detector, detect
from bot.domain.calendar import Calendar
from bot.domain.pilot import Pilot
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow

FIRST = date(2026, 1, 5)
DAYS = 180
TICKS = 14
SOURCES = 20
SEATS = (5, 20, 100, 1000)
SHARES = (0.4, 0.4, 0.15, 0.05)
WEEK = np.array([1.0, 1.03, 1.02, 1.0, 0.85, 0.03, 0.02])
CALENDAR, SETTINGS = Calendar(), DetectionSettings()


@dataclass(frozen=True)
class Firm:
    """Pilots, what is told of their use, and by whom."""

    pilots: list[Pilot]
    window: UsageWindow
    sources: list[SourceStatus]


def make_firm(count: int, seed: int = 1, *, weekly: bool = False) -> Firm:
    """Return so many pilots and some days more than are judged at first."""
    dice, days = np.random.default_rng(seed), DAYS + TICKS
    seats = dice.choice(SEATS, count, p=SHARES)
    day = np.arange(days)
    grows = np.where(dice.random(count) < 0.5, dice.uniform(0.05, 0.4, count), 0.0)
    level = seats * dice.uniform(0.2, 0.6, count)
    expected = level[:, None] * WEEK[day % 7] * (1 + grows[:, None] * day / 56)
    expected *= np.exp(dice.normal(0, 0.07, (count, days // 7 + 1)))[:, day // 7]
    for pilot in np.flatnonzero(dice.random(count) < 0.1):
        expected[pilot, dice.integers(60, days) :] *= dice.uniform(0.1, 0.5)
    active = np.minimum(dice.poisson(expected), seats[:, None]).astype(np.float64)
    active[dice.random(active.shape) < 0.003] = np.nan
    names = tuple(f"source-{n}" for n in range(SOURCES))
    window = UsageWindow.blank(FIRST, tuple(f"p{n:06}" for n in range(count)), days, names)
    known = ~np.isnan(active)
    if weekly:
        known &= day % 7 == 6
        window.active_7d[known], window.weekly[known] = np.minimum(active * 3, seats[:, None])[known], True
    else:
        window.active[known] = active[known]
    window.seats[known] = np.broadcast_to(seats[:, None], active.shape)[known]
    cases = np.minimum(1 + day // dice.integers(20, 90, count)[:, None], 9).astype(np.float64)
    window.use_cases[known] = cases[known]
    window.origin[:] = np.where(known, dice.integers(0, SOURCES, count)[:, None], -1)
    sources = [SourceStatus(source=name, newest_day=FIRST + timedelta(days=days - 1)) for name in names]
    return Firm(_pilots(window.pilots, seats, dice), window, sources)


def _pilots(ids: tuple[str, ...], seats: np.ndarray, dice: np.random.Generator) -> list[Pilot]:
    stages, countries = ("build", "pilot", "pilot", "scale", "production"), ("US", "DE", "GB", "FR")
    return [
        Pilot.model_validate(
            {
                "id": name,
                "name": name,
                "owner": f"owner-{n}",
                "sponsor": f"sponsor-{n % 100}",
                "stage": stages[dice.integers(len(stages))],
                "stage_since": FIRST + timedelta(days=int(dice.integers(-60, DAYS))),
                "planned_stage_days": int(dice.integers(60, 300)),
                "target_date": FIRST + timedelta(days=int(dice.integers(0, 2 * DAYS))),
                "production_owner": f"owner-{n}",
                "seats": int(seats[n]),
                "country": countries[dice.integers(len(countries))],
            }
        )
        for n, name in enumerate(ids)
    ]


def seconds(body: Callable[[], object]) -> float:
    """Return how long the processor takes for something; one thread does it all."""
    begin = time.process_time()
    body()
    return time.process_time() - begin


def whole(firm: Firm, name: str) -> None:
    """Print what judging all days at once takes, by pilot-day."""
    today, cells = FIRST + timedelta(days=DAYS), len(firm.pilots) * DAYS
    asked = {"today": today, "calendar": CALENDAR, "settings": SETTINGS}
    found = detect(firm.window, firm.pilots, firm.sources, **asked)
    took = min(seconds(lambda: detect(firm.window, firm.pilots, firm.sources, **asked)) for _ in range(3))
    signals, entry.signals_of = entry.signals_of, lambda *_: []
    alone = min(seconds(lambda: detect(firm.window, firm.pilots, firm.sources, **asked)) for _ in range(3))
    entry.signals_of = signals
    active = np.where(np.isnan(firm.window.active), 0.0, firm.window.active)
    plain = seconds(lambda: [np.nanmean(active[:, max(0, d - 27) : d + 1], axis=1) for d in range(DAYS)])
    open_ones = sum(f.is_open for f in found.findings)
    say(
        f"detect, {name}",
        f"{1e6 * took / cells:.2f} us a pilot-day; without signals {1e6 * alone / cells:.2f}",
        f"a 28-day mean a day {1e6 * plain / cells:.2f} us; {len(found.findings):,} findings, {open_ones:,} open",
    )


def ticks(firm: Firm) -> None:
    """Print what one more day takes: the run alone, and all of a look."""
    detector, count = Detector(), len(firm.pilots)
    runs: list[float] = []
    advance = entry.Run.advance

    def timed(run: entry.Run, until: int) -> None:
        runs.append(seconds(lambda: advance(run, until)))

    def look(day: int, **vouched: date) -> None:
        today = FIRST + timedelta(days=day)
        detector.detect(
            firm.window, firm.pilots, firm.sources, today=today, calendar=CALENDAR, settings=SETTINGS, **vouched
        )

    look(DAYS - 1)
    entry.Run.advance = timed
    compared = [seconds(lambda day=day: look(day)) for day in range(DAYS, DAYS + TICKS // 2)]
    last = FIRST + timedelta(days=DAYS + TICKS // 2 - 1)
    vouched = [seconds(lambda day=day: look(day, same_before=last)) for day in range(DAYS + TICKS // 2, DAYS + TICKS)]
    entry.Run.advance = advance
    say(
        f"the next day of {count:,} pilots",
        f"run {1e3 * np.median(runs):.1f} ms; look {1e3 * np.median(compared):.0f} ms",
        f"with a past that the caller vouches for {1e3 * np.median(vouched):.0f} ms",
    )


def say(what: str, figure: str, beside: str) -> None:
    """Print one line."""
    print(f"{what:<34}{figure:<56}{beside}", flush=True)  # noqa: T201  the bench speaks


def measure(most: int) -> None:
    """Print all figures, for firms of up to `most` pilots."""
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")  # noqa: T201  as above
    for count in (200, 10_000, 100_000):
        if count <= most:
            firm = make_firm(count)
            if count <= 10_000:
                whole(firm, f"{count:,} pilots x {DAYS} days")
            if count == 10_000:
                whole(make_firm(count, weekly=True), f"{count:,} pilots by week")
            ticks(firm)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    say("peak memory, the firm included", f"{peak:.1f} GB", f"{most:,} pilots x {DAYS + TICKS} days")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=100_000, help="pilots of the largest firm")
    measure(parser.parse_args().pilots)


if __name__ == "__main__":
    main()
