"""The API of the history: who may ask, what it lists, and what it says to nonsense."""

from datetime import datetime, timedelta

import pytest

from tests.integration.faults.hooks import listening
from tests.integration.processes import wait_until
from tests.integration.runs.test_runs import COLUMNS
from tests.web.operators import (
    NEWEST,
    ROOT,
    Api,
    add_runs,
    add_token,
    is_problem,
    unknown_uuid,
)
from tests.web.site import Viewer


@pytest.fixture
def api(world, viewer) -> Api:
    return Api(viewer, add_token(world))


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/runs"), ("get", "/runs/x"), ("post", "/runs/search"), ("post", "/trigger")]
)
def test_only_administrators_are_let_in(world, viewer, method, path):
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Authorization": f"Bearer {add_token(world, 'vera', 'viewer')}"}, 403),
    ):
        answer = getattr(viewer.client, method)(ROOT + path, headers=headers)
        assert is_problem(answer, status)
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_token_that_is_revoked_is_worth_nothing(world, api):
    assert api.get("/runs").status_code == 200
    world.do("UPDATE access.api_token SET revoked_at = now()")
    assert is_problem(api.get("/runs"), 401)


def test_without_runs_the_list_is_empty(api):
    body = api.get("/runs").json
    assert (body["count"], body["results"], body["pages"], body["environment"]) == (0, [], 1, "production")


def test_a_run_is_shown_as_the_batch_left_it(world, api):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00:00,1", "2026-03-01 00:00:00,2")
    record = world.run("--date", "2026-03-10").record
    (found, _) = api.get("/runs").json["results"]
    assert found.keys() == {*COLUMNS, "date"}
    for key in ("execution_uuid", "input_count", "inserted_count", "skip_breakdown", "status", "data_source"):
        assert found[key] == record[key]
    assert found["started_at"].endswith("+09:00")
    assert datetime.fromisoformat(found["started_at"]) == datetime.fromisoformat(record["started_at"])
    assert found["metadata"]["date"] == "2026-03-10"
    assert api.get(f"/runs/{found['execution_uuid']}").json == found
    next_run = datetime.fromisoformat(found["next_scheduled_for"])
    assert (next_run.hour, next_run.minute) == (0, 30)


def test_pages_of_a_hundred_the_newest_first(world, api):
    add_runs(world, 250)
    pages = [api.get("/runs", page=page).json for page in (1, 2, 3)]
    assert [(page["count"], page["page"], page["pages"]) for page in pages] == [
        (250, n, 3) for n in (1, 2, 3)
    ]
    found = [run["started_at"] for page in pages for run in page["results"]]
    assert found == sorted(found, reverse=True)
    assert [len(page["results"]) for page in pages] == [100, 100, 50]
    assert len(set(found)) == 250
    assert is_problem(api.get("/runs", page=4), 404)


