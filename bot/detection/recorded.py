"""Common falls as a look at everything saw them, there and back: a few pilots can't tell them by themselves."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from bot.detection.run import Run
from bot.detection.together import Common, CommonFall
from bot.domain.falls import CommonFalls, Fall, SourceFalls
from bot.domain.telemetry import UsageWindow


@dataclass(frozen=True, slots=True)
class Recorded:
    """What each day says of sources as a whole, and the falls of each source, by the window's columns."""

    days: dict[int, Common]
    falls: list[list[CommonFall]]


def to_record(run: Run, window: UsageWindow) -> CommonFalls:
    """Return what a run saw of sources as a whole."""
    fell, ended = defaultdict(list), defaultdict(list)
    for day in sorted(run.common):
        for source in np.flatnonzero(run.common[day].fell):
            fell[int(source)].append(window.day(day))
        for source in np.flatnonzero(run.common[day].ended):
            ended[int(source)].append(window.day(day))
    falls = {source: found for source, found in enumerate(run.together.falls) if found}
    return CommonFalls(
        by_source={
            window.sources[source]: SourceFalls(
                fell=tuple(fell[source]),
                ended=tuple(ended[source]),
                falls=tuple(_to_fall(fall, window) for fall in falls.get(source, ())),
            )
            for source in sorted(fell.keys() | ended.keys() | falls.keys())
        }
    )


def from_record(record: CommonFalls, window: UsageWindow) -> Recorded:
    """Return a record by the columns and sources of a window."""
    known = {name: place for place, name in enumerate(window.sources)}
    days: dict[int, Common] = {}
    falls: list[list[CommonFall]] = [[] for _ in window.sources]
    for name, seen in record.by_source.items():
        if name not in known:
            continue
        source = known[name]
        falls[source] = [_from_fall(fall, window) for fall in seen.falls]
        for day in seen.fell:
            _of(days, window.column(day), len(known)).fell[source] = True
        for day in seen.ended:
            _of(days, window.column(day), len(known)).ended[source] = True
    return Recorded(days, falls)


def _of(days: dict[int, Common], column: int, sources: int) -> Common:
    blank = Common(np.zeros(sources, dtype=np.bool_), np.zeros(sources, dtype=np.bool_))
    return days.setdefault(column, blank)


def _to_fall(fall: CommonFall, window: UsageWindow) -> Fall:
    closed = None if fall.closed is None else window.day(fall.closed)
    return Fall(onset=window.day(fall.onset), pilots=fall.pilots, opened_on=window.day(fall.opened), closed_on=closed)


def _from_fall(fall: Fall, window: UsageWindow) -> CommonFall:
    closed = None if fall.closed_on is None else window.column(fall.closed_on)
    return CommonFall(window.column(fall.onset), fall.pilots, window.column(fall.opened_on), closed)
