"""The registry as it stood on an earlier day: what is dated later is hidden, and nobody is named."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Final, TypeVar

from bot.domain.people import normalise
from bot.domain.pilot import Dependency, Milestone, Pilot

NAMED: Final = ("owner", "sponsor", "programme_lead", "production_owner")
"""Fields of a pilot that hold a person."""
HAPPENED: Final = ("last_release", "owner_left", "sponsor_left", "data_mode_since")
"""Days on which something came about; before it nobody knew."""

Promise = TypeVar("Promise", Milestone, Dependency)


def as_of(pilot: Pilot, day: date) -> Pilot:
    """Return the record of a pilot as it stood on a day.

    Whatever began, ended, arose or happened later is hidden. What has no date of its own (owner, seats,
    target date, planned days of the present stage) is taken to have been as it is.
    """
    history = tuple(e for e in pilot.stage_history if e.since <= day)
    changes: dict[str, object] = {
        "stage_history": history,
        "milestones": tuple(_still_open(m, day) for m in pilot.milestones),
        "dependencies": tuple(_still_open(d, day) for d in pilot.dependencies if d.since is None or d.since <= day),
    }
    for field in HAPPENED:
        if (happened := getattr(pilot, field)) is not None and happened > day:
            changes[field] = None
    if "data_mode_since" in changes:
        changes["data_mode"] = None
    if _began_later(pilot, day):
        last = max(reversed(history), key=lambda e: e.since, default=None)  # of one day the last counts
        changes |= {
            "stage": last.stage if last else None,
            "stage_since": last.since if last else None,
            "planned_stage_days": last.planned_days if last else None,
        }
    return pilot.model_copy(update=changes)


def _began_later(pilot: Pilot, day: date) -> bool:
    """Whether the stage that the registry names was still to come; an undated one is the last of the history."""
    if pilot.stage_since is not None:
        return pilot.stage_since > day
    return any(e.since > day for e in pilot.stage_history)


def _still_open(part: Promise, day: date) -> Promise:
    """Return a promise as it stood on a day."""
    return part.model_copy(update={"done_on": None}) if part.done_on and part.done_on > day else part


def began_on(pilot: Pilot, first_use: date | None) -> date | None:
    """Return the first day on which anything is known of a pilot, None where nothing of it is dated.

    That is its start, its first dated stage or its first row of usage, whichever comes first.
    """
    stages = [e.since for e in pilot.stage_history]
    return min((d for d in (pilot.start, pilot.stage_since, first_use, *stages) if d is not None), default=None)


class Chronicle:
    """One pilot over time. Between two days on which its record turns, the very same record is given."""

    def __init__(self, pilot: Pilot, first_use: date | None) -> None:
        """Keep the record as it is today, and the day of the pilot's first row of usage."""
        self._pilot, self._began_on = pilot, began_on(pilot, first_use)
        self._turns = sorted({day for day in _dated(pilot) if day is not None})
        self._records: dict[int, Pilot] = {}
        self._unborn = Pilot(id=pilot.id, name=pilot.name, seats=pilot.seats, country=pilot.country)

    def has_begun(self, day: date) -> bool:
        """Whether anything was known of the pilot by that day."""
        return self._began_on is None or self._began_on <= day

    def on(self, day: date) -> Pilot:
        """Return the record as it stood on a day; of one that has not begun only who it will be."""
        if not self.has_begun(day):
            return self._unborn
        place = bisect_right(self._turns, day)
        if place not in self._records:
            self._records[place] = as_of(self._pilot, day)
        return self._records[place]


def _dated(pilot: Pilot) -> list[date | None]:
    """Return the days on which a record turns."""
    return [
        pilot.stage_since,
        *(getattr(pilot, field) for field in HAPPENED),
        *(e.since for e in pilot.stage_history),
        *(m.done_on for m in pilot.milestones),
        *(d.since for d in pilot.dependencies),
        *(d.done_on for d in pilot.dependencies),
    ]


def nameless(pilots: Sequence[Pilot]) -> tuple[Pilot, ...]:
    """Return the pilots with a number for each person: the same person has the same number throughout."""
    labels: dict[str, str] = {}
    return tuple(_without_names(pilot, labels) for pilot in sorted(pilots, key=lambda p: p.id))


def _without_names(pilot: Pilot, labels: dict[str, str]) -> Pilot:
    people = {field: _label(getattr(pilot, field), labels) for field in NAMED}
    held = tuple(d.model_copy(update={"holder": _label(d.holder, labels)}) for d in pilot.dependencies)
    return pilot.model_copy(update={**people, "dependencies": held})


def _label(name: str | None, labels: dict[str, str]) -> str | None:
    if name is None:
        return None
    return labels.setdefault(normalise(name), f"person {len(labels) + 1}")
