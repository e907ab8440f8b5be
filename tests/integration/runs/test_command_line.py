"""The command line: dates, combinations, exit codes, what is printed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.world import DAY

TODAY = datetime.now(ZoneInfo("Asia/Tokyo")).date()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--date", "2026-13-01"],
        ["--date", "01-04-2026"],
        ["--date", "20260401"],
        ["--date", "1969-12-31"],
        ["--date", str(TODAY + timedelta(days=1))],
        ["--start-date", DAY],
        ["--end-date", DAY],
        ["--start-date", "2026-04-02", "--end-date", "2026-04-01"],
        ["--date", DAY, "--start-date", DAY, "--end-date", DAY],
        ["--job", "nonsense"],
        ["--on-error", "ignore"],
        ["--verify", "--rebuild"],
        ["--rebuild", "--start-date", DAY, "--end-date", DAY],
        ["--dat", DAY],
        ["surplus"],
    ],
)
def test_wrong_usage_exits_with_2_and_writes_no_row(world, arguments):
    result = world.call(*arguments)
    assert result.code == 2
    assert "error: " in result.err
    assert "Traceback" not in result.err
    assert world.value("SELECT count(*) FROM run") == 0


@pytest.mark.parametrize("settings", [{"TZ": "Nowhere"}, {"DAILY_JOBS": "consumption,unknown"}])
def test_a_wrong_setting_exits_with_2(world, settings):
    world.set(**settings)
    result = world.call("--date", DAY)
    assert result.code == 2
    assert next(iter(settings)) in result.err


def test_the_date_defaults_to_yesterday_in_the_time_zone(world):
    assert world.run().record["metadata"]["date"] == str(TODAY - timedelta(days=1))


def test_a_range_runs_consumption_once_dated_the_last_day(world):
    result = world.run("--start-date", "2026-04-01", "--end-date", "2026-04-03")
    assert result.record["metadata"]["date"] == "2026-04-03"
    assert world.value("SELECT count(*) FROM run") == 1


def test_the_job_can_be_named(world):
    assert world.run("--job", "consumption", "--date", DAY).record["job_name"] == "consumption"


def test_an_empty_inbox_is_a_success_with_nothing_to_do(world):
    result = world.tell("--date", DAY)
    assert result.code == 0
    assert f"consumption {DAY}: SUCCESS" in result.out
    assert "nothing to do" in result.out
    (world.data / "consumption").rmdir()
    world.data.rmdir()
    assert world.tell("--date", DAY).code == 0


def test_people_are_told_counts_and_what_to_do(world):
    world.put_masters()
    world.put_users("5,a1,t1", "6,a9,t1")
    result = world.tell("--date", DAY)
    assert result.code == 1
    assert "users: read 2, identical 0, rejected 1 - rolled back" in result.out
    told = "reject: user_data.csv:3: unknown_area: '6,a9,t1': add the area to area.csv, or correct the name"
    assert told in result.out
    assert "Traceback" not in result.out + result.err


def test_json_goes_to_stdout_and_logs_do_not(world):
    world.start("5,a1,t1")
    result = world.call("--date", DAY, "--json")
    assert result.out.startswith("[\n")
    assert "event=step" in result.err
    assert '"status": "SUCCESS"' in result.out


def test_help_shows_examples_and_exit_codes(world):
    result = world.call("--help")
    assert result.code == 0
    for text in ("examples:", "exit codes:", "--on-error quarantine", "--dry-run", "rejected/"):
        assert text in result.out


def test_a_bug_is_told_in_a_line_and_its_traceback_is_in_the_file(world, monkeypatch):
    monkeypatch.setattr("etl.runs.dataset.require_same", lambda sql, config: 1 / 0)
    result = world.run("--date", DAY)
    assert result.code == 1
    assert "internal error" in result.record["error_summary"]
    assert "ZeroDivisionError" in result.record["error_summary"]
    assert "Traceback" not in result.err
    assert "Traceback" in (world.root / "logs" / "meterhouse.log").read_text()


def test_it_loads_even_where_no_log_file_can_be_written(world):
    (world.root / "occupied").write_text("")
    world.set(LOG_DIR=str(world.root / "occupied"))
    result = world.run("--date", DAY)
    assert result.code == 0
    assert "there is no log file" in result.err
