"""`make run` on a fresh clone: readings and orders over the same dates, and results without log lines."""

import os
import subprocess
import sys

import pytest

from tests.integration.processes import ROOT, Home


@pytest.fixture
def home(monkeypatch):
    """An empty folder, and no server yet; the settings are the defaults."""
    made = Home(monkeypatch)
    monkeypatch.delenv("DAILY_JOBS")
    yield made
    made.close()


def demo(home: Home, *arguments: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "etl.sample.demo", *arguments],
        cwd=home.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_it_makes_orders_too_and_shows_results_without_log_lines(home):
    out, err = demo(home)
    assert err == ""
    assert "60 users, 300 orders and 14 days" in out.splitlines()[0]
    assert "SUCCESS\n  runs 14\n" in out
    assert "event=step" in (home.root / "logs" / "meterhouse.log").read_text()
    days, orders, net = home.rows("SELECT count(*), sum(orders), sum(net) FROM web.daily_sales")[0]
    assert (days, orders) == (14, 300)
    assert f"Sales: 300 orders on 14 days, {net:,.0f} yen net\n" in out
    dates = "SELECT min({0}), max({0}) FROM {1}"
    assert home.rows(dates.format("local_date", "web.load_by_date")) == home.rows(
        dates.format("sales_date", "web.daily_sales")
    )
    assert home.value("SELECT count(*) FROM web.late_sales_date") == 0
    again, err = demo(home, "--verbose")
    assert "Nothing here yet" not in again
    assert "event=step" in err
    assert home.value("SELECT count(*) FROM web.daily_sales") == 14
