"""The ids of what is being worked on, for whoever writes the log: pilot, case, delivery, source, job; never a person."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

MOST_NAMED: Final = 20
"""Pilots that one line of the log names."""

_BOUND: ContextVar[dict[str, str]] = ContextVar("bound", default={})  # noqa: B039  it is replaced, never changed


@contextmanager
def correlated(
    *,
    case: str | None = None,
    delivery: str | None = None,
    pilot: str | None = None,
    source: str | None = None,
    job: str | None = None,
) -> Iterator[None]:
    """Put these ids on every line logged within the block; there is no room for a person's."""
    given = {"case": case, "delivery": delivery, "pilot": pilot, "source": source, "job": job}
    token = _BOUND.set(_BOUND.get() | {name: value for name, value in given.items() if value is not None})
    try:
        yield
    finally:
        _BOUND.reset(token)


def bound() -> Mapping[str, str]:
    """Return the ids of the blocks that we are in."""
    return _BOUND.get()


def first(pilots: Collection[str]) -> str:
    """Return the ids of pilots for a line of the log, the first ones where there are many."""
    return " ".join(sorted(pilots)[:MOST_NAMED])
