"""Take in facts: users become pseudonyms, facts find their pilots, and what changed becomes rows.

Nothing of a user is stored or logged; the ids that a sender writes are gone when this ends. Facts replace
each other and are never added, so that a table may be taken in twice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.app.load import WEEKLY_LAG, Reject, batches, tell_source
from bot.app.tally import NowhereTally, Tally, Told
from bot.app.totals import Groups, Totals, row_of
from bot.domain.fact import LENGTH, ActorKind, Cell, Partition, Period, Seat, WireFact
from bot.domain.pilot import Pilot
from bot.domain.routing import Router
from bot.domain.table import Row
from bot.intake import PutCounts, Unrouted
from bot.metrics.disclosure import is_small
from bot.ports import Ports

ONE_DAY: Final = timedelta(days=1)
EARLIEST: Final = date(2000, 1, 1)
"""A day before this is a slip of the pen."""
BATCH: Final = 20_000
"""Facts taken in together: the more, the more of them share a pilot-day, which is written at once."""
KEPT_NOWHERE: Final = timedelta(days=28)
"""How long use that goes nowhere is told of after it was last seen."""
REMEMBERED: Final = 200_000
"""Facts with a group that are remembered, so that use of one person in two groups of a pilot is added up."""

NO_PEOPLE: Final = (
    "actor_kind: facts about a person are not taken in here (aggregate-only); "
    "write aggregate and people, in one row a week"
)
NO_DAYS: Final = "period: days are not taken in here (aggregate-only); write one row a week"
TOO_FEW: Final = "people: groups of fewer than {least} people are not taken in here (aggregate-only); leave them out"
NOT_SPREAD: Final = "period: a {period} can't be judged and is never spread over days; send period day or week"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a table of facts: what it changed, what it told, and what of it goes nowhere.

    `counts` are cells and rows of pilots, not facts: one that goes to two pilots counts twice.
    """

    counts: PutCounts
    read: int
    rejected: int
    told: tuple[Told, ...]
    unrouted: tuple[Unrouted, ...]
    newest: dict[str, date]
    """The newest day of each source, as told or as the table declares it."""
    services: int
    """Facts of keys and robots, which are not stored and never counted as people."""
    shared: int
    """Facts that went to several pilots."""
    was_whole: bool
    """Whether the table was taken as everything its sources know, so that what is missing in it vanished."""
    kept_missing: bool = False
    """Whether it was to be taken so, and was not since rows were rejected."""

    @property
    def newest_day(self) -> date | None:
        """The newest day of all."""
        return max(self.newest.values(), default=None)


async def take_facts(  # noqa: PLR0913  called by keyword; each says something else about the table
    rows: Iterable[Row[WireFact]],
    ports: Ports,
    reject: Reject[WireFact],
    *,
    today: date,
    whole: bool = False,
    spans: Callable[[], Sequence[Partition]] | None = None,
    aggregate_only: bool = False,
    lag: int | None = None,
    usual_lag: int = 0,
    router: Router | None = None,
    least_group: int = 5,
    fold: bool = True,
) -> IngestReport:
    """Store what facts say of known pilots, fold it into rows, and tell the newest day of each source.

    With `whole` the table is everything its sources know of their days, so that what they told before
    and do not tell now vanishes, unless a row was rejected: of `spans` (asked after the last row; pilots
    are filled in here), else of the first to the last day told. `lag` None keeps the one that is known, else `usual_lag`, for
    sources of weeks at least WEEKLY_LAG. With
    `aggregate_only` facts about people and days are rejected. A `router` that is at hand saves reading
    the registry. Figures of fewer than `least_group` people are left out of the report.
    """
    pilots = await ports.pilots.all() if router is None or aggregate_only else []
    soon = int(datetime.combine(today + 2 * ONE_DAY, time(), UTC).timestamp())
    limits = _Limits(today, soon, {p.id: p for p in pilots}, least_group, aggregate_only=aggregate_only)
    intake = _Intake(ports, router or Router(pilots), limits, is_whole=whole)
    read = 0
    for batch in batches(rows, BATCH):
        read += len(batch)
        await intake.take(batch, reject)
    # Where a row could not be read nobody can tell what is missing and what is not so any more.
    parts = intake.partitions(spans() if spans else None) if whole and not intake.rejected else []
    report = await intake.end(parts, lag=lag, usual_lag=usual_lag, fold=fold)
    return replace(report, read=read, kept_missing=whole and 0 < intake.rejected < read)


