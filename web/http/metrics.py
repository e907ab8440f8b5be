"""What Prometheus may read: /metrics; shared by all worker processes when gunicorn starts them."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

SHARED = "PROMETHEUS_MULTIPROC_DIR"
STATUSES = ("RUNNING", "SUCCESS", "FAILURE")
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("meterhouse_requests_total", "Requests answered.", ["endpoint", "status"])
LATENCY = Histogram(
    "meterhouse_request_seconds", "Seconds from request to answer.", ["endpoint"], buckets=LATENCY_BUCKETS
)
CACHE = Counter("meterhouse_cache_lookups_total", "Lookups in the 24 h cache.", ["result"])
CONNECTIONS = Gauge(
    "meterhouse_database_connections", "Open connections to the database.", multiprocess_mode="livesum"
)


class RunState(NamedTuple):
    """How a job stands: its newest run and what that one left, and when the newest that ended well did."""

    job: str
    status: str
    started_at: datetime
    not_taken: int
    succeeded_at: datetime | None


def text(runs: list[RunState], database_up: bool) -> bytes:
    """Write all figures in Prometheus' text format.

    Parameters
    ----------
    runs : list of RunState
        One per job that ever ran.
    database_up : bool
        Whether the database answered just now.

    Returns
    -------
    bytes
        Ages in seconds, memory in bytes.
    """
    registry = CollectorRegistry()
    if SHARED in os.environ:
        multiprocess.MultiProcessCollector(registry)
    else:
        for metric in (REQUESTS, LATENCY, CACHE, CONNECTIONS):
            registry.register(metric)
    registry.register(_State(runs, database_up))
    return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _State(Collector):
    """What is asked at the moment of scraping; no process keeps it."""

    runs: list[RunState]
    database_up: bool

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("meterhouse_database_up", "1 if the database answers.", self.database_up)
        yield GaugeMetricFamily("meterhouse_memory_bytes", "Resident memory of all processes.", _resident())
        started = GaugeMetricFamily(
            "meterhouse_last_run_age_seconds", "Since the start of the job's newest run.", labels=["job"]
        )
        succeeded = GaugeMetricFamily(
            "meterhouse_last_success_age_seconds",
            "Since the end of the newest that ended well.",
            labels=["job"],
        )
        status = GaugeMetricFamily(
            "meterhouse_last_run_status", "1 for the newest run's status.", labels=["job", "status"]
        )
        not_taken = GaugeMetricFamily(
            "meterhouse_not_taken_files",
            "Entries of the inbox that the newest run did not take.",
            labels=["job"],
        )
        now = datetime.now(UTC)
        for run in self.runs:
            started.add_metric([run.job], (now - run.started_at).total_seconds())
            not_taken.add_metric([run.job], run.not_taken)
            if run.succeeded_at:
                succeeded.add_metric([run.job], (now - run.succeeded_at).total_seconds())
            for one in STATUSES:
                status.add_metric([run.job, one], one == run.status)
        yield from (started, succeeded, status, not_taken)


def _resident() -> int:
    """Add up the memory in bytes of gunicorn's processes, or take that of the only one."""
    one = psutil.Process()
    master = one.parent() if SHARED in os.environ else None
    total = 0
    for process in [master, *master.children()] if master else [one]:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


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
