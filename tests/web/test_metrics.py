"""/metrics: requests, latency, cache, connections, memory, and how the last run went."""

from datetime import datetime, timedelta

import pytest
import time_machine
from prometheus_client.parser import text_string_to_metric_families

from etl.jobs import JOBS
from tests.web.site import Viewer
from tests.world import DAY, World

SUMMARY = 'meterhouse_requests_total{endpoint="summary.page",status="200"}'


def samples(viewer: Viewer) -> dict[str, float]:
    """Every sample by name and labels, as `name{label="value",...}`."""
    page = viewer.get("/metrics")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(page.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found, f"{name} twice"
            found[name] = sample.value
    return found


def risen(viewer: Viewer, path: str, times: int = 1) -> dict[str, float]:
    """What rose while `path` was asked for; this process has answered for other tests before."""
    before = samples(viewer)
    for _ in range(times):
        viewer.follow(path)
    return {
        name: value - before.get(name, 0)
        for name, value in samples(viewer).items()
        if value != before.get(name, 0)
    }


@pytest.mark.parametrize(
    ("path", "endpoint", "status"),
    [
        ("/", "summary.page", 200),
        ("/?area=b", "summary.page", 400),
        ("/users/5", "user.page", 200),
        ("/users/8", "user.page", 404),
        ("/users/5/readings.csv", "user.readings", 200),
        ("/energy", "energy.page", 200),
        ("/energy.csv", "energy.download", 200),
        ("/static/style.css", "static", 200),
        ("/healthz", "health.healthz", 200),
        ("/no/such/page/4711", "none", 404),
    ],
)
def test_requests_and_their_latency_are_counted_by_view_and_status(small, viewer, path, endpoint, status):
    rose = risen(viewer, path, 3)
    assert rose[f'meterhouse_requests_total{{endpoint="{endpoint}",status="{status}"}}'] == 3
    assert rose[f'meterhouse_request_seconds_count{{endpoint="{endpoint}"}}'] == 3
    assert rose[f'meterhouse_request_seconds_bucket{{endpoint="{endpoint}",le="+Inf"}}'] == 3
    assert rose[f'meterhouse_request_seconds_sum{{endpoint="{endpoint}"}}'] > 0
    assert not [name for name in samples(viewer) if "4711" in name], "no series for what anybody may write"


def test_lookups_in_the_cache_are_hits_or_misses(small, viewer):
    lookup = 'meterhouse_cache_lookups_total{result="%s"}'
    first = risen(viewer, "/")
    assert first[lookup % "miss"] > 1 and lookup % "hit" not in first
    second = risen(viewer, "/")
    assert second[lookup % "hit"] == 1 and lookup % "miss" not in second


def test_connections_are_those_the_server_knows_of(small, viewer):
    first = Viewer()
    before = samples(first)["meterhouse_database_connections"]
    viewer.get("/")
    assert samples(viewer)["meterhouse_database_connections"] == before + 1
    clients = "pg_stat_activity WHERE application_name = 'meterhouse web' AND datname = current_database()"
    assert small.value(f"SELECT count(*) FROM {clients}") == 2


def test_memory_is_that_of_a_python_process(small, viewer):
    assert 10e6 < samples(viewer)["meterhouse_memory_bytes"] < 10e9


def ended(world: World) -> datetime:
    """When the newest run did."""
    return world.value("SELECT finished_at FROM run ORDER BY id DESC LIMIT 1")


STARTED, SUCCEEDED = (
    f'meterhouse_last_{which}_age_seconds{{job="consumption"}}' for which in ("run", "success")
)


def status_of(found: dict[str, float]) -> dict[str, float]:
    """The samples of the last run's status, of the only job."""
    name = 'meterhouse_last_run_status{job="consumption",status="'
    assert [key for key in found if key.startswith("meterhouse_last_run_status")] == [
        key for key in found if key.startswith(name)
    ]
    return {key.split('"')[3]: value for key, value in found.items() if key.startswith(name)}


def test_the_ages_of_the_last_run_and_success_and_the_status_of_the_last_run(small, viewer):
    success = ended(small)
    with time_machine.travel(success + timedelta(seconds=100), tick=False):
        found = samples(viewer)
    assert found[SUCCEEDED] == pytest.approx(100)
    assert 100 <= found[STARTED] < 100 + 60
    assert status_of(found) == {"RUNNING": 0, "SUCCESS": 1, "FAILURE": 0}
    small.put("consumption/5.csv", "wrong\n")
    assert small.run("--date", DAY).code == 1
    with time_machine.travel(success + timedelta(days=2), tick=False):
        found = samples(viewer)
    assert found[SUCCEEDED] == pytest.approx(2 * 86_400)
    failed = small.value("SELECT started_at FROM run ORDER BY id DESC LIMIT 1")
    assert found[STARTED] == pytest.approx(2 * 86_400 - (failed - success).total_seconds())
    assert status_of(found) == {"RUNNING": 0, "SUCCESS": 0, "FAILURE": 1}


def test_before_the_first_run_there_is_no_age(world, viewer):
    found = samples(viewer)
    assert found["meterhouse_database_up"] == 1
    assert not {STARTED, SUCCEEDED} & found.keys()
    assert status_of(found) == {}
    world.put("area.csv", "wrong\n")
    assert world.run("--date", DAY).code == 1
    found = samples(viewer)
    assert found[STARTED] >= 0 and SUCCEEDED not in found
    assert status_of(found) == {"RUNNING": 0, "SUCCESS": 0, "FAILURE": 1}, (
        "a first run that failed must be seen"
    )


def test_without_a_database_it_still_counts(bare):
    rose = risen(bare, "/")
    assert rose['meterhouse_requests_total{endpoint="summary.page",status="503"}'] == 1
    found = samples(bare)
    assert found["meterhouse_database_up"] == 0
    assert status_of(found) == {} and not {STARTED, SUCCEEDED} & found.keys()


def test_a_database_without_a_schema_is_up_and_has_no_runs(empty_database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("WEB_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    found = samples(Viewer())
    assert found["meterhouse_database_up"] == 1, "it answers"
    assert status_of(found) == {} and not {STARTED, SUCCEEDED} & found.keys()


def test_each_job_has_series_of_its_own(small, viewer, monkeypatch):
    monkeypatch.setitem(JOBS, "weather", JOBS["consumption"])
    success = ended(small)
    small.do(
        "INSERT INTO run (execution_uuid, job_name, status, started_at, finished_at)"
        " VALUES (gen_random_uuid(), 'weather', 'FAILURE', %s, %s)",
        success - timedelta(hours=1),
        success,
    )
    with time_machine.travel(success + timedelta(seconds=100), tick=False):
        found = samples(viewer)
    assert found[SUCCEEDED] == pytest.approx(100)
    assert found[STARTED.replace("consumption", "weather")] == pytest.approx(3_700)
    assert SUCCEEDED.replace("consumption", "weather") not in found
    shown = {name: value for name, value in found.items() if "last_run_status" in name and value}
    assert shown == {
        'meterhouse_last_run_status{job="consumption",status="SUCCESS"}': 1,
        'meterhouse_last_run_status{job="weather",status="FAILURE"}': 1,
    }
