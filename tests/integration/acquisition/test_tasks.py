"""Tasks: who is due when, what is taken first, and that nothing is lost or done twice."""

import signal

import psycopg2
import pytest

from etl.database.connection import LOCK_SPACE
from etl.runs.abandoned import mark_all_abandoned
from tests.integration.acquisition.sources import add_source, fetch, make_due, put, tasks, versions
from tests.integration.faults.hooks import listening
from tests.integration.processes import Batch, holding, is_waiting, wait_until
from tests.world import World

LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
DUE = "SELECT name, round(extract(epoch FROM due_at - now()) / 60)::int FROM web.data_source ORDER BY name"


@pytest.fixture
def source(world):
    """A source of one file."""
    add_source(world, path="a.json")
    put(world, "a.json", "[1]")
    return world


def fetched(result):
    return [name for record in result.records for name in record["data_source"]]


def test_what_is_due_is_fetched_once(source):
    result = fetch(source)
    assert (result.code, fetched(result)) == (0, ["prices"])
    assert fetch(source).records == []
    make_due(source)
    assert fetched(fetch(source)) == ["prices"]
    assert tasks(source) == [("prices", "SUCCESS", 1), ("prices", "SUCCESS", 0)]
    assert source.rows("SELECT DISTINCT subject FROM run") == source.rows("SELECT id::text FROM data_sources")


def test_a_task_says_who_asked_and_when_its_source_is_due_next(source):
    assert source.run("--job", "acquisition", "--triggered-by", "schedule").code == 0
    task = "SELECT requested_by, attempt, priority, execution_uuid FROM web.acquisition_task"
    ((by, attempt, priority, uuid),) = source.rows(task)
    assert (by, attempt, priority) == ("schedule", 1, 5)
    run = "SELECT metadata ->> 'triggered_by', next_scheduled_for - finished_at FROM run"
    ((triggered_by, pause),) = source.rows(f"{run} WHERE execution_uuid = %s", uuid)
    assert (triggered_by, round(pause.total_seconds())) == ("schedule", 3600)


def test_the_first_by_priority_then_age_is_taken(world):
    for name, priority in (("last", 9), ("second", 5), ("third", 5), ("first", 0)):
        add_source(world, name, priority, path="**/*.json")
    put(world, "a.json", "[1]")
    world.do(
        "INSERT INTO acquisition_tasks (source_id, requested_by)"
        " SELECT id, 'x' FROM data_sources WHERE name = 'second'"
    )
    assert fetched(fetch(world)) == ["first", "second", "third", "last"]


def test_named_sources_are_fetched_due_or_not(source):
    add_source(source, "other", path="*.json")
    assert fetched(fetch(source, "other")) == ["other"]
    assert sorted(fetched(fetch(source, "other", "prices"))) == ["other", "prices"]
    assert fetched(fetch(source)) == []


def test_an_unknown_or_inactive_source_is_refused(source):
    unknown = fetch(source, "price")
    assert (unknown.code, source.value("SELECT count(*) FROM run")) == (2, 0)
    assert "--sources price: no active source of acquisition has this name" in unknown.err
    source.do("UPDATE data_sources SET status = 'inactive'")
    assert fetch(source, "prices").code == 2
    assert fetch(source).records == []


@pytest.mark.parametrize(
    "option", [["--date", "2026-04-01"], ["--users", "5"], ["--on-error", "abort"], ["--late"]]
)
def test_other_options_are_refused(source, option):
    result = source.run("--job", "acquisition", *option)
    assert (result.code, source.value("SELECT count(*) FROM acquisition_tasks")) == (2, 0)
    assert f"{option[0]}: not with --job acquisition" in result.err


@pytest.mark.parametrize("names", [(), ("--sources", "prices")])
def test_a_dry_run_tells_and_keeps_nothing(source, names):
    before = source.dump()
    told = source.tell("--job", "acquisition", "--dry-run", *names)
    assert (told.code, source.dump(), source.rows("SELECT * FROM run")) == (0, before, [])
    assert "read 1, inserted 1" in told.out
    assert "dry run: nothing was kept" in told.out
    put(source, "a.json", "[")
    assert source.tell("--job", "acquisition", "--dry-run", *names).code == 1
    assert (source.dump(), source.rows("SELECT * FROM run")) == (before, [])


def test_a_dry_run_needs_no_table(tmp_path, empty_database_url, monkeypatch):
    world = World(tmp_path, empty_database_url, monkeypatch)
    assert world.run("--job", "acquisition", "--dry-run").records == []
    assert world.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    assert world.run("--job", "acquisition").code == 0
    world.close()


