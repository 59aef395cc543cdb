"""What is wrong with Stickshaker itself, in sentences for whoever looks after it; about nobody in particular."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.app.rounds import ROUNDS
from bot.app.stops import OVERDUE
from bot.app.vitals import Vitals

MISSED: Final = 3
"""Rounds of a job that may be left out before it counts as not running."""


def faults_of(vitals: Vitals) -> tuple[str, ...]:
    """Return each fault with its remedy; empty when all is well."""
    return (*_rounds(vitals), *_outbox(vitals), *_sources(vitals))


def _rounds(vitals: Vitals) -> Iterator[str]:
    """Name the jobs that should have run; one that never ended a round may be running its first."""
    for job, last in vitals.rounds.items():
        if job in ROUNDS and vitals.at - last.ended_at > max(MISSED * ROUNDS[job], OVERDUE):
            yield f"The job {job} last ended at {last.ended_at:%Y-%m-%d %H:%M} UTC; look for its fault in the log."


def _outbox(vitals: Vitals) -> Iterator[str]:
    load, overdue = vitals.outbox, timedelta(seconds=vitals.oldest_due_seconds)
    if overdue > OVERDUE:
        yield f"A message has been due for {overdue.total_seconds() / 60:.0f} minutes; start a worker."
    if load.dead or load.unknown:
        yield f"Messages that need a look: {load.dead} dead, {load.unknown} unknown; see `stickshaker letters`."


def _sources(vitals: Vitals) -> Iterator[str]:
    if vitals.late:
        yield f"Late sources: {', '.join(sorted(vitals.late))}; nothing is concluded from them until they deliver."
