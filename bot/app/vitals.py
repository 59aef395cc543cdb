"""How Stickshaker is doing, as the store tells it: for whoever looks after it, and about nobody in particular."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.telemetry import SourceStatus
from bot.outgoing import OutboxLoad
from bot.ports import Ports, Round, StoredCase

PROBE: Final = "ready"
"""What stands where the mark of a round has its job, when it is written to find out whether that can be done."""
PROBE_LIFE: Final = timedelta(seconds=10)
"""After that the mark is gone."""
Check = Callable[[], Awaitable[object]]
"""Raises when what it asks does not answer."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Counts and moments at one time; `findings` and `cases` hold open ones only, by kind and by state."""

    at: datetime
    outbox: OutboxLoad
    replies_waiting: int
    rounds: Mapping[str, Round]
    watermarks: Mapping[str, date]
    """The last day that each source vouches for."""
    late: frozenset[str]
    """Sources whose newest day is older than their lag allows."""
    findings: Mapping[str, int]
    cases: Mapping[str, int]
    pilots: int
    queue_depth: int

    @property
    def oldest_due_seconds(self) -> float:
        """How long the delivery that waits longest has been due; 0 when none is."""
        due = self.outbox.oldest_due_at
        return max(0.0, (self.at - due).total_seconds()) if due else 0.0


async def vitals(ports: Ports, now: datetime) -> Vitals:
    """Ask the store; the cost follows the number of cases and of deliveries that wait."""
    marks, late = _sources(await ports.sources.all(), now.date())
    findings, states = _cases(await ports.cases.some(await ports.cases.opened()))
    return Vitals(
        at=now,
        outbox=await ports.dead_letters.load(),
        replies_waiting=len(await ports.inbox.waiting()),
        rounds=await ports.rounds.last(),
        watermarks=marks,
        late=late,
        findings=findings,
        cases=states,
        pilots=len(await ports.pilots.ids()),
        queue_depth=await ports.queue.depth(),
    )


def _sources(sources: list[SourceStatus], today: date) -> tuple[dict[str, date], frozenset[str]]:
    marks = {s.source: mark for s in sources if (mark := s.watermark(today)) is not None}
    return marks, frozenset(s.source for s in sources if s.is_late(today))


def _cases(cases: Mapping[str, StoredCase]) -> tuple[Counter[str], Counter[str]]:
    is_open = [one.case for one in cases.values() if not one.case.is_closed]
    findings = Counter(f.kind.value for case in is_open for f in case.open_findings)
    return findings, Counter(case.state.value for case in is_open)


def checks_of(ports: Ports) -> dict[str, Check]:
    """Return what must answer before this process is of use."""

    async def write() -> None:
        # The mark of a round that nobody asks for, of this moment: a store that is full refuses it too.
        await ports.rounds.claim(PROBE, ports.clock.now(), PROBE_LIFE)

    return {"store": ports.rounds.last, "write": write, "switch": ports.settings.read, "queue": ports.queue.depth}
