"""SIGINT and SIGTERM: the run rolls back, says so and ends with 1 within two seconds, wherever it is."""

import signal
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from etl.database.connection import LOCK_SPACE
from tests.integration.processes import (
    Batch,
    backend,
    ended,
    holding,
    is_waiting,
    make_inbox,
    run_when_free,
    runs,
    stored,
    wait_until,
)

# Kills and signals race with whatever else the machine does: a test may lose once, not thrice.
pytestmark = pytest.mark.flaky(reruns=2)

SIGNALS = pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM), ids=("SIGINT", "SIGTERM"))
DAY = "2026-03-01"
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
BUSY = """
    CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN FOR n IN 1..2000000000 LOOP END LOOP; RETURN NULL; END';
    CREATE TRIGGER busy AFTER INSERT ON contract EXECUTE FUNCTION busy();
"""


@pytest.fixture
def loaded(world):
    """Two users in the database; an inbox that changes one, adds one and has readings."""
    world.start("1,a1,t1", "2,a2,t2", day="2026-02-01")
    world.put_users("1,a1,t2", "2,a2,t2", "3,a1,t3")
    for user in (1, 2, 3):
        world.put_readings(user, f"{DAY} 00:00:00,{user}.5", f"{DAY} 00:30:00,{user}")
    return world


class Interrupted:
    """A run that a signal shall end without a trace, and the state it must leave."""

    def __init__(self, world):
        self.world = world
        self.dump, self.files, self.runs = world.dump(), world.inbox(), len(runs(world))
        self.batch = Batch(world.root, "--date", DAY)

    def by(self, number):
        """Send the signal and look at the end of the process."""
        self.batch.stop(number)
        wait_until(lambda: not backend(self.world)[0], "the end of its server process", 5)

    def check(self):
        """All is as before but for the run's row."""
        history = runs(self.world)
        assert len(history) == self.runs + 1
        assert history[-1] == (self.batch.run_id, "FAILURE", "interrupted")
        assert "interrupted" in self.batch.out
        self.check_nothing_kept()

    def check_nothing_kept(self):
        assert self.world.dump() == self.dump
        assert self.world.inbox() == self.files

    def check_next_run(self):
        again = ended(self.world, "--date", DAY)
        assert again.popen.returncode == 0, again.err
        assert "RUNNING" not in {status for _, status, _ in runs(self.world)}
        assert self.world.inbox() == []
        self.world.verify()


@pytest.mark.parametrize(
    ("table", "number"),
    (("contract", signal.SIGINT), ("reading", signal.SIGTERM), ("load_profile", signal.SIGINT)),
)
def test_in_a_statement_that_waits(loaded, table, number):
    with holding(loaded, f"LOCK TABLE {table} IN SHARE MODE"):
        run = Interrupted(loaded)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        run.by(number)
    run.check()
    run.check_next_run()


@SIGNALS
def test_in_a_statement_that_works(loaded, number):
    loaded.do(BUSY)
    run = Interrupted(loaded)
    wait_until(lambda: "INSERT INTO contract" in backend(loaded)[2], "the batch must insert contracts")
    time.sleep(0.2)
    run.by(number)
    run.check()
    loaded.do("DROP FUNCTION busy CASCADE")
    run.check_next_run()


def test_while_it_waits_for_the_lock_of_the_readings(loaded):
    with holding(loaded, LOCK, LOCK_SPACE, "readings"):
        run = Interrupted(loaded)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        run.by(signal.SIGTERM)
    run.check()


def test_while_it_waits_to_make_its_tables(loaded):
    loaded.do("UPDATE schema_version SET version = -version")
    with holding(loaded, LOCK, LOCK_SPACE, "schema"):
        run = Interrupted(loaded)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        run.by(signal.SIGINT)
    run.check_nothing_kept()
    assert "interrupted" in run.batch.err
    loaded.do("UPDATE schema_version SET version = -version")
    run.check_next_run()


def test_while_somebody_locks_the_history(loaded):
    with holding(loaded, "LOCK TABLE run IN SHARE MODE"):
        run = Interrupted(loaded)
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        run.by(signal.SIGTERM)
    run.check_nothing_kept()
    run.check_next_run()