async def tidy(ports: Ports, today: date) -> None:
    """Finish what a load that was cut off left behind, and delete what is past its time."""
    await fold_all(ports, today)
    await ports.facts.forget(today)


async def fold_all(ports: Ports, today: date) -> None:
    """Turn everything that changed into rows of pilots."""
    done = await ports.facts.fold(today)
    while done.left and done.pilot_days:
        done = await ports.facts.fold(today)


@dataclass(frozen=True, slots=True)
class _Limits:
    """What can be taken in today."""

    today: date
    soon: int
    """Seconds since 1970 after which nothing can have been made yet."""
    pilots: dict[str, Pilot]
    least_group: int
    aggregate_only: bool

    def objection(self, fact: WireFact, day: date) -> str:
        """Return why a fact, whose last day is given, can't be taken in, empty when it can."""
        if self.aggregate_only and fact.actor_kind is not ActorKind.AGGREGATE:
            return NO_PEOPLE
        if fact.period not in LENGTH:
            return NOT_SPREAD.format(period=fact.period.value)
        if self.aggregate_only and fact.period is not Period.WEEK:
            return NO_DAYS
        if day > self.today:
            return f"end: the {fact.period.value} is not over today ({self.today}); send it once it is"
        if fact.start < EARLIEST:
            return f"start: lies before {EARLIEST}; check the year"
        if fact.revision > self.soon:
            return "revision: lies in the future; it is the seconds since 1970 in UTC at which the figure was made"
        return ""

    def is_too_small(self, fact: WireFact, pilots: Sequence[str]) -> bool:
        """Whether the total of so few people must not be stored for one of these pilots."""
        rows = [(row_of(pilot, fact), self.pilots[pilot]) for pilot in pilots if self.aggregate_only]
        return any(is_small(row, pilot, self.least_group) for row, pilot in rows)


