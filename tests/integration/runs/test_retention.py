"""RUN_RETENTION_DAYS: old runs go after a commit, but never the newest success of a job."""

import pytest

from tests.integration.processes import holding
from tests.world import DAY


def ended(world, name, days, status="SUCCESS", job="consumption"):
    """A run that ended so many days ago, with a rejected row."""
    world.do(
        "WITH made AS (INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status, metadata)"
        " SELECT gen_random_uuid(), %s, at, at, %s, jsonb_build_object('name', %s)"
        " FROM (SELECT now() - make_interval(days => %s)) AS ago (at) RETURNING id)"
        " INSERT INTO rejected_row (run_id, kind, file, raw, reason)"
        " SELECT id, 'reject', %s, '', 'bad_id' FROM made",
        job,
        status,
        name,
        days,
        name,
    )


@pytest.fixture
def history(world):
    """Runs of two jobs, old and not."""
    ended(world, "old", 31)
    ended(world, "old failure", 40, "FAILURE")
    ended(world, "young failure", 29, "FAILURE")
    ended(world, "only success of its job", 100, job="other")
    ended(world, "older", 200, job="other")
    ended(world, "failed later", 99, "FAILURE", job="other")
    return world


def names(world):
    return [name for (name,) in world.rows("SELECT metadata ->> 'name' FROM run ORDER BY id")]


def test_old_runs_go_with_their_rejected_rows(history):
    history.set(RUN_RETENTION_DAYS="30")
    result = history.run("--date", DAY)
    assert result.code == 0
    assert names(history) == ["young failure", "only success of its job", None]
    assert sorted(file for file, *_ in history.rejected()) == ["only success of its job", "young failure"]
    assert "runs=4" in result.err


def test_the_newest_success_stays_after_a_run_that_fails_after_all(history):
    """A run whose readings are refused is committed too."""
    history.set(RUN_RETENTION_DAYS="30")
    history.put_readings(99, "2026-03-01 00:00,1")
    assert history.run("--date", DAY).code == 1
    assert names(history) == ["old", "young failure", "only success of its job", None]


@pytest.mark.parametrize("arguments", ([], ["--dry-run"]))
def test_all_is_kept_by_default_and_by_a_dry_run(history, arguments):
    before = names(history)
    if arguments:
        history.set(RUN_RETENTION_DAYS="30")
    assert history.run("--date", DAY, *arguments).code == 0
    assert names(history)[: len(before)] == before


def test_somebody_who_locks_the_history_makes_no_run_fail(history):
    history.set(RUN_RETENTION_DAYS="30")
    with holding(history, "SELECT 1 FROM run WHERE metadata ->> 'name' = 'old' FOR UPDATE"):
        result = history.run("--date", DAY)
    assert (result.code, result.record["status"]) == (0, "SUCCESS")
    assert "old runs stay until the next run" in result.err
    assert "old failure" in names(history)
