"""The peers: detectors of other making, on the prepared series; each gives days on which it found a fall.

What a method may be tuned in is its grid; where a library is used, only its own parameters. After an
alarm every method starts anew, so that one fall is told once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import ruptures
from river.drift import ADWIN, PageHinkley

from tests.bench.peers.ours import Grain
from tests.bench.peers.places import Floats
from tests.bench.peers.score import APART
from tests.bench.peers.series import FAR, Prepared

Setting = tuple[float, ...]
Found = list[int]

MEMORY = 120
"""Steps that PELT looks back at most."""
FELL = 0.75
"""A change is a fall where the share of expectation after it is below this part of that before."""


@dataclass(frozen=True, slots=True)
class Method:
    """One peer: its name, the settings to try in a grain, and what it finds in a series."""

    name: str
    grid: Callable[[Grain], Iterable[Setting]]
    find: Callable[[Prepared, Setting], Found]


def _places(series: Prepared, places: Sequence[int]) -> Found:
    return [int(series.days[place]) for place in places]


def cusum(series: Prepared, setting: Setting) -> Found:
    """Sum what is missing beyond an allowance, both in standard deviations; alarm above a threshold."""
    allowance, threshold = setting
    total, found = 0.0, []
    for place, off in enumerate(series.off.tolist()):
        total = max(0.0, total - off - allowance)
        if total > threshold:
            found.append(place)
            total = 0.0
    return _places(series, found)


def page_hinkley(series: Prepared, setting: Setting) -> Found:
    """Run river's Page-Hinkley, downwards."""
    delta, threshold, alpha, least = setting
    test = PageHinkley(min_instances=int(least), delta=delta, threshold=threshold, alpha=alpha, mode="down")
    found = []
    for place, off in enumerate(series.off.tolist()):
        test.update(off)
        if test.drift_detected:
            found.append(place)
    return _places(series, found)


def adwin(series: Prepared, setting: Setting) -> Found:
    """Run river's ADWIN, checked at every step; a change counts where its mean fell."""
    delta, length, scale, least = setting
    test = ADWIN(delta=delta, clock=1, grace_period=int(least), min_window_length=int(length))
    found = []
    for place, off in enumerate(series.off.tolist()):
        before = test.estimation
        test.update((off + FAR) / scale)
        if test.drift_detected and test.estimation < before:
            found.append(place)
    return _places(series, found)


def pelt(series: Prepared, setting: Setting) -> Found:
    """Run ruptures' PELT (least squares, its implementation in C) again and again over what is remembered."""
    penalty, shortest, every = setting
    found, begin = [], 0
    for now in range(2 * int(shortest) + 1, series.days.size, int(every)):
        begin = max(begin, now + 1 - MEMORY)
        signal = series.off[begin : now + 1]
        if signal.size < 2 * shortest + 2:
            continue
        changes = ruptures.KernelCPD(kernel="linear", min_size=int(shortest)).fit_predict(signal, pen=penalty)[:-1]
        if changes and _fell(series, begin, begin + changes[-1], now + 1):
            found.append(now)
            begin += changes[-1]
    return _places(series, found)


def _fell(series: Prepared, begin: int, change: int, end: int) -> bool:
    """Whether use after a change is well below that before, as shares of what was expected."""
    before = series.seen[begin:change].sum() / max(series.expected[begin:change].sum(), 0.1)
    after = series.seen[change:end].sum() / max(series.expected[change:end].sum(), 0.1)
    return bool(after < FELL * before)


def window(series: Prepared, setting: Setting) -> Found:
    """Run ruptures' Window (least squares): a score needs half a width of days after its own, and is told then.

    The score of a day rests on the days around it alone, so one run tells what daily runs would have.
    """
    penalty, width = setting
    half = int(width) // 2
    found, quiet = [], 0
    for place, gain in _scores(series, int(width)):
        now = place + half - 1
        if place >= quiet and gain > penalty and _fell(series, place - half, place, place + half):
            found.append(now)
            quiet = place + half
    return _places(series, found)


@lru_cache(maxsize=8192)
def _scores(series: Prepared, width: int) -> list[tuple[int, float]]:
    """Return the places that have a score, and the score; kept, for it does not depend on the penalty."""
    if series.off.size < 2 * width:
        return []
    model = ruptures.Window(width=width, model="l2", min_size=1, jump=1).fit(series.off)
    return list(zip(model.inds, model.score, strict=True))


