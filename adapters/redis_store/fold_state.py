"""What the last fold of a pilot left for the next: its number, who feeds the pilot, and what its surfaces are called."""

from collections.abc import Collection, Iterable, Mapping
from struct import Struct, pack, unpack
from typing import Final, NamedTuple

HEAD: Final = Struct(">IHHB")
"""Number of the fold, first old day whose cells may be at hand and until when they may be, number of sources."""
FEED_NUMBERS: Final = 4
"""Numbers of a source: its own, its first and newest day, and how far it reaches."""
PLACES: Final = 16
"""Surfaces of a pilot that a row tells apart; those it sees later count as one."""
FRESH_DAYS: Final = 28
"""A source feeds a pilot for so many days after its newest day of it."""


class Feed(NamedTuple):
    """One source of a pilot, in days since 1970: its first and newest day here, and how far it is known to reach."""

    first: int
    newest: int
    through: int

    def is_expected(self, day: int) -> bool:
        """Whether the pilot's figures of a day need this source."""
        return self.first <= day <= self.newest + FRESH_DAYS


class FoldState(NamedTuple):
    """State of a pilot's fold. `surfaces` are numbers of surfaces in the order of their bits.

    `old_from` is the first day before the kept ones whose cells may be at hand, and `old_until` until when.
    """

    fold: int = 0
    old_from: int = 0
    old_until: int = 0
    feeds: dict[int, Feed] = {}  # noqa: RUF012  never written to
    surfaces: tuple[int, ...] = ()

    @classmethod
    def from_bytes(cls, raw: bytes) -> "FoldState":
        """Read what `to_bytes` gave; nothing is the state before the first fold."""
        if not raw:
            return cls()
        fold, old_from, old_until, count = HEAD.unpack_from(raw)
        numbers = unpack(f">{(len(raw) - HEAD.size) // 2}H", raw[HEAD.size :])
        end = count * FEED_NUMBERS
        feeds = {numbers[n]: Feed(*numbers[n + 1 : n + FEED_NUMBERS]) for n in range(0, end, FEED_NUMBERS)}
        return cls(fold, old_from, old_until, feeds, numbers[end:])

    def to_bytes(self) -> bytes:
        """Return the state as bytes; the same state always gives the same."""
        numbers = [n for source in sorted(self.feeds) for n in (source, *self.feeds[source])]
        head = HEAD.pack(self.fold, self.old_from, self.old_until, len(self.feeds))
        return head + pack(f">{len(numbers) + len(self.surfaces)}H", *numbers, *self.surfaces)

    def place_of(self, surface: int) -> int:
        """Return the bit of a surface; those that a row does not tell apart share the last one."""
        return self.surfaces.index(surface) if surface in self.surfaces else PLACES - 1

    def told(
        self, days: Mapping[int, Collection[int]], surfaces: Collection[int], declared: Mapping[int, int]
    ) -> "FoldState":
        """Return the state after the next fold: sources seen by day, surfaces seen, newest day each source declares."""
        feeds = dict(self.feeds)
        for day, sources in days.items():
            for source in sources:
                first, newest, through = feeds.get(source, (day, day, day))
                feeds[source] = Feed(min(first, day), max(newest, day), max(through, day))
        # A pilot with one source is judged by that source's watermark anyway, so its state need not follow it.
        if len(feeds) > 1:
            feeds = {s: f._replace(through=max(f.through, declared.get(s, 0))) for s, f in feeds.items()}
        fresh = sorted(set(surfaces).difference(self.surfaces))
        known = (*self.surfaces, *fresh)[:PLACES] if fresh else self.surfaces
        return FoldState(self.fold + 1, self.old_from, self.old_until, feeds, known)

    def with_old_days(self, days: Iterable[int], today: int, life: int) -> "FoldState":
        """Return the state with these days, from before the kept ones, at hand for so many days more."""
        first = min(days)
        if self.old_until >= today:
            first = min(first, self.old_from)
        return self._replace(old_from=first, old_until=today + life)
