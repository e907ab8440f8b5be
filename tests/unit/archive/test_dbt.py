"""What dbt's process is given, how it is ended, and what is made of its words, without dbt."""

import os
import subprocess
import sys

import psutil
import pytest

from etl.config import Config
from etl.errors import Interrupted
from etl.jobs.archive import dbt
from tests.integration.processes import wait_until
from tests.unit.documents import ROOT

STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
time.sleep(600)
"""
# The batch, whose dbt is one that never ends.
BATCH = """
from datetime import date
from etl import config
from etl.jobs.archive import dbt
dbt.PASSED_ON += ("PYTHONPATH",)
dbt.build(config.load(), [date(2026, 4, 1)], lambda: None)
"""
ENDLESS = """
import os, pathlib, time
def cli():
    pathlib.Path(os.environ["DUCKDB_PATH"]).write_text(str(os.getpid()))
    time.sleep(60)
"""


def test_dbt_gets_none_of_our_secrets(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("DBT_FULL_REFRESH", "1")
    environment = dbt._environment(
        Config(influx_token="hidden", influx_password="hidden", tz="Europe/London")
    )
    assert "hidden" not in str(environment)
    assert not [name for name in environment if name.startswith("DBT_")]
    assert environment["TZ"] == "Europe/London"


def test_a_process_that_ignores_sigterm_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    monkeypatch.setattr(dbt, "PATIENCE_SECONDS", 0.1)

    def stop() -> None:
        if (tmp_path / "ready").exists():
            raise Interrupted

    with (tmp_path / "told").open("wb") as told, pytest.raises(Interrupted):
        dbt._run([sys.executable, "-c", STUBBORN], {}, told, stop)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("09:00:01  Running\n09:00:02  Encountered an error:\nA Error\n  b\n\n  c\nd\n", "A Error b c"),
        (f"09:00:02  Encountered an error:\nIO Error: x\n09:00:02  {dbt.TRACEBACK}\n  y\n", "IO Error: x"),
        ("a\nb\nc\nd\n", "b c d"),
        ("", ""),
    ],
)
def test_of_an_early_error_the_reason_is_told(output, told):
    assert dbt._told(output) == told


def test_dbt_ends_with_the_killed_batch(tmp_path):
    for package in (tmp_path / "dbt", tmp_path / "dbt/cli"):
        package.mkdir()
        (package / "__init__.py").write_text(
            "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"
        )
    (tmp_path / "dbt/cli/main.py").write_text(ENDLESS)
    started = tmp_path / "pid"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "DUCKDB_PATH": str(started)}
    with subprocess.Popen([sys.executable, "-c", BATCH], cwd=tmp_path, env=environment) as batch:
        wait_until(lambda: started.exists() and started.read_text(), "dbt's process")
        orphan = psutil.Process(int(started.read_text()))
        batch.kill()
    orphan.wait(10)
