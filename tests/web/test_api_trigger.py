"""Starting runs over the API: a process of its own, one at a time, and nothing that is not understood."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from etl.jobs import SOURCES
from tests.integration.processes import ROOT, Batch, wait_until
from tests.web.operators import Api, add_token, held_up, is_problem, yesterday
from tests.web.site import Viewer
from web.runs import history

CONSUMPTION = {"job_name": "consumption"}
LINES = ("2026-03-01 00:00:00,1.5", "2026-03-01 00:30:00,2")


@pytest.fixture
def api(world, viewer) -> Api:
    """A machine with a token, and something to load."""
    world.put_masters()
    world.put_users("5,a1,t1", "6,a1,t1")
    world.put_readings(5, *LINES)
    return Api(viewer, add_token(world))


def readings(run: dict) -> dict:
    """The balance of the readings unit of a run."""
    return run["metadata"]["units"]["readings"]


def triggered(api: Api, body: dict | None = None, **headers: str) -> str:
    answer = api.post("/trigger", body or CONSUMPTION, **headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"].endswith(answer.json["execution_uuid"])
    return answer.json["execution_uuid"]


def test_a_run_is_started_and_its_row_is_there_at_once(world, api):
    with held_up(world):
        uuid = triggered(api, {**CONSUMPTION, "options": {"date": "2026-03-02"}})
        assert api.run(uuid)["status"] == "RUNNING"
        running = api.wait_for(uuid, lambda run: "pid" in run["metadata"])
    run = api.ended(uuid)
    assert (run["status"], readings(run)["inserted"], run["error_summary"]) == ("SUCCESS", 2, None)
    assert (run["metadata"]["triggered_by"], run["metadata"]["date"]) == ("alice", "2026-03-02")
    assert run["started_at"] == running["started_at"]
    assert world.value("SELECT requested_at FROM run") is None


def test_what_a_run_prints_is_kept_up_to_a_bound(world, api):
    logs = world.root / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "triggered.log").write_text("x" * (2 << 20))
    uuid = triggered(api)
    api.ended(uuid)
    wait_until(lambda: uuid in (logs / "triggered.log").read_text(), "what it prints")
    told = (logs / "triggered.log").read_text()
    assert len(told) < 10_000
    assert "run started" not in told
    assert "run started" in (logs / "meterhouse.log").read_text()
    assert len(world.readings()) == 2
    assert api.get("/runs").json["count"] == 1


def test_a_second_run_of_the_job_is_refused_with_a_link_to_the_first(world, api):
    with held_up(world):
        uuid = triggered(api)
        refused = api.post("/trigger", CONSUMPTION)
        assert is_problem(refused, 409)
        assert refused.json["running"].endswith(uuid)
        # Whoever follows the link finds it.
        assert api.client.get(refused.json["running"], headers=api.headers).json["execution_uuid"] == uuid
    assert api.ended(uuid)["status"] == "SUCCESS"
    assert api.get("/runs").json["count"] == 1


def test_of_fifty_at_the_same_instant_one_is_started(world, viewer, api):
    token = api.headers["Authorization"].split()[1]
    with held_up(world), ThreadPoolExecutor(50) as pool:
        clients = [Api(viewer, token) for _ in range(50)]
        for client in clients:
            client.client = viewer.app.test_client()
        answers = list(pool.map(lambda client: client.post("/trigger", CONSUMPTION), clients))
        codes = [answer.status_code for answer in answers]
        assert (codes.count(202), codes.count(409)) == (1, 49), codes
        (uuid,) = [answer.json["execution_uuid"] for answer in answers if answer.status_code == 202]
    assert api.ended(uuid)["status"] == "SUCCESS"


def test_the_same_key_again_starts_nothing(world, api):
    first = api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "night-1"})
    uuid = first.json["execution_uuid"]
    again = api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "night-1"})
    api.ended(uuid)
    later = api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "night-1"})
    assert [answer.status_code for answer in (first, again, later)] == [202] * 3
    assert {answer.json["execution_uuid"] for answer in (again, later)} == {uuid}
    assert api.get("/runs").json["count"] == 1
    other = Api(Viewer(), add_token(world, "bob"))
    another = other.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "night-1"})
    assert another.json["execution_uuid"] != uuid, "another's keys are others"
    other.ended(another.json["execution_uuid"])


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é"])
def test_a_key_that_is_none_is_refused(api, key):
    assert is_problem(api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": key}), 400)


def test_a_range_has_a_row_for_the_whole_of_a_job_that_takes_no_dates(api):
    body = {**CONSUMPTION, "options": {"start_date": "2026-03-01", "end_date": "2026-03-03"}}
    run = api.ended(triggered(api, body))
    assert (run["status"], run["metadata"]["date"]) == ("SUCCESS", "2026-03-03")
    assert run["metadata"]["options"] == {**body["options"], "on_error": "abort"}


def test_only_the_files_of_some_users(world, api):
    world.put_readings(6, *LINES)
    world.run("--date", "2026-03-01", "--dry-run")
    first = api.ended(
        triggered(api, {**CONSUMPTION, "options": {"source_keys": ["area", "tariff", "user_data"]}})
    )
    assert (first["status"], first["data_source"]) == ("SUCCESS", ["area", "tariff", "user_data"])
    assert world.readings() == []
    run = api.ended(triggered(api, {**CONSUMPTION, "options": {"user_ids": [6]}}))
    assert (run["status"], run["data_source"]) == ("SUCCESS", ["consumption"])
    assert {user for user, *_ in world.readings()} == {6}
    assert (world.data / "consumption" / "5.csv").exists()


def test_bad_lines_stop_it_or_are_put_aside(world, api):
    world.put_readings(5, "2026-03-01 00:00:00,x", LINES[1])
    failed = api.ended(triggered(api))
    assert (failed["status"], readings(failed)["rolled_back"]) == ("FAILURE", True)
    assert "5.csv" in failed["error_summary"] or failed["error_count"] == 1
    kept = api.ended(triggered(api, {**CONSUMPTION, "options": {"on_error": "quarantine"}}))
    assert (readings(kept)["inserted"], kept["error_count"]) == (1, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "job_name"),
        ({"job_name": "payroll"}, "job_name"),
        ({"job_name": ["consumption"]}, "job_name"),
        ({**CONSUMPTION, "colour": "red"}, "colour"),
        ({**CONSUMPTION, "options": []}, "options"),
        ({**CONSUMPTION, "options": {"force": True}}, "options.force"),
        ({**CONSUMPTION, "options": {"date": "2026-02-30"}}, "options.date"),
        ({**CONSUMPTION, "options": {"date": 1_700_000_000}}, "options.date"),
        ({**CONSUMPTION, "options": {"date": "1969-12-31"}}, "options.date"),
        ({**CONSUMPTION, "options": {"date": "--verify"}}, "options.date"),
        ({**CONSUMPTION, "options": {"date": yesterday(-1)}}, "options.date"),
        ({**CONSUMPTION, "options": {"start_date": "2026-03-01"}}, "options"),
        ({**CONSUMPTION, "options": {"date": "2026-03-01", "end_date": "2026-03-01"}}, "options"),
        ({**CONSUMPTION, "options": {"start_date": "2026-03-02", "end_date": "2026-03-01"}}, "options"),
        ({**CONSUMPTION, "options": {"user_ids": []}}, "options.user_ids"),
        ({**CONSUMPTION, "options": {"user_ids": [0]}}, "options.user_ids"),
        ({**CONSUMPTION, "options": {"user_ids": [2**63]}}, "options.user_ids"),
        ({**CONSUMPTION, "options": {"user_ids": ["5; rm -rf /"]}}, "options.user_ids"),
        ({**CONSUMPTION, "options": {"user_ids": list(range(1, 5_002))}}, "options.user_ids"),
        ({**CONSUMPTION, "options": {"source_keys": ["tokyo"]}}, "options.source_keys"),
        ({**CONSUMPTION, "options": {"user_ids": [True]}}, "options.user_ids"),
        ({"job_name": "daily_sales", "options": {"user_ids": [5]}}, ""),
        ({**CONSUMPTION, "options": {"user_ids": [5], "source_keys": ["area"]}}, ""),
        ({**CONSUMPTION, "options": {"on_error": "ignore"}}, "options.on_error"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_started(api, body, field):
    answer = api.post("/trigger", body)
    assert is_problem(answer, 400)
    assert answer.json["errors"][0]["field"].startswith(field)
    assert api.get("/runs").json["count"] == 0


def test_within_the_cooldown_it_is_too_early(world, api):
    world.set(TRIGGER_COOLDOWN_SECONDS="3600")
    api = Api(Viewer(), api.headers["Authorization"].split()[1])
    first = api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "k"})
    api.ended(first.json["execution_uuid"])
    early = api.post("/trigger", CONSUMPTION)
    assert is_problem(early, 429)
    assert 3500 < int(early.headers["Retry-After"]) <= 3601
    again = api.post("/trigger", CONSUMPTION, **{"Idempotency-Key": "k"})
    assert again.json["execution_uuid"] == first.json["execution_uuid"]
    # What cron does is no reason to wait.
    world.do('UPDATE run SET metadata = metadata || \'{"triggered_by": "schedule"}\'')
    api.ended(triggered(api))


def test_a_process_that_is_killed_is_abandoned_with_the_next_look(world, api):
    with held_up(world):
        uuid = triggered(api)
        run = api.wait_for(uuid, lambda run: "pid" in run["metadata"])
        os.kill(run["metadata"]["pid"], signal.SIGKILL)
        ended = api.ended(uuid)
    assert (ended["status"], ended["inserted_count"]) == ("FAILURE", 0)
    assert "abandoned" in ended["error_summary"]
    assert api.ended(triggered(api))["status"] == "SUCCESS"


def test_a_request_that_no_process_takes_up_is_abandoned_after_a_minute(world, api, monkeypatch):
    monkeypatch.setattr("web.runs.trigger._start", lambda *_: None)
    uuid = triggered(api)
    assert api.run(uuid)["status"] == "RUNNING"
    world.do("UPDATE run SET requested_at = requested_at - interval '59 s'")
    assert api.run(uuid)["status"] == "RUNNING"
    assert is_problem(api.post("/trigger", CONSUMPTION), 409)
    world.do("UPDATE run SET requested_at = requested_at - interval '2 s'")
    assert api.run(uuid)["status"] == "FAILURE"
    monkeypatch.undo()


def test_what_cannot_be_started_does_not_stand_in_the_way(world, api, monkeypatch):
    monkeypatch.setattr("web.runs.trigger.sys.executable", "/nowhere/python")
    assert is_problem(api.post("/trigger", CONSUMPTION), 503)
    (run,) = api.get("/runs").json["results"]
    assert run["status"] == "FAILURE"
    assert "cannot be started" in run["error_summary"]


def test_a_process_that_ends_before_the_run_begins_gives_it_up(world, api):
    world.set(TZ="Asia/Tokyo")
    config = api.client.application.extensions["meterhouse"].config
    object.__setattr__(config, "job_schedules", {"payroll": "0 1 * * *"})
    uuid = triggered(api)
    run = api.ended(uuid)
    assert (run["status"], "ended with 2 before the run began" in run["error_summary"]) == ("FAILURE", True)


def test_of_part_of_the_inbox_no_night_is_made_good(world, api):
    api.ended(triggered(api))
    world.do("UPDATE run SET started_at = started_at - interval '3 d'")
    state = lambda: history.states(config, service.database, datetime.now(UTC), ["consumption"])[0]  # noqa: E731
    service = api.client.application.extensions["meterhouse"]
    config = service.config
    assert state().overdue_since
    api.ended(triggered(api, {**CONSUMPTION, "options": {"user_ids": [6]}}))
    assert state().overdue_since
    api.ended(triggered(api))
    assert state().overdue_since is None


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_can_be_chosen(api, source):
    job = "daily_sales" if source == "orders" else "consumption"
    run = api.ended(triggered(api, {"job_name": job, "options": {"source_keys": [source]}}))
    assert run["metadata"]["sources"] == [source]


def test_a_run_at_the_command_line_is_in_the_way_as_well(world, api):
    with held_up(world):
        by_hand = Batch(ROOT, "--date", "2026-03-10")
        by_hand.wait_for("run started")
        (running,) = api.get("/runs").json["results"]
        refused = api.post("/trigger", CONSUMPTION)
        assert is_problem(refused, 409)
        assert refused.json["running"].endswith(running["execution_uuid"])
    assert by_hand.finish() == 0
