"""The page of the history: what an operator sees in ten seconds, and a form that starts one run safely."""

import pytest

from tests.web import people
from tests.web.operators import NEWEST, Api, add_runs, held_up, yesterday
from tests.web.people import Person, add_token
from tests.web.site import Page, Viewer, _table

PATH = "/data-collection/history"


@pytest.fixture
def alice(world, viewer) -> Person:
    """An administrator who has signed in."""
    return signed_in(viewer)


def signed_in(viewer: Viewer) -> Person:
    people.add(viewer, "alice", "admin")
    person = Person(viewer)
    person.sign_in("alice")
    return person


def rows(page: Page) -> list[list[str]]:
    """The table without the rows that open."""
    return [
        row
        for node in page.html.all("table", class_="users runs")
        for row in _table(node).rows
        if len(row) > 1
    ]


def start(person: Person, **fields: str) -> Page:
    """Fill in the form and send it."""
    return person.post(PATH, csrf_token=person.csrf_token(PATH), job_name="consumption", **fields)


def ended(person: Person, page: Page) -> dict:
    """The run that the form started, when it is over."""
    uuid = page.headers["Location"].partition("triggered=")[2]
    return Api(person.viewer, add_token(person.viewer, "alice", uuid[:8])).ended(uuid)


def test_it_is_for_administrators_only(viewer, world):
    people.add(viewer, "vera", "viewer")
    nobody, vera = Person(viewer), Person(viewer)
    vera.sign_in("vera")
    assert nobody.get(PATH).status == 302
    assert vera.get(PATH).status == 403
    assert "Data collection history" not in vera.get("/users/5").text
    for person, form, status in ((nobody, "/sign-in", 302), (vera, "/users/5", 403)):
        token = person.csrf_token(form)
        assert person.post(PATH, csrf_token=token, job_name="consumption").status == status
    assert world.value("SELECT count(*) FROM run") == 0


def test_before_the_first_run_it_says_so(alice):
    page = alice.get(PATH)
    assert page.status == 200
    assert "No run matches." in page.main
    assert "00:30 JST" in page.main
    assert "none yet" in page.main


def test_a_run_has_a_row_that_opens_to_everything(world, alice):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00:00,1", "2026-03-01 00:00:00,2", "2026-03-02 00:00:00,x")
    record = world.run("--date", "2026-03-10").record
    page = alice.get(PATH)
    row = rows(page)[0]
    assert row[2:7] == ["consumption", "2026-03-10", "consumption", "3 / 0 / 0", "failure"]
    assert row[9]
    assert record["error_summary"] in page.text.replace("&#39;", "'").replace("&#34;", '"')
    assert record["execution_uuid"] in page.text
    assert '"rows_per_second"' in page.html.one("tbody", id=f"run-{record['execution_uuid']}").one("pre").text
    assert "failure" in page.headline["consumption"][1]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 42),
        ("?period=today", 1),
        ("?period=7", 7),
        ("?period=30", 30),
        ("?status=FAILURE", 2),
        ("?data_source=area", 2),
        ("?job_name=consumption&status=SUCCESS", 40),
        ("?status=RUNNING", 0),
    ],
)
def test_filters(world, alice, query, count):
    add_runs(world, 40)
    add_runs(world, 2, status="FAILURE", data_source='["area"]')
    world.do("UPDATE run SET started_at = started_at + (now() - %s)", NEWEST)
    world.do("UPDATE run SET started_at = started_at - interval '40 d' WHERE status = 'FAILURE'")
    assert len(rows(alice.get(PATH + query))) == count


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        f"page={10**20}",
        "period=8",
        "status=x",
        "job_name=x",
        "data_source=a,b",
        "a=b",
    ],
)
def test_a_wrong_parameter_is_named(alice, query):
    page = alice.get(f"{PATH}?{query}")
    assert page.status == 400
    assert query.replace("=", "=") in page.text


