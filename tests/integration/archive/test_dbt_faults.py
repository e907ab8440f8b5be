"""dbt fails or is stopped: the error says what and why, and the next build is whole."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import psutil
import pytest

from etl.errors import Interrupted, ModelsFailed
from etl.jobs.archive import dbt
from tests.integration.archive import meters
from tests.integration.archive.meters import Point, Store

DAY = date(2026, 4, 1)
AT = datetime(2026, 4, 1, tzinfo=UTC)
HOLD = """
import sys, duckdb
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path) -> Store:
    """A store with a day of one meter."""
    made = meters.make(tmp_path)
    made.add(Point(AT + timedelta(hours=hour), "m", 5.0, 1.0 + hour) for hour in range(3))
    return made


def go_on() -> None:
    """Nobody stops the run."""


def refused(store: Store) -> str:
    """What the failed build says."""
    with pytest.raises(ModelsFailed) as raised:
        dbt.build(store.config, [DAY], go_on)
    message = str(raised.value)
    assert "\n" not in message
    assert f"see {store.config.log_dir}/dbt/output.txt" in message
    return message


def test_a_failed_model_is_named_and_its_rows_stay(store):
    dbt.build(store.config, [DAY], go_on)
    before = store.energy()
    assert before
    store.add([Point(AT + timedelta(hours=5), "m", 5.0, 1e300)])
    message = refused(store)
    assert message.startswith("dbt failed: model fct_daily_energy: Conversion Error: Could not cast")
    assert store.energy() == before


def test_a_failed_test_is_named(store):
    store.add([Point(AT, None, 5.0, 1.0)])
    start = "dbt failed: test not_null_stg_meter_readings_source: Got 1 result, configured to fail if != 0; "
    assert refused(store).startswith(start)


def test_a_locked_file_names_the_process_and_no_old_result_counts(store):
    results = store.config.data_dir / "dbt/run_results.json"
    results.parent.mkdir()
    old = {"unique_id": "model.meterhouse.fct_daily_energy", "status": "success", "execution_time": 1.0}
    results.write_text(json.dumps({"results": [old]}))
    command = [sys.executable, "-c", HOLD, str(store.config.duckdb_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        message = refused(store)
        holder.communicate()
    assert message.startswith("dbt failed: IO Error: Could not set lock on file")
    assert f"(PID {holder.pid})" in message


def test_a_stop_ends_dbt_and_the_next_build_is_whole(store):
    started = store.config.log_dir / "dbt/dbt.log"

    def stop() -> None:
        if started.exists():
            raise Interrupted

    with pytest.raises(Interrupted):
        dbt.build(store.config, [DAY], stop)
    assert not (store.config.data_dir / "dbt/run_results.json").exists()
    assert not [one for one in psutil.Process().children() if str(dbt.PROGRAM) in one.cmdline()]
    dbt.build(store.config, [DAY], go_on)
    assert len(store.energy()) == 1
