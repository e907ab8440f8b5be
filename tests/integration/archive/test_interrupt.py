"""Ctrl-C and SIGTERM end the archive in time, also while InfluxDB is mute and while dbt is at work."""

import signal
import socket
import time
from datetime import date

import psutil
import pytest

from tests.integration.archive.invented import Meter
from tests.integration.processes import Batch, runs

pytestmark = pytest.mark.flaky(reruns=2)

ARGUMENTS = ("--job", "archive", "--date", "2026-04-01")


def start(world, line):
    batch = Batch(world.root, *ARGUMENTS, own_group=True)
    batch.wait_for(line)
    return batch


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_mute_influxdb_does_not_hold_it(world, number):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        world.set(INFLUX_URL=f"http://127.0.0.1:{mute.getsockname()[1]}")
        batch = start(world, "sql/dataset/register.sql")
        time.sleep(0.5)
        batch.stop(number)
    assert [one[1:] for one in runs(world)] == [("FAILURE", "interrupted")]


def test_dbt_ends_with_it(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    influx.write(Meter("meter1").lines(date(2026, 4, 1)))
    batch = start(world, "sql/archive/days_to_model.sql")
    time.sleep(1)
    (dbt,) = psutil.Process(batch.popen.pid).children()
    batch.stop(signal.SIGINT)
    assert not dbt.is_running()
    assert [one[1:] for one in runs(world)] == [("FAILURE", "interrupted")]
    assert world.rows("SELECT * FROM archive_day") == []
    assert world.run(*ARGUMENTS).code == 0
