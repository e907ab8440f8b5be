"""The embedded PostgreSQL: made, stopped, found dead, killed under the batch; nothing is lost."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from etl.database import server
from etl.database.connection import LOCK_SPACE
from tests.integration.processes import (
    ROOT,
    Batch,
    Home,
    ended,
    holding,
    is_waiting,
    runs,
    stored,
    wait_until,
)

# Kills and signals race with whatever else the machine does: a test may lose once, not thrice.
pytestmark = pytest.mark.flaky(reruns=2)

DAY = "2026-03-01"
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON dataset {deferred}
    FOR EACH ROW EXECUTE FUNCTION slow();
"""


@pytest.fixture
def home(monkeypatch):
    """An inbox, and no server yet."""
    made = Home(monkeypatch)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cluster():
    """A stopped server's folder, with two users in the database."""
    with pytest.MonkeyPatch.context() as patch:
        made = Home(patch)
        try:
            made.start("1,a1,t1", "2,a2,t2", day="2026-02-01")
            server.stop(made.state)
            yield made.pg
        finally:
            made.close()


@pytest.fixture
def stopped(home, cluster):
    """A world with two users whose server is stopped."""
    home.state.mkdir(0o700)
    subprocess.run(["cp", "-a", cluster, home.pg], check=True)
    return home


@pytest.fixture
def started(stopped):
    """A world with two users whose server runs."""
    server.start(stopped.state)
    return stopped


def loads(home, expected):
    """The batch must load what is in the inbox."""
    batch = ended(home, "--date", DAY)
    assert batch.popen.returncode == 0, batch.err
    assert stored(home) == expected
    assert home.inbox() == []
    home.verify()
    return batch


def making(home, own_group=False):
    """A batch in the middle of making its server."""
    home.put_masters()
    home.put_users("1,a1,t1", "2,a2,t2")
    batch = Batch(home.root, "--date", DAY, own_group=own_group)
    wait_until(lambda: any(home.state.glob("*/PG_VERSION")), "initdb must work")
    assert not home.pg.exists()
    return batch


def one_line(batch):
    """The only line on stderr that is no log line."""
    assert batch.popen.returncode == 1, batch.err
    (told,) = [line for line in batch.lines if not line.startswith("timestamp=")]
    assert told.startswith("error: ")
    return told


