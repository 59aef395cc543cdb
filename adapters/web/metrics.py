"""Figures for Prometheus. No label holds a pilot or a person (docs/operating.md lists every metric)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.app.self_check import faults_of
from bot.app.vitals import Vitals

PREFIX = "stickshaker_"


def metrics_text(registry: CollectorRegistry, vitals: Vitals | None) -> bytes:
    """Return what this process counted, and where the store answered what it says; UTF-8 text of Prometheus."""
    told = CollectorRegistry()
    told.register(_Told(vitals))
    return generate_latest(registry) + generate_latest(told)


class _Told(Collector):
    """Vitals as metrics, made anew for each scrape."""

    def __init__(self, vitals: Vitals | None) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        yield _gauge("store_up", "1 when the store answered this scrape", 0 if self._vitals is None else 1)
        if self._vitals is not None:
            yield from _of_work(self._vitals)
            yield from _of_rounds(self._vitals)
            yield from _of_sources(self._vitals)
            yield _gauge(
                "faults", "What the self-check finds wrong; the log has the words", len(faults_of(self._vitals))
            )


def _of_work(told: Vitals) -> Iterator[Metric]:
    load = told.outbox
    states = {"queued": load.queued, "sending": load.sending, "unknown": load.unknown, "dead": load.dead}
    yield _labelled("outbox_deliveries", "Deliveries that wait or are in trouble", "state", states)
    yield _gauge("outbox_oldest_due_seconds", "How long the oldest due delivery has been due", told.oldest_due_seconds)
    yield _gauge("replies_waiting", "Replies stored and not yet worked off", told.replies_waiting)
    yield _gauge("queue_depth", "Tasks that wait or run", told.queue_depth)
    yield _gauge("pilots", "Pilots in the registry", told.pilots)
    yield _labelled("open_findings", "Findings that hold", "kind", told.findings)
    yield _labelled("open_cases", "Cases that are not closed", "state", told.cases)


def _of_rounds(told: Vitals) -> Iterator[Metric]:
    ages = {job: (told.at - last.ended_at).total_seconds() for job, last in told.rounds.items()}
    took = {job: last.took.total_seconds() for job, last in told.rounds.items()}
    yield _labelled("round_age_seconds", "Since the last round of a job ended", "job", ages)
    yield _labelled("round_seconds", "How long the last round of a job took", "job", took)


def _of_sources(told: Vitals) -> Iterator[Metric]:
    ages = {s: (told.at - datetime.combine(d, time(), UTC)).total_seconds() for s, d in told.watermarks.items()}
    yield _labelled("source_watermark_age_seconds", "Since the last day a source vouches for began", "source", ages)
    yield _labelled("source_late", "1 for a source that is late", "source", dict.fromkeys(told.late, 1))


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, meaning, value=value)


def _labelled(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, meaning, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
