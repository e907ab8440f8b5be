"""A session is the server's: it ends at sign-out, and with it every copy of its cookie."""

import pytest

from tests.web.people import Person, add, command
from tests.web.site import Viewer


@pytest.fixture
def closed(small) -> Viewer:
    """A viewer whose pages all need sign-in, with the viewer vera."""
    small.set(OPEN_PAGES="0")
    viewer = Viewer()
    add(viewer, "vera", "viewer")
    return viewer


@pytest.fixture
def vera(closed) -> Person:
    """Vera, who has signed in."""
    person = Person(closed)
    assert person.sign_in("vera").status == 303
    return person


def copy(person: Person) -> Person:
    """Somebody who has a copy of a person's cookie."""
    thief = Person(person.viewer)
    thief.client.set_cookie("session", person.client.get_cookie("session").value)
    return thief


def test_a_copied_cookie_is_refused_after_sign_out(vera):
    thief = copy(vera)
    assert thief.get("/users/5").status == 200
    assert vera.sign_out().status == 303
    assert thief.get("/users/5").status == 302


def test_sign_out_ends_one_session_and_no_other(closed, vera):
    other = Person(closed)
    other.sign_in("vera")
    assert vera.sign_out().status == 303
    assert other.name == "vera"


def test_the_database_ends_a_session_after_twelve_hours(small, vera):
    left = small.value("SELECT extract(EPOCH FROM expires_at - now()) / 3600 FROM access.session")
    assert 11.9 < left <= 12
    small.do("UPDATE access.session SET expires_at = now()")
    assert vera.get("/users/5").status == 302
    vera.sign_in("vera")
    assert small.value("SELECT count(*) FROM access.session") == 1, "what has ended is not kept"


def test_another_password_ends_all_sessions_of_the_account(small, closed, vera):
    add(closed, "ada", "admin")
    ada = Person(closed)
    ada.sign_in("ada")
    given = "another good one\n"
    assert command(closed, "users", "password", "vera", "--password-stdin", given=given).exit_code == 0
    assert (vera.get("/users/5").status, ada.name) == (302, "ada")


def test_the_token_of_the_cookie_is_not_kept(small, vera):
    with vera.client.session_transaction() as session:
        token = session["_user_id"]
    assert len(token) == 43
    assert token not in str(small.rows("SELECT * FROM access.session"))


def test_without_a_database_sign_out_says_that_it_failed(small, vera):
    thief, token = copy(vera), vera.csrf_token("/users/5")
    small.do("ALTER FUNCTION access.close_session RENAME TO gone")
    assert vera.post("/sign-out", csrf_token=token).status == 503
    assert vera.get("/users/5").status == 302, "this browser has forgotten it all the same"
    assert thief.get("/users/5").status == 200
