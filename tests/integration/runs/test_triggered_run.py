"""Runs that the viewer asks for: the row is there first, and the process takes it over."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from etl import sentences
from etl.database.connection import LOCK_SPACE, job_lock
from etl.jobs.consumption.job import Consumption
from etl.runs import abandoned, requested
from etl.runs.requests import Options, RunRequest
from tests.integration.processes import TOKYO, Batch, holding, is_waiting, wait_until
from tests.world import DAY

JOB = "consumption"
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
OPTIONS = {"date": DAY, "on_error": "abort"}
METADATA = {"on_error": "abort", "allow_shrink": False, "triggered_by": "alice", "options": OPTIONS}
WAITING = "SELECT count(*) FROM run WHERE requested_at IS NOT NULL"
OUR_JOB = (LOCK_SPACE, "job consumption")


def ask(world, key=None, due=None, **options):
    return requested.ask(world.connection, request(**options), "alice", key, due)


def request(**options):
    return RunRequest(job_name=JOB, options=Options(**({"date": DAY} | options)))


def take_over(world, run):
    return world.run("--run-id", run)


def row(world, run):
    return world.rows("SELECT status, error_summary, metadata FROM run WHERE execution_uuid = %s", run)[0]


# Asking


def test_the_row_is_there_at_once(world):
    due = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    asked = ask(world, "key", due)
    assert asked.is_new
    status, error, metadata = row(world, asked.uuid)
    assert (status, error) == ("RUNNING", None)
    assert metadata == METADATA
    assert world.rows("SELECT idempotency_key, next_scheduled_for, requested_at = started_at FROM run") == [
        ("key", due, True)
    ]


def test_a_job_that_runs_is_not_asked_for_again(world):
    assert ask(world).is_new
    assert ask(world) is None
    assert ask(world, "key") is None
    assert world.value("SELECT count(*) FROM run") == 1


def test_a_key_used_before_gives_the_first_run_also_once_it_has_ended(world):
    first = ask(world, "key")
    assert ask(world, "key") == (first.uuid, False, True)
    assert take_over(world, first.uuid).code == 0
    assert ask(world, "key") == (first.uuid, False, True)
    assert ask(world, "key", on_error="quarantine") == (first.uuid, False, False)
    assert ask(world, "other").is_new


def test_of_fifty_at_once_one_is_new(world):
    def one(number):
        with closing(psycopg2.connect(world.connection.dsn)) as own:
            own.autocommit = True
            return requested.ask(own, request(), "alice", f"key {number}", None)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(50)))
    assert [answer.is_new for answer in answers if answer] == [True]


def test_of_fifty_with_one_key_all_get_the_same(world):
    def one(_):
        with closing(psycopg2.connect(world.connection.dsn)) as own:
            own.autocommit = True
            return requested.ask(own, request(), "alice", "key", None)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(50)))
    assert len({answer.uuid for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1


# Taking over


def test_the_process_takes_the_row_over(world):
    world.start("5,a1,t1", "6,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1")
    world.put_readings(6, "2026-03-01 00:00,1")
    asked = ask(world, user_ids=[5])
    asked_at = world.value("SELECT started_at FROM run WHERE status = 'RUNNING'")
    result = take_over(world, asked.uuid)
    record = result.record
    assert (result.code, record["execution_uuid"], record["status"]) == (0, asked.uuid, "SUCCESS")
    assert all(f"run={asked.uuid}" in line for line in result.err.splitlines())
    assert record["metadata"]["triggered_by"] == "alice"
    assert record["metadata"]["options"] == {**OPTIONS, "user_ids": [5]}
    assert record["metadata"]["user_ids"] == [5]
    assert {"pid", "host"} <= set(record["metadata"])
    assert world.value(WAITING) == 0
    assert row(world, asked.uuid) == ("SUCCESS", None, record["metadata"])
    assert datetime.fromisoformat(record["started_at"]) > asked_at
    assert world.value("SELECT count(*) FROM run") == 2
    assert world.inbox() == ["consumption/6.csv"]


def test_a_cooldown_never_holds_cron_back(world):
    world.set(TRIGGER_COOLDOWN_SECONDS=str(400 * 86_400))
    triggered = take_over(world, ask(world).uuid).record
    by_hand = world.run("--date", DAY).record
    assert triggered["next_scheduled_for"] == by_hand["next_scheduled_for"]
    due = datetime.fromisoformat(by_hand["next_scheduled_for"])
    assert due - datetime.now(UTC) < timedelta(days=1)


def test_while_it_runs_the_row_says_who_and_when_next(world):
    asked = ask(world)
    with holding(world, LOCK, LOCK_SPACE, "readings"):
        batch = Batch(world.root, "--run-id", asked.uuid)
        wait_until(lambda: is_waiting(world), "the batch must wait")
        status, _, metadata = row(world, asked.uuid)
        assert status == "RUNNING"
        assert metadata["pid"] == batch.popen.pid
        assert metadata["triggered_by"] == "alice"
        assert world.value(WAITING) == 0
        assert world.value("SELECT next_scheduled_for > now() FROM run")
        assert abandoned.mark_abandoned_runs(world.connection, JOB) == []
    assert batch.finish() == 0


def test_a_row_given_up_meanwhile_is_left_alone(world):
    world.put_masters()
    files, asked = world.inbox(), ask(world)
    world.do(
        "UPDATE run SET status = 'FAILURE', error_summary = 'given up', finished_at = now(),"
        " requested_at = NULL"
    )
    before = world.rows("SELECT r::text FROM run r")
    result = take_over(world, asked.uuid)
    assert (result.code, result.records) == (1, [])
    assert f"error: run {asked.uuid}" in result.err
    assert (world.rows("SELECT r::text FROM run r"), world.inbox()) == (before, files)


def test_a_dry_run_that_was_asked_for_ends_its_row(world):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1")
    result = take_over(world, ask(world, dry_run=True).uuid)
    assert (result.code, result.record["status"], result.record["metadata"]["dry_run"]) == (
        0,
        "SUCCESS",
        True,
    )
    assert world.rows("SELECT status, input_count, is_full FROM run ORDER BY id DESC LIMIT 1") == [
        ("SUCCESS", 1, False)
    ]
    assert (world.readings(), world.inbox()) == ([], ["consumption/5.csv"])


def test_a_row_that_never_was_is_no_reason_to_load(world):
    world.put_masters()
    files = world.inbox()
    assert take_over(world, str(uuid.uuid4())).code == 1
    assert world.value("SELECT count(*) FROM run") == 0
    assert world.inbox() == files


def test_a_row_that_another_process_took_over_is_not_taken_again(world):
    asked = ask(world)
    world.do("UPDATE run SET requested_at = NULL")
    assert take_over(world, asked.uuid).code == 1
    assert row(world, asked.uuid)[0] == "RUNNING"


def test_a_job_that_is_locked_makes_the_row_a_failure(world):
    asked = ask(world)
    with holding(world, LOCK, *OUR_JOB):
        result = take_over(world, asked.uuid)
    assert result.code == 1
    status, error, metadata = row(world, asked.uuid)
    assert status == "FAILURE"
    assert error.startswith("consumption is running already")
    assert f"error: {error}" in result.err
    assert metadata == METADATA


def test_a_database_that_cannot_be_brought_up_to_date_makes_the_row_a_failure(world, monkeypatch):
    asked = ask(world)
    monkeypatch.setattr("etl.database.migrations.apply", lambda connection: 1 / 0)
    assert take_over(world, asked.uuid).code == 1
    status, error, _ = row(world, asked.uuid)
    assert status == "FAILURE"
    assert "ZeroDivisionError" in error


def test_another_run_that_begins_first_gives_it_up(world):
    asked = ask(world)
    assert world.run("--date", DAY).code == 0
    assert row(world, asked.uuid)[:2] == ("FAILURE", sentences.OVERTAKEN)
    assert take_over(world, asked.uuid).code == 1


@pytest.mark.parametrize(
    "arguments",
    (
        ["--run-id", "nonsense"],
        ["--run-id", str(uuid.uuid4()), "--date", DAY],
        ["--run-id", str(uuid.uuid4()), "--job", JOB],
        ["--run-id", str(uuid.uuid4()), "--dry-run"],
        ["--run-id", str(uuid.uuid4()), "--rebuild"],
        ["--triggered-by", "alice"],
    ),
)
def test_wrong_usage(world, arguments):
    assert world.call(*arguments).code == 2


def test_people_are_not_shown_what_is_for_the_viewer(world):
    assert "--run-id" not in world.call("--help").out


def test_the_further_days_of_a_range_are_runs_of_the_same_person(world, monkeypatch):
    monkeypatch.setattr(Consumption, "date_driven", True)
    asked = ask(world, date=None, start_date="2026-03-30", end_date=DAY)
    result = take_over(world, asked.uuid)
    assert result.code == 0
    uuids = [record["execution_uuid"] for record in result.records]
    assert uuids[0] == asked.uuid
    assert len(set(uuids)) == 3
    assert [record["metadata"]["date"] for record in result.records] == ["2026-03-30", "2026-03-31", DAY]
    for metadata in (record["metadata"] for record in result.records):
        assert metadata["triggered_by"] == "alice"
        assert metadata["options"] == {"start_date": "2026-03-30", "end_date": DAY, "on_error": "abort"}
    stored = "SELECT count(*) FROM run WHERE metadata ->> 'triggered_by' = 'alice' AND status = 'SUCCESS'"
    assert world.value(stored) == 3


def test_no_further_day_of_a_range_whose_row_was_given_up(world, monkeypatch):
    monkeypatch.setattr(Consumption, "date_driven", True)
    asked = ask(world, date=None, start_date="2026-03-30", end_date=DAY, keep_going=True)
    with holding(world, LOCK, *OUR_JOB):
        assert take_over(world, asked.uuid).code == 1
    assert world.value("SELECT count(*) FROM run") == 1


# Who triggered it


@pytest.mark.parametrize(("arguments", "who"), (([], "cli"), (["--triggered-by", "schedule"], "schedule")))
def test_the_row_says_who_started_it(world, arguments, who):
    metadata = world.run("--date", DAY, *arguments).record["metadata"]
    assert metadata["triggered_by"] == who
    assert not {"trigger", "options", "user_ids", "sources", "dry_run"} & set(metadata)


def test_the_row_says_when_the_next_is_due(world):
    world.set(SCHEDULE_CONSUMPTION="0 2 * * *")
    due = datetime.fromisoformat(world.run("--date", DAY).record["next_scheduled_for"])
    assert world.value("SELECT next_scheduled_for FROM run") == due
    assert f"{due.astimezone(TOKYO):%H:%M}" == "02:00"


# Given up


def test_a_request_has_a_minute_to_begin(world):
    asked = ask(world)
    assert abandoned.mark_abandoned_runs(world.connection, JOB) == []
    world.do("UPDATE run SET started_at = now() - interval '59 s', requested_at = now() - interval '59 s'")
    assert abandoned.mark_abandoned_runs(world.connection, JOB) == []
    world.do("UPDATE run SET started_at = now() - interval '60 s', requested_at = now() - interval '60 s'")
    assert abandoned.mark_abandoned_runs(world.connection, JOB) == [asked.uuid]
    assert row(world, asked.uuid)[:2] == ("FAILURE", abandoned.NOT_TAKEN_UP)
    assert world.value("SELECT duration_seconds FROM run") == 60


def test_a_run_without_a_process_is_given_up_at_once_and_only_of_the_jobs_named(world):
    asked = ask(world)
    world.do("UPDATE run SET requested_at = NULL")
    assert abandoned.mark_abandoned_runs(world.connection, "other") == []
    assert abandoned.mark_abandoned_runs(world.connection, JOB) == [asked.uuid]
    assert abandoned.mark_abandoned_runs(world.connection, JOB) == []


def test_a_job_that_is_locked_is_left_alone(world):
    ask(world)
    world.do("UPDATE run SET requested_at = NULL")
    with holding(world, LOCK, *OUR_JOB):
        assert abandoned.mark_abandoned_runs(world.connection, JOB) == []
    # The server notices a closed connection, and frees its lock, a little late.
    wait_until(lambda: len(abandoned.mark_abandoned_runs(world.connection, JOB)) == 1, "the lock is free")


def test_a_look_for_abandoned_runs_costs_no_night(world):
    """A run that finds the lock held for a moment tries once more."""
    asks = (
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'meterhouse run%%' AND query LIKE 'SELECT pg_try_advisory_lock%%'"
    )
    with job_lock(world.connection, JOB):
        batch = Batch(world.root, "--date", DAY)
        wait_until(lambda: world.value(asks), "it asks for the lock")
    assert batch.finish() == 0, batch.err


# Part of the inbox


@pytest.fixture
def inbox(world):
    world.start("5,a1,t1", "6,a1,t1", "7,a1,t1")
    world.put_masters()
    world.put_users("5,a1,t1", "6,a1,t1", "7,a1,t1", "8,a1,t1")
    for user in (5, 6):
        world.put_readings(user, "2026-03-01 00:00,1")
    world.put("consumption/5.csv.gz", "datetime,consumption\n2026-03-01 01:00,1\n")
    world.put("consumption/many.csv", "user_id,datetime,consumption\n5,2026-03-01 02:00,1\n")
    return world


def test_the_files_of_some_users_only(inbox):
    result = inbox.run("--date", DAY, "--users", "5, 7,5")
    assert result.code == 0
    own = ["consumption/5.csv", "consumption/5.csv.gz"]
    assert [name for name in inbox.moved() if name.startswith("consumption/")] == own
    assert "consumption/many.csv" in inbox.inbox()
    assert "user_data.csv" in inbox.inbox()
    assert result.record["data_source"] == ["consumption"]
    assert result.record["metadata"]["user_ids"] == [5, 7]
    assert list(result.record["metadata"]["units"]) == ["readings"]
    inbox.verify()


@pytest.mark.parametrize(
    ("sources", "left"),
    [
        ("area,tariff", {"user_data.csv", "consumption/5.csv"}),
        ("user_data", {"area.csv", "tariff.csv", "consumption/5.csv"}),
        ("consumption", {"area.csv", "tariff.csv", "user_data.csv"}),
    ],
)
def test_some_kinds_of_the_inbox_only(inbox, sources, left):
    result = inbox.run("--date", DAY, "--sources", sources)
    assert result.code == 0
    assert result.record["data_source"] == sources.split(",")
    assert result.record["metadata"]["sources"] == sources.split(",")
    assert left <= set(inbox.inbox())


@pytest.mark.parametrize(
    "arguments",
    (
        ["--users", "5,x"],
        ["--users", "05"],
        ["--users", ""],
        ["--users", "9223372036854775808"],
        ["--sources", "nonsense"],
        ["--sources", "area,"],
        ["--users", "5", "--rebuild"],
        ["--sources", "area", "--verify"],
    ),
)
def test_wrong_limits(world, arguments):
    result = world.call(*arguments)
    assert result.code == 2
    assert "error: " in result.err
