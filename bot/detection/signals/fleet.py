"""Signals of the fleet as a whole: three uses make up most of it, and no new one reaches production."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from bot.detection import evidence
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.metrics.portfolio import started_on
from bot.metrics.progress import StageSpan

TOP: Final = 3
FLEET: Final = ""
"""What stands for the pilot in a finding about all of them; no pilot has such an id."""


def top3_breadth(
    pilots: Sequence[Pilot], spans: Sequence[Sequence[StageSpan]], today: date, settings: DetectionSettings
) -> Iterator[Finding]:
    """Find whether the three most common uses make up `breadth_share` of the pilots, and no new one reached production.

    Counted are pilots that are not retired. Nothing is concluded where fewer than `breadth_pilots` have a
    known use, or fewer than `breadth_share` of all; nor where one is in production since nobody knows when.
    """
    counted = [p for p, s in zip(pilots, spans, strict=True) if s and s[-1].stage is not Stage.RETIRED]
    words = Counter(p.use_case_family for p in counted if p.use_case_family)
    uses: Counter[str] = Counter()
    for word, times in words.items():
        uses[word.casefold()] += times
    top, told = uses.most_common(TOP), uses.total()
    share = sum(times for _, times in top) / max(told, 1)
    if told < max(settings.breadth_pilots, settings.breadth_share * len(counted)) or share < settings.breadth_share:
        return
    reached = _reached(pilots, spans)
    if None in reached.values():
        return
    newest = max((d for d in reached.values() if d is not None), default=None)
    since = newest or min((d for p in counted if (d := started_on(p, today))), default=None)
    if since is None or (opened := since + timedelta(settings.breadth_days)) > today:
        return
    spelled = [next(word for word in words if word.casefold() == use) for use, _ in top]
    yield Finding(
        pilot=FLEET,
        kind=Kind.TOP3_BREADTH,
        opened_on=opened,
        onset=since,
        observed=round(share, 3),
        expected=settings.breadth_share,
        evidence=evidence.top3_breadth(spelled, share, told, newest),
    )


def _reached(pilots: Sequence[Pilot], spans: Sequence[Sequence[StageSpan]]) -> dict[str, date | None]:
    """Return when each use first reached production; None where nobody knows."""
    reached: dict[str, date | None] = {}
    for pilot, stays in zip(pilots, spans, strict=True):
        for span in stays:
            if span.stage is Stage.PRODUCTION and pilot.use_case_family:
                use = pilot.use_case_family.casefold()
                known = reached.get(use, date.max)
                reached[use] = None if known is None or span.since is None else min(known, span.since)
    return reached
