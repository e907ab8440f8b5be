"""What Prometheus may read: /metrics; shared by all worker processes when gunicorn starts them."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

SHARED = "PROMETHEUS_MULTIPROC_DIR"
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("meterhouse_requests_total", "Requests answered.", ["endpoint", "status"])
LATENCY = Histogram(
    "meterhouse_request_seconds", "Seconds from request to answer.", ["endpoint"], buckets=LATENCY_BUCKETS
)
CACHE = Counter("meterhouse_cache_lookups_total", "Lookups in the 24 h cache.", ["result"])
CONNECTIONS = Gauge(
    "meterhouse_database_connections", "Open connections to the database.", multiprocess_mode="livesum"
)
MEMORY = Gauge("meterhouse_memory_bytes", "Resident memory.", multiprocess_mode="livesum")


def text(status: str | None, succeeded_at: datetime | None, database_up: bool) -> bytes:
    """Write all figures in Prometheus' text format.

    Parameters
    ----------
    status : str or None
        Of the newest run.
    succeeded_at : datetime or None
        End of the newest run that ended well.
    database_up : bool
        Whether the database answered just now.
    """
    MEMORY.set(psutil.Process().memory_info().rss)
    registry = CollectorRegistry()
    if SHARED in os.environ:
        multiprocess.MultiProcessCollector(registry)
    else:
        for metric in (REQUESTS, LATENCY, CACHE, CONNECTIONS, MEMORY):
            registry.register(metric)
    registry.register(_State(status, succeeded_at, database_up))
    return generate_latest(registry)


@dataclass(frozen=True)
class _State(Collector):
    """What is asked of the database at the moment; no process keeps it."""

    status: str | None
    succeeded_at: datetime | None
    database_up: bool

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("meterhouse_database_up", "1 if the database answers.", self.database_up)
        if self.succeeded_at:
            age = (datetime.now(UTC) - self.succeeded_at).total_seconds()
            text = "Seconds since the end of the newest run that ended well."
            yield GaugeMetricFamily("meterhouse_last_success_age_seconds", text, age)
        if self.status:
            newest = GaugeMetricFamily(
                "meterhouse_last_run_status", "1 for the newest run's status.", labels=["status"]
            )
            for one in ("RUNNING", "SUCCESS", "FAILURE"):
                newest.add_metric([one], one == self.status)
            yield newest


def observe(endpoint: str, status: int, started: float) -> None:
    """Count an answer.

    Parameters
    ----------
    endpoint : str
        Name of the view.
    status : int
        HTTP status.
    started : float
        `time.perf_counter()` when the request came.
    """
    REQUESTS.labels(endpoint, status).inc()
    LATENCY.labels(endpoint).observe(time.perf_counter() - started)
