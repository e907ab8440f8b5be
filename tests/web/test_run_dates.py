"""The date a run was for, and the runs of one request, as columns and filters of page and API."""

import pytest

from tests.web.operators import Api, add_token, is_problem
from tests.web.test_history_page import PATH, alice

__all__ = ["alice"]
RANGE = {"job_name": "daily_sales", "options": {"start_date": "2026-03-01", "end_date": "2026-03-03"}}


@pytest.fixture
def api(world, viewer) -> Api:
    """A machine with a token."""
    return Api(viewer, add_token(world, "bob"))


def dates(answer) -> list[str]:
    return [run["date"] for run in answer.json["results"]]


def test_the_runs_of_a_range_are_told_apart_by_their_dates(world, api, alice):
    for option in ("--start-date=2026-03-01", "--date=2026-03-02"):
        more = ["--end-date=2026-03-03"] if "start" in option else []
        assert world.run("--job", "daily_sales", option, *more).code == 0
    assert dates(api.get("/runs")) == ["2026-03-02", "2026-03-03", "2026-03-02", "2026-03-01"]
    assert dates(api.get("/runs", date="2026-03-02")) == ["2026-03-02"] * 2
    assert dates(api.get("/runs", date="2026-03-09")) == []
    page = alice.get(f"{PATH}?date=2026-03-03")
    assert "1 found" in page.main
    assert "2026-03-03" in page.main
    assert alice.get(f"{PATH}?date=2026-02-30").status == 400
    assert is_problem(api.get("/runs", date="2026-02-30"), 400)


def test_a_range_answers_with_a_list_of_all_its_runs(world, api, alice):
    world.run("--job", "daily_sales", "--date", "2026-03-02")
    answer = api.post("/trigger", RANGE)
    uuid = answer.json["execution_uuid"]
    listed = lambda: api.client.get(answer.json["runs"], headers=api.headers)  # noqa: E731
    api.ended(uuid)
    api.wait_for(uuid, lambda _: len(listed().json["results"]) == 3)
    assert sorted(dates(listed())) == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert uuid in {run["execution_uuid"] for run in listed().json["results"]}
    assert "3 found" in alice.get(f"{PATH}?group={uuid}").main


def test_a_key_with_another_request_is_refused(api):
    key = {"Idempotency-Key": "k"}
    first = api.post("/trigger", RANGE, **key)
    api.ended(first.json["execution_uuid"])
    other = api.post("/trigger", {**RANGE, "options": {"date": "2026-03-01"}}, **key)
    assert is_problem(other, 422)
    assert other.json["first"].endswith(first.json["execution_uuid"])
    assert api.post("/trigger", RANGE, **key).json["execution_uuid"] == first.json["execution_uuid"]


@pytest.mark.parametrize("given", ("nonsense", "javascript:alert(1)"))
def test_what_names_no_run_is_refused(alice, given):
    assert alice.get(f"{PATH}?triggered={given}").status == 400
    assert alice.get(f"{PATH}?group={given}").status == 400


def test_the_remedies_the_program_names_can_be_triggered(world, api):
    world.start("1,a1,t1", "2,a1,t1", "3,a1,t1")
    world.put_users("1,a1,t1")
    refused = api.ended(api.post("/trigger", {"job_name": "consumption"}).json["execution_uuid"])
    assert "--allow-shrink" in refused["error_summary"]
    options = {"allow_shrink": True, "dry_run": True}
    body = {"job_name": "consumption", "options": options}
    tried = api.ended(api.post("/trigger", body).json["execution_uuid"])
    assert (tried["status"], tried["metadata"]["dry_run"]) == ("SUCCESS", True)
    assert world.value("SELECT count(*) FROM web.user WHERE status = 'active'") == 3
    body["options"] = {"allow_shrink": True}
    assert api.ended(api.post("/trigger", body).json["execution_uuid"])["status"] == "SUCCESS"
    assert world.value("SELECT count(*) FROM web.user WHERE status = 'active'") == 1
