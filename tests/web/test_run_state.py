"""/metrics, the history page and `overdue` say the same of how a job stands."""

import pytest

from tests.web.test_history_page import PATH, alice
from tests.web.test_metrics import samples

__all__ = ["alice"]
SUCCESS_AGE = 'meterhouse_last_success_age_seconds{job="consumption"}'
DAY_SECONDS = 86_400


@pytest.fixture
def nine_days_ago(world):
    """The last full run was nine days ago, and there is something to load."""
    world.start("5,a1,t1")
    world.do(
        "UPDATE run SET started_at = started_at - interval '9 d', finished_at = finished_at - interval '9 d'"
    )
    world.put_readings(5, "2026-03-01 00:00,1")
    return world


@pytest.mark.parametrize("part", (["--users", "5"], ["--sources", "consumption"], ["--rebuild"]))
def test_a_partial_run_makes_no_night_good(nine_days_ago, alice, part):
    assert nine_days_ago.run(*part).code == 0
    assert samples(alice.viewer)[SUCCESS_AGE] > 8 * DAY_SECONDS
    assert "Overdue" in alice.get(PATH).main
    assert nine_days_ago.call("overdue").code == 1


def test_a_full_run_makes_it_good(nine_days_ago, alice):
    assert nine_days_ago.run().code == 0
    assert samples(alice.viewer)[SUCCESS_AGE] < DAY_SECONDS
    assert "Overdue" not in alice.get(PATH).main
    assert nine_days_ago.call("overdue").code == 0


def test_the_newest_full_success_is_never_deleted(nine_days_ago):
    nine_days_ago.set(RUN_RETENTION_DAYS="8")
    assert nine_days_ago.run("--users", "5").code == 0
    assert nine_days_ago.rows("SELECT is_full FROM run ORDER BY id") == [(True,), (False,)]