def test_after_failures_it_is_due_after_1_2_4_and_at_most_60_minutes(source):
    put(source, "a.json", "[")
    minutes = []
    for _ in range(8):
        assert fetch(source, "prices").code == 1
        minutes += [due for _, due in source.rows(DUE)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert fetch(source).records == []
    put(source, "a.json", "[1]")
    assert fetch(source, "prices").code == 0
    assert source.rows(DUE) == [("prices", 60)]


def test_the_first_failure_and_the_recovery_are_alerted(source):
    with listening(200) as hook:
        source.set(ALERT_WEBHOOK_URL=hook.url)
        for content in ("[", "[ ", "[1]", "[2]"):
            put(source, "a.json", content)
            fetch(source, "prices")
    first, recovery = hook.payloads
    assert "prices: FAILURE: records rolled back" in first["text"]
    assert "prices: fetched again" in recovery["text"]
    assert (first["source"], first["status"], recovery["status"]) == ("prices", "FAILURE", "SUCCESS")


def test_a_source_that_is_being_fetched_is_left_alone(source):
    number = add_source(source, "busy", path="*.json")
    with holding(source, LOCK, LOCK_SPACE, f"job acquisition {number}"):
        assert fetched(fetch(source)) == ["prices"]
        result = fetch(source, "busy")
        assert (result.code, result.records) == (1, [])
        assert "busy is being fetched already; its task waits" in result.err
        assert ("busy", "WAITING", None) in tasks(source)
    assert fetched(fetch(source)) == ["busy"]


def test_processes_at_once_share_the_tasks(world):
    for number in range(12):
        add_source(world, f"s{number}", path=f"{number}.json")
        put(world, f"{number}.json", f"[{number}]")
    batches = [Batch(world.root, "--job", "acquisition") for _ in range(3)]
    assert [batch.finish() for batch in batches] == [0, 0, 0], batches[0].err
    assert {(source, status) for source, status, _ in tasks(world)} == {
        (f"s{n}", "SUCCESS") for n in range(12)
    }
    assert sorted(records for _, records in versions(world)) == sorted(f"[{n}]" for n in range(12))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_fetch_is_made_again_whole(source, number):
    with holding(source, "LOCK TABLE acquired_data"):
        batch = Batch(source.root, "--job", "acquisition")
        wait_until(lambda: is_waiting(source, "%INSERT INTO acquired_data%"), "it must be about to store")
        assert tasks(source) == [("prices", "RUNNING", 0)]
        batch.send(number)
        assert batch.finish() != 0
    assert source.rows("SELECT state, last_fetched_at FROM data_sources") == [({}, None)]
    wait_until(lambda: source.value("SELECT count(*) = 0 FROM web.held_job_lock"), "its lock must be free")
    if number == signal.SIGTERM:
        source.do("UPDATE run SET finished_at = finished_at - interval '1 min'")
    assert fetched(fetch(source)) == ["prices"]
    assert tasks(source) == [("prices", "FAILURE", 0), ("prices", "SUCCESS", 1)]
    assert versions(source) == [("a.json", "[1]")]


def abandon(world, attempt):
    """A task that was begun so many times and whose run's process is gone."""
    world.do(
        "WITH gone AS (INSERT INTO run (execution_uuid, job_name, subject, started_at, status)"
        " SELECT gen_random_uuid(), 'acquisition', id::text, now(), 'RUNNING' FROM data_sources RETURNING *)"
        " INSERT INTO acquisition_tasks (source_id, requested_by, priority, attempt, payload, run_id)"
        " SELECT subject::bigint, 'alice', 2, %s, '{\"a\": 1}', id FROM gone",
        attempt,
    )


@pytest.mark.parametrize("marked", [False, True])
def test_the_task_of_an_abandoned_run_is_added_again(source, marked):
    abandon(source, attempt=4)
    source.do("UPDATE data_sources SET last_fetched_at = now()")
    if marked:
        assert len(mark_all_abandoned(source.connection, "acquisition")) == 1
    assert fetched(fetch(source)) == ["prices"]
    columns = "requested_by, priority, attempt, payload, requested_at"
    first, again = source.rows(f"SELECT {columns} FROM acquisition_tasks ORDER BY id")
    assert (first[:2], first[3:]) == (again[:2], again[3:])
    assert (first[2], again[2]) == (4, 5)
    assert [status for _, status, _ in tasks(source)] == ["FAILURE", "SUCCESS"]
    assert fetch(source).records == []


def test_a_task_is_begun_five_times_at_most(source):
    abandon(source, attempt=5)
    assert fetch(source).records == []
    assert [status for _, status, _ in tasks(source)] == ["FAILURE"]


def test_an_abandoned_run_is_alerted(source):
    abandon(source, attempt=5)
    with listening(200) as hook:
        source.set(ALERT_WEBHOOK_URL=hook.url)
        fetch(source)
    (payload,) = hook.payloads
    assert payload["execution_uuid"] == source.value("SELECT execution_uuid::text FROM run")


def test_data_state_and_end_are_kept_together_or_not_at_all(source):
    source.do(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no end''; END';"
        "CREATE TRIGGER fail BEFORE UPDATE OF status ON run FOR EACH ROW"
        " WHEN (NEW.status = 'SUCCESS') EXECUTE FUNCTION fail()"
    )
    assert "no end" in fetch(source).record["error_summary"]
    assert versions(source) == []
    assert source.rows("SELECT state, last_fetched_at FROM data_sources") == [({}, None)]


def test_a_task_goes_with_its_run_and_its_source(source):
    assert fetch(source).code == 0
    source.do("DELETE FROM run")
    assert tasks(source) == []
    assert versions(source) == [("a.json", "[1]")]
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        source.do("DELETE FROM data_sources")
    source.do("DELETE FROM acquired_data")
    source.do("INSERT INTO acquisition_tasks (source_id, requested_by) SELECT id, 'x' FROM data_sources")
    source.do("DELETE FROM data_sources")
    assert tasks(source) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "a,b"},
        {"name": " a"},
        {"name": ""},
        {"name": "a\nb"},
        {"source_type": "ftp"},
        {"status": "paused"},
        {"config": "[]"},
        {"fetch_interval": 0},
        {"priority": 10},
    ],
)
def test_a_source_that_makes_no_sense_is_not_taken(world, columns):
    given = {"name": "a", "source_type": "file", **columns}
    names = ", ".join(given)
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.do(f"INSERT INTO data_sources ({names}) VALUES %s", tuple(given.values()))


def test_one_task_of_a_source_waits(world):
    number = add_source(world)
    insert = "INSERT INTO acquisition_tasks (source_id, requested_by) VALUES (%s, 'x')"
    world.do(insert, number)
    with pytest.raises(psycopg2.errors.UniqueViolation):
        world.do(insert, number)