@dataclass(slots=True)
class _Intake:
    """A table on its way in."""

    ports: Ports
    router: Router
    limits: _Limits
    is_whole: bool
    counts: PutCounts = field(default_factory=PutCounts)
    rejected: int = 0
    services: int = 0
    shared: int = 0
    newest: dict[str, date] = field(default_factory=dict)
    kept: list[Cell] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    nowhere: NowhereTally = field(default_factory=NowhereTally)
    tallies: dict[tuple[str, Period], Tally] = field(default_factory=dict)
    _daily: set[str] = field(default_factory=set)
    _revisions: dict[str, int] = field(default_factory=dict)
    _actors: dict[str, bytes] = field(default_factory=dict)
    _groups: dict[str, dict[bytes, tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    _several: Groups = field(init=False)

    def __post_init__(self) -> None:
        """Remember as many groups as the table is kept anyway, or as there is room for."""
        self._several = Groups(None if self.is_whole else REMEMBERED)

    async def take(self, batch: Sequence[Row[WireFact]], reject: Reject[WireFact]) -> None:
        """Take in some rows; those without a fact, or with one that can't be taken, go to `reject`."""
        people: list[tuple[WireFact, date]] = []
        for row in batch:
            fact = row.record
            reason = row.reason if fact is None else self._sorted(fact, fact.end - ONE_DAY, people)
            if fact is None or reason:
                reject(row.rejected(reason))
                self.rejected += 1
        cells = await self._cells(people)
        if self.is_whole:
            self.kept += cells
        elif cells:
            self.counts += await self.ports.facts.put(cells, today=self.limits.today)

    def _sorted(self, fact: WireFact, day: date, people: list[tuple[WireFact, date]]) -> str:
        """Put a fact, whose last day is given, where it belongs, or return why it can't be taken."""
        objection = self.limits.objection(fact, day)
        if not objection and fact.actor_kind is ActorKind.AGGREGATE:
            objection = self._total(fact, day)
        if objection:
            return objection
        if fact.actor_kind is ActorKind.PERSON:
            people.append((fact, day))
        self.services += fact.actor_kind is ActorKind.SERVICE
        source = fact.source
        if day > self.newest.get(source, EARLIEST):
            self.newest[source] = day
        if fact.revision > self._revisions.get(source, 0):
            self._revisions[source] = fact.revision
        if fact.period is Period.DAY:
            self._daily.add(source)
        return ""

    def _total(self, fact: WireFact, day: date) -> str:
        """Note a total for its pilots, or return why it can't be taken."""
        pilots = self.router.pilots_for(fact.source, (fact.group,) if fact.group else (), fact.surface)
        if self.limits.is_too_small(fact, pilots):
            return TOO_FEW.format(least=self.limits.least_group)
        for pilot in pilots:
            self.totals.add(pilot, fact)
        self.shared += len(pilots) > 1
        if not pilots:
            self.nowhere.add(fact.source, fact.group, fact.surface, day, people=fact.people or 0)
        return ""

    async def _cells(self, people: Sequence[tuple[WireFact, date]]) -> list[Cell]:
        """Return the cells of facts about people, one for each pilot, and count them."""
        await self._know([fact for fact, _ in people])
        cells: list[Cell] = []
        actors, pilots_for, joined = self._actors, self.router.pilots_for, self._several.joined
        for fact, day in people:
            source, surface, group, active = fact.source, fact.surface, fact.group, fact.is_active
            actor = actors[fact.user or ""]
            groups = (group,) if group else self._groups[source][actor]
            pilots = pilots_for(source, groups, surface)
            self._tally(source, fact.period).add(actor, day, active)
            self.shared += len(pilots) > 1
            if not pilots:
                self.nowhere.add(source, groups[0] if groups else None, surface, day, actor=actor)
            is_weekly = fact.period is Period.WEEK
            for pilot in pilots:
                cell = Cell(pilot, day, actor, source, surface, fact.revision, active, fact.actions, is_weekly)
                cells.append(joined(cell, group) if group else cell)
        return cells

    async def _know(self, facts: Sequence[WireFact]) -> None:
        """Resolve users that were not met yet, and ask the roster for the groups of those whose facts have none."""
        users = {fact.user for fact in facts if fact.user} - self._actors.keys()
        if users:
            self._actors |= await self.ports.actors.resolve(sorted(users))
        lonely: dict[str, set[bytes]] = defaultdict(set)
        for fact in facts:
            if not fact.group:
                lonely[fact.source].add(self._actors[fact.user or ""])
        for source, actors in lonely.items():
            known = self._groups[source]
            fresh = sorted(actors - known.keys())
            if fresh:
                known |= dict.fromkeys(fresh, ()) | await self.ports.roster.groups(source, fresh)

    def _tally(self, source: str, period: Period) -> Tally:
        tally = self.tallies.get((source, period))
        if tally is None:
            tally = self.tallies[source, period] = Tally(self.limits.today)
        return tally

    def partitions(self, spans: Sequence[Partition] | None) -> list[Partition]:
        """Return the days of which everything was told, with the pilots that it is everything of."""
        found = []
        for part in self._spans() if spans is None else spans:
            fed = set(self.router.pilots_fed_by(part.source))
            last = min(part.last, self.limits.today)
            mine = {cell.pilot for cell in self.kept if cell.source == part.source}
            if part.first <= last:
                found.append(replace(part, last=last, pilots=tuple(sorted(fed | mine))))
                self.newest[part.source] = max(last, self.newest.get(part.source, last))
        return found

    def _spans(self) -> list[Partition]:
        """Return from which to which day each source told of people, weeks by the weekday they end on."""
        days: dict[tuple[str, bool, int], list[date]] = defaultdict(list)
        for (source, period), tally in self.tallies.items():
            for day in tally.days():
                is_weekly = period is Period.WEEK
                days[source, is_weekly, day.weekday() if is_weekly else 0].append(day)
        return [
            Partition(source, min(told), max(told), (), self._revisions.get(source, 0), is_weekly)
            for (source, is_weekly, _), told in sorted(days.items())
        ]

    async def end(self, parts: Sequence[Partition], *, lag: int | None, usual_lag: int, fold: bool) -> IngestReport:
        """Store what waited for the last row, fold, and tell what is known of the sources now."""
        ports, today = self.ports, self.limits.today
        await self._put_whole(parts)
        self.counts += await ports.telemetry.put(self.totals.rows())
        if fold:
            await fold_all(ports, today)
        for source, newest in sorted(self.newest.items()):
            usual = usual_lag if source in self._daily else max(usual_lag, WEEKLY_LAG)
            await tell_source(source, lag, newest, ports, usual_lag=usual)
        return IngestReport(
            counts=self.counts,
            read=0,
            rejected=self.rejected,
            told=tuple([await self._told(source, period, parts) for source, period in sorted(self.tallies)]),
            unrouted=tuple(await self._nowhere()),
            newest=dict(sorted(self.newest.items())),
            services=self.services,
            shared=self.shared,
            was_whole=bool(parts),
        )

    async def _put_whole(self, parts: Sequence[Partition]) -> None:
        left = self.kept
        for part in parts:
            inside = [cell for cell in left if _is_of(cell, part)]
            left = [cell for cell in left if not _is_of(cell, part)]
            self.counts += await self.ports.facts.put(inside, today=self.limits.today, whole=part)
        if left:
            self.counts += await self.ports.facts.put(left, today=self.limits.today)

    async def _told(self, source: str, period: Period, parts: Sequence[Partition]) -> Told:
        mine = [part for part in parts if part.source == source and part.weekly == (period is Period.WEEK)]
        pilots = sorted({pilot for part in mine for pilot in part.pilots})
        seats: list[Seat] = await self.ports.roster.seats(source, pilots) if pilots else []
        return self.tallies[source, period].told(source, period, mine, seats, least_group=self.limits.least_group)

    async def _nowhere(self) -> list[Unrouted]:
        """Store what goes nowhere, source by source: all of it, or joined with what was known before."""
        before = await self.ports.nowhere.all()
        told: list[Unrouted] = []
        for source in sorted(self.newest):
            everybody = [len(tally.seen) for (name, _), tally in self.tallies.items() if name == source]
            found = self.nowhere.of(source, least_group=self.limits.least_group, everybody=everybody)
            told += found
            known = [] if self.is_whole else [u for u in before if u.source == source and self._is_still_lost(u)]
            await self.ports.nowhere.put(source, _joined(known, found))
        return told

    def _is_still_lost(self, use: Unrouted) -> bool:
        groups = (use.group,) if use.group else ()
        is_recent = use.newest_day >= self.limits.today - KEPT_NOWHERE
        return is_recent and not self.router.pilots_for(use.source, groups, use.surface)


def _is_of(cell: Cell, part: Partition) -> bool:
    """Whether a cell belongs to a partition."""
    is_inside = cell.source == part.source and cell.weekly == part.weekly and part.first <= cell.day <= part.last
    return is_inside and (not part.weekly or (part.last - cell.day).days % 7 == 0)


def _joined(known: Iterable[Unrouted], found: Iterable[Unrouted]) -> list[Unrouted]:
    """Join what is known and what was found; the same facts may come twice, so the higher figures count."""
    joined = {(use.group, use.surface): use for use in known}
    for use in found:
        old = joined.get((use.group, use.surface), use)
        joined[use.group, use.surface] = replace(
            use,
            facts=max(use.facts, old.facts),
            people=max(use.people, old.people),
            newest_day=max(use.newest_day, old.newest_day),
        )
    return list(joined.values())
