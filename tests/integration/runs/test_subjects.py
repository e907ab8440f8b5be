"""Runs of one job about different subjects go on side by side; about the same one they do not."""

import shutil
import threading
from contextlib import closing
from datetime import date
from typing import ClassVar

import psycopg2
import pytest

from etl import config
from etl.database import migrations
from etl.database.queries import Sql
from etl.errors import AlreadyRunning
from etl.runs import abandoned, pipeline
from etl.runs.interrupt import Stop
from etl.runs.requests import Options
from etl.runs.run import Run
from tests.integration.processes import PATIENCE, wait_until

BEGIN = (
    "INSERT INTO run (execution_uuid, job_name, subject, started_at, status)"
    " VALUES (gen_random_uuid(), 'toy', %s, now(), 'RUNNING')"
)
END = (
    "INSERT INTO run (execution_uuid, job_name, subject, started_at, finished_at, status, input_count)"
    " SELECT gen_random_uuid(), 'toy', %s, at, at, 'SUCCESS', %s"
    " FROM (SELECT now() - make_interval(days => %s)) AS ago (at)"
)


class Toy:
    """Ends when it is told to."""

    name: ClassVar[str] = "toy"
    date_driven: ClassVar[bool] = False

    def __init__(self, go_on=None):
        self._go_on = go_on

    def run(self, context):
        if self._go_on:
            assert self._go_on.wait(PATIENCE)


def execute(subject, go_on=None):
    run = Run(config.load(), Toy(go_on), date(2026, 4, 1), Options(), Stop(), subject=subject)
    return pipeline.execute(run)


def statuses(world):
    return world.rows("SELECT subject, status FROM run ORDER BY subject, id")


@pytest.fixture
def working(world):
    """A run about 1 is in the middle of its work."""
    go_on = threading.Event()
    thread = threading.Thread(target=execute, args=("1", go_on))
    thread.start()
    wait_until(lambda: statuses(world) == [("1", "RUNNING")], "the run must begin")
    yield world
    go_on.set()
    thread.join()
    assert ("1", "SUCCESS") in statuses(world)


def test_another_subject_runs_beside_it(working):
    assert execute("2").status == "SUCCESS"
    assert execute("").status == "SUCCESS"
    assert statuses(working) == [("", "SUCCESS"), ("1", "RUNNING"), ("2", "SUCCESS")]


def test_the_same_subject_is_refused(working):
    (uuid,) = working.rows("SELECT execution_uuid::text FROM run")[0]
    with pytest.raises(AlreadyRunning, match=f"toy is running already: run {uuid}, since"):
        execute("1")
    assert statuses(working) == [("1", "RUNNING")]


def test_one_row_of_a_subject_says_running(world):
    world.do(BEGIN, "1")
    world.do(BEGIN, "2")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        world.do(BEGIN, "1")


def test_a_run_marks_the_abandoned_of_its_subject_only(world):
    world.do(BEGIN, "1")
    world.do(BEGIN, "2")
    execute("1")
    assert statuses(world) == [("1", "FAILURE"), ("1", "SUCCESS"), ("2", "RUNNING")]
    assert abandoned.mark_abandoned_runs(world.connection, "toy", "1") == []
    assert len(abandoned.mark_abandoned_runs(world.connection, "toy", "2")) == 1


def test_a_subject_that_runs_is_not_stale(working):
    working.do(BEGIN, "2")
    assert Sql(working.connection)("runs/stale", grace=0) == [("toy", "2")]


def test_last_success_and_usual_input_are_of_the_subject(world):
    for subject, read, days in [("1", 10, 3), ("1", 20, 2), ("1", 30, 1), ("2", 7, 0)]:
        world.do(END, subject, read, days)
    sql = Sql(world.connection)
    usual = [sql("runs/usual_input", run_id=0, job_name="toy", subject=one) for one in ("1", "2", "")]
    assert usual == [20, None, None]
    newest = "SELECT max(started_at) FROM run WHERE subject = %s"
    for subject in ("1", "2", ""):
        found = sql("runs/last_success", job_name="toy", subject=subject)
        assert found == world.value(newest, subject)


def test_a_run_deletes_the_old_ones_of_its_subject(world):
    for subject, days in [("1", 90), ("1", 31), ("1", 29), ("2", 90), ("2", 80), ("", 90), ("", 80)]:
        world.do(END, subject, 0, days)
    world.set(TASK_RETENTION_DAYS="0")
    execute("1")
    assert world.value("SELECT count(*) FROM run") == 8
    world.monkeypatch.delenv("TASK_RETENTION_DAYS")
    execute("1")
    left = "SELECT subject, round(extract(epoch FROM now() - started_at) / 86400)::int FROM run ORDER BY id"
    kept = [("1", 29), ("2", 90), ("2", 80), ("", 90), ("", 80), ("1", 0), ("1", 0)]
    assert world.rows(left) == kept


def test_runs_without_a_subject_have_a_retention_of_their_own(world):
    for subject, days in [("", 9), ("", 8), ("2", 9), ("2", 8)]:
        world.do(END, subject, 0, days)
    world.set(RUN_RETENTION_DAYS="1")
    execute("")
    assert statuses(world) == [("", "SUCCESS"), ("2", "SUCCESS"), ("2", "SUCCESS")]


def test_the_newest_success_of_a_subject_is_kept(world):
    world.do(END, "1", 0, 50)
    world.do(END, "1", 0, 40)
    sql = Sql(world.connection)
    assert sql("runs/delete_old_of_subject", job_name="toy", subject="1", days=30) == 1
    assert sql("runs/delete_old_of_subject", job_name="toy", subject="1", days=30) == 0
    assert sql("runs/delete_old_of_subject", job_name="toy", subject="3", days=30) == 0


def test_runs_of_older_versions_have_no_subject(empty_database_url, tmp_path):
    older = tmp_path / "schema"
    shutil.copytree(migrations.SCHEMA_DIR, older, ignore=lambda _, names: {n for n in names if n > "018"})
    with closing(psycopg2.connect(empty_database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        migrations.apply(connection, folder=older)
        cursor.execute(
            "INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status) VALUES"
            " (gen_random_uuid(), 'a', now(), now(), 'SUCCESS'),"
            " (gen_random_uuid(), 'a', now(), NULL, 'RUNNING')"
        )
        cursor.execute("SELECT to_jsonb(run) - 'subject' FROM run ORDER BY id")
        before = cursor.fetchall()
        migrations.apply(connection)
        cursor.execute("SELECT to_jsonb(run) - 'subject', subject FROM run ORDER BY id")
        assert cursor.fetchall() == [(row, "") for (row,) in before]
        cursor.execute("SELECT web.job_lock_id('a') = web.job_lock_id('a', '')")
        assert cursor.fetchone() == (True,)