def forget() -> None:
    """Forget what was kept, so that time is measured from the start."""
    _scores.cache_clear()


def ten_twenty(series: Prepared, setting: Setting) -> Found:
    """Compare the share of expectation in the last steps with that in twice as many before them."""
    limit, short = setting
    return _places(series, _below(_compared(series, int(short)), limit))


def _compared(series: Prepared, short: int) -> Floats:
    """Return the newer share over the older one at every step, 1 where one of them is missing."""
    seen, expected = (np.concatenate([[0.0], np.cumsum(part)]) for part in (series.seen, series.expected))
    ratio = np.ones(series.days.size)
    end = np.arange(3 * short, series.days.size + 1)
    new = (seen[end] - seen[end - short]) / np.maximum(expected[end] - expected[end - short], 1e-9)
    old = (seen[end - short] - seen[end - 3 * short]) / np.maximum(
        expected[end - short] - expected[end - 3 * short], 1e-9
    )
    ratio[end - 1] = np.divide(new, old, out=np.ones_like(new), where=old > 0)
    return ratio


def _below(ratio: Floats, limit: float) -> list[int]:
    """Return where a ratio goes below its limit, and each time it does so again after it was back."""
    low = ratio < limit
    return np.flatnonzero(low & ~np.concatenate([[False], low[:-1]])).tolist()


def week_on_week(series: Prepared, setting: Setting) -> Found:
    """Compare the last seven days with the seven before, as told: nothing is taken out."""
    (limit,) = setting
    known = ~np.isnan(series.raw)
    sums = np.convolve(np.where(known, series.raw, 0), np.ones(7))[: known.size]
    counts = np.convolve(known, np.ones(7))[: known.size]
    mean = np.divide(sums, counts, out=np.full(known.size, np.nan), where=counts > 0)
    ratio = np.ones(known.size)
    ratio[7:] = np.divide(mean[7:], mean[:-7], out=np.ones(known.size - 7), where=mean[:-7] > 0)
    ratio[np.isnan(ratio) | ~known] = 1.0
    found: Found = []
    for day in np.flatnonzero(ratio < limit).tolist():
        if not found or day >= found[-1] + APART:
            found.append(day)
    return found


def _grid(*by_day: Sequence[float], week: Sequence[Sequence[float]] | None = None) -> Callable[[Grain], list[Setting]]:
    """Return all settings of the given choices; in weekly grain those of its own, where they differ."""
    weekly = by_day if week is None else week
    return lambda grain: list(product(*(by_day if grain is Grain.DAY else weekly)))


def _steps(first: float, last: float, count: int) -> list[float]:
    return [round(float(x), 4) for x in np.geomspace(first, last, count)]


METHODS = (
    Method(
        "PELT (ruptures)",  # run every third day, and every week
        _grid(_steps(3, 150, 12), (2, 5), (3,), week=(_steps(1, 60, 12), (1, 2), (1,))),
        pelt,
    ),
    Method("Window (ruptures)", _grid(_steps(2, 60, 14), (14, 20, 30), week=(_steps(0.3, 30, 14), (4, 6, 8))), window),
    Method(
        "ADWIN (river)",
        _grid(_steps(1e-4, 0.99, 14), (2, 5), (1, 2 * FAR), (10,), week=(_steps(1e-4, 0.99, 14), (1, 2), (1, 6), (3,))),
        adwin,
    ),
    Method(
        "Page-Hinkley (river)",
        _grid(
            *((0.1, 0.25, 0.5), _steps(2, 80, 14), (0.99, 0.9999), (10,)),
            week=((0.1, 0.25, 0.5), _steps(1, 40, 14), (0.95, 0.9999), (3,)),
        ),
        page_hinkley,
    ),
    Method("Gaussian CUSUM", _grid((0.25, 0.5, 0.75, 1.0), _steps(1, 25, 18)), cusum),
    Method("10 against 20 days", _grid(_steps(0.2, 0.9, 24), (10,), week=(_steps(0.2, 0.9, 24), (2,))), ten_twenty),
    Method("week on week, raw", _grid(_steps(0.05, 0.9, 30)), week_on_week),
)
