"""The archive is killed with SIGKILL wherever it is, again and again; then one run puts all stores right."""

import random
import threading
import time
from collections import Counter
from datetime import date

import duckdb as library
import pyarrow.parquet as pq
import pytest

from etl import config
from etl.jobs.archive import parquet
from tests.integration.archive.invented import Meter
from tests.integration.processes import Batch, ended, run_when_free

pytestmark = pytest.mark.timeout(1_800)

DAY = date(2026, 4, 1)
METERS = [Meter(f"meter{number}", every=20, rise=number) for number in range(1, 4)]
# A phase begins with this line of the log, and the longest time into it that a kill waits.
PHASES = {
    "read": ("run started", 0.15),
    "parquet": ("points read", 0.05),
    "duckdb": ("parquet written", 0.3),
    "dbt": ("duckdb loaded", 6.0),
    "postgresql": ("models copied", 0.1),
    "commit": ("committing", 0.02),
}


class Reader:
    """Reads the partition all the while: it must find a whole day, the old or the new one."""

    def __init__(self, world) -> None:
        self.folder = config.load().parquet_base_dir / parquet.DATASET
        self.seen, self.faults = Counter(), []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _read(self):
        while not self._over.wait(0.02):
            files = [one for one in self.folder.glob("**/*") if one.is_file() and one.suffix == ".parquet"]
            for file in files:
                try:
                    table = pq.read_table(file, partitioning=None)
                    versions = table["instant_power_w"].unique().to_pylist()
                    if (len(table), len(versions)) != (3 * 4320, 1):
                        self.faults.append((len(table), versions))
                    self.seen.update(versions)
                except OSError as error:
                    self.faults.append(str(error))


@pytest.fixture
def site(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name, ARCHIVE_USER_MAP="meter1=3000")
    world.start("3000,a1,t1", day="2026-03-01")
    put_version(influx, 0)
    assert ended(world, "--job", "archive", "--date", str(DAY)).popen.returncode == 0
    return world


def put_version(influx, version):
    """Write the day anew; all its points say which version they are of, and the counters stay."""
    influx.write(
        f"power,source={meter.source} instant_power_w={version},energy_import_kwh={kwh} {at}"
        for meter in METERS
        for at, _, kwh in meter.points(DAY)
    )


def kill_in(world, phase, rng):
    """Start a run and kill it in that phase; where it was, by the last phase its log tells of."""
    # Kills race with whatever else the machine does: one that comes too late is tried again.
    return next((hit for _ in range(4) if (hit := _kill_once(world, phase, rng)) != "missed"), "missed")


def _kill_once(world, phase, rng):
    line, longest = PHASES[phase]
    batch = Batch(world.root, "--job", "archive", "--date", str(DAY), "--verbose")
    batch.wait_for(line)
    time.sleep(rng.uniform(0, longest))
    code = batch.kill()
    if code == 0:
        return "missed"
    return [name for name, (begins, _) in PHASES.items() if begins in batch.err][-1]


def crash(world, influx, phases, seed):
    """Kill run after run, each with another version of the day, then run once."""
    rng, hits = random.Random(seed), Counter()
    with Reader(world) as reader:
        for version, phase in enumerate(phases, 1):
            put_version(influx, version)
            hits[kill_in(world, phase, rng)] += 1
        batch, _ = run_when_free(world, "--job", "archive", "--date", str(DAY))
    assert batch.popen.returncode == 0, batch.err
    assert not reader.faults
    return hits, reader


def require_whole(world, version):
    """All stores have the last version, once; readings are those of an undisturbed run."""
    settings = config.load()
    table = pq.read_table(parquet.path(settings, DAY), partitioning=None)
    assert table["instant_power_w"].unique().to_pylist() == [version]
    files = [one for one in settings.parquet_base_dir.rglob("*") if one.is_file()]
    assert files == [parquet.path(settings, DAY)]
    with library.connect(str(settings.duckdb_path)) as database:
        rows = database.execute(
            "SELECT instant_power_w, count(*) FROM raw_meter_readings GROUP BY 1"
        ).fetchall()
        assert rows == [(version, 3 * 4320)]
        assert database.execute("SELECT count(*), max(peak_w) FROM fct_daily_energy").fetchall() == [
            (3, version)
        ]
    assert world.rows("SELECT points FROM archive_day") == [(3 * 4320,)]
    assert world.rows("SELECT count(*), max(peak_w), sum(points) FROM daily_energy") == [
        (3, version, 3 * 4320)
    ]
    assert len(world.readings()) == 48
    told = world.call("verify", "--job", "archive", "--date", str(DAY))
    assert told.out == "the four stores agree\n"


def test_one_run_heals_a_kill_in_every_phase(site, influx):
    hits, reader = crash(site, influx, PHASES, "archive")
    assert not hits["missed"]
    assert len(reader.seen) > 1
    require_whole(site, len(PHASES))


@pytest.mark.torture
def test_one_run_heals_fifty_kills(site, influx, capsys):
    phases = [*PHASES] * 8 + ["dbt"] * 4
    hits, reader = crash(site, influx, phases, "torture")
    with capsys.disabled():
        print(f"\ntorture, archive: {dict(hits)}; versions seen in Parquet: {len(reader.seen)}")
    assert hits["dbt"] >= 10
    assert not hits["missed"]
    require_whole(site, len(phases))