def test_while_somebody_locks_the_history_late(loaded):
    """The counts of the run cannot be shown, nor its end be written; it must not hang for that."""
    with ExitStack() as locks:
        with holding(loaded, LOCK, LOCK_SPACE, "readings"):
            run = Interrupted(loaded)
            wait_until(lambda: is_waiting(loaded), "the batch must wait")
            time.sleep(1.1)  # from then on it wants to show counts
            locks.enter_context(holding(loaded, "LOCK TABLE run IN SHARE MODE"))
        wait_until(lambda: is_waiting(loaded, "%UPDATE run%"), "the batch must wait for the history")
        run.by(signal.SIGINT)
    run.check_nothing_kept()
    run.check_next_run()


@SIGNALS
@pytest.mark.parametrize("line", (f"{DAY} 00:00:00,1.5\n", "1\n"), ids=("fast", "slow"))
def test_in_the_middle_of_parsing(loaded, number, line):
    text = "datetime,consumption\n" + line * (16_000_000 // len(line))
    loaded.put("consumption/1.csv", text)
    loaded.put("consumption/2.csv", text)
    run = Interrupted(loaded)
    run.batch.wait_for("sql/readings/user_ids.sql")
    time.sleep(0.5)
    run.by(number)
    run.check()


@SIGNALS
@pytest.mark.parametrize("library", ("_multiarray_umath", "libarrow"))
def test_right_at_the_start(loaded, number, library):
    run = Interrupted(loaded)
    maps = Path(f"/proc/{run.batch.popen.pid}/maps")
    wait_until(lambda: library in maps.read_text(), f"the process must load {library}")
    run.by(number)
    run.check_nothing_kept()
    assert "interrupted" in run.batch.err
    run.check_next_run()


def test_while_it_connects_to_a_mute_server(world):
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        world.set(DATABASE_URL=f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/d")
        batch = Batch(world.root, "--date", DAY)
        mute.settimeout(60)
        with closing(mute.accept()[0]):
            batch.stop(signal.SIGINT)
    assert "interrupted" in batch.err


@SIGNALS
def test_while_the_files_move(world, other_disk, number):
    """The data is committed: it stays, the row tells of the rest, and the next run takes that up."""
    files = make_inbox(world, DAY, 1_500)
    batch = Batch(world.root, "--date", DAY)
    wait_until(lambda: any(world.data.glob("completion/*/consumption")), "the files must move")
    batch.send(signal.SIGSTOP)
    batch.send(number)
    batch.stop(signal.SIGCONT)
    left, readings, dump = world.inbox(), stored(world), world.dump()
    assert 0 < len(left) < len(files)
    assert sorted(left + world.moved()) == files
    ((_, status, error),) = runs(world)
    assert status == "FAILURE"
    assert error.startswith("interrupted after the commit")
    again = ended(world, "--date", DAY)
    assert again.popen.returncode == 0, again.err
    assert world.inbox() == []
    assert sorted(world.moved()) == files
    assert stored(world) == readings
    assert world.dump() == dump
    world.verify()


def test_a_second_signal_ends_it_at_once(loaded):
    """Then the row cannot tell; the next run does."""
    loaded.do(BUSY)
    run = Interrupted(loaded)
    wait_until(lambda: "INSERT INTO contract" in backend(loaded)[2], "the batch must insert contracts")
    run.batch.send(signal.SIGINT)
    run.batch.send(signal.SIGINT)
    assert run.batch.finish(patience=5) in (1, -signal.SIGINT)
    loaded.do("DROP FUNCTION busy CASCADE")
    again, _ = run_when_free(loaded, "--date", DAY)
    assert again.popen.returncode == 0, again.err
    assert runs(loaded)[-2][:2] == (run.batch.run_id, "FAILURE")


def test_verify(loaded):
    with holding(loaded, "LOCK TABLE reading IN ACCESS EXCLUSIVE MODE"):
        batch = Batch(loaded.root, "--verify")
        wait_until(lambda: is_waiting(loaded), "the batch must wait")
        batch.stop(signal.SIGINT)
    assert "interrupted" in batch.err
    assert batch.out == ""
