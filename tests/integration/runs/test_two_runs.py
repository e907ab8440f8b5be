"""Runs side by side: one works, the others are told who; what a dry run, a dead run and a live one show."""

import json
import re
import signal
import time
from contextlib import contextmanager

import pytest

from etl.database.connection import LOCK_SPACE
from tests.integration.processes import (
    Batch,
    ended,
    holding,
    is_waiting,
    make_inbox,
    registered,
    run_when_free,
    runs,
    stored,
    wait_until,
)
from tests.world import World

# Kills and signals race with whatever else the machine does: a test may lose once, not thrice.
pytestmark = pytest.mark.flaky(reruns=2)

DAY = "2026-03-01"
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
SINCE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def fresh(tmp_path, empty_database_url, monkeypatch):
    """A world whose database has no table yet."""
    made = World(tmp_path, empty_database_url, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def loaded(world):
    """Two users, and readings of one of them in the inbox."""
    world.start("1,a1,t1", "2,a2,t2", day="2026-02-01")
    world.put_readings(1, f"{DAY} 00:00:00,1.5", f"{DAY} 00:30:00,2")
    return world


@contextmanager
def working(world, *arguments):
    """A run that is in the middle of its work for as long as the block lasts; then it succeeds."""
    with holding(world, LOCK, LOCK_SPACE, "readings"):
        batch = Batch(world.root, "--date", DAY, *arguments)
        wait_until(lambda: is_waiting(world), "the first run must wait")
        yield batch
    assert batch.finish() == 0, batch.err


def check_refused(world, *arguments):
    """A second run says that another one runs and leaves everything as it is; what it says."""
    before = world.dump(), world.inbox(), world.rows("SELECT r::text FROM run r ORDER BY id")
    second = ended(world, *arguments)
    assert second.popen.returncode == 1, second.err
    assert (world.dump(), world.inbox(), world.rows("SELECT r::text FROM run r ORDER BY id")) == before
    (told,) = [line for line in second.lines if line.startswith("error:")]
    assert "consumption is running already" in told
    assert re.search(SINCE, told), told
    return told


@pytest.mark.parametrize("arguments", (["--date", DAY], ["--dry-run"], ["--verify"], ["--rebuild"]))
def test_the_second_is_refused(loaded, arguments):
    with working(loaded) as first:
        started_at = loaded.value("SELECT started_at FROM run WHERE status = 'RUNNING'")
        assert first.run_id in check_refused(loaded, *arguments)
        assert loaded.value("SELECT started_at FROM run WHERE status = 'RUNNING'") == started_at
    assert [status for _, status, _ in runs(loaded)] == ["SUCCESS", "SUCCESS"]


def test_the_second_is_refused_while_the_first_only_moves_files(world, other_disk):
    make_inbox(world, DAY, 1_500)
    first = Batch(world.root, "--date", DAY)
    wait_until(lambda: any(world.data.glob("completion/*/consumption")), "the files must move")
    first.send(signal.SIGSTOP)
    assert world.inbox()
    assert first.run_id in check_refused(world, "--date", DAY)
    first.send(signal.SIGCONT)
    assert first.finish() == 0
    assert world.inbox() == []


def test_the_second_is_refused_while_a_dry_run_works(loaded):
    with working(loaded, "--dry-run") as first:
        assert first.run_id in check_refused(loaded, "--date", DAY)


def test_ten_at_once_load_once(fresh):
    fresh.put_masters()
    fresh.put_users(*(f"{user},a1,t1" for user in range(1, 51)))
    for user in range(1, 51):
        fresh.put_readings(user, *(f"{DAY} 0{hour}:00:00,{user}" for hour in range(10)))
    expected = registered(fresh.data / "consumption")
    files = fresh.inbox()
    batches = [Batch(fresh.root, "--date", DAY) for _ in range(10)]
    codes = [batch.finish() for batch in batches]
    refused = [batch for batch, code in zip(batches, codes, strict=True) if code]
    assert all("error: consumption is running already" in batch.err for batch in refused)
    assert all("Traceback" not in batch.err for batch in batches)
    history = runs(fresh)
    assert [status for _, status, _ in history] == ["SUCCESS"] * (10 - len(refused))
    assert {run for run, _, _ in history} == {batch.run_id for batch in batches if batch not in refused}
    inserted = "SELECT sum((metadata #>> '{units,readings,inserted}')::int) FROM run"
    assert fresh.value(inserted) == len(expected)
    assert stored(fresh) == expected
    assert fresh.moved() == files
    overlapping = (
        "SELECT count(*) FROM run a JOIN run b ON b.id > a.id"
        " AND (b.created_at, b.finished_at) OVERLAPS (a.created_at, a.finished_at)"
    )
    assert fresh.value(overlapping) == 0
    fresh.verify()


def test_a_dead_run_is_marked_abandoned(loaded):
    with holding(loaded, "LOCK TABLE reading IN SHARE MODE"):
        dead = Batch(loaded.root, "--date", DAY)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        # As if it had shown counts before.
        loaded.do(
            "UPDATE run SET input_count = 2, inserted_count = 1, skipped_count = 1 WHERE status = 'RUNNING'"
        )
        dead.kill()
        assert runs(loaded)[-1] == (dead.run_id, "RUNNING", None)
    again, _ = run_when_free(loaded, "--date", DAY)
    assert again.popen.returncode == 0, again.err
    assert f"abandoned={dead.run_id}" in again.err
    (_, status, error), newest = runs(loaded)[-2:]
    assert (status, newest[1]) == ("FAILURE", "SUCCESS")
    assert error.startswith("abandoned")
    ended_at, seconds, inserted, skipped = loaded.rows(
        "SELECT finished_at, duration_seconds, inserted_count, skipped_count FROM run"
        " WHERE execution_uuid = %s",
        dead.run_id,
    )[0]
    assert ended_at
    assert seconds >= 0
    # A row says what was committed: nothing.
    assert (inserted, skipped) == (0, 0)


def test_a_run_that_somebody_else_marked_as_ended_keeps_nothing(loaded):
    before, files = loaded.dump(), loaded.inbox()
    with holding(loaded, LOCK, LOCK_SPACE, "readings"):
        batch = Batch(loaded.root, "--date", DAY)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        loaded.do(
            "UPDATE run SET status = 'FAILURE', error_summary = 'by hand', finished_at = now()"
            " WHERE status = 'RUNNING'"
        )
    assert batch.finish() == 1
    assert (loaded.dump(), loaded.inbox()) == (before, files)
    assert runs(loaded)[-1] == (batch.run_id, "FAILURE", "by hand")
    assert "nothing of it was kept" in batch.out
    assert "the data is in" not in batch.out


@pytest.mark.parametrize("fault", ("", f"{DAY} 01:00:00,-1"), ids=("good", "bad"))
def test_a_dry_run_does_everything_and_keeps_nothing(loaded, fault):
    loaded.put_users("1,a1,t2", "2,a2,t2", "3,a1,t3")
    loaded.put_readings(2, f"{DAY} 00:00:00,1", fault)
    before, files, history = loaded.dump(), loaded.inbox(), runs(loaded)
    dry = ended(loaded, "--date", DAY, "--dry-run", "--json")
    assert (loaded.dump(), loaded.inbox(), runs(loaded)) == (before, files, history)
    assert not loaded.value("SELECT count(*) FROM rejected_row")
    real = ended(loaded, "--date", DAY, "--json")
    assert dry.popen.returncode == real.popen.returncode == bool(fault)
    ((said,), (done,)) = json.loads(dry.out), json.loads(real.out)
    kept = ("status", "input_count", "inserted_count", "skipped_count", "error_count", "error_summary")
    assert {key: said[key] for key in kept} == {key: done[key] for key in kept}
    assert said["metadata"]["units"] == done["metadata"]["units"]


def test_a_dry_run_leaves_a_fresh_database_fresh(fresh):
    fresh.put_masters()
    fresh.put_users("1,a1,t1")
    fresh.put_readings(1, f"{DAY} 00:00:00,1.5")
    files = fresh.inbox()
    dry = ended(fresh, "--date", DAY, "--dry-run", "--json")
    assert dry.popen.returncode == 0, dry.err
    assert json.loads(dry.out)[0]["metadata"]["units"]["readings"]["inserted"] == 1
    relations = "SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text NOT LIKE 'pg_%%'"
    assert fresh.rows(f"{relations} AND relnamespace::regnamespace::text <> 'information_schema'") == []
    assert fresh.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'web'") == 0
    assert fresh.inbox() == files
    assert ended(fresh, "--date", DAY).popen.returncode == 0


def test_the_counts_move_while_it_runs(loaded):
    """The first of two large files is in, the second waits for a lock: the row tells of the first."""
    loaded.put_readings(1, "2026-02-01 00:00:00,1", "2026-03-01 00:00:00,1")
    assert ended(loaded, "--date", DAY).popen.returncode == 0
    for month, name in (("02", "a"), ("03", "b")):
        rows = [f"1,2026-{month}-{day:02} 12:00{' ' * 60_000},{day}" for day in range(1, 28)] * 6
        text = "\n".join(["user_id,datetime,consumption", *rows])
        loaded.put(f"consumption/{name}.csv.gz", text)
    now = "SELECT input_count, inserted_count, skipped_count FROM run WHERE status = 'RUNNING'"
    with holding(loaded, "LOCK TABLE reading_2026_03 IN SHARE MODE"):
        with holding(loaded, LOCK, LOCK_SPACE, "readings"):
            batch = Batch(loaded.root, "--date", DAY)
            batch.wait_for("run started")
            assert loaded.rows(now) == [(0, 0, 0)]
            time.sleep(1.1)  # counts are written at most once a second
        wait_until(lambda: is_waiting(loaded, "%INTO reading%"), "the batch must wait for the second")
        ((read, inserted, skipped),) = loaded.rows(now)
        assert inserted == 27
        assert 0 < skipped < read == inserted + skipped
    assert batch.finish() == 0
    counts = "SELECT input_count, inserted_count, skipped_count FROM run ORDER BY id DESC LIMIT 1"
    assert loaded.rows(counts) == [(324, 54, 270)]


@pytest.mark.parametrize("log_format", ("text", "json"))
def test_every_log_line_has_the_uuid(loaded, log_format):
    loaded.set(LOG_FORMAT=log_format)
    loaded.put("consumption/2.csv", "datetime,consumption,more\n")
    good = ended(loaded, "--date", DAY, "--json", "--verbose", "--on-error", "quarantine")
    (record,) = json.loads(good.out)
    run = record["execution_uuid"]
    in_file = (loaded.root / "logs" / "meterhouse.log").read_text().splitlines()
    for lines in (good.lines, [line for line in in_file if run in line]):
        assert len(lines) > 20
        assert all(has(line, log_format, run) for line in lines)
    assert in_file[-len(good.lines) :] == good.lines


def test_no_log_line_on_stdout(loaded):
    good = ended(loaded, "--date", DAY, "--verbose")
    assert good.lines
    assert good.out.startswith(f"consumption {DAY}: SUCCESS")
    assert not [line for line in good.out.splitlines() if line in good.lines or "timestamp" in line]


def test_every_log_line_of_a_failure_has_the_uuid(loaded):
    """Also those with a traceback, which only the file gets."""
    loaded.set(LOG_DIR=str(loaded.root / "more"))
    loaded.do("ALTER TABLE app_user RENAME TO nobody")
    bad = ended(loaded, "--date", DAY, "--json")
    assert bad.popen.returncode == 1
    lines = (loaded.root / "more" / "meterhouse.log").read_text().splitlines()
    assert any("Traceback" in line for line in lines)
    assert "Traceback" not in bad.err
    assert all(has(line, "text", bad.run_id) for line in lines)
    assert json.loads(bad.out)[0]["status"] == "FAILURE"


def has(line, log_format, run):
    """Whether a log line names the run, and its job and date."""
    if log_format == "text":
        return all(part in f"{line} " for part in (f" run={run} ", " job=consumption ", f" date={DAY} "))
    found = json.loads(line)
    return (found["run"], found["job"], found["date"]) == (run, "consumption", DAY)
