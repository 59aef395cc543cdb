"""What data teams wrote into our streams: taken in as it was sent or refused with a reason, then deleted.

Everything may happen twice: an entry is deleted only after what it says is stored, and says the same again
when a process died between. Records replace each other and are never added, and a reject is written once.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import groupby
from typing import Final

from bot.app.ingest import fold_all, take_facts
from bot.app.load import load_registry, tell_source, too_fine
from bot.app.parts import Parts
from bot.domain.entry import Stream, read_entry, too_large
from bot.domain.fact import ActorKind, WireFact
from bot.domain.pilot import Pilot
from bot.domain.routing import Router
from bot.domain.table import Row
from bot.domain.telemetry import UsageDay
from bot.errors import NewerRecord
from bot.intake import Entry, Handout, Refusal
from bot.ports import Ports

LOG = logging.getLogger(__name__)

TRIES: Final = 3
"""How often an entry is tried that ends in a fault of ours."""
MOST_GIVEN_UP: Final = 10
"""Entries given up by one receiver; more is a fault that others would meet too, and they are better kept."""
NAMED: Final = re.compile(r"[\w./:#-]{1,80}")
"""How a pilot's id must look to be named in a reject: it may be somebody's address by mistake."""

_Figure = tuple[object, ...]
"""Something that facts tell of, and that some of them may tell together."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of entries: facts, daily rows and pilots that were stored, and what was not.

    `unread` counts facts about people that were deleted as they came. `is_busy` says that somebody
    else is at work on the streams.
    """

    entries: int = 0
    facts: int = 0
    days: int = 0
    pilots: int = 0
    unread: int = 0
    rejected: int = 0
    is_busy: bool = False

    def __add__(self, other: "Taken") -> "Taken":
        """Add the counts of another part; whether somebody else is at work is known from the later one."""
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "is_busy"}
        return Taken(**counts, is_busy=other.is_busy)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What became of entries whose records are stored, and what of them is to be refused."""

    taken: Taken
    refusals: tuple[Refusal, ...]

    def __add__(self, other: "_Stored") -> "_Stored":
        return _Stored(self.taken + other.taken, self.refusals + other.refusals)


