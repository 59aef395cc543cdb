"""Signals of the registry: who and what a pilot waits for, what data it runs on, and when it last changed.

Each rule is a function of one pilot's record and of today. What is dated after today is hidden, what has
no date is not concluded from, and a rule holds in the stages it is about. Definitions: docs/signals.md.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from bot.detection import evidence
from bot.detection.signals.ground import Ground
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import PRE_PRODUCTION, Dependency, Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.metrics.progress import RESTING, StageSpan

Spans = Sequence[StageSpan]
Held = tuple[date, date | None]
"""First day on which a rule held, and first one on which it did no longer."""

AWAKE: Final = frozenset(Stage) - RESTING
IN_USE: Final = frozenset({Stage.PILOT, Stage.SCALE, Stage.PRODUCTION})
"""Stages in which people use a pilot, so that it should run on live data."""
NOT_LIVE: Final = {"sample": "a sample", "hand curated": "hand-picked data"}
"""Words for data that are not live; nothing is concluded from another one."""


def registry_findings(ground: Ground, kept: Collection[str]) -> Iterator[Finding]:
    """Yield what the registry says of all pilots, what has ended included; `kept` are the columns it keeps."""
    for row, pilot in enumerate(ground.pilots):
        for found in _of_pilot(pilot, ground.spans[row], ground.today, kept, ground.settings):
            tier = ground.tier(row)
            yield found if tier == found.tier else found.model_copy(update={"tier": tier})


def _of_pilot(
    pilot: Pilot, spans: Spans, today: date, kept: Collection[str], settings: DetectionSettings
) -> Iterator[Finding]:
    """Ask each rule whose cells are filled; most pilots pass this in a microsecond."""
    if pilot.dependencies:
        yield from dependency_open(pilot, spans, today, settings)
    if pilot.data_mode is not None:
        yield from curated_data(pilot, spans, today, settings)
    if pilot.owner_left is not None or (pilot.owner is None and "owner" in kept):
        yield from nobody(pilot, "owner", spans, today, kept)
    if pilot.sponsor_left is not None or (pilot.sponsor is None and "sponsor" in kept):
        yield from nobody(pilot, "sponsor", spans, today, kept)
    if pilot.last_release is not None and (today - pilot.last_release).days > settings.release_days:
        yield from no_release(pilot, spans, today, settings)


def dependency_open(pilot: Pilot, spans: Spans, today: date, settings: DetectionSettings) -> Iterator[Finding]:
    """Find the times in which a pilot on its way waited for something for more than `dependency_days`."""
    limit = settings.dependency_days
    dated = [(d.since, d) for d in pilot.dependencies if d.since is not None and d.since <= today]
    dated.sort(key=lambda pair: pair[0])
    for started, ended in _union([(since + timedelta(limit + 1), _done(d, today)) for since, d in dated]):
        for opened, closed in held(spans, PRE_PRODUCTION, started, ended, today):
            last = closed or today
            waiting = [(since, d) for since, d in dated if since <= last and (_done(d, today) or last) >= last]
            since, lead = waiting[0]
            days, onset = (last - since).days, started - timedelta(limit + 1)
            said = evidence.dependency_open(lead.kind, since, days, lead.due, closed, len(waiting) - 1)
            yield _finding(pilot, Kind.DEPENDENCY_OPEN, (opened, closed), onset, (days, limit), said)


def curated_data(pilot: Pilot, spans: Spans, today: date, settings: DetectionSettings) -> Iterator[Finding]:
    """Find whether a pilot that people use has run for more than `curated_days` on data that are not live.

    Where the registry doesn't say since when, it is since the present stage began.
    """
    words = NOT_LIVE.get(" ".join((pilot.data_mode or "").casefold().replace("_", " ").replace("-", " ").split()))
    since = pilot.data_mode_since or (spans[-1].since if spans else None)
    if words is None or since is None or since > today:
        return
    for opened, closed in held(spans, IN_USE, since + timedelta(settings.curated_days + 1), None, today):
        days = ((closed or today) - since).days
        said = evidence.curated_data(words, since, days, closed)
        yield _finding(pilot, Kind.CURATED_DATA, (opened, closed), since, (days, settings.curated_days), said)


def nobody(
    pilot: Pilot, role: Literal["owner", "sponsor"], spans: Spans, today: date, kept: Collection[str]
) -> Iterator[Finding]:
    """Find whether the person of a role has left, or nobody is named where the registry keeps the role (`kept`).

    Since when a cell is empty nobody knows: it's told from the first day of the present stage on, else
    of the pilot.
    """
    is_owner = role == "owner"
    left = pilot.owner_left if is_owner else pilot.sponsor_left
    if left is not None and left <= today:
        kind = Kind.OWNER_GONE if is_owner else Kind.SPONSOR_GONE
        for when in held(spans, AWAKE, left, None, today):
            yield _finding(pilot, kind, when, left, None, evidence.gone(role, left))
        return
    named = pilot.owner if is_owner else pilot.sponsor
    first = (spans[-1].since if spans else None) or pilot.start
    if named is None and role in kept and first is not None:
        kind = Kind.OWNER_MISSING if is_owner else Kind.SPONSOR_MISSING
        for when in held(spans, PRE_PRODUCTION, first, None, today):
            yield _finding(pilot, kind, when, first, None, evidence.missing(role))


def no_release(pilot: Pilot, spans: Spans, today: date, settings: DetectionSettings) -> Iterator[Finding]:
    """Find whether people last got a changed version more than `release_days` ago."""
    since, limit = pilot.last_release, settings.release_days
    if since is None or since > today:
        return
    for opened, closed in held(spans, PRE_PRODUCTION, since + timedelta(limit + 1), None, today):
        days = ((closed or today) - since).days
        said = evidence.no_release(since, days, closed)
        yield _finding(pilot, Kind.NO_RELEASE, (opened, closed), since, (days, limit), said)


def held(spans: Spans, stages: Collection[Stage], start: date, end: date | None, today: date) -> Iterator[Held]:
    """Yield the parts of a time that lie in such stages and have begun by today.

    A pilot whose stage nobody knows is on no way, and awake.
    """
    stays = _stays(spans, stages) if spans or stages is not AWAKE else [(date.min, None)]
    for first, until in stays:
        opened, closed = max(start, first), min(end or date.max, until or date.max)
        if opened <= today and opened < closed:
            yield opened, None if closed == date.max else closed


def _stays(spans: Spans, stages: Collection[Stage]) -> list[Held]:
    """Return the times in such stages; stages that follow each other are one."""
    stays: list[Held] = []
    for span in spans:
        first = span.since or date.min
        if span.stage not in stages:
            continue
        if stays and stays[-1][1] == first:
            first = stays.pop()[0]
        stays.append((first, span.until))
    return stays


def _union(times: Sequence[Held]) -> list[Held]:
    """Return times, sorted by their first day, with those that overlap as one; empty ones are dropped."""
    joined: list[Held] = []
    for start, end in times:
        if end is not None and end <= start:
            continue
        if joined and (joined[-1][1] is None or joined[-1][1] >= start):
            first, until = joined.pop()
            joined.append((first, None if until is None or end is None else max(until, end)))
        else:
            joined.append((start, end))
    return joined


def _done(dependency: Dependency, today: date) -> date | None:
    """Return when it was done, by today."""
    done = dependency.done_on
    return done if done is not None and done <= today else None


def _finding(pilot: Pilot, kind: Kind, when: Held, onset: date, figures: tuple[int, int] | None, said: str) -> Finding:
    """Return a finding; its figures are days, which tell of nobody."""
    return Finding(
        pilot=pilot.id,
        kind=kind,
        opened_on=when[0],
        onset=onset,
        closed_on=when[1],
        observed=float(figures[0]) if figures else None,
        expected=float(figures[1]) if figures else None,
        evidence=said,
    )
