"""Stickshaker's detector on simulated pilots, through its public entries only."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from time import perf_counter

import numpy as np

from bot.detection.detect import Detection, detect
from bot.domain.calendar import Calendar
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Pilot, Stage
from bot.domain.settings import DetectionSettings
from bot.domain.telemetry import SourceStatus, UsageWindow
from tests.bench.peers.fleets import Cohort
from tests.bench.peers.people import PilotLife

REPEATS = 28
"""Days after which an alarm that still holds would be said again."""


class Grain(StrEnum):
    """How finely a source tells of use."""

    DAY = "day"
    WEEK = "week"


@dataclass(slots=True)
class Alarms:
    """Days of a pilot's life on which something was found in it.

    `opened` are the days a finding opened; `repeated` also counts an open finding again every four weeks.
    """

    opened: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


def judge_fleet(cohorts: list[Cohort], grain: Grain) -> tuple[dict[str, Alarms], float]:
    """Return the alarms of every pilot by its name, and the seconds that detection took for the whole fleet.

    A restated week is judged twice, as first told and as corrected: what was found before the correction
    was said, whether it holds afterwards or not.
    """
    alarms: dict[str, Alarms] = {}
    seconds = 0.0
    for cohort in cohorts:
        final, took = _findings(cohort, grain, told=False)
        seconds += took
        restated = Cohort(cohort.first_day, cohort.days, [one for one in cohort.lives if one.corrected is not None])
        first = _findings(restated, grain, told=True)[0] if restated.lives else {}
        for life in cohort.lives:
            name, known = life.wish.name, life.corrected
            if known is None:
                found = final.get(name, [])
            else:
                corrected = life.wish.first_day + timedelta(days=known)
                found = [f for f in first.get(name, []) if f.opened_on < corrected]
                found += [f for f in final.get(name, []) if f.opened_on >= corrected]
            alarms[name] = _alarms(found, life)
    return alarms, seconds


def pilot_of(life: PilotLife) -> Pilot:
    """Return the registry's record of a simulated pilot."""
    first = life.wish.first_day
    return Pilot(
        id=life.wish.name,
        name=life.wish.name,
        owner="owner",
        stage=Stage.PILOT,
        stage_since=first,
        start=first,
        seats=life.seats_planned,
        country=life.country,
    )


def window_of(cohort: Cohort, grain: Grain, *, told: bool) -> tuple[UsageWindow, list[SourceStatus]]:
    """Return a cohort as detection reads it from the store, on the day after its last one."""
    names = tuple(one.wish.name for one in cohort.lives)
    sources = tuple(sorted({one.wish.source for one in cohort.lives}))
    window = UsageWindow.blank(cohort.first_day, names, cohort.days, sources)
    newest: dict[str, date] = {}
    lags: dict[str, int] = {}
    for row, life in enumerate(cohort.lives):
        start = window.column(life.wish.first_day)
        known = life.heartbeat.copy()
        known[known.size - life.wish.lag :] = False
        place = window.active[row, start:]
        if grain is Grain.DAY:
            place[known] = (life.told if told else life.active)[known]
        else:
            weeks = life.told_week if told else life.weekly
            known &= ~np.isnan(weeks)
            window.active_7d[row, start:][known] = weeks[known]
            window.weekly[row, start:][known] = True
        window.seats[row, start:][known] = life.seats[known]
        window.present[row, start:][known] = (life.seats - life.away)[known]
        window.actions[row, start:][known] = life.actions[known] if grain is Grain.DAY else np.nan
        window.origin[row, start:][known] = sources.index(life.wish.source)
        last = life.wish.first_day + timedelta(days=int(np.flatnonzero(known)[-1]))
        newest[life.wish.source] = max(newest.get(life.wish.source, last), last)
        lags[life.wish.source] = life.wish.lag
    return window, [SourceStatus(source=name, newest_day=newest[name], lag_days=lags[name]) for name in sources]


def _findings(cohort: Cohort, grain: Grain, *, told: bool) -> tuple[dict[str, list[Finding]], float]:
    """Return the drop-offs found in a cohort, by pilot, and how long detection took."""
    window, sources = window_of(cohort, grain, told=told)
    pilots = [pilot_of(life) for life in cohort.lives]
    today = cohort.first_day + timedelta(days=cohort.days)
    calendar, settings = Calendar(), DetectionSettings()
    begin = perf_counter()
    found: Detection = detect(window, pilots, sources, today=today, calendar=calendar, settings=settings)
    seconds = perf_counter() - begin
    falls: dict[str, list[Finding]] = {}
    for finding in found.findings:
        if finding.kind is Kind.DROP_OFF:
            falls.setdefault(finding.pilot, []).append(finding)
    return falls, seconds


def _alarms(found: list[Finding], life: PilotLife) -> Alarms:
    alarms = Alarms()
    for finding in sorted(found, key=lambda f: f.opened_on):
        opened = (finding.opened_on - life.wish.first_day).days
        closed = life.wish.days if finding.closed_on is None else (finding.closed_on - life.wish.first_day).days
        alarms.opened.append(opened)
        alarms.repeated.extend(range(opened, max(closed, opened + 1), REPEATS))
    return alarms