class Receiver:
    """Takes in what is in the streams; several processes may do so at once."""

    def __init__(self, ports: Ports, *, aggregate_only: bool = False, least_group: int = 5) -> None:
        """With `aggregate_only` facts about people are deleted unread, and only weeks of larger groups are stored."""
        self._ports, self._aggregate_only, self._least_group = ports, aggregate_only, least_group
        self._router: Router | None = None
        self._given_up = 0

    async def take_in(self, is_ending: Callable[[], bool] = lambda: False) -> Taken:
        """Take in what waits, the registry first, until there is no more, or `is_ending` says so between two parts.

        A fault of the store ends it, and nothing is lost. Any other one costs the entry that it comes
        from, after some tries; when very many entries end so it isn't theirs, and ends it too.
        """
        ingress, clock = self._ports.ingress, self._ports.clock
        await ingress.expire(clock.now())
        self._router = None  # somebody else may have changed the registry since
        taken = Taken()
        while not is_ending():
            stream, handout = await self._next()
            taken = replace(taken, is_busy=handout.is_busy)
            if not handout.entries:
                break
            stored = await self._settle(stream, handout.entries)
            if stored.taken.facts:
                await fold_all(self._ports, clock.now().date())
            await ingress.refuse(stored.refusals, at=clock.now(), again=handout.is_again)
            await ingress.done(stream, [entry.id for entry in handout.entries])
            taken += stored.taken
        return taken

    async def _next(self) -> tuple[Stream, Handout]:
        """Return what is to be done next: usage only when nothing of the registry is left."""
        handout = await self._ports.ingress.read(Stream.REGISTRY)
        if handout.entries or handout.is_busy:
            return Stream.REGISTRY, handout
        return Stream.USAGE, await self._ports.ingress.read(Stream.USAGE)

    async def _settle(self, stream: Stream, entries: Sequence[Entry], tries: int = 1) -> _Stored:
        """Store what entries say; those that end in a fault are found by halves, tried again and given up."""
        try:
            return await self._store(stream, entries)
        except NewerRecord:
            raise  # no fault of the entry: it is left to a process of the newer version
        except Exception as fault:
            if self._ports.ingress.is_at_fault(fault) or self._given_up >= MOST_GIVEN_UP:
                raise
            kind = type(fault).__name__
        if len(entries) > 1:
            middle = len(entries) // 2
            return await self._settle(stream, entries[:middle]) + await self._settle(stream, entries[middle:])
        LOG.warning("try %d of entry %s of %s ended in %s", tries, entries[0].id, stream, kind)
        if tries < TRIES:
            return await self._settle(stream, entries, tries + 1)
        self._given_up += 1
        reason = f"ends in a fault of ours ({kind}), {TRIES} times; report that, and send it again once it is mended"
        return _Stored(Taken(entries=1, rejected=1), (Refusal(stream, entries[0].id, 0, "", reason),))

    async def _store(self, stream: Stream, entries: Sequence[Entry]) -> _Stored:
        """Read entries and store their records."""
        today = self._ports.clock.now().date()
        parts = Parts(stream)
        for entry in entries:
            if entry.fields is None:
                parts.add(entry.id, [too_large(entry.size)])
            else:
                told = read_entry(stream, entry.fields, today=today, aggregate_only=self._aggregate_only)
                parts.add(entry.id, told)
        if stream is Stream.REGISTRY:
            await load_registry(parts.rows(Pilot), self._ports, parts.reject)
            self._router = None
        else:
            parts.limit_sources({s.source for s in await self._ports.sources.all()})
            await self._take_days(parts)
            await self._take_facts(parts, today)
        taken = Taken(
            entries=len(entries),
            facts=len(parts.rows(WireFact)),
            days=len(parts.rows(UsageDay)),
            pilots=len(parts.rows(Pilot)),
            unread=parts.unread,
            rejected=parts.rejected,
        )
        return _Stored(taken, tuple(parts.refusals()))

    async def _take_days(self, parts: Parts) -> None:
        """Store daily rows, of which the later one counts, and then the newest day of their sources."""
        rows = parts.rows(UsageDay)
        known = await self._ports.pilots.some(sorted({row.record.pilot for row in rows if row.record}))
        pilots = {pilot.id: pilot for pilot in known}
        for row in rows:
            reason = self._why_not(row.record, pilots) if row.record else ""
            if reason:
                parts.reject(row.rejected(reason))
        good = [row.record for row in parts.rows(UsageDay) if row.record]
        await self._ports.telemetry.put(good)
        for source in sorted({day.source for day in good}):
            newest = max(day.day for day in good if day.source == source)
            await tell_source(source, None, newest, self._ports)

    def _why_not(self, day: UsageDay, pilots: Mapping[str, Pilot]) -> str:
        """Return why a daily row can't be taken, empty when it can."""
        if day.pilot not in pilots:
            named = f"pilot '{day.pilot}'" if NAMED.fullmatch(day.pilot) else "such pilot"
            return f"pilot: there is no {named} in the registry; send it there first, or mend the id"
        return too_fine(day, pilots[day.pilot], self._least_group) if self._aggregate_only else ""

    async def _take_facts(self, parts: Parts, today: date) -> None:
        """Store facts; they are folded later."""
        rows = parts.rows(WireFact)
        if not rows:
            return
        if self._router is None:
            self._router = Router(await self._ports.pilots.all())
        for table in _tables(rows, parts, self._router):
            await take_facts(
                table,
                self._ports,
                parts.reject,
                today=today,
                aggregate_only=self._aggregate_only,
                router=self._router,
                least_group=self._least_group,
                fold=False,
            )


def _tables(rows: Sequence[Row[WireFact]], parts: Parts, router: Router) -> Iterator[list[Row[WireFact]]]:
    """Cut facts where an entry tells of a figure that an earlier one of the table told by other facts.

    Facts that make a figure together are added up where one entry holds them, and not where two do: so
    what is stored doesn't depend on which entries happen to be taken in together.
    """
    table: list[Row[WireFact]] = []
    told: dict[_Figure, set[_Figure]] = {}
    for _, group in groupby(rows, key=lambda row: parts.entry_of(row.line)):
        entry = list(group)
        fresh = _told(entry, router)
        if any(len(facts | told[figure]) > 1 for figure, facts in fresh.items() if figure in told):
            yield table
            table, told = [], {}
        table += entry
        told |= fresh
    yield table


def _told(rows: Sequence[Row[WireFact]], router: Router) -> dict[_Figure, set[_Figure]]:
    """Return the figures that an entry tells of, each with what its facts differ by."""
    told: dict[_Figure, set[_Figure]] = {}
    for fact in (row.record for row in rows if row.record):
        when = (fact.source, fact.period, fact.last_day)
        figures: list[_Figure] = [(*when, fact.user, fact.surface)]
        if fact.actor_kind is ActorKind.AGGREGATE:
            pilots = router.pilots_for(fact.source, (fact.group,) if fact.group else (), fact.surface)
            figures = [(*when, pilot) for pilot in pilots]
        for figure in figures:
            told.setdefault(figure, set()).add((fact.surface, fact.group))
    return told
