"""Findings of the signals of use: rules become spells, spells become sentences, small groups stay untold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from bot.detection import evidence
from bot.detection.signals import reach
from bot.detection.signals.ground import Ground, fresh
from bot.detection.signals.paths import pathless_mask
from bot.detection.signals.spells import IntGrid, Spell, spells
from bot.detection.signals.team import Gone, team_gone
from bot.domain.finding import Finding, Kind
from bot.domain.pilot import Depth
from bot.domain.telemetry import BoolGrid
from bot.metrics.usage import WEEK

BESIDE = frozenset({Depth.L0, Depth.L1})
"""Depths at which the tool sits in a tab of its own or beside the work."""

Figures = tuple[float, float] | None
"""Observed and expected as they may be shown, or None where they may not."""


class Told:
    """What is found of the use of all pilots in one look."""

    def __init__(self, ground: Ground) -> None:
        """Keep what the look rests on."""
        self._ground, self._window, self._settings = ground, ground.window, ground.settings
        self._people = ~ground.works_alone[:, None]
        self._days = [self._window.day(column) for column in range(self._window.days + 1)]

    def findings(self) -> Iterator[Finding]:
        """Yield the findings of all pilots, closed ones included."""
        if self._window.days:
            yield from self._team_gone()
            yield from self._never_activated()
            yield from self._never_worked()
            yield from self._small_plateau()
            yield from self._seat_ceiling()
            yield from self._low_habit()

    def _team_gone(self) -> Iterator[Finding]:
        ground = self._ground
        gone = team_gone(ground.reach, ground.most, ground.began, ground.seats, self._settings)
        holds = gone.holds & self._people[gone.rows] & ground.judged[gone.rows]
        for spell in spells(holds, ground.through[gone.rows], ground.resting[gone.rows]):
            telling = np.flatnonzero(gone.is_tellable[spell.row, spell.opened : spell.newest + 1])
            if telling.size:
                yield self._gone(gone, replace(spell, opened=spell.opened + int(telling[0])))

    def _gone(self, gone: Gone, spell: Spell) -> Finding:
        """Tell the figures of the day it was found, and no later ones: they would tell when few are left."""
        at, row, days = (spell.row, spell.opened), int(gone.rows[spell.row]), self._days
        before, month = float(gone.before[at]), int(gone.since[at])
        figures: Figures = None
        if self._ground.sizes[row] >= self._settings.min_group:
            # What is a bound from below stays one.
            least = float(gone.gone[at]) // self._settings.min_group * self._settings.min_group
            figures = least, self._rounded(before)
        said = evidence.team_gone(figures, days[month], days[spell.opened])
        return self._finding(Kind.TEAM_GONE, replace(spell, row=row), days[month + 1], figures, said)

    def _never_activated(self) -> Iterator[Finding]:
        ground, window, settings = self._ground, self._window, self._settings
        rows = reach.hardly_begun(window.active_28d, ground.seats_or_registered, ground.begun, settings)
        told = ~(np.isnan(window.active[rows]) & np.isnan(window.active_7d[rows]))
        ever = reach.ever_used(ground.most[rows], window.new[rows], ground.began[rows], told)
        had = reach.with_access(ground.seats_or_registered[rows], ground.begun[rows], settings)
        holds = self._whole(rows, reach.never_activated(ever, had, settings)) & self._people
        for spell in self._spells(holds):
            at, begun = (np.searchsorted(rows, spell.row), spell.newest), self._days[int(ground.begun[spell.row])]
            figures = self._figures(spell.row, ever[at], had[at], had[at])
            said = evidence.never_activated(figures, settings.access_days)
            yield self._finding(Kind.NEVER_ACTIVATED, spell, begun, figures, said)

    def _never_worked(self) -> Iterator[Finding]:
        rows = np.flatnonzero(self._ground.works_alone)
        if not rows.size:
            return
        holds = reach.never_worked(self._window.actions[rows], self._settings)
        for spell in self._spells(self._whole(rows, holds)):
            since = self._days[int((~np.isnan(self._window.actions[spell.row])).argmax())]
            yield self._finding(Kind.NEVER_ACTIVATED, spell, since, None, evidence.never_worked(since))

    def _small_plateau(self) -> Iterator[Finding]:
        ground, pilots = self._ground, self._ground.pilots
        targets = [p.target_date for p in pilots]
        rows = np.array([row for row, target in enumerate(targets) if target is None or target < ground.today], int)
        few = reach.small_and_flat(ground.people[rows], ground.is_flat[rows], self._settings)
        holds = self._whole(rows, few) & self._people
        rows = np.flatnonzero(holds.any(axis=1))
        use_cases = dict(zip(rows.tolist(), fresh(self._window.use_cases[rows]), strict=True))
        for row, cases in use_cases.items():
            holds[row] &= ~(cases > self._settings.plateau_use_cases)
            holds[row] &= pathless_mask(pilots[row], ground.spans[row], self._days[0], self._window.days)
        for spell in self._spells(holds):
            at = spell.row, spell.newest
            whole, most = ground.seats_or_registered[at], self._settings.plateau_people
            figures = self._figures(spell.row, ground.people[at], whole, most)
            cases = _known(use_cases[spell.row][spell.newest])
            said = evidence.small_plateau(figures, cases, targets[spell.row])
            since = self._days[int(ground.against[spell.row, spell.opened])]
            yield self._finding(Kind.SMALL_PLATEAU, spell, since, figures, said)

    def _seat_ceiling(self) -> Iterator[Finding]:
        ground, people, seats = self._ground, self._ground.reach, self._ground.seats
        rows = np.array([row for row, p in enumerate(ground.pilots) if p.depth in BESIDE], dtype=np.int64)
        holds = reach.seat_ceiling(people[rows], seats[rows], ground.against[rows], self._settings)
        for spell in self._spells(self._whole(rows, holds)):
            at, is_apart = (spell.row, spell.newest), ground.pilots[spell.row].depth is Depth.L0
            figures = self._figures(spell.row, people[at], seats[at], seats[at])
            since = self._days[int(ground.against[spell.row, spell.opened])]
            said = evidence.seat_ceiling(figures, is_apart=is_apart)
            yield self._finding(Kind.SEAT_CEILING, spell, since, figures, said)

    def _low_habit(self) -> Iterator[Finding]:
        ground = self._ground
        if np.isnan(self._window.habitual).all():
            return
        habitual, could = fresh(self._window.habitual), reach.could_have_habit(ground.reach, ground.begun)
        for spell in self._spells(reach.low_habit(habitual, could, self._settings) & self._people):
            at = spell.row, spell.newest
            figures = self._figures(spell.row, habitual[at], could[at], self._rounded(could[at]))
            first = self._days[max(spell.opened + 1 - reach.HABIT_WEEKS * WEEK, 0)]
            yield self._finding(Kind.LOW_HABIT, spell, first, figures, evidence.low_habit(figures))

    def _spells(self, holds: BoolGrid) -> list[Spell]:
        return spells(holds & self._ground.judged, self._ground.through, self._ground.resting)

    def _whole(self, rows: IntGrid, holds: BoolGrid) -> BoolGrid:
        """Return a grid of all pilots from one of some rows."""
        whole = np.zeros(self._ground.is_flat.shape, dtype=np.bool_)
        whole[rows] = holds
        return whole

    def _figures(self, row: int, part: float, whole: float, beside: float) -> Figures:
        """Return a count of people and what stands beside it, or None where it or the rest of the whole is a small group.

        Counts are rounded, so that no difference of two of them tells of few people.
        """
        rest = np.inf if np.isnan(whole) else whole - part
        if min(part, rest, float(self._ground.sizes[row])) < self._settings.min_group:
            return None
        return self._rounded(part), float(beside)

    def _rounded(self, count: float) -> float:
        least = self._settings.min_group
        return float(least * max(1, round(count / least)))

    def _finding(self, kind: Kind, spell: Spell, onset: date, figures: Figures, said: str) -> Finding:
        row, days = spell.row, self._days
        return Finding(
            pilot=self._ground.pilots[row].id,
            kind=kind,
            opened_on=days[spell.opened],
            onset=onset,
            closed_on=None if spell.closed is None else days[spell.closed],
            observed=figures and figures[0],
            expected=figures and figures[1],
            evidence=said,
            tier=self._ground.tier(row),
            numbers=figures is not None,
        )


def _known(figure: float) -> int | None:
    return None if np.isnan(figure) else int(figure)
