"""How often somebody may try to sign in: counted for all workers together, and failures only."""

import http.client
from urllib.parse import urlencode

import pytest

from tests.web.people import PASSWORD, Person, add
from tests.web.site import Viewer
from tests.web.test_servers import GUNICORN, PATIENCE, Server, start  # noqa: F401 - a fixture
from tests.web.tree import parse
from web.access import attempts

WRONG = "wrong password"
HOME, ELSEWHERE = "203.0.113.1", "203.0.113.2"


@pytest.fixture
def vera(small) -> Viewer:
    """A viewer whose pages all need sign-in, with the viewer vera; nobody has tried yet."""
    small.set(OPEN_PAGES="0")
    viewer = Viewer()
    add(viewer, "vera", "viewer")
    return viewer


@pytest.fixture
def low(monkeypatch) -> None:
    """Limits that are soon reached: checking a password takes its time."""
    monkeypatch.setattr(attempts, "MOST_OF_NETWORK", 3)
    monkeypatch.setattr(attempts, "MOST_OF_NAME", 5)


def at(viewer: Viewer, address: str) -> Person:
    """Somebody at an address."""
    person = Person(viewer)
    person.client.environ_base["REMOTE_ADDR"] = address
    return person


def fail(viewer: Viewer, address: str, times: int, name: str = "vera") -> set[int]:
    """The statuses of so many wrong passwords."""
    return {at(viewer, address).sign_in(name, WRONG).status for _ in range(times)}


def pass_time(world) -> None:
    """Let the time go by that failures count for."""
    world.do("UPDATE access.failed_sign_in SET tried_at = tried_at - %s", attempts.SPAN)


def test_an_address_that_fails_too_often_has_to_wait(small, vera, low, caplog):
    assert fail(vera, HOME, attempts.MOST_OF_NETWORK) == {401}
    page = at(vera, HOME).sign_in("vera")
    assert (page.status, page.html.one("h1").text) == (429, "Too many attempts to sign in")
    assert 0 < int(page.headers["Retry-After"]) <= attempts.SPAN.total_seconds()
    told = caplog.records[-1].msg
    assert told == {"event": "sign-in refused", "level": "warning", "limit": "address", "address": HOME}
    assert at(vera, HOME).get("/sign-in").status == 200, "the form can be seen"
    assert at(vera, ELSEWHERE).sign_in("vera").status == 303
    pass_time(small)
    assert at(vera, HOME).sign_in("vera").status == 303


def test_refused_attempts_do_not_make_the_wait_longer(small, vera, low):
    fail(vera, HOME, attempts.MOST_OF_NETWORK)
    assert fail(vera, HOME, 5) == {429}
    assert small.value("SELECT count(*) FROM access.failed_sign_in") == attempts.MOST_OF_NETWORK


def test_signing_in_uses_nothing_up(small, vera, low):
    for _ in range(attempts.MOST_OF_NETWORK + 2):
        assert at(vera, HOME).sign_in("vera").status == 303
    assert small.value("SELECT count(*) FROM access.failed_sign_in") == 0


def test_addresses_of_one_ipv6_network_count_together(vera, low):
    for number in range(attempts.MOST_OF_NETWORK):
        assert fail(vera, f"2001:db8:1:2::{number:x}", 1) == {401}
    assert fail(vera, "2001:db8:1:2:ffff::1", 1) == {429}
    assert fail(vera, "2001:db8:1:3::1", 1) == {401}


def test_strangers_shut_an_account_out_only_where_it_is_unknown(small, vera, low):
    assert at(vera, HOME).sign_in("vera").status == 303
    for number in range(attempts.MOST_OF_NAME):
        assert fail(vera, f"198.51.100.{number}", 1) == {401}
    assert at(vera, ELSEWHERE).sign_in("vera").status == 429
    assert at(vera, HOME).sign_in("vera").status == 303
    assert fail(vera, ELSEWHERE, 1, name="nobody") == {401}, "other names are not meant"
    pass_time(small)
    assert at(vera, ELSEWHERE).sign_in("vera").status == 303


def test_a_name_that_nobody_has_is_limited_alike(vera, low):
    for number in range(attempts.MOST_OF_NAME):
        fail(vera, f"198.51.100.{number}", 1, name="nobody")
    assert fail(vera, ELSEWHERE, 1, name="nobody") == {429}


def test_what_was_typed_as_a_name_is_not_kept(small, vera):
    fail(vera, HOME, 1, name="Pass-word.1234")
    fail(vera, HOME, 1, name="correct horse")
    assert small.value("SELECT count(*) FROM access.failed_sign_in") == 2
    kept = str(small.rows("SELECT * FROM access.failed_sign_in"))
    assert "Pass" not in kept and "horse" not in kept


def send_form(server: Server, password: str) -> int:
    """The status of an attempt of vera's, by a browser of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", "/sign-in")
    form = connection.getresponse()
    cookie = (form.headers["Set-Cookie"] or "").partition(";")[0]
    token = parse(form.read().decode()).one("input", name="csrf_token").attributes["value"]
    body = urlencode({"name": "vera", "password": password, "csrf_token": token})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "Connection": "close"}
    connection.request("POST", "/sign-in", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_two_workers_have_one_limit(small, vera, start):  # noqa: F811 - the fixture
    server = start(GUNICORN, WEB_WORKERS="2")
    most = attempts.MOST_OF_NETWORK
    found = [send_form(server, WRONG) for _ in range(2 * most)]
    assert found == [401] * most + [429] * most
    assert send_form(server, PASSWORD) == 429
    pass_time(small)
    assert send_form(server, PASSWORD) == 303
