"""What a table of facts told, counted for the one who loaded it: user-days, and use that goes nowhere.

Figures of fewer people than the least group are left out before anything is stored or shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.domain.fact import Partition, Period, Seat
from bot.intake import Unrouted

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a table told of the people of one source, in user-days or user-weeks.

    `zero` and `unknown` are known only of a table that is everything its source knows of `spans` days or
    weeks: of people seen or with access, the ones without a row, who were idle if the roster knows of
    their access then. With few people `is_small` is True and every figure 0.
    """

    source: str
    period: Period
    is_small: bool = False
    people: int = 0
    told: int = 0
    active: int = 0
    passive: int = 0
    spans: int = 0
    zero: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Tally:
    """Who was told of on which days, as one number a person in which a bit is a day, counted back from `today`."""

    today: date
    seen: dict[bytes, int] = field(default_factory=dict)
    active: dict[bytes, int] = field(default_factory=dict)
    passive: dict[bytes, int] = field(default_factory=dict)
    _bits: dict[date, int] = field(default_factory=dict)

    def add(self, actor: bytes, day: date, active: bool | None) -> None:  # noqa: FBT001  three states, as a fact has it
        """Note what a fact says of a person and day."""
        bit = self._bits.get(day)
        if bit is None:
            bit = self._bits[day] = 1 << (self.today - day).days
        self.seen[actor] = self.seen.get(actor, 0) | bit
        if active is not None:
            known = self.active if active else self.passive
            known[actor] = known.get(actor, 0) | bit

    def days(self) -> list[date]:
        """Return the days of which anything was told, newest first."""
        told = 0
        for days in self.seen.values():
            told |= days
        return [self.today - timedelta(days=n) for n in range(told.bit_length()) if told >> n & 1]

    def told(
        self, source: str, period: Period, parts: Sequence[Partition], seats: Iterable[Seat], *, least_group: int
    ) -> Told:
        """Return the figures; `parts` are the days of which everything was told, `seats` who has access."""
        whole = 0
        for part in parts:
            whole |= self._days(part)
        access: dict[bytes, int] = {}
        for seat in seats:
            access[seat.actor] = access.get(seat.actor, 0) | (self._while(seat, parts) & whole)
        people = self.seen.keys() | {actor for actor, days in access.items() if days}
        if len(people) < least_group:
            return Told(source, period, is_small=True)
        active = sum(days.bit_count() for days in self.active.values())
        only_passive = (days & ~self.active.get(actor, 0) for actor, days in self.passive.items())
        zero = sum((days & ~self.seen.get(actor, 0)).bit_count() for actor, days in access.items())
        covered = sum((days & whole).bit_count() for days in self.seen.values())
        return Told(
            source=source,
            period=period,
            people=len(people),
            told=sum(days.bit_count() for days in self.seen.values()),
            active=active,
            passive=sum(days.bit_count() for days in only_passive),
            spans=whole.bit_count(),
            zero=zero,
            unknown=len(people) * whole.bit_count() - covered - zero,
        )

    def _days(self, part: Partition) -> int:
        step = 7 if part.weekly else 1
        days = range((self.today - part.last).days, (self.today - part.first).days + 1, step)
        return sum(1 << n for n in days)

    def _while(self, seat: Seat, parts: Sequence[Partition]) -> int:
        """Return the days of the partitions on which a seat gave access."""
        days = 0
        for part in parts:
            first = max(part.first, seat.since) if seat.since else part.first
            last = min(part.last, seat.until - ONE_DAY) if seat.until else part.last
            if first <= last:
                newest, oldest = (self.today - last).days, (self.today - first).days
                days |= (1 << (oldest + 1)) - (1 << newest)
        return days


@dataclass(slots=True)
class _Use:
    """Use of one source, group and surface."""

    newest_day: date
    facts: int = 0
    people: int = 0
    """People of totals; those of facts are counted by who they are."""
    actors: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class NowhereTally:
    """Use that no pilot's rule wants, by source, group and surface."""

    uses: dict[tuple[str, str | None, str], _Use] = field(default_factory=dict)

    def add(
        self, source: str, group: str | None, surface: str, day: date, *, actor: bytes | None = None, people: int = 0
    ) -> None:
        """Note a fact of a person, or a total of people."""
        use = self.uses.setdefault((source, group, surface), _Use(day))
        use.facts += 1
        use.newest_day = max(use.newest_day, day)
        use.people = max(use.people, people)
        if actor is not None:
            use.actors.add(actor)

    def of(self, source: str, *, least_group: int, everybody: Sequence[int] = ()) -> list[Unrouted]:
        """Return what of a source goes nowhere; without figures where its people, or the rest, are too few.

        `everybody` is how many people the source was told of in all, as that is shown beside it.
        """
        found = []
        for (name, group, surface), use in self.uses.items():
            if name == source:
                people = max(use.people, len(use.actors))
                rest = [whole - len(use.actors) for whole in everybody]
                may_show = people >= least_group and not any(0 < few < least_group for few in rest)
                facts = use.facts if may_show else 0
                found.append(Unrouted(name, group, surface, facts, people if facts else 0, use.newest_day))
        return found