def stop_command():
    return subprocess.run(
        [sys.executable, "-m", "etl.database.embedded", "stop"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_made_stopped_and_started_again(home):
    home.start("1,a1,t1", "2,a2,t2")
    assert home.value("SHOW max_locks_per_transaction") == "1024"
    postmaster = home.postmaster
    stopped = stop_command()
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, "stopped\n", "")
    assert not postmaster.is_running()
    assert stop_command().returncode == 0
    loads(home, home.fill(DAY))
    assert len(runs(home)) == 2


@pytest.mark.parametrize("end", ("killed", "stopped"))
def test_it_ends_under_the_batch(started, end):
    expected, files = started.fill(DAY), started.inbox()
    with holding(started, LOCK, LOCK_SPACE, "readings"):
        batch = Batch(started.root, "--date", DAY)
        wait_until(lambda: is_waiting(started), "the batch must wait")
        if end == "killed":
            started.kill_server()
        else:
            assert stop_command().returncode == 0
    assert batch.finish() == 1
    assert "Traceback" not in batch.err
    (told,) = [line for line in batch.out.splitlines() if "lost" in line]
    assert "run it again" in told
    assert started.inbox() == files
    loads(started, expected)
    assert runs(started)[-2][:2] == (batch.run_id, "FAILURE")


def test_only_its_postmaster_was_killed(started):
    """A server process that lives on would write beside a new server: that must not start yet."""
    expected = started.fill(DAY)
    with holding(started, "SELECT 1"):
        pid = started.value("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'")
        orphan = psutil.Process(pid)
        orphan.suspend()
        started.postmaster.kill()
        told = one_line(ended(started, "--date", DAY))
        assert str(started.pg / "log") in told
        orphan.resume()
        psutil.wait_procs([orphan], 10)
    loads(started, expected)


def test_lost_in_the_commit(started):
    """The transaction is durable, but the batch never hears of it."""
    expected = started.fill(DAY)
    started.do(SLOW.format(seconds=1, deferred="DEFERRABLE INITIALLY DEFERRED"))
    batch = Batch(started.root, "--date", DAY)
    batch.wait_for("committing")
    # From here on a commit waits for a standby that does not exist, after it is durable.
    started.do("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    started.do("SELECT pg_reload_conf()")
    waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    wait_until(lambda: bool(started.rows(waits)), "the commit must wait")
    started.do("ALTER SYSTEM RESET synchronous_standby_names")
    started.kill_server()
    assert batch.finish() == 1
    assert "Traceback" not in batch.err
    server.start(started.state)
    assert stored(started) == expected
    assert "nothing of this run was kept" not in batch.out
    assert runs(started)[-1] == (batch.run_id, "SUCCESS", None)
    loads(started, expected)


@pytest.mark.parametrize(
    "content", ("", "x\n", "{pid}\n", "{pid}\n{pg}\n1700000000\n5432\n{pg}\n\n  1  1\nready   \n")
)
def test_a_stale_pid_file_of_no_process(stopped, content):
    dead = subprocess.Popen(["/bin/true"])
    dead.wait()
    (stopped.pg / "postmaster.pid").write_text(content.format(pid=dead.pid, pg=stopped.pg))
    loads(stopped, stopped.fill(DAY))


@pytest.mark.parametrize("name", ("sleep", "postgres"))
def test_a_stale_pid_file_of_a_stranger(stopped, name):
    program = shutil.copy("/bin/sleep", stopped.root / name)
    with subprocess.Popen([program, "600"]) as stranger:
        try:
            lines = (stranger.pid, stopped.pg, 1700000000, 5432, stopped.pg, "", "  1  1", "ready   ", "")
            (stopped.pg / "postmaster.pid").write_text("\n".join(map(str, lines)))
            loads(stopped, stopped.fill(DAY))
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.parametrize("orphan", (False, True), ids=("initdb dies too", "initdb lives on"))
def test_killed_while_it_makes_the_server(home, orphan):
    batch = making(home)
    for process in (initdb := psutil.Process(batch.popen.pid).children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            process.suspend() if orphan else process.kill()
    batch.kill()
    expected = home.fill(DAY)
    again = Batch(home.root, "--date", DAY)
    again.wait_for("creating")
    time.sleep(0.2)
    for process in initdb:
        with suppress(psutil.NoSuchProcess):
            process.resume()
    assert again.finish() == 0, again.err
    assert stored(home) == expected
    assert orphan or [path.name for path in home.state.glob("pg*")] == ["pg"]


def test_two_at_once_make_one_server(home):
    home.put_masters()
    home.put_users("1,a1,t1", "2,a2,t2")
    expected = home.fill(DAY)
    batches = [Batch(home.root, "--date", DAY) for _ in range(2)]
    codes = [batch.finish() for batch in batches]
    assert 0 in codes
    refused = [batch for batch in batches if batch.popen.returncode]
    assert all("consumption is running already" in one_line(batch) for batch in refused)
    assert stored(home) == expected
    assert len(runs(home)) == 2 - len(refused)
    mine = [one for one in psutil.process_iter(["cmdline"]) if str(home.pg) in (one.info["cmdline"] or ())]
    assert mine == [home.postmaster]


@pytest.mark.parametrize("disk", ("the same disk", "another disk"))
def test_a_server_of_an_earlier_release_is_moved_once(started, disk, request):
    """It lay in the inbox's folder, where the upstream system may write."""
    if disk == "another disk":
        started.data = Path(tempfile.mkdtemp(prefix="mh", dir="/dev/shm"))
        request.addfinalizer(lambda: shutil.rmtree(started.data))
        if started.data.stat().st_dev == started.root.stat().st_dev:
            pytest.skip("NOT TESTED: /dev/shm is no file system of its own here")
        (started.data / "consumption").mkdir()
        started.set(DATA_DIR=str(started.data))
    server.stop(started.state)
    subprocess.run(["mv", started.pg, started.data / "pg"], check=True)
    server.start(started.data)
    old = started.data / "pg"
    expected = started.fill(DAY)
    batch = loads(started, expected)
    (told,) = [line for line in batch.lines if "embedded server: moved" in line]
    assert str(old) in told and str(started.pg) in told
    assert not old.exists() and not (started.data / ".pg.lock").exists()
    assert "server: moved" not in loads(started, expected).err


@pytest.mark.parametrize("trap", ("of another user", "writable for others", "a link"))
def test_a_server_that_another_may_have_written_is_neither_used_nor_replaced(home, cluster, trap):
    old = home.data / "pg"
    subprocess.run(["cp", "-a", cluster, home.root / "trap" if trap == "a link" else old], check=True)
    if trap == "a link":
        old.symlink_to(home.root / "trap")
    elif trap == "of another user":
        os.chown(old, 65534, 65534)
    else:
        old.chmod(0o777)
    home.put_masters()
    home.put_users("3,a1,t1")
    batch = ended(home, "--date", DAY)
    assert batch.popen.returncode == 1
    assert "another user may have written" in batch.err
    assert (old / "PG_VERSION").exists()
    # A night that ends well in a new, empty database would hide the old one.
    assert not home.pg.exists()
    assert "user_data.csv" in home.inbox()


def test_a_path_too_long_for_a_socket(home):
    home.set(STATE_DIR=str(home.root / ("long" * 30)))
    told = one_line(ended(home, "--date", DAY))
    assert all(part in told for part in ("too long", "STATE_DIR", "DATABASE_URL"))


def test_a_folder_that_cannot_be_made(home):
    (home.root / "file").touch()
    home.set(STATE_DIR=str(home.root / "file" / "state"))
    assert "Not a directory" in one_line(ended(home, "--date", DAY))


def test_a_broken_cluster(stopped):
    (stopped.pg / "global" / "pg_control").unlink()
    told = one_line(ended(stopped, "--date", DAY))
    assert str(stopped.pg / "log") in told


def test_ctrl_c_spares_the_server(started):
    """A terminal sends SIGINT to the whole process group of the batch, which has started the server."""
    expected = started.fill(DAY)
    started.do(SLOW.format(seconds=60, deferred=""))
    server.stop(started.state)
    batch = Batch(started.root, "--date", DAY, own_group=True)
    batch.wait_for("sql/readings/clear_deltas.sql")
    postmaster = started.postmaster
    time.sleep(0.3)
    batch.stop(signal.SIGINT)
    assert started.postmaster == postmaster
    assert runs(started)[-1] == (batch.run_id, "FAILURE", "interrupted")
    started.do("DROP FUNCTION slow CASCADE")
    loads(started, expected)


def test_ctrl_c_while_it_makes_the_server(home):
    batch = making(home, own_group=True)
    batch.stop(signal.SIGINT)
    assert "interrupted" in batch.err
    assert "does not start" not in batch.err
    loads(home, home.fill(DAY))


def test_sigint_while_another_process_makes_the_server(home):
    home.state.mkdir(0o700)
    with (home.state / ".pg.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        batch = Batch(home.root, "--date", DAY)
        opened = psutil.Process(batch.popen.pid).open_files
        wait_until(lambda: file.name in {one.path for one in opened()}, "the batch must wait")
        batch.stop(signal.SIGINT)
    assert "interrupted" in one_line(batch)


def test_sigint_while_it_recovers(stopped):
    """As after a crash with much to replay; the next run waits for the end of it."""
    (stopped.pg / "recovery.signal").touch()
    shutil.chown(stopped.pg / "recovery.signal", (stopped.pg / "PG_VERSION").owner())
    once = stopped.pg / "once"
    with (stopped.pg / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"restore_command = 'test -e {once} && exit 1; touch {once}; sleep 5; exit 1'\n")
    batch = Batch(stopped.root, "--date", DAY)
    wait_until(once.exists, "the server must recover")
    batch.stop(signal.SIGINT)
    assert "interrupted" in one_line(batch)
    loads(stopped, stopped.fill(DAY))
