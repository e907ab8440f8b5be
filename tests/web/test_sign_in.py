"""Signing in and out: who gets in, for how long, and where to."""

from datetime import timedelta

import pytest
import time_machine
from flask import Blueprint
from itsdangerous import URLSafeTimedSerializer
from werkzeug.security import generate_password_hash

from tests.web.people import PASSWORD, Person, add, command
from tests.web.site import Viewer
from web import service
from web.access import accounts
from web.access.accounts import NOBODYS_HASH, Account, password_hash
from web.access.sign_in import admin_required


@pytest.fixture
def closed(small) -> Viewer:
    """A viewer whose pages all need sign-in, with the viewer vera and the admin ada."""
    small.set(OPEN_PAGES="0")
    made = Viewer()
    secret = Blueprint("secret", __name__)
    secret.get("/secret")(admin_required(lambda: "for admins"))
    made.app.register_blueprint(secret)
    add(made, "vera", "viewer")
    add(made, "ada", "admin")
    return made


@pytest.fixture
def vera(closed) -> Person:
    """Vera, who has signed in."""
    person = Person(closed)
    assert person.sign_in("vera").status == 303
    return person


def test_who_signs_in_sees_the_pages_and_the_name_until_signing_out(closed):
    person = Person(closed)
    assert person.get("/users/5").status == 302
    entered = person.sign_in("vera")
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    page = person.get("/users/5")
    assert (page.status, person.name) == (200, "vera")
    keep = person.client.get_cookie("session")
    assert keep.http_only and keep.same_site == "Lax" and keep.max_age is None
    assert person.sign_out().status == 303
    for path in ("/", "/users/5", "/users/5/readings.csv"):
        assert person.get(path, If_None_Match=page.headers["ETag"]).status == 302, path


def test_with_closed_pages_everything_but_health_and_files_needs_sign_in(closed):
    person = Person(closed)
    for path in ("/", "/?area=a1", "/users/5", "/users/8", "/users/5/readings.csv", "/nothing", "/?area=b"):
        page = person.get(path)
        assert (page.status, page.response.data.count(b"a1")) == (302, path.count("a1") and 2), path
        assert page.headers["Location"].startswith("/sign-in")
    for path in ("/healthz", "/readyz", "/static/style.css", "/sign-in"):
        assert person.get(path).status == 200, path


def test_after_signing_in_one_is_where_one_wanted_to_be(closed):
    person = Person(closed)
    form = person.get("/users/5?start_date=2026-03-01&end_date=2026-03-04").headers["Location"]
    page = person.get(form)
    action = page.html.one("form", class_="sign-in").attributes["action"]
    assert action == form
    assert person.sign_in("vera", path=form).headers["Location"] == (
        "/users/5?start_date=2026-03-01&end_date=2026-03-04"
    )
    assert person.get(form).headers["Location"] == "/users/5?start_date=2026-03-01&end_date=2026-03-04"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "http://evil.example",
        "https:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/ok\r\nX-Bad: 1",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/é",
        "/\x00",
    ],
)
def test_signing_in_leads_to_no_other_host(closed, target):
    person = Person(closed)
    token = person.csrf_token()
    given = {"name": "vera", "password": PASSWORD, "csrf_token": token}
    answer = person.client.post("/sign-in", query_string={"next": target}, data=given)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    again = person.client.get("/sign-in", query_string={"next": target})
    assert again.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("vera", "wrong password"),
        ("vera", ""),
        ("vera", f"{PASSWORD} "),
        ("nobody", PASSWORD),
        ("Vera", PASSWORD),
        ("", ""),
        ("<b>&\"'", PASSWORD),
        ("a\x00b", PASSWORD),
        ("x" * 5_000, "y" * 5_000),
        ("ヴェラ", PASSWORD),
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_told_the_same_way(closed, name, password):
    person = Person(closed)
    page = person.sign_in(name, password)
    assert page.status == 401
    assert page.html.one(role="alert").text == "Name or password is wrong."
    assert page.html.one("input", name="name").attributes["value"] == name.strip().replace("\x00", "�") or (
        "\x00" in name
    )
    assert "value" not in page.html.one("input", name="password").attributes
    assert page.headers["Cache-Control"] == "no-store"
    assert person.get("/").status == 302


def test_a_missing_name_is_a_wrong_one(closed):
    person = Person(closed)
    assert person.post("/sign-in", csrf_token=person.csrf_token()).status == 401


def test_an_unknown_name_costs_as_much_as_a_wrong_password():
    method = password_hash("x" * 10).split("$")[0]
    assert NOBODYS_HASH.split("$")[0] == method
    assert [len(part) for part in NOBODYS_HASH.split("$")] == [
        len(part) for part in password_hash("y" * 10).split("$")
    ]


def test_a_form_without_its_token_is_refused(closed, vera):
    person = Person(closed)
    for given in ({}, {"csrf_token": "x"}, {"csrf_token": vera.csrf_token("/users/5")}):
        page = person.post("/sign-in", name="vera", password=PASSWORD, **given)
        assert page.status == 400
        assert "not valid any more" in page.main
    assert vera.post("/sign-out").status == 400
    assert vera.name == "vera"


