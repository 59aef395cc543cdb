"""Take in tables: good rows are stored, bad ones go to the reject list with their reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, TypeVar

from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.table import Row
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.intake import PutCounts
from bot.metrics.disclosure import is_small
from bot.ports import Ports

BATCH: Final = 5000
FIRST: Final = date(1970, 1, 1)
WEEK: Final = 7
WEEKLY_LAG: Final = 4
"""Days a source of weeks is behind unless somebody says otherwise: late once its next week is a day overdue."""

Wanted = TypeVar("Wanted")
Reject = Callable[[Row[Wanted]], None]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a table: what its good rows changed, and how many were rejected."""

    counts: PutCounts
    rejected: int
    newest_day: date | None = None

    @property
    def read(self) -> int:
        """Number of rows read."""
        return self.counts.new + self.counts.changed + self.counts.unchanged + self.rejected


async def load_registry(rows: Iterable[Row[Pilot]], ports: Ports, reject: Reject[Pilot]) -> LoadReport:
    """Store pilots and the people they name; every row without a record goes to `reject`."""
    counts, rejected = PutCounts(), 0
    for batch in batches(rows):
        good = [r.record for r in batch if r.record is not None]
        for row in batch:
            if row.record is None:
                reject(row)
        rejected += len(batch) - len(good)
        await ports.people.put(people_of(good, ports))
        counts += await ports.pilots.put(good)
    return LoadReport(counts, rejected)


def people_of(pilots: Sequence[Pilot], ports: Ports) -> list[Person]:
    """Return everybody these pilots name."""
    names = {name for p in pilots for name in (p.owner, p.sponsor, p.programme_lead) if name}
    names |= {d.holder for p in pilots for d in p.dependencies if d.holder}
    return [Person(id=ports.people.identify(name), name=name) for name in sorted(names)]


async def load_usage(
    rows: Iterable[Row[UsageDay]],
    source: str,
    lag: int | None,
    ports: Ports,
    reject: Reject[UsageDay],
    *,
    least_group: int | None = None,
) -> LoadReport:
    """Store usage by day or week and tell the source's newest day and lag; `lag` None keeps the one known.

    Rejects what has no record, usage of a pilot that is not in the registry, and a pilot-day that
    an earlier row of the same table has already told. With `least_group` (aggregate-only) days are
    rejected, and weeks of a group of fewer people.
    """
    known = await ports.pilots.ids()
    if least_group is not None:
        rows = coarse(rows, {p.id: p for p in await ports.pilots.all()}, least_group)
    told = _Told()
    counts, rejected, newest = PutCounts(), 0, None
    for batch in batches(rows):
        checked = [_check(row, known, told) for row in batch]
        good = [r.record for r in checked if r.record is not None]
        for row in checked:
            if row.record is None:
                reject(row)
        rejected += len(batch) - len(good)
        counts += await ports.telemetry.put(good)
        newest = max((newest, *(r.day for r in good)), key=lambda d: d or FIRST) if good else newest
        if newest is not None:  # a table of which nothing could be taken makes no source known
            usual = WEEKLY_LAG if all(r.weekly for r in good) else 0
            await tell_source(source, lag, newest, ports, usual_lag=usual)
    return LoadReport(counts, rejected, newest)


async def tell_source(source: str, lag: int | None, newest: date | None, ports: Ports, *, usual_lag: int = 0) -> None:
    """Store what is now known of the source, after its rows: a watermark never runs ahead of them.

    `lag` None keeps the lag that is known, and takes `usual_lag` for a source that is new.
    """
    before = {s.source: s for s in await ports.sources.all()}.get(source)
    days = lag if lag is not None else before.lag_days if before else usual_lag
    await ports.sources.put(SourceStatus(source=source, lag_days=days, newest_day=newest))


def checked(rows: Iterable[Row[UsageDay]], known: set[str]) -> Iterator[Row[UsageDay]]:
    """Yield the rows of one table; those that can't be taken for pilots that are known become rejects."""
    told = _Told()
    return (_check(row, known, told) for row in rows)


def _check(row: Row[UsageDay], known: set[str], told: "_Told") -> Row[UsageDay]:
    """Return the row, or why it can't be taken."""
    usage = row.record
    if usage is None:
        return row
    if usage.pilot not in known:
        return row.rejected(
            f"pilot: there is no pilot '{usage.pilot}' in the registry; load the registry first or mend the id"
        )
    if told.twice(usage):
        what = (
            f"the week of {usage.pilot} that ends on {usage.day}, or days of it"
            if usage.weekly
            else f"{usage.pilot} on {usage.day}"
        )
        return row.rejected(f"an earlier row already tells {what}; keep the one that is right")
    return row


def coarse(rows: Iterable[Row[UsageDay]], pilots: Mapping[str, Pilot], least_group: int) -> Iterator[Row[UsageDay]]:
    """Yield the rows; days, and weeks of groups of fewer people, become rejects that keep nothing of them."""
    for row in rows:
        reason = too_fine(row.record, pilots.get(row.record.pilot), least_group) if row.record else ""
        yield Row(row.line, {}, None, reason) if reason else row


def too_fine(usage: UsageDay, pilot: Pilot | None, least_group: int) -> str:
    """Return why a row can't be taken in where only weeks of groups are, empty when it can."""
    if not usage.weekly:
        return "day: days are not taken in here (aggregate-only); write one row a week"
    if pilot is not None and is_small(usage, pilot, least_group):
        return (
            f"seats: groups of fewer than {least_group} people are not taken in here (aggregate-only); leave them out"
        )
    return ""


class _Told:
    """Which pilot-days a table has told so far."""

    def __init__(self) -> None:
        self._days: dict[str, set[int]] = {}

    def twice(self, usage: UsageDay) -> bool:
        """Note a pilot-day and say whether it was noted before."""
        days = self._days.setdefault(usage.pilot, set())
        day = usage.day.toordinal()
        if day in days or (usage.weekly and not days.isdisjoint(range(day - WEEK + 1, day + WEEK))):
            return True
        days.add(day)
        return False


def batches(rows: Iterable[Row[Wanted]], most: int = BATCH) -> Iterator[list[Row[Wanted]]]:
    """Cut rows into lists that fit one round trip to the store."""
    source = iter(rows)
    while batch := list(islice(source, most)):
        yield batch
