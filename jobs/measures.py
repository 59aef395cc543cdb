"""What this process counts while it runs; what the store knows is read when somebody asks (bot.app.vitals)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector

from bot.errors import StoreUnavailable

Faults = Callable[[], AbstractContextManager[None]]
"""Makes a block in which whatever goes wrong with the store is StoreUnavailable."""


class Measures:
    """Counters of one process, from its start; no label is about a pilot or a person."""

    def __init__(self) -> None:
        """Begin at zero, in a registry of its own."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._ends = self._counter("deliveries", "How sends ended, as the chat said it", "end")
        self._refusals = self._counter("refusals", "Sends that the chat refused, for now or for good", "kind")
        self._limited = self._counter("rate_limited", "Refusals that said when to come again (429)")
        self._received = self._counter("replies_received", "Replies stored and acknowledged")
        self._faults = self._counter("store_faults", "Uses of the store that failed")
        self._reconnects = self._counter("store_reconnects", "Times the store answered again after it had failed")
        self._took = Histogram(
            "stickshaker_job_seconds", "How long rounds of a job took here", ["job"], registry=self.registry
        )
        self._is_away = False
        for end in ("sent", "unknown", "dropped"):
            self._ends.labels(end)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"stickshaker_{name}", meaning, labels, registry=self.registry)

    def sent(self, n: int = 1) -> None:
        """Count sends that the chat took."""
        self._ends.labels("sent").inc(n)

    def unknown(self, n: int = 1) -> None:
        """Count sends of which nobody knows whether they arrived."""
        self._ends.labels("unknown").inc(n)

    def dropped(self, n: int = 1) -> None:
        """Count deliveries that were given up before a send."""
        self._ends.labels("dropped").inc(n)

    def refused(self, kind: str, n: int = 1) -> None:
        """Count refusals of a kind, of which there are few: 'for_now' or 'final'."""
        self._refusals.labels(kind).inc(n)

    def rate_limited(self, n: int = 1) -> None:
        """Count refusals that said when to come again."""
        self._limited.inc(n)

    def received(self, n: int = 1) -> None:
        """Count replies that were stored and acknowledged to the chat."""
        self._received.inc(n)

    def ended(self, job: str, seconds: float) -> None:
        """Note how long a round took that ended here."""
        self._took.labels(job).observe(seconds)

    def watched(self, faults: Faults) -> Faults:
        """Return the same block, counting faults of the store and each first use that goes well after one."""

        @contextmanager
        def block() -> Iterator[None]:
            try:
                with faults():
                    yield
            except StoreUnavailable:
                self._faults.inc()
                self._is_away = True
                raise
            if self._is_away:
                self._is_away = False
                self._reconnects.inc()

        return block
