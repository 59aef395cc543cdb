"""The rows of pilots counted from scratch, from facts that are kept whole: slow, plain, and apart from the store's way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.domain.fact import Away, Cell, Partition, Seat
from bot.domain.telemetry import UsageDay

DAY = timedelta(days=1)
ALWAYS, EVER = date(1970, 1, 1), date(2149, 6, 6)


@dataclass
class Recount:
    """Everything that was ever told, as it stands; `rows` counts it."""

    today: date
    cells: dict[tuple[str, date, bytes, str, str], Cell] = field(default_factory=dict)
    marks: dict[tuple[str, date, str], tuple[int, bool]] = field(default_factory=dict)
    seats: dict[tuple[str, str, bytes], list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))
    rosters: dict[tuple[str, str], date] = field(default_factory=dict)
    away: set[Away] = field(default_factory=set)
    newest: dict[str, date] = field(default_factory=dict)

    def put(self, cells: Iterable[Cell], whole: Partition | None = None) -> None:
        """Take in cells by revision, as the contract says."""
        told: dict[tuple[str, date, bytes, str, str], Cell] = {}
        for cell in cells:
            named = (cell.pilot, cell.day, cell.actor, cell.source, cell.surface)
            fresh = cell if whole is None else cell._replace(revision=max(cell.revision, whole.revision))
            if named not in told or fresh.revision >= told[named].revision:
                told[named] = fresh
        refused: set[tuple[str, date]] = set()
        if whole is not None:
            refused = self._cover(whole, told)
        for named, cell in told.items():
            mark = self.marks.get((cell.pilot, cell.day, cell.source), (-1, False))[0]
            before = self.cells.get(named)
            least = before.revision if before else mark if whole is None else -1
            if (cell.pilot, cell.day) not in refused and cell.revision >= least:
                self.cells[named] = cell

    def _cover(self, whole: Partition, told: dict[tuple[str, date, bytes, str, str], Cell]) -> set[tuple[str, date]]:
        """Mark the days of a partition and let vanish what it lacks; returns days that know a newer one."""
        refused = set()
        day = whole.last
        while day >= whole.first:
            for pilot in whole.pilots:
                if self.marks.get((pilot, day, whole.source), (-1, False))[0] > whole.revision:
                    refused.add((pilot, day))
                    continue
                self.marks[pilot, day, whole.source] = (whole.revision, whole.weekly)
                for named in [n for n in self.cells if n[:2] == (pilot, day) and n[3] == whole.source]:
                    if named not in told and self.cells[named].revision <= whole.revision:
                        del self.cells[named]
            day -= 7 * DAY if whole.weekly else DAY
        return refused

    def put_seats(self, seats: Sequence[Seat], source: str, on: date | None = None) -> None:
        """Take in seats: later words replace what they overlap, a whole roster ends what it lacks."""
        pilots = {s.pilot for s in seats} | {p for p, s in self.rosters if s == source and on}
        pilots |= {p for p, s, _ in self.seats if s == source and on}
        for pilot in pilots:
            last = self.rosters.get((pilot, source))
            newest = on is not None and (last is None or on >= last)
            given = set()
            for seat in (s for s in seats if s.pilot == pilot):
                given.add(seat.actor)
                self._sit(seat, on, last, newest=newest)
            if newest and on is not None:
                for (p, s, actor), spans in self.seats.items():
                    if (p, s) == (pilot, source) and actor not in given:
                        ended = [(a, min(b, on)) if a < on else (a, b) for a, b in spans if a != on]
                        self.seats[p, s, actor] = ended
                self.rosters[pilot, source] = on

    def _sit(self, seat: Seat, on: date | None, last: date | None, *, newest: bool) -> None:
        spans = self.seats[seat.pilot, seat.source, seat.actor]
        since, until = seat.since or ALWAYS, seat.until or EVER
        if on is not None:
            open_ones = [span for span in spans if span[0] <= on < span[1]]
            if seat.since is None and last is not None:
                since = open_ones[0][0] if open_ones else on
            if not newest and seat.until is None and last is not None:
                until = open_ones[0][1] if open_ones else last
        kept = [(a, b) for a, b in spans if a >= until or b <= since]
        self.seats[seat.pilot, seat.source, seat.actor] = sorted(kept + ([(since, until)] if since < until else []))

    def rows(self, pilots: Sequence[str]) -> list[UsageDay]:
        """Count everything, by pilot and day."""
        return [row for pilot in pilots for row in self._rows_of(pilot)]

    def _rows_of(self, pilot: str) -> list[UsageDay]:
        days = sorted({d for p, d, *_ in self.cells if p == pilot} | {d for p, d, _ in self.marks if p == pilot})
        counted = [self._row(pilot, day) for day in days]
        return [row for row in counted if row is not None]

    def _row(self, pilot: str, day: date) -> UsageDay | None:
        cells = [c for c in self.cells.values() if (c.pilot, c.day) == (pilot, day)]
        sitting, known = self._sitting(pilot, day)
        if not cells and not known:
            return None
        kinds = [c.weekly for c in cells] + [m[1] for (p, d, _), m in self.marks.items() if (p, d) == (pilot, day)]
        weekly = all(kinds)
        own = [c for c in cells if c.weekly == weekly]
        used = {c.actor for c in own if c.active}
        source, complete = self._source(pilot, day)
        days_of = self._days_of(pilot)
        return UsageDay(
            pilot=pilot,
            day=day,
            source=source,
            active_users=None if weekly else len(used),
            active_7d=_within(days_of, day, 7),
            active_28d=_within(days_of, day, 28),
            habitual_users=sum(_weeks(days, day) >= 9 for days in days_of.values()),
            new_users=sum(min(days) == day for days in days_of.values()),
            actions=_actions(own) if cells else 0,
            use_cases=len({c.surface for c in self._of(pilot) if c.active and day - 28 * DAY < c.day <= day}),
            seats=len(sitting) if known else None,
            present=len(sitting - self._gone(day)) if known else None,
            complete=complete,
            weekly=weekly,
        )

    def _of(self, pilot: str) -> list[Cell]:
        return [c for c in self.cells.values() if c.pilot == pilot]

    def _days_of(self, pilot: str) -> dict[bytes, set[date]]:
        days: dict[bytes, set[date]] = defaultdict(set)
        for cell in self._of(pilot):
            if cell.active:
                days[cell.actor].add(cell.day)
        return days

    def _sitting(self, pilot: str, day: date) -> tuple[set[bytes], bool]:
        spans = [(actor, a, b) for (p, _, actor), held in self.seats.items() if p == pilot for a, b in held]
        return {actor for actor, a, b in spans if a <= day < b}, any(a <= day for _, a, _ in spans)

    def _gone(self, day: date) -> set[bytes]:
        return {one.actor for one in self.away if one.first <= day <= one.last}

    def _source(self, pilot: str, day: date) -> tuple[str, bool]:
        """Return who gave a row, and whether everybody who should has."""
        told: dict[str, set[date]] = defaultdict(set)
        for p, d, _, source, _ in self.ever:
            if p == pilot:
                told[source].add(d)
        if len(told) == 1:
            return next(iter(told)), True
        wanted = {
            s: max(*ds, self.newest.get(s, ALWAYS)) for s, ds in told.items() if min(ds) <= day <= max(ds) + 28 * DAY
        }
        behind = [(through, s) for s, through in wanted.items() if through < day]
        return (min(behind)[1], False) if behind else (min(wanted), True)

    ever: set[tuple[str, date, bytes, str, str]] = field(default_factory=set)
    """Every cell and partition that was ever folded: who feeds a pilot is not forgotten by a restatement."""

    def folded(self) -> None:
        """Note what a fold sees."""
        self.ever |= set(self.cells)
        self.ever |= {(p, d, b"", s, "") for p, d, s in self.marks}


def _within(days_of: dict[bytes, set[date]], day: date, length: int) -> int:
    return sum(any(day - length * DAY < d <= day for d in days) for days in days_of.values())


def _weeks(days: set[date], day: date) -> int:
    return len({(day - d).days // 7 for d in days if 0 <= (day - d).days < 84})


def _actions(cells: Sequence[Cell]) -> int | None:
    if all(c.actions is None for c in cells):
        return None
    most: dict[tuple[bytes, str], int] = defaultdict(int)
    for cell in cells:
        if cell.active and cell.actions is not None:
            most[cell.actor, cell.surface] = max(most[cell.actor, cell.surface], cell.actions)
    return sum(most.values())
