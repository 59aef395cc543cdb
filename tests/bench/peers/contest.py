"""The contest: every peer gets its thresholds for each size on one fleet, and is measured on another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from tests.bench.peers.fleets import Cohort
from tests.bench.peers.methods import Method, Setting, forget
from tests.bench.peers.ours import Grain
from tests.bench.peers.people import PilotLife
from tests.bench.peers.score import Tally, tally_of
from tests.bench.peers.series import Prepared, prepare


@dataclass(frozen=True, slots=True)
class Field:
    """Pilots prepared for the peers: the lives, their series as corrected, and as first told where that differs."""

    lives: list[PilotLife]
    final: dict[str, Prepared]
    told: dict[str, Prepared]

    def of(self, size: int) -> list[PilotLife]:
        """Return the pilots of a size."""
        return [life for life in self.lives if life.wish.size == size]


def field_of(cohorts: Sequence[Cohort], grain: Grain) -> tuple[Field, float]:
    """Prepare a fleet; also return the seconds it took."""
    lives = [life for cohort in cohorts for life in cohort.lives]
    begin = perf_counter()
    final = {one.name: one for one in prepare(lives, grain)}
    seconds = perf_counter() - begin
    told = {one.name: one for one in prepare([p for p in lives if p.corrected is not None], grain, told=True)}
    return Field(lives, final, told), seconds


def alarms_of(method: Method, setting: Setting, field: Field, lives: Sequence[PilotLife]) -> dict[str, list[int]]:
    """Return what a method finds in some pilots; a restated week is judged as told until it was corrected."""
    alarms = {}
    for life in lives:
        name = life.wish.name
        found = method.find(field.final[name], setting)
        if life.corrected is not None:
            before = method.find(field.told[name], setting)
            found = [d for d in before if d < life.corrected] + [d for d in found if d >= life.corrected]
        alarms[name] = found
    return alarms


def whole(lives: Sequence[PilotLife], alarms: Mapping[str, Sequence[int]]) -> Tally:
    """Score some pilots together."""
    tally = Tally()
    for life in lives:
        tally.add(tally_of(life, alarms[life.wish.name]))
    return tally


def tune(method: Method, field: Field, budgets: Mapping[int, float], grain: Grain) -> dict[int, Setting]:
    """Return for each size the setting that catches most, and soonest, at no more false alarms than its budget.

    Where no setting keeps to the budget it is the one with the fewest false alarms.
    """
    chosen = {}
    for size, budget in budgets.items():
        lives = field.of(size)
        best: tuple[tuple[float, ...], Setting] | None = None
        for setting in method.grid(grain):
            tally = whole(lives, alarms_of(method, setting, field, lives))
            over = max(tally.false_a_year - budget, 0.0)
            merit = (-over, tally.recall if not over else 0.0, tally.soon, -tally.false_a_year)
            if best is None or merit > best[0]:
                best = merit, setting
        assert best is not None, "a method has at least one setting"
        chosen[size] = best[1]
    return chosen


def measure(method: Method, settings: Mapping[int, Setting], field: Field) -> tuple[dict[str, list[int]], float]:
    """Return what a tuned method finds in a fleet, and the seconds it took."""
    alarms: dict[str, list[int]] = {}
    forget()
    begin = perf_counter()
    for size, setting in settings.items():
        alarms |= alarms_of(method, setting, field, field.of(size))
    return alarms, perf_counter() - begin
