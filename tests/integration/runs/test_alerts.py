"""Alerts: what they tell and of what, and that no answer to them changes how a run ends."""

import signal
import time

import pytest

from etl.config import Config
from etl.database.connection import LOCK_SPACE
from etl.runs import alerts
from tests.integration.faults.hooks import SECRET, listening
from tests.integration.processes import Batch, holding, is_waiting, wait_until
from tests.world import DAY

LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
FACTS = {"job", "date", "execution_uuid", "status", "error_summary", "input_count"}


@pytest.fixture
def hook(world):
    """A hook that takes every alert of this world's runs."""
    with listening(200) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url)
        yield hook


def fail(world):
    """A run that fails: its user file names an unknown area."""
    world.put_masters()
    world.put_users("5,a9,t1")
    result = world.run("--date", DAY)
    assert (result.code, result.record["status"]) == (1, "FAILURE")
    return result


def load(world, day, readings):
    """A run that reads so many readings."""
    if readings:
        world.put_readings(5, *(f"{day} {hour:02}:00,1" for hour in range(readings)))
    assert world.run("--date", DAY).code == 0


@pytest.fixture
def hasty(monkeypatch):
    """Alerts are sent again at once: how often is tested, not the pauses in between."""
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *_: None)


# Of what


def test_an_alert_names_reason_and_place_not_the_line(world, hook):
    world.start("5,a1,t1")
    del hook.payloads[:]
    world.put_readings(5, "2026-03-01 00:00,1", "2026-03-01 00:30,secret': bad_time: 'x")
    record = world.run("--date", DAY).record
    assert "secret" in record["error_summary"]
    (payload,) = hook.payloads
    assert "secret" not in str(payload) and "'x" not in str(payload)
    assert payload["error_summary"].endswith(
        "first: consumption/5.csv:3: bad_consumption; the history shows what"
    )


def test_an_alert_of_a_failure_says_where_to_look(world, hook):
    world.set(APP_ENV="staging")
    record = fail(world).record
    (payload,) = hook.payloads
    assert payload["text"] == f"Meterhouse (staging): consumption {DAY}: FAILURE: {payload['error_summary']}"
    assert set(payload) == {"text", *FACTS}
    assert all(payload[key] == record[key] for key in FACTS - {"job", "date", "error_summary"})
    assert (payload["job"], payload["date"]) == ("consumption", DAY)


def test_no_alert_of_a_success_or_a_dry_run(world, hook):
    world.start("5,a1,t1")
    world.put_users("5,a9,t1")
    assert world.run("--date", DAY, "--dry-run").code == 1
    assert hook.payloads == []


def test_a_run_that_is_refused_is_told(world, hook):
    with holding(world, LOCK, LOCK_SPACE, "job consumption"):
        result = world.call("--date", DAY)
    assert result.code == 1
    (text,) = hook.texts
    assert "did not start: consumption is running already" in text
    assert world.value("SELECT count(*) FROM run") == 0


def test_an_alert_of_a_missing_database_hides_its_password(world, hook):
    world.set(DATABASE_URL="postgresql://etl:pa55word@127.0.0.1:1/none")
    assert world.call("--date", DAY).code == 1
    (text,) = hook.texts
    assert "no database answers at DATABASE_URL" in text
    assert "pa55word" not in str(hook.payloads)


def test_a_run_that_was_interrupted_is_told(world, hook):
    with holding(world, LOCK, LOCK_SPACE, "readings"):
        batch = Batch(world.root, "--date", DAY)
        wait_until(lambda: is_waiting(world), "the batch must wait")
        batch.stop(signal.SIGINT)
    (text,) = hook.texts
    assert text.endswith("FAILURE: interrupted")
    assert hook.payloads[0]["execution_uuid"] == batch.run_id


# The drop


@pytest.fixture
def usual(world, hook):
    """Three runs that read 10 readings each."""
    world.start("5,a1,t1")
    for number in (1, 2, 3):
        load(world, f"2026-03-0{number}", 10)
    # The run that made the users.
    world.do("DELETE FROM run WHERE metadata #> '{units,users}' IS NOT NULL")
    return world


@pytest.mark.parametrize(("readings", "told"), [(5, False), (4, True), (0, True)])
def test_a_sharp_drop_is_told(usual, hook, readings, told):
    load(usual, "2026-03-04", readings)
    assert len(hook.payloads) == told
    if told:
        assert f"read {readings} lines, but usually 10" in hook.texts[0]
        assert hook.payloads[0]["usual_input"] == 10
        assert hook.payloads[0]["status"] == "SUCCESS"


