"""The objects of some entries in their order, and which of them could not be taken, and why."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from bot.domain.entry import Part, Stream
from bot.domain.fact import WireFact
from bot.domain.record import Record
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay
from bot.intake import Refusal

Known = TypeVar("Known", bound=Record)

MOST_REFUSED: Final = 100
"""Rejects of one entry that are written one by one."""
MOST_SOURCES: Final = 1000
"""Sources that an organisation may have; more is a sender who makes names up."""


class Parts:
    """What entries told; `unread` of it were not to be read. A row has its place among all as its line, and no cells."""

    def __init__(self, stream: Stream) -> None:
        """Begin without any."""
        self._stream = stream
        self._told: list[tuple[str, Part]] = []
        self._records: dict[type[Record], list[tuple[int, Record]]] = {}
        self._reasons: dict[int, str] = {}
        self.unread = 0

    def add(self, entry: str, parts: Iterable[Part]) -> None:
        """Note the objects of an entry."""
        for part in parts:
            if part.record is not None:
                self._records.setdefault(type(part.record), []).append((len(self._told), part.record))
            elif part.reason:
                self._reasons[len(self._told)] = part.reason
            else:
                self.unread += 1
            self._told.append((entry, part))

    def entry_of(self, line: int) -> str:
        """Return the entry that a row is from."""
        return self._told[line][0]

    @property
    def rejected(self) -> int:
        """Number of objects that could not be taken."""
        return len(self._reasons)

    def rows(self, kind: type[Known]) -> list[Row[Known]]:
        """Return the records of a kind, but for those that were refused."""
        told = self._records.get(kind, [])
        return [Row(n, {}, record) for n, record in told if isinstance(record, kind) and n not in self._reasons]

    def reject(self, row: Row[Known]) -> None:
        """Note a row that could not be taken."""
        self._reasons[row.line] = row.reason

    def limit_sources(self, known: set[str]) -> None:
        """Refuse what comes from new sources when there are very many already."""
        told = [*self._records.get(WireFact, ()), *self._records.get(UsageDay, ())]
        for n, record in told:
            if isinstance(record, WireFact | UsageDay) and record.source not in known:
                if len(known) < MOST_SOURCES:
                    known.add(record.source)
                else:
                    self._reasons[n] = f"source: there are {MOST_SOURCES:,} already; keep to one name for one source"

    def refusals(self) -> list[Refusal]:
        """Return the rejects; of an entry with very many the first ones, and how many more there are."""
        by_entry: dict[str, list[Refusal]] = {}
        for n, reason in sorted(self._reasons.items()):
            entry, part = self._told[n]
            about = replace(part, record=None, reason=reason).fields
            by_entry.setdefault(entry, []).append(Refusal(self._stream, entry, part.place, about, reason))
        return [one for found in by_entry.values() for one in _few(found)]


def _few(found: list[Refusal]) -> list[Refusal]:
    more = len(found) - MOST_REFUSED
    if more <= 0:
        return found
    last = replace(found[0], place=0, field="", reason=f"and {more:,} more objects of this entry")
    return [*found[:MOST_REFUSED], last]
