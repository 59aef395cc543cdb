"""Lists in one cell: milestones, dependencies, past stages and routes, there and back.

Entries are separated by `;`, the parts of an entry by `|`, in a fixed order. Parts at the end may be left
out; an empty one is unknown. A backslash in front of `;`, `|` or a backslash makes it plain text.

    milestones       title | due | done | id
    dependencies     kind | holder | since | due | done | id
    stage_history    stage | since | planned days
    routes           source | group | surface

Where no id is given it is made of the title, or of kind and holder.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from adapters.sources.cells import plain, read_count, shown
from adapters.sources.slugs import slug
from bot.domain.pilot import Dependency, Milestone, Route, Stage, StageEntry

ReadDay = Callable[[str], date | None]
ReadStage = Callable[[str], Stage | None]

LONGEST_PLAN: Final = 3650
"""Days of the longest stage a plan may give."""

LONGEST_GLOB: Final = 200
ANYTHING: Final = "*"


def read_milestones(cell: str, read_day: ReadDay) -> tuple[Milestone, ...]:
    """Return the milestones of a cell; raises ValueError with the remedy when one can't be read."""
    found = []
    for title, due, done, name in _entries(cell, "title | due | done | id"):
        due_on = read_day(due)
        if not title or due_on is None:
            msg = f"{shown(cell)} has a milestone without title or due date; write title | 2026-01-31"
            raise ValueError(msg)
        found.append(Milestone(id=name or slug([title]) or title, title=title, due=due_on, done_on=read_day(done)))
    _refuse_twins([milestone.id for milestone in found])
    return tuple(found)


def read_dependencies(cell: str, read_day: ReadDay) -> tuple[Dependency, ...]:
    """Return the dependencies of a cell; raises ValueError with the remedy when one can't be read."""
    found = []
    for kind, holder, since, due, done, name in _entries(cell, "kind | holder | since | due | done | id"):
        if not kind:
            msg = f"{shown(cell)} has a dependency without a kind; write for example data | Ana Roy"
            raise ValueError(msg)
        found.append(
            Dependency(
                id=name or slug([kind, holder]) or kind,
                kind=kind,
                holder=holder or None,
                since=read_day(since),
                due=read_day(due),
                done_on=read_day(done),
            )
        )
    _refuse_twins([dependency.id for dependency in found])
    return tuple(found)


def read_stage_history(cell: str, read_day: ReadDay, read_stage: ReadStage) -> tuple[StageEntry, ...]:
    """Return the past stages of a cell; raises ValueError with the remedy when one can't be read."""
    found = []
    for word, since, planned in _entries(cell, "stage | since | planned days"):
        stage, day = read_stage(word), read_day(since)
        if stage is None or day is None:
            msg = f"{shown(cell)} has a stage without its word or its first day; write build | 2026-01-31"
            raise ValueError(msg)
        found.append(StageEntry(stage=stage, since=day, planned_days=read_count(planned, 1, LONGEST_PLAN)))
    return tuple(found)


def read_routes(cell: str) -> tuple[Route, ...]:
    """Return the routes of a cell, where an empty part is any; raises ValueError with the remedy."""
    found = []
    for parts in _entries(cell, "source | group | surface"):
        if not any(parts):
            msg = f"{shown(cell)} has a rule without any part; write for example github_copilot/* | tax-team"
            raise ValueError(msg)
        if max(map(len, parts)) > LONGEST_GLOB:
            msg = f"has a part of more than {LONGEST_GLOB} characters; shorten it"
            raise ValueError(msg)
        source, group, surface = (part or ANYTHING for part in parts)
        found.append(Route(source=source, group=group, surface=surface))
    return tuple(found)


def milestones_cell(milestones: Iterable[Milestone]) -> str:
    """Return the cell that `read_milestones` reads."""
    return list_cell((m.title, m.due, m.done_on, m.id) for m in milestones)


def dependencies_cell(dependencies: Iterable[Dependency]) -> str:
    """Return the cell that `read_dependencies` reads."""
    return list_cell((d.kind, d.holder, d.since, d.due, d.done_on, d.id) for d in dependencies)


def stage_history_cell(history: Iterable[StageEntry]) -> str:
    """Return the cell that `read_stage_history` reads."""
    return list_cell((entry.stage, entry.since, entry.planned_days) for entry in history)


def routes_cell(routes: Iterable[Route]) -> str:
    """Return the cell that `read_routes` reads."""
    return list_cell((route.source, route.group, route.surface) for route in routes)


def _entries(cell: str, form: str) -> list[list[str]]:
    """Return the parts of each entry, as many as the form has."""
    width = form.count("|") + 1
    entries = [[_bare(part) for part in _split(entry, "|")] for entry in _split(plain(cell), ";") if entry.strip()]
    for entry in entries:
        if len(entry) > width:
            msg = f"{shown(cell)} has an entry of {len(entry)} parts; write {form}, and \\| for a | in a text"
            raise ValueError(msg)
    return [entry + [""] * (width - len(entry)) for entry in entries]


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that has no backslash in front; the backslashes stay."""
    pieces = [""]
    for sign in re.findall(r"\\[\\;|]|.", text):
        if sign == mark:
            pieces.append("")
        else:
            pieces[-1] += sign
    return pieces


def _bare(part: str) -> str:
    """Return a part without the blanks around it and the backslashes in it."""
    return re.sub(r"\\([\\;|])", r"\1", part.strip())


def list_cell(entries: Iterable[Sequence[object]]) -> str:
    """Return the cell of a list from the parts of its entries; None is an empty part."""
    return "; ".join(" | ".join(map(_escaped, entry)) for entry in entries)


def _escaped(part: object) -> str:
    return "" if part is None else re.sub(r"([\\;|])", r"\\\1", str(part))


def _refuse_twins(ids: Sequence[str]) -> None:
    twin = next((name for at, name in enumerate(ids) if name in ids[:at]), None)
    if twin is not None:
        msg = f"two entries have the id {shown(twin)}; give each its own as the last part"
        raise ValueError(msg)