def test_what_is_next_goes_by_the_schedule_and_its_zone(world, viewer, api):
    world.set(SCHEDULE="15 4 * * *", TZ="Europe/Berlin", APP_ENV="staging")
    api = Api(Viewer(), api.headers["Authorization"].split()[1])
    body = api.get("/runs").json
    at = datetime.fromisoformat(body["next_scheduled_for"])
    assert (at.hour, at.minute, body["environment"]) == (4, 15, "staging")
    assert at.utcoffset() in (timedelta(hours=1), timedelta(hours=2))
    assert timedelta(0) < at - datetime.now(at.tzinfo) <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"job_name": "consumption"}, 7),
        ({"status": "FAILURE"}, 2),
        ({"status": "RUNNING"}, 0),
        ({"data_source": "area"}, 2),
        ({"data_source": "consumption"}, 5),
        ({"data_source": "consum"}, 0),
        ({"data_source": "'; DROP TABLE run; --"}, 0),
        ({"data_source": "東京 spot"}, 1),
        ({"job_name": "acquisition"}, 1),
        # NEWEST is 2026-03-11 00:30 in Tokyo
        ({"started_after": "2026-03-11"}, 3),
        ({"started_before": "2026-03-11"}, 5),
        ({"started_after": "2026-03-10T15:30:00Z"}, 3),
        ({"started_after": "2026-03-10T15:30:01Z"}, 0),
        ({"started_before": "2026-03-11T00:30:00"}, 5),
        ({"started_after": "2026-03-09", "started_before": "2026-03-11", "status": "SUCCESS"}, 2),
        ({"status": "FAILURE", "data_source": "consumption"}, 0),
    ],
)
def test_filters(world, api, filters, count):
    add_runs(world, 5)
    add_runs(world, 2, status="FAILURE", data_source='["area", "tariff"]')
    others = {"job_name": "acquisition", "data_source": '["東京 spot"]'}
    add_runs(world, 1, **others)
    assert NEWEST.isoformat() == "2026-03-10T15:30:00+00:00"
    for answer in (api.get("/runs", **filters), api.post("/runs/search", filters)):
        assert answer.status_code == 200
        assert (answer.json["count"], len(answer.json["results"])) == (count, count)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"page": 0}, "page"),
        ({"page": -1}, "page"),
        ({"page": 10**30}, "page"),
        ({"page": "one"}, "page"),
        ({"job_name": "payroll"}, "job_name"),
        ({"job_name": "x" * 100_000}, "job_name"),
        ({"status": "success"}, "status"),
        ({"data_source": "x\0y"}, "data_source"),
        ({"data_source": "area,tariff"}, "data_source"),
        ({"data_source": "x" * 256}, "data_source"),
        ({"started_after": "yesterday"}, "started_after"),
        ({"started_after": "1700000000"}, "started_after"),
        ({"started_before": "2026-02-30"}, "started_before"),
        ({"started_before": "0001-01-01"}, "started_before"),
        ({"started_before": "9999-12-31T23:59:59Z"}, "started_before"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_filter_is_named(api, given, field):
    for answer in (api.get("/runs", **given), api.post("/runs/search", given)):
        assert is_problem(answer, 400)
        assert answer.json["errors"][0]["field"].startswith(field)
        assert answer.json["errors"][0]["reason"]


def test_a_parameter_given_twice_is_refused(api):
    assert is_problem(api.get("/runs?page=1&page=2"), 400)


@pytest.mark.parametrize("path", ["/runs/search", "/trigger"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'"text"', b'{"a":' * 5000, b"1" * 10_000]
)
def test_a_body_that_is_no_object_is_refused(api, path, body):
    headers = {**api.headers, "Content-Type": "application/json"}
    answer = api.client.post(ROOT + path, data=body, headers=headers)
    assert is_problem(answer, 400)


@pytest.mark.parametrize("path", ["/runs/search", "/trigger"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(api, path, kind):
    answer = api.client.post(ROOT + path, data=b"{}", headers={**api.headers, "Content-Type": kind})
    assert is_problem(answer, 415)


@pytest.mark.parametrize("wrong", ["1", "x", "g" * 36, "%00", "a" * 5000])
def test_a_run_that_cannot_be_is_400_and_one_that_is_not_is_404(api, wrong):
    assert is_problem(api.get(f"/runs/{wrong}"), 400)
    assert is_problem(api.get(f"/runs/{unknown_uuid()}"), 404)


def test_unknown_paths_and_methods_are_problems_too(api):
    assert is_problem(api.get("/nothing"), 404)
    wrong = api.client.delete(f"{ROOT}/runs", headers=api.headers)
    assert is_problem(wrong, 405)
    assert "GET" in wrong.headers["Allow"]


def test_a_database_that_is_down_is_a_503(bare):
    answer = Api(bare, "anything").get("/runs")
    assert is_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_without_tables_is_a_503(world, viewer):
    world.do("DROP SCHEMA web, access CASCADE")
    assert is_problem(Api(viewer, "anything").get("/runs"), 503)


CRASHED = (
    "INSERT INTO run (execution_uuid, job_name, started_at, status, inserted_count, metadata)"
    " VALUES (gen_random_uuid(), %s, now() - interval '1 h', 'RUNNING', 5, '{}')"
)


def test_the_alert_of_an_abandoned_run_names_its_own_job(world):
    with listening(200) as hook:
        world.set(ALERT_WEBHOOK_URL=hook.url)
        for job in ("consumption", "daily_sales"):
            world.do(CRASHED, job)
        Api(Viewer(), add_token(world)).get("/runs")
        wait_until(lambda: len(hook.texts) == 2, "both alerts")
    found = {(alert["job"], alert["execution_uuid"]) for alert in hook.payloads}
    assert found == set(world.rows("SELECT job_name, execution_uuid::text FROM run"))
    for alert in hook.payloads:
        assert f"): {alert['job']}: run {alert['execution_uuid']} ended" in alert["text"]


def test_a_crashed_run_is_abandoned_with_the_next_look(world, api):
    world.do(CRASHED, "consumption")
    (run,) = api.get("/runs").json["results"]
    assert (run["status"], run["inserted_count"]) == ("FAILURE", 0)
    assert "abandoned" in run["error_summary"]
