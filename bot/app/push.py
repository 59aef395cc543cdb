"""Facts that a sender pushes to us over HTTP: the way of the streams, with the body as their one entry.

Nothing of a body is kept: what can't be taken goes back to the sender as a line number and a reason.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from bot.app.correlated import correlated, first
from bot.app.ingress import Receiver
from bot.domain.entry import Stream
from bot.domain.fact import Cell, Partition, WireFact
from bot.domain.telemetry import UsageDay
from bot.domain.wire import read_wire
from bot.intake import Entry, Facts, FoldReport, Handout, Ingress, PutCounts, Refusal
from bot.metrics.people import Segments
from bot.ports import Ports, Telemetry

LOG = logging.getLogger(__name__)

BODY: Final = "body"
"""The name of the one entry that a body is."""
MOST_TOLD: Final = 100
"""Lines that are told one by one; of more only the number is."""
FOREIGN: Final = "source: the token is that of another source; send it with its own"


@dataclass(frozen=True, slots=True)
class Refused:
    """One line that could not be taken, from 1 (0: the body as a whole), and why: nothing of what it said."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a body: facts that were taken, those that said nothing new, and those that were refused.

    `refused` holds the first of `rejected`.
    """

    accepted: int
    duplicate: int
    rejected: int
    refused: tuple[Refused, ...]


async def push(ports: Ports, source: str, body: bytes, *, least_group: int = 5) -> Pushed:
    """Take in facts of this source, one JSON object a line, at most MOST_OBJECTS of them, and fold them.

    A fault of the store is raised as it is; nothing is lost or counted twice when the body comes again.
    """
    own, foreign = _of_source(source, body)
    entry = _Body(ports.ingress, own)
    counts = _Counts()
    joined = replace(
        ports,
        ingress=entry,
        facts=_CountedFacts(ports.facts, counts),
        telemetry=_CountedRows(ports.telemetry, counts),
    )
    with correlated(source=source):
        taken = await Receiver(joined, least_group=least_group).take_in()
    told = [*foreign, *(Refused(r.place, r.reason) for r in entry.refusals)]
    told.sort(key=lambda one: one.line or float("inf"))
    LOG.info("pushed by %s: %d facts for %d pilots: %s", source, taken.facts, len(counts.pilots), counts.named())
    duplicate = counts.duplicates(taken.facts)
    return Pushed(taken.facts - duplicate, duplicate, taken.rejected + len(foreign), tuple(told[:MOST_TOLD]))


def _of_source(source: str, body: bytes) -> tuple[bytes, list[Refused]]:
    """Blank the lines that tell of another source, so that the others keep their numbers."""
    lines, foreign = body.split(b"\n"), []
    for n, line in enumerate(lines):
        try:
            is_foreign = bool(line.strip()) and read_wire(WireFact, line).source != source
        except ValueError:
            is_foreign = False  # why it can't be read is said where all lines are read
        if is_foreign:
            lines[n] = b""
            foreign.append(Refused(n + 1, FOREIGN))
    return b"\n".join(lines), foreign


class _Body(Ingress):
    """The streams as a receiver sees them while it takes in one body."""

    def __init__(self, streams: Ingress, body: bytes) -> None:
        self._streams = streams
        self._waiting: tuple[Entry, ...] = ()
        if body.strip():
            self._waiting = (Entry(BODY, len(body), ((b"kind", b"fact"), (b"batch", body))),)
        self.refusals: list[Refusal] = []

    async def read(self, stream: Stream) -> Handout:
        return Handout(self._waiting if stream is Stream.USAGE else ())

    async def done(self, stream: Stream, entries: Sequence[str]) -> None:  # noqa: ARG002  as the port has it
        self._waiting = ()

    async def refuse(self, refusals: Sequence[Refusal], *, at: datetime, again: bool) -> None:  # noqa: ARG002  as above
        self.refusals += [one for one in refusals if one.place or len(refusals) == 1]

    async def waiting(self, stream: Stream) -> int:
        return len(self._waiting) if stream is Stream.USAGE else 0

    async def expire(self, now: datetime) -> None:
        """Do nothing: there are no old rejects of a body."""

    def is_at_fault(self, fault: Exception) -> bool:
        return self._streams.is_at_fault(fault)


@dataclass(slots=True)
class _Counts:
    """What was stored of a body."""

    changes: int = 0
    figures: set[tuple[object, ...]] = field(default_factory=set)
    pilots: set[str] = field(default_factory=set)

    def add(self, put: PutCounts, figures: Iterable[tuple[object, ...]], pilots: Iterable[str]) -> None:
        """Note what a write changed of these figures; several facts may tell of one."""
        self.changes += put.new + put.changed
        self.figures.update(figures)
        self.pilots.update(pilots)

    def named(self) -> str:
        """Return the pilots told of, the first ones if there are many."""
        return first(self.pilots)

    def duplicates(self, facts: int) -> int:
        """Return how many facts said what was stored already; exact where each fact makes one figure of one pilot."""
        if not self.changes:
            return facts if self.figures else 0
        return max(0, min(facts - 1, len(self.figures) - self.changes))


class _CountedFacts(Facts):
    def __init__(self, facts: Facts, counts: _Counts) -> None:
        self._facts, self._counts = facts, counts

    async def put(self, cells: Sequence[Cell], *, today: date, whole: Partition | None = None) -> PutCounts:
        put = await self._facts.put(cells, today=today, whole=whole)
        keys = ((c.pilot, c.day, c.actor, c.source, c.surface, c.weekly) for c in cells)
        self._counts.add(put, keys, (c.pilot for c in cells))
        return put

    async def fold(self, today: date) -> FoldReport:
        return await self._facts.fold(today)

    async def forget(self, today: date) -> int:
        return await self._facts.forget(today)

    async def segments(self, pilot: str, today: date) -> Segments | None:
        return await self._facts.segments(pilot, today)


class _CountedRows:
    """The rows of pilots, of which a body writes only those of totals."""

    def __init__(self, telemetry: Telemetry, counts: _Counts) -> None:
        self._telemetry, self._counts = telemetry, counts
        self.extent, self.window, self.rows = telemetry.extent, telemetry.window, telemetry.rows

    async def put(self, rows: Sequence[UsageDay]) -> PutCounts:
        put = await self._telemetry.put(rows)
        keys = ((row.pilot, row.day, row.source, row.weekly) for row in rows)
        self._counts.add(put, keys, (row.pilot for row in rows))
        return put
