"""Every case of the batch's benchmark with a few files: is the right thing loaded? Not: how fast."""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from bench.load import __main__ as load
from bench.load import inputs, real, sides
from bench.load.databases import Databases
from bench.load.fresh import DAY
from bench.load.ground import Ground
from bench.load.report import Line
from bench.load.sizes import SIZES
from bench.web.databases import cluster
from bench.web.servers import ROOT

TINY = SIZES["tiny"]


@pytest.fixture(scope="module")
def ground():
    with cluster({}) as server:
        yield Ground(Databases(server))


@pytest.fixture
def home():
    """A folder with a short name: a server's socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="mht"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def archive(home, monkeypatch):
    """A data set like the real one: the second of two readings of a time is another."""
    data = inputs.Input(home / "real").data_dir
    inputs.write_masters(data, 2)
    for name in ("area.csv", "tariff.csv"):
        (data / name).unlink()
    (data / "consumption").mkdir()
    for user in (1, 2):
        lines = ["datetime,consumption", "2016-07-15 00:00:00,39.0", "2016-07-15 00:00:00,40.0"]
        (data / "consumption" / f"{user}.csv").write_text("\n".join([*lines, "2016-07-15 00:30:00,1.5", ""]))
    with tarfile.open(home / "real.tar.gz", "w:gz") as packed:
        packed.add(data, "data")
    monkeypatch.setenv("SMAP_ARCHIVE", str(home / "real.tar.gz"))


# Each run of the batch is checked by the benchmark itself.


def test_lines_of_a_day(ground):
    lines = list(load.measure(ground, ["day", "script", "again", "disk"], TINY))
    assert [line.bar for line in lines] == [1.2, 1.5, 0.5, 1.5, 85, 300]
    to_commit, whole, script, again, disk, peak = lines
    assert 0 < to_commit.figure < whole.figure
    assert all(line.rate > 0 and line.rss > 1000 for line in (to_commit, whole, script, again))
    assert disk.figure > 47  # what the row alone takes
    assert peak.figure < 1000


def test_nation_and_year(ground):
    nation = list(load.measure(ground, ["nation"], TINY))[:2]
    (year,) = list(load.measure(ground, ["year"], TINY))[:1]
    assert [line.bar for line in (*nation, year)] == [1.2, 1.5, 1.0]
    assert "2 files x 144 rows" in year.what


def test_the_real_data_set_counts_the_first_of_two_readings(ground, archive):
    line, _ = load.measure(ground, ["real"], TINY)
    assert (line.bar, line.verdict != "") == (4.0, True)
    joined = (ground.folder / "real" / "joined.csv").read_text().splitlines()
    assert joined[:2] == ["1,2016-07-15 00:00:00,39.0", "1,2016-07-15 00:30:00,1.5"]
    assert real.write(ground.folder / "again").total == Decimal("81.0")


def test_without_the_real_data_set_a_line_says_so(ground, monkeypatch):
    monkeypatch.setenv("SMAP_ARCHIVE", "/nowhere.tar.gz")
    line = next(load.measure(ground, ["real"], TINY))
    assert line.verdict == ""
    assert "skipped" in line.sides


def test_history_and_late_readings(ground):
    history, late, _ = load.measure(ground, ["history", "late"], TINY)
    assert (history.bar, late.bar) == (1.15, 1.5)
    url = ground.databases.url(f"history_{TINY.history_days}")
    partitions = ground.databases.ask(url, "SELECT name FROM reading_partition ORDER BY starts_at")
    assert [name for (name,) in partitions] == [f"reading_2025_03_{day}" for day in (28, 29, 30, 31)]
    assert ground.databases.ask(url, "SELECT sum(readings) FROM load_by_date") == [(4 * 3 * 48,)]


def test_memory_of_one_file(ground):
    line, _ = load.measure(ground, ["memory"], TINY)
    assert (line.bar, line.unit) == (20, " MB more")


@pytest.mark.parametrize("side", [sides.copy, sides.script])
def test_a_wrong_count_or_total_stops_it(ground, side):
    work = ground.days(TINY.day_files, 1, DAY)
    for wrong in wrongs(work):
        with pytest.raises(RuntimeError, match="the database has"):
            ground.psql(side, wrong)


def test_a_wrong_count_or_total_of_the_batch_stops_it(ground):
    work = ground.days(TINY.day_files, 1, DAY)
    template = ground.databases.template(TINY.day_files)
    for wrong in wrongs(work):
        with (
            pytest.raises(RuntimeError, match="the database has"),
            ground.databases.clone(template) as config,
        ):
            ground.batch(config, wrong, DAY)


def wrongs(work):
    return replace(work, rows=work.rows + 1), replace(work, total=work.total + Decimal("0.1"))


def test_verdicts():
    assert Line("a", 1.2, 1.2, "").verdict == "PASS"
    assert Line("a", 1.201, 1.2, "").verdict == "MISS"
    assert Line("a", None, None, "").verdict == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_when_told_to_end_it_leaves_nothing_behind(home, number):
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load", "--tiny"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "day, script, again, disk:\n"
    time.sleep(1)  # in the middle of something, whatever it is
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert list(home.glob("mhbench*")) == []
    assert not [child for child in children if is_alive(child)]


def is_alive(process):
    """Whether it is more than an entry that init has yet to clear."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
