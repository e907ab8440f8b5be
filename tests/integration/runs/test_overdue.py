"""--check-overdue: what a cron line of its own says of last night's runs."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.faults.hooks import listening
from tests.world import DAY

NOW = datetime.now(UTC)


@pytest.fixture
def hook(world):
    """Takes the alerts; the job is due every hour, two minutes past the present one."""
    past = NOW - timedelta(minutes=2)
    with listening(200) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url, OVERDUE_AFTER_MINUTES="1", TZ="UTC")
        world.set(SCHEDULE=f"{past.minute} * * * *")
        yield hook


def began(world, minutes, status="SUCCESS"):
    """A run that began so many minutes ago."""
    world.do(
        "INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status)"
        " VALUES (gen_random_uuid(), 'consumption', now() - make_interval(mins => %s), now(), %s)",
        minutes,
        status,
    )


def test_in_time(world, hook):
    began(world, 1)
    began(world, 90)
    result = world.tell("--check-overdue")
    assert result.code == 0
    started = world.value("SELECT max(started_at) FROM run").astimezone(UTC)
    assert result.out == f"consumption: last success started {started:%Y-%m-%d %H:%M}+00:00, in time\n"
    assert hook.payloads == []


def test_overdue(world, hook):
    began(world, 30)
    began(world, 1, "FAILURE")
    result = world.tell("--check-overdue", "--job", "consumption")
    assert result.code == 1
    assert result.out.startswith("consumption: overdue: it was due ")
    assert hook.texts == [f"Meterhouse (production): {result.out.strip()}"]
    assert hook.payloads[0]["job"] == "consumption"
    assert datetime.fromisoformat(hook.payloads[0]["due"]) <= NOW - timedelta(minutes=1)


def test_never_yet(world, hook):
    result = world.tell("--check-overdue")
    assert result.code == 1
    assert "no success yet" in result.out
    assert len(hook.payloads) == 1


def test_a_day_is_given_for_a_run_that_takes_long(world, hook):
    world.set(OVERDUE_AFTER_MINUTES="1440")
    began(world, 26 * 60)
    assert world.tell("--check-overdue").code == 1
    began(world, 23 * 60)
    assert world.tell("--check-overdue").code == 0


def test_nothing_is_loaded(world, hook):
    world.put_masters()
    files = world.inbox()
    world.tell("--check-overdue")
    assert world.inbox() == files
    assert world.value("SELECT count(*) FROM run") == 0


def test_a_database_that_does_not_answer_is_told(world, hook):
    world.set(DATABASE_URL="postgresql://etl:pa55word@127.0.0.1:1/none")
    result = world.tell("--check-overdue")
    assert result.code == 1
    assert "error: no database answers" in result.err
    assert "nobody knows whether a run is overdue" in hook.texts[0]
    assert "pa55word" not in str(hook.payloads) + result.err


def test_a_database_without_tables_is_told(world, hook, empty_database_url):
    world.set(DATABASE_URL=empty_database_url)
    assert world.tell("--check-overdue").code == 1
    assert len(hook.payloads) == 1


@pytest.mark.parametrize(
    "surplus", (["--date", DAY], ["--json"], ["--verify"], ["--rebuild"], ["--users", "5"], ["--dry-run"])
)
def test_it_goes_with_nothing_else(world, surplus):
    assert world.call("--check-overdue", *surplus).code == 2
