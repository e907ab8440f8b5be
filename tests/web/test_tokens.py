"""Bearer tokens: whose they are, and that a revoked one is none."""

from datetime import timedelta

import pytest

from tests.web.people import Person, add, add_token, command
from tests.web.site import Viewer
from web import service
from web.access import accounts
from web.access.accounts import Account

KEY, NAME = "k" * 32, "10.0.0.1"


@pytest.fixture
def open_viewer(small) -> Viewer:
    """A viewer that others may reach, with the viewer vera."""
    small.set(SECRET_KEY=KEY, ALLOWED_HOSTS=NAME)
    viewer = Viewer()
    add(viewer, "vera", "viewer")
    return viewer


def owner(viewer: Viewer, token: str) -> Account | None:
    with viewer.app.app_context():
        return accounts.by_token(service.current().database, token)


def test_a_token_is_its_accounts_with_the_role_of_now(small, viewer):
    add(viewer, "vera", "viewer")
    first, second = add_token(viewer, "vera"), add_token(viewer, "vera", "other")
    number = small.value("SELECT id FROM access.account")
    assert first != second
    assert owner(viewer, first) == owner(viewer, second) == Account(number, "vera", "viewer")
    assert command(viewer, "users", "role", "vera", "admin").exit_code == 0
    assert owner(viewer, first) == Account(number, "vera", "admin")


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "a\x00b", "é", "' OR true --", "x" * 10_000])
def test_what_is_no_token_is_nobodys(small, viewer, token):
    add(viewer, "vera", "viewer")
    add_token(viewer, "vera")
    assert owner(viewer, token) is None
    assert owner(viewer, small.value("SELECT token_hash FROM access.api_token")) is None


def test_a_revoked_token_and_one_of_a_removed_account_are_nobodys(small, viewer):
    add(viewer, "vera", "viewer")
    gone, kept = add_token(viewer, "vera"), add_token(viewer, "vera")
    number = str(small.value("SELECT min(id) FROM access.api_token"))
    assert command(viewer, "tokens", "revoke", number).exit_code == 0
    assert (owner(viewer, gone), bool(owner(viewer, kept))) == (None, True)
    assert "revoked" in command(viewer, "tokens", "list").stdout.splitlines()[0]
    again = command(viewer, "tokens", "revoke", number)
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    assert command(viewer, "users", "remove", "vera").exit_code == 0
    assert owner(viewer, kept) is None
    assert small.rows("SELECT 1 FROM access.api_token") == []


def test_a_token_ends_after_its_days(small, viewer):
    add(viewer, "vera", "viewer")
    made = command(viewer, "tokens", "add", "vera", "--name", "ci", "--days", "30")
    token = made.stdout.strip()
    assert owner(viewer, token)
    left = small.value("SELECT expires_at - now() FROM access.api_token")
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert "in force until " in command(viewer, "tokens", "list").stdout
    small.do("UPDATE access.api_token SET expires_at = now()")
    assert owner(viewer, token) is None
    assert "expired " in command(viewer, "tokens", "list").stdout


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "99999", "x"])
def test_days_that_are_none_are_refused(small, viewer, days):
    add(viewer, "vera", "viewer")
    refused = command(viewer, "tokens", "add", "vera", "--name", "ci", "--days", days)
    assert refused.exit_code != 0 and "--days" in refused.stderr
    assert small.rows("SELECT 1 FROM access.api_token") == []


def test_a_token_from_before_goes_on_working(small, viewer):
    """The column is new, and empty in every row that was there."""
    add(viewer, "vera", "viewer")
    token = add_token(viewer, "vera")
    assert small.value("SELECT expires_at FROM access.api_token") is None
    assert owner(viewer, token)


def test_a_refused_token_is_in_the_log_without_the_token(small, viewer, caplog):
    answer = viewer.ask("/api/v1/data-collection/runs", Authorization="Bearer wrong-token")
    assert answer.status == 401
    said = caplog.text
    assert "token refused" in said and "127.0.0.1" in said
    assert "wrong-token" not in said


def test_at_another_address_metrics_need_a_token(open_viewer):
    person = Person(open_viewer, f"http://{NAME}")
    token = add_token(open_viewer, "vera")
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Basic {token}"},
        {"Authorization": "Bearer"},
    ):
        page = person.get("/metrics", **headers)
        assert (page.status, page.headers["WWW-Authenticate"]) == (401, "Bearer"), headers
        assert "meterhouse_" not in page.text
    page = person.get("/metrics", Authorization=f"Bearer {token}")
    assert (page.status, "meterhouse_requests_total" in page.text) == (200, True)
    assert Person(open_viewer).get("/metrics").status == 200, "this machine needs none"
    assert command(open_viewer, "tokens", "revoke", "1").exit_code == 0
    assert person.get("/metrics", Authorization=f"Bearer {token}").status == 401


def test_a_session_does_not_open_the_metrics_and_a_token_no_page(open_viewer):
    person = Person(open_viewer, f"http://{NAME}")
    token = add_token(open_viewer, "vera")
    assert person.get("/users/5", Authorization=f"Bearer {token}").status == 302
    assert person.sign_in("vera").status == 303
    assert person.get("/users/5").status == 200
    assert person.get("/metrics").status == 401
