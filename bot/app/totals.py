"""Facts that make one row or one cell together: totals of a pilot-day, and one person in several groups."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.domain.fact import Cell, Period, WireFact
from bot.domain.telemetry import UsageDay

MOST_ACTIONS: Final = 2**32 - 2
"""The highest number of acts a record keeps."""


def row_of(pilot: str, fact: WireFact) -> UsageDay:
    """Return the row of a pilot that a total stands for, without its acts."""
    is_weekly = fact.period is Period.WEEK
    people = {"active_7d" if is_weekly else "active_users": fact.people}
    return UsageDay.model_validate(
        {"pilot": pilot, "day": fact.last_day, "source": fact.source, "weekly": is_weekly, **people}
    )


class Totals:
    """Totals of people: several of one pilot-day and source make one row."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[tuple[str, date, bool, str], dict[tuple[str, str | None], WireFact]] = defaultdict(dict)

    def add(self, pilot: str, fact: WireFact) -> None:
        """Note a total; of two with the same surface and group the higher revision counts, else the later."""
        told = self._found[pilot, fact.last_day, fact.period is Period.WEEK, fact.source]
        known = told.get((fact.surface, fact.group))
        if known is None or fact.revision >= known.revision:
            told[fact.surface, fact.group] = fact

    def rows(self) -> list[UsageDay]:
        """Return a row for each pilot-day: the most people, since they may be the same ones, and all acts."""
        rows = []
        for (pilot, *_), told in self._found.items():
            facts = list(told.values())
            row = row_of(pilot, max(facts, key=lambda fact: fact.people or 0))
            acts = [fact.actions for fact in facts]
            known = [n for n in acts if n is not None]
            total = min(sum(known), MOST_ACTIONS) if len(known) == len(acts) else None
            rows.append(row.model_copy(update={"actions": total}))
        return rows


class Groups:
    """Cells of people who did one thing in several groups of a pilot: those are added up, within limits."""

    def __init__(self, most: int | None) -> None:
        """Remember at most so many facts, or all of them."""
        self._most = most
        self._first: dict[tuple[str, date, bytes, str, str], tuple[str, Cell]] = {}
        self._more: dict[tuple[str, date, bytes, str, str], dict[str, Cell]] = {}

    def joined(self, cell: Cell, group: str) -> Cell:
        """Return the cell with what was told of other groups added to it."""
        place = cell[:5]
        first = self._first.get(place)
        if first is None or (first[0] == group and place not in self._more):
            self._remember(place, group, cell, first)
            return cell
        known = self._more.setdefault(place, dict([first]))
        before = known.get(group)
        if before is None or cell.revision >= before.revision:
            known[group] = cell
        return _sum_of(list(known.values()))

    def _remember(
        self, place: tuple[str, date, bytes, str, str], group: str, cell: Cell, first: tuple[str, Cell] | None
    ) -> None:
        if first is None and self._most is not None and len(self._first) >= self._most:
            self._first.clear()
            self._more.clear()
        if first is None or cell.revision >= first[1].revision:
            self._first[place] = (group, cell)


def _sum_of(cells: Sequence[Cell]) -> Cell:
    acts = [cell.actions for cell in cells if cell.actions is not None]
    known = [cell.active for cell in cells if cell.active is not None]
    return cells[0]._replace(
        revision=max(cell.revision for cell in cells),
        active=any(known) if known else None,
        actions=min(sum(acts), MOST_ACTIONS) if acts else None,
    )