def test_no_drop_is_told_where_none_can_be(usual, hook):
    usual.set(ALERT_DROP_PERCENT="0")
    load(usual, "2026-03-04", 1)
    usual.set(ALERT_DROP_PERCENT="50")
    assert usual.run("--date", DAY, "--users", "5").code == 0
    assert usual.run("--date", DAY, "--sources", "area").code == 0
    assert usual.run("--date", DAY, "--rebuild").code == 0
    assert usual.run("--start-date", "2026-03-31", "--end-date", DAY).code == 0
    usual.do("DELETE FROM run WHERE id = (SELECT max(id) FROM run)")
    usual.do("DELETE FROM run WHERE input_count = 10 AND id = (SELECT min(id) FROM run)")
    usual.do("DELETE FROM run WHERE input_count = 1")
    # Two are left to compare with, and runs of another kind.
    load(usual, "2026-03-05", 1)
    assert hook.payloads == []


def test_the_median_is_of_the_last_seven(usual, hook):
    usual.do("UPDATE run SET input_count = 1000")
    for number in range(11, 18):
        load(usual, f"2026-03-{number}", 4)
    hook.payloads.clear()
    load(usual, "2026-03-18", 2)
    assert hook.payloads == []
    load(usual, "2026-03-19", 1)
    assert "usually 4" in hook.texts[0]


# Whatever is answered


@pytest.mark.parametrize(
    ("answers", "posts", "told"),
    [
        ((200,), 1, "alert sent"),
        ((500, 200), 2, "alert sent"),
        ((429, 503, 200), 3, "alert sent"),
        ((500,), alerts.ATTEMPTS, "the alert was not delivered"),
        ((404,), 1, "the alert was not delivered"),
        ((302,), 1, "the alert was not delivered"),
    ],
)
def test_no_answer_changes_a_run_or_shows_the_address(world, hasty, answers, posts, told):
    with listening(*answers) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url)
        result = fail(world)
    assert len(hook.payloads) == posts
    assert told in result.err
    assert world.rows("SELECT status FROM run") == [("FAILURE",)]
    shown = result.err + result.out + (world.root / "logs" / "meterhouse.log").read_text()
    assert SECRET not in shown
    assert "Traceback" not in shown
    assert all(f"run={result.record['execution_uuid']}" in line for line in result.err.splitlines())


def test_a_hook_that_hangs_is_given_up(world, hasty, monkeypatch):
    monkeypatch.setattr(alerts, "TIMEOUTS", (0.2, 0.2))
    with listening(None) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url)
        result = fail(world)
    assert len(hook.payloads) == alerts.ATTEMPTS
    assert "the alert was not delivered" in result.err
    assert SECRET not in result.err


def test_a_hook_that_outlasts_every_timeout_is_given_up(monkeypatch):
    with listening(None) as hook:
        begun = time.monotonic()
        alerts.send(Config(alert_webhook_url=hook.url), "text", within=0.3)
    assert 0.3 <= time.monotonic() - begun < 2


def test_nobody_listens(world, hasty):
    world.set(ALERT_WEBHOOK_URL=f"http://127.0.0.1:1/{SECRET}")
    assert SECRET not in fail(world).err


def test_ctrl_c_does_not_wait_for_a_hook_that_hangs(world):
    with listening(None) as hook, holding(world, LOCK, LOCK_SPACE, "readings"):
        world.set(ALERT_WEBHOOK_URL=hook.url)
        batch = Batch(world.root, "--date", DAY)
        wait_until(lambda: is_waiting(world), "the batch must wait")
        begun = time.monotonic()
        batch.send(signal.SIGTERM)
        assert batch.finish(patience=15) == 1
        assert time.monotonic() - begun < 10
        assert hook.payloads
    assert world.rows("SELECT status, error_summary FROM run") == [("FAILURE", "interrupted")]


def test_the_job_is_free_while_an_alert_is_sent(world):
    """A hook that hangs must not make the next run wait or fail."""
    world.put_masters()
    world.put_users("5,a9,t1")
    with listening(None) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url)
        batch = Batch(world.root, "--date", DAY)
        wait_until(lambda: bool(hook.payloads), "the alert")
        world.set(ALERT_WEBHOOK_URL="")
        world.put_users("5,a1,t1")
        assert world.run("--date", DAY).code == 0
        hook.released.set()
        batch.finish()
