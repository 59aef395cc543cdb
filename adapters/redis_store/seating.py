"""How many people had access on a day, and how many of them were not known to be away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.redis_store.held import SEAT, Records
from bot.metrics.people import IntGrid, per_group


class Span(NamedTuple):
    """Days since 1970, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Seating:
    """Seats of pilots (rows) by day (columns): people with access, people present, whether there is a roster."""

    seats: IntGrid
    present: IntGrid
    is_known: NDArray[np.bool_]


def seating(rosters: Sequence[bytes], days: IntGrid, away: Mapping[bytes, Sequence[Span]]) -> Seating:
    """Count the seats of each roster (spans as SEAT records) on these days, a person in several sources once.

    A roster is known from the first day on which anybody had access.
    """
    owner = np.repeat(np.arange(len(rosters)), [len(r) // SEAT.itemsize for r in rosters])
    spans: Records = np.frombuffer(b"".join(rosters), dtype=SEAT)
    bounds = np.arange(len(rosters) + 1)
    if not spans.size:
        nobody = np.zeros((len(rosters), days.size), dtype=np.int64)
        return Seating(nobody, nobody, nobody > 0)
    names, whose = np.unique(spans["actor"], return_inverse=True)
    order = np.argsort(owner * names.size + whose, kind="stable")
    spans, owner, whose = spans[order], owner[order], whose[order]
    began = spans["since"][:, None] <= days
    sits = began & (days < spans["until"][:, None])
    is_first = np.r_[True, (owner[1:] != owner[:-1]) | (whose[1:] != whose[:-1])]
    person = np.flatnonzero(is_first)
    sits = np.logical_or.reduceat(sits, person, axis=0)
    people = np.searchsorted(owner[person], bounds)
    seats = per_group(sits, people)
    gone = _away(names, days, away)
    present = per_group(sits & ~gone[whose[person]], people) if gone is not None else seats
    return Seating(seats, present, per_group(began, np.searchsorted(owner, bounds)) > 0)


def _away(names: NDArray[np.bytes_], days: IntGrid, away: Mapping[bytes, Sequence[Span]]) -> NDArray[np.bool_] | None:
    """Say for each name and day whether the person was away, None where nobody ever was."""
    told = [(n, away[name]) for n, name in enumerate(names.tolist()) if name in away] if away else []
    if not told:
        return None
    gone = np.zeros((names.size, days.size), dtype=np.bool_)
    for n, spans in told:
        for span in spans:
            gone[n] |= (span.first <= days) & (days <= span.last)
    return gone
