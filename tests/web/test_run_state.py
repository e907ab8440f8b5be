"""/metrics, the summary, the history page and `overdue` say the same of how a job stands."""

import pytest

from etl.database.queries import load
from tests.web.site import Viewer
from tests.web.test_history_page import PATH, alice
from tests.web.test_metrics import samples

__all__ = ["alice"]
SUCCESS_AGE = 'meterhouse_last_success_age_seconds{job="consumption"}'
DAY_SECONDS = 86_400


@pytest.fixture
def nine_days_ago(world):
    """The last full run was nine days ago, and there is something to load."""
    world.start("5,a1,t1")
    world.do(
        "UPDATE run SET started_at = started_at - interval '9 d', finished_at = finished_at - interval '9 d'"
    )
    world.put_readings(5, "2026-03-01 00:00,1")
    return world


@pytest.mark.parametrize("part", (["--users", "5"], ["--sources", "consumption"], ["--rebuild"]))
def test_a_partial_run_makes_no_night_good(nine_days_ago, alice, part):
    assert nine_days_ago.run(*part).code == 0
    assert samples(alice.viewer)[SUCCESS_AGE] > 8 * DAY_SECONDS
    assert "Overdue" in alice.get(PATH).main
    assert nine_days_ago.call("overdue").code == 1


def test_a_full_run_makes_it_good(nine_days_ago, alice):
    assert nine_days_ago.run().code == 0
    assert samples(alice.viewer)[SUCCESS_AGE] < DAY_SECONDS
    assert "Overdue" not in alice.get(PATH).main
    assert nine_days_ago.call("overdue").code == 0


def test_the_newest_full_success_is_never_deleted(nine_days_ago):
    nine_days_ago.set(RUN_RETENTION_DAYS="8")
    assert nine_days_ago.run("--users", "5").code == 0
    assert nine_days_ago.rows("SELECT is_full FROM run ORDER BY id") == [(True,), (False,)]


def last_runs(viewer) -> dict[str, str]:
    """The last run of each job on the summary."""
    shown = (text.split(" ") for text in viewer.get().headline["Last run"])
    return {job: status for job, status, *_ in shown}


def test_a_failure_shows_until_a_full_run_of_that_job_succeeds(world):
    world.start("5,a1,t1")
    world.set(DAILY_JOBS="consumption,daily_sales")
    both = Viewer()
    assert last_runs(both) == {"consumption": "success", "daily_sales": "none"}
    bad = world.put("consumption/5.csv", "wrong\n")
    assert world.run().code == 1
    assert last_runs(both) == {"consumption": "failure", "daily_sales": "success"}
    assert world.run("--job", "daily_sales").code == 0
    assert world.run("--job", "consumption", "--sources", "user_data").code == 0
    assert last_runs(both) == {"consumption": "failure", "daily_sales": "success"}
    bad.unlink()
    assert world.run("--job", "consumption").code == 0
    assert last_runs(both) == {"consumption": "success", "daily_sales": "success"}
    world.do(
        "INSERT INTO run (execution_uuid, job_name, started_at, status)"
        " VALUES (gen_random_uuid(), 'daily_sales', now(), 'RUNNING')"
    )
    assert last_runs(both) == {"consumption": "success", "daily_sales": "running"}


def test_how_jobs_stand_is_found_without_reading_the_history(world):
    """Not even for a job that never ran, nor for one of whose runs all failed."""
    world.start("5,a1,t1")
    world.do(
        "INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status)"
        " SELECT gen_random_uuid(), job, now() - n * interval '1 h', now() - n * interval '1 h',"
        " CASE WHEN n < 3 AND job = 'daily_sales' OR n > 15000 THEN 'FAILURE' ELSE 'SUCCESS' END"
        " FROM generate_series(1, 20000) AS n, unnest(ARRAY['consumption', 'daily_sales']) AS job"
    )
    world.do("ANALYZE run")
    world.do(f"PREPARE version AS {load('web/version').text}")
    explained = world.value(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE version ('{consumption,archive,daily_sales,x}')"
    )
    plan = explained[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 60