def test_a_session_that_was_there_before_is_not_the_one_after(closed):
    """Somebody who has put a session into another's browser learns nothing by it."""
    attacker, victim = Person(closed), Person(closed)
    token = attacker.csrf_token()
    planted = attacker.client.get_cookie("session").value
    victim.client.set_cookie("session", planted)
    assert victim.post("/sign-in", name="vera", password=PASSWORD, csrf_token=token).status == 303
    assert victim.client.get_cookie("session").value != planted
    assert victim.post("/sign-out", csrf_token=token).status == 400
    assert attacker.get("/").status == 302


def test_a_session_ends_after_twelve_hours(closed):
    with time_machine.travel("2026-04-01 08:00Z", tick=False) as clock:
        person = Person(closed)
        person.sign_in("vera")
        clock.shift(timedelta(hours=11, minutes=59))
        assert person.name == "vera"
        clock.shift(timedelta(minutes=2))
        assert person.get("/users/5").status == 302


def test_a_session_belongs_to_one_browser(closed, vera):
    stolen = vera.client.get_cookie("session").value
    thief = Person(closed)
    thief.client.set_cookie("session", stolen)
    assert thief.get("/users/5", User_Agent="another").status == 302


@pytest.mark.parametrize("key", ["", "x" * 64])
def test_a_session_signed_by_another_key_is_nobodys(closed, vera, key):
    original = closed.app.session_interface.get_signing_serializer(closed.app)
    assert isinstance(original, URLSafeTimedSerializer)
    payload = original.loads(vera.client.get_cookie("session").value)
    forged = URLSafeTimedSerializer(
        key or "guess",
        salt="cookie-session",
        serializer=original.serializer,
        signer_kwargs=original.signer_kwargs,
    ).dumps(payload)
    person = Person(closed)
    person.client.set_cookie("session", forged)
    assert person.get("/users/5").status == 302


@pytest.mark.parametrize(
    "change",
    [
        ("users", "remove", "vera"),
        ("users", "password", "vera", "--password-stdin"),
    ],
)
def test_a_removed_account_and_a_changed_password_sign_out(closed, vera, change):
    assert vera.get("/users/5").status == 200
    assert command(closed, *change, given="another good one\n").exit_code == 0
    assert vera.get("/users/5").status == 302
    assert vera.sign_in("vera").status == 401


def test_a_name_given_again_is_another_account(closed, vera):
    assert command(closed, "users", "remove", "vera").exit_code == 0
    add(closed, "vera", "admin")
    assert vera.get("/users/5").status == 302


def test_admin_pages_are_for_admins(closed, vera):
    assert Person(closed).get("/secret").headers["Location"] == "/sign-in?next=/secret"
    page = vera.get("/secret")
    assert (page.status, "vera" in page.main) == (403, True)
    assert page.html.one("h1").text
    ada = Person(closed)
    ada.sign_in("ada")
    assert ada.get("/secret").text == "for admins"
    assert command(closed, "users", "role", "ada", "viewer").exit_code == 0
    assert ada.get("/secret").status == 403
    assert command(closed, "users", "role", "vera", "admin").exit_code == 0
    assert vera.get("/secret").text == "for admins"


def test_admin_pages_are_closed_even_where_pages_are_open(small, viewer):
    secret = Blueprint("secret", __name__)
    secret.get("/secret")(admin_required(lambda: "for admins"))
    viewer.app.register_blueprint(secret)
    person = Person(viewer)
    assert person.get("/users/5").status == 200
    assert person.get("/secret").headers["Location"] == "/sign-in?next=/secret"


def test_without_a_database_nobody_is_let_in_and_the_page_says_why(bare):
    person = Person(bare)
    assert person.get("/sign-in").status == 200
    page = person.sign_in("vera")
    assert (page.status, page.headers["Retry-After"]) == (503, "10")


def test_a_database_that_goes_away_is_a_503_for_those_signed_in(small, closed, vera):
    config = closed.app.extensions["meterhouse"].config
    small.do("ALTER FUNCTION access.account_of_session RENAME TO gone")
    page = vera.get("/users/5")
    assert page.status == 503, config
    assert "vera" not in page.text


def test_the_page_is_in_japanese_too(closed):
    page = Person(closed).get("/sign-in?next=/users/5", Accept_Language="ja")
    assert page.html.one("h1").text == "サインイン"
    switched = Person(closed).get("/sign-in?next=/users/5&lang=ja")
    assert switched.headers["Location"] == "/sign-in?next=%2Fusers%2F5"


def test_an_account_shows_no_password(closed):
    with closed.app.app_context():
        holder = accounts.by_name(service.current().database, "vera")
    assert holder and holder.password_hash.startswith("scrypt:")
    assert "scrypt" not in repr(holder)
    assert not holder.is_admin and Account(1, "a", "admin").is_admin


@pytest.mark.parametrize("method", ("scrypt:32768:8:1", "pbkdf2:sha256:1000"))
def test_a_hash_of_before_goes_on_working(small, method):
    viewer = Viewer()
    add(viewer, "ada", "admin")
    small.do("UPDATE access.account SET password_hash = %s", generate_password_hash(PASSWORD, method))
    assert Person(viewer).sign_in("ada").status == 303
    assert Person(viewer).sign_in("ada", "another password").status == 401


def test_a_new_hash_is_as_strong_as_owasp_asks_for():
    """N=2^14, r=8, p=5: as good as N=2^17, r=8, p=1 with an eighth of its memory."""
    assert password_hash("x" * 10).startswith("scrypt:16384:8:5$")
