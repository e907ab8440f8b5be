"""Files that cannot be read, change or vanish while the batch is at work."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from etl.inbox import chunks, completion
from etl.inbox.files import REJECTED, InboxFile
from etl.inbox.rejects import REASONS, FileFault
from tests.world import DAY, World

ROOT = Path(__file__).resolve().parents[3]
GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption\n", "user_id,datetime,consumption\n"
SOCKET = ".s.PGSQL.5432"
POLICIES = ("abort", "quarantine")
# root reads whatever it likes unless these are taken away
LIKE_OTHERS = ("--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search")

needs_modes = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads everything, and there is no setpriv"
)


@pytest.fixture
def five(world):
    """User 5 is registered, the inbox is empty."""
    world.start("5,a1,t1")
    return world


@needs_modes
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["area.csv", "user_data.csv", "consumption/5.csv", "consumption/x.csv.gz"])
def test_an_unreadable_file_is_told_and_loses_nothing(five, name, policy):
    five.put(name, f"{ONE}{GOOD}\n").chmod(0)
    five.put("consumption/many.csv", f"{MANY}5,{GOOD}\n")
    result = as_nobody_special(five, "--date", DAY, "--on-error", policy)
    assert result.returncode == 1
    assert f"reject: {name}: unreadable: 'Permission denied'" in result.stdout
    assert REASONS["unreadable"] in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert five.rejected() == [(name, None, "Permission denied", "unreadable")]
    stays = policy == "abort" or not name.startswith("consumption/")
    assert (five.data / name).exists() == stays


@needs_modes
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_without_rights_is_told_and_loses_nothing(five, mode):
    """Without any right it cannot be listed; with r alone it can, but no file in it opens."""
    five.put_readings(5, GOOD)
    five.put_users("5,a2,t1")
    folder = five.data / "consumption"
    folder.chmod(mode)
    try:
        result = as_nobody_special(five, "--date", DAY)
    finally:
        folder.chmod(0o755)
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    assert "internal error" not in result.stdout
    assert "readable" in result.stdout
    assert five.inbox() == ["consumption/5.csv"], "the users are kept and their file moves"


def test_a_file_that_changed_since_it_was_read_stays_for_the_next_run(five):
    """After the commit the file is not the one that was loaded any more."""
    five.put_readings(5, GOOD)
    file = InboxFile(five.data, "consumption/5.csv")
    with file.open(1 << 20) as source:
        source.read()
    five.put_readings(5, GOOD, "2026-03-01 00:30:00,2")
    assert completion.move([file], five.data, "a-run", lambda: None) == 0
    assert five.inbox() == ["consumption/5.csv"]


def test_a_refused_file_that_somebody_took_away_does_not_stop_the_moves(five):
    five.put_readings(5, GOOD)
    gone = InboxFile(five.data, "consumption/4.csv", destination=REJECTED)
    there = InboxFile(five.data, "consumption/5.csv")
    assert completion.move([gone, there], five.data, "a-run", lambda: None) == 1
    assert five.inbox() == []


def test_a_link_in_the_inbox_moves_no_foreign_folder(five):
    """Older versions took back what lay in `.claimed-*`: whoever delivers files may put a link there."""
    foreign = five.root / "foreign"
    foreign.mkdir()
    (foreign / "5.csv").write_text(f"{ONE}{GOOD}\n")
    (five.data / ".claimed-x").symlink_to(foreign)
    five.put_readings(5, "2026-03-01 00:30:00,2")
    assert five.run("--date", DAY).record["inserted_count"] == 1
    assert (five.data / ".claimed-x").readlink() == foreign
    assert [path.name for path in foreign.iterdir()] == ["5.csv"]
    assert [wh for _, _, wh in five.readings()] == ["2"]
    assert five.inbox() == []


@pytest.mark.parametrize("change", ["append", "rewrite", "touch", "replace", "remove"])
def test_a_file_that_changes_while_it_is_open_is_a_fault(tmp_path, change):
    path = tmp_path / "5.csv"
    path.write_text(f"{ONE}{GOOD}\n")
    with pytest.raises(FileFault) as fault, InboxFile(tmp_path, "5.csv").open(1 << 20) as source:
        source.read()
        if change == "append":
            path.open("a").write(GOOD)
        elif change == "rewrite":
            path.write_text(f"{ONE}{GOOD[:-1]}6\n")
        elif change == "touch":
            os.utime(path, ns=(1, 1))
        elif change == "replace":
            (tmp_path / "new").write_text(f"{ONE}{GOOD}\n")
            (tmp_path / "new").rename(path)
        else:
            path.unlink()
    assert fault.value.reason == "file_changed"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["area.csv", "user_data.csv", "consumption/5.csv", "consumption/many.csv"])
def test_a_file_that_grows_while_it_is_read_is_told_and_stays(five, name, policy):
    content = {
        "area.csv": ["name"] + ["a1"] * 20_000,
        "user_data.csv": ["id,area,tariff"] + ["5,a1,t1"] * 20_000,
        # More than what is read at once.
        "consumption/5.csv": [ONE.rstrip()] + [GOOD] * 80_000,
        "consumption/many.csv": [MANY.rstrip()] + [f"5,{GOOD}"] * 20_000,
    }[name]
    five.put(name, "\n".join(content) + "\n")
    # Small pieces, so that the file is open for a while.
    five.monkeypatch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=4_096))
    five.monkeypatch.setattr("etl.readings.batches.BATCH_BYTES", 16_384)
    before = five.dump()
    with growing(five.data / name):
        result = five.tell("--date", DAY, "--on-error", policy)
    assert result.code == 1
    assert f"{name}: file_changed:" in result.out
    assert REASONS["file_changed"] in result.out
    ((file, line, count, reason),) = five.rows("SELECT file, line, line_count, reason FROM rejected_row")
    assert (file, line, reason) == (name, None, "file_changed")
    assert count >= 20_000, "the fault of a whole file has its line count"
    assert five.inbox() == [name]
    after = five.dump()
    assert after["reading"] == before["reading"] if "reading" in before else five.readings() == []
    assert (after["app_user"], after["area"]) == (before["app_user"], before["area"])


def as_nobody_special(world: World, *arguments: str) -> subprocess.CompletedProcess:
    """Run the batch as a process that file modes hold for."""
    prefix = ["setpriv", *LIKE_OTHERS] if os.geteuid() == 0 else []
    with reachable_server(os.environ["DATABASE_URL"]) as url:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "etl.main", *arguments],
            cwd=world.root,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url},
            capture_output=True,
            check=False,
            text=True,
        )


@contextmanager
def reachable_server(url: str) -> Generator[str]:
    """The server's socket in a folder of our own: its own one is for its user only."""
    home = Path(parse_dsn(url)["host"])
    # Beside the cluster's folder: no link leads to another file system.
    with tempfile.TemporaryDirectory(dir=home.parents[1]) as folder:
        os.link(home / SOCKET, f"{folder}/{SOCKET}")
        yield make_dsn(url, host=folder)


@contextmanager
def growing(path: Path) -> Generator[None]:
    """Append to a file all the time, in a thread, until the block ends."""
    stop = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.is_set() and file.tell() < 50_000_000:
                file.write(b"\n")

    thread = threading.Thread(target=write, daemon=True)
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