def test_pages_of_a_hundred(world, alice):
    add_runs(world, 250)
    first, last = alice.get(PATH), alice.get(f"{PATH}?page=3")
    assert (len(rows(first)), len(rows(last))) == (100, 50)
    assert first.link("next") == "?page=2"
    assert last.link("prev") == "?page=2"
    assert "250 found" in first.text


def test_what_stands_in_a_row_is_text(world, alice):
    evil = "<script>alert(1)</script>"
    add_runs(world, 1, status="FAILURE", error_summary=evil, metadata='{"x": "</pre><b>"}')
    page = alice.get(PATH)
    assert evil not in page.text
    assert "</pre><b>" not in page.text
    assert evil in page.main


def test_the_form_starts_a_run(world, alice):
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00:00,1")
    with held_up(world):
        answer = start(alice, date="2026-03-02", on_error="quarantine")
        assert answer.status == 303
        shown = alice.get(answer.headers["Location"])
        assert [row[6] for row in rows(shown)] == ["running"]
        assert "running" in shown.headline["consumption"][0]
        second = start(alice)
        assert second.status == 409
        assert "is running already" in second.main
    run = ended(alice, answer)
    assert (run["status"], run["metadata"]["units"]["readings"]["inserted"]) == ("SUCCESS", 1)
    assert run["metadata"]["triggered_by"] == "alice"
    assert run["metadata"]["options"] == {"date": "2026-03-02", "on_error": "quarantine"}
    assert rows(alice.get(PATH))[0][5:7] == ["7 / 7 / 0", "success"]


def test_some_users_and_sources(world, alice):
    world.put_masters()
    world.put_users("5,a1,t1", "6,a1,t1")
    for user in (5, 6):
        world.put_readings(user, "2026-03-01 00:00:00,1")
    ended(alice, start(alice, source_keys="user_data"))
    failed = start(alice, user_ids="5, six")
    assert failed.status == 400
    assert "user_ids" in failed.main
    ended(alice, start(alice, source_keys="area"))
    ended(alice, start(alice))
    assert {user for user, *_ in world.readings()} == {5, 6}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": "2026-02-30"}, "options.date"),
        ({"date": yesterday(-1)}, "options.date"),
        ({"start_date": "2026-03-02"}, "go together"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "start_date is after end_date"),
        ({"user_ids": "x"}, "options.user_ids"),
        ({"on_error": "ignore"}, "options.on_error"),
        ({"colour": "red"}, "options.colour"),
    ],
)
def test_a_form_filled_in_wrongly_keeps_what_was_written(world, alice, fields, said):
    page = start(alice, **fields)
    assert page.status == 400
    assert said in page.main
    for name, value in fields.items():
        if name not in ("on_error", "colour"):
            assert (
                page.html.one("form", method="post", class_="filters")
                .one("input", name=name)
                .attributes["value"]
                == value
            )
    assert world.value("SELECT count(*) FROM run") == 0


def test_without_the_forms_token_nothing_is_started(world, alice):
    assert alice.post(PATH, job_name="consumption").status == 400
    assert world.value("SELECT count(*) FROM run") == 0


def test_a_night_left_out_is_shown(world, alice):
    add_runs(world, 1)
    page = alice.get(PATH)
    assert "Overdue" in page.main
    world.do("UPDATE run SET started_at = now()")
    assert "Overdue" not in alice.get(PATH).main


def test_within_the_cooldown_the_form_says_when(world):
    world.set(TRIGGER_COOLDOWN_SECONDS="600")
    alice = signed_in(Viewer())
    ended(alice, start(alice))
    early = start(alice)
    assert early.status == 429
    assert "triggered a moment ago" in early.main


def test_a_page_beyond_the_end_is_not_found_as_over_the_api(alice):
    page = alice.get(f"{PATH}?page=2")
    assert (page.status, "there are 1 pages" in page.text) == (404, True)


def test_it_is_never_kept_by_a_browser(alice):
    assert alice.get(PATH).headers["Cache-Control"] == "no-store"


def test_in_japanese(alice):
    page = alice.get(PATH, Accept_Language="ja")
    assert "データ収集履歴" in page.main
    assert "次回実行予定" in page.main
