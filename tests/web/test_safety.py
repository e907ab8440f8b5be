"""Who may reach the viewer: addresses it refuses, names it answers to, proxies it believes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from etl.config import Config
from etl.errors import UsageError
from tests.web.site import Page, Viewer
from web.app import create_app
from web.http import exposure, secret_key

OPEN = [
    "0.0.0.0",
    "::",
    "[::]",
    "192.168.1.5",
    "10.0.0.1",
    "fe80::1",
    "meters.example",
    "127.0.0.1.example",
    "0",
    "",
]
LOOPBACK = ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"]
KEY = "k" * 32


def viewer_with(tmp_path, **settings) -> Viewer:
    """A viewer without a database: its process answers /healthz."""
    return Viewer(Config(database_url="postgresql://127.0.0.1:1/none", state_dir=tmp_path, **settings))


def request(viewer: Viewer, path: str = "/healthz", **environ: str) -> Page:
    """Ask with these WSGI variables."""
    return Page(viewer.client.get(path, environ_overrides=environ))


@pytest.mark.parametrize("host", OPEN)
def test_an_open_address_is_refused_and_what_is_missing_is_named(tmp_path, host):
    with pytest.raises(UsageError) as refused:
        create_app(Config(web_host=host, state_dir=tmp_path))
    for missing in (f"WEB_HOST={host}", "SECRET_KEY", "ALLOWED_HOSTS"):
        assert missing in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("host", OPEN)
def test_an_open_address_needs_both_a_key_and_names(tmp_path, host):
    given = {"web_host": host, "state_dir": tmp_path, "database_url": "postgresql://127.0.0.1:1/none"}
    with pytest.raises(UsageError, match=r"needs ALLOWED_HOSTS$"):
        create_app(Config(secret_key=KEY, **given))
    with pytest.raises(UsageError, match=r"needs SECRET_KEY \(32 characters or more\)$"):
        create_app(Config(allowed_hosts=("meters.example",), **given))
    with pytest.raises(UsageError, match=r"SECRET_KEY \(32 characters") as refused:
        create_app(Config(secret_key=KEY[:31], allowed_hosts=("meters.example",), **given))
    assert KEY[:31] not in str(refused.value)
    create_app(Config(secret_key=KEY, allowed_hosts=("meters.example",), **given))


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_loopback_address_is_fine(tmp_path, host):
    assert request(viewer_with(tmp_path, web_host=host)).status == 200


@pytest.mark.parametrize("path", ["/healthz", "/", "/static/style.css", "/metrics"])
def test_a_request_that_came_in_at_an_open_address_is_refused(tmp_path, path):
    viewer = viewer_with(tmp_path, trusted_proxies=1, allowed_hosts=("meters.example",))
    for host in [host for host in OPEN if host]:
        answer = request(viewer, path, SERVER_NAME=host, HTTP_HOST="localhost")
        assert (answer.status, "loopback" in answer.text) == (403, True), host
        forwarded = {"HTTP_X_FORWARDED_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}
        assert request(viewer, path, SERVER_NAME=host, **forwarded).status == 403
    for host in LOOPBACK:
        assert request(viewer, path, SERVER_NAME=host, HTTP_HOST="localhost").status != 403


def test_at_an_open_address_that_is_allowed_everything_needs_sign_in(tmp_path):
    viewer = viewer_with(tmp_path, secret_key=KEY, allowed_hosts=("meters.example",), trusted_proxies=1)
    forwarded = {"HTTP_X_FORWARDED_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}
    for host in [host for host in OPEN if host]:
        for given in ({"HTTP_HOST": "meters.example"}, {"HTTP_HOST": "localhost"}, forwarded):
            for path in ("/", "/users/5", "/users/5/readings.csv", "/nothing"):
                answer = request(viewer, path, SERVER_NAME=host, **given)
                assert answer.status == 302, (host, given, path)
                assert answer.headers["Location"].startswith("/sign-in")
            assert request(viewer, "/metrics", SERVER_NAME=host, **given).status == 401
            assert request(viewer, "/healthz", SERVER_NAME=host, **given).status == 200
    for host in LOOPBACK:
        answer = request(viewer, "/", SERVER_NAME=host, HTTP_HOST="localhost")
        assert answer.status == 302, "who comes through a proxy is not at this machine"
        assert request(viewer, "/metrics", SERVER_NAME=host).status == 401


def test_at_a_unix_socket_the_clients_word_for_the_servers_name_is_not_taken(tmp_path):
    viewer = viewer_with(tmp_path)
    assert request(viewer, "/", SERVER_NAME="localhost", REMOTE_ADDR="").status == 302
    answer = request(viewer, "/", SERVER_NAME="localhost", REMOTE_ADDR="127.0.0.1")
    assert answer.status == 503, "it asks the database, which is not there"


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/users/5?lang=ja", "/static/style.css"])
def test_a_name_that_is_not_ours_is_refused(tmp_path, path):
    """Another site's name that leads to this machine must not read its pages (DNS rebinding)."""
    viewer = viewer_with(tmp_path)
    for host in (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8000",
        "10.0.0.1",
    ):
        answer = viewer.ask(path, Host=host)
        assert answer.status == 400, host
        assert "Location" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for host in ("localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:80"):
        assert viewer.ask("/healthz", Host=host).status == 200, host


def test_names_that_are_allowed_are_answered(tmp_path):
    viewer = viewer_with(tmp_path, allowed_hosts=("meters.example", "other.example"))
    for host in ("meters.example", "meters.example:8443", "other.example", "localhost"):
        assert viewer.ask("/healthz", Host=host).status == 200, host
    for host in ("www.meters.example", "meters.example.evil.example", "evil.example"):
        assert viewer.ask("/healthz", Host=host).status == 400, host


def test_behind_a_proxy_cookies_are_secure_and_browsers_keep_to_https(tmp_path):
    viewer = viewer_with(tmp_path, trusted_proxies=1, allowed_hosts=("meters.example",))
    proxied = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_For": "203.0.113.9",
        "X_Forwarded_Host": "meters.example",
    }
    answer = viewer.ask("/healthz?lang=ja", **proxied)
    (cookie,) = answer.headers.get_all("Set-Cookie")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert int(answer.headers["Strict-Transport-Security"].split("max-age=")[1].split(";")[0]) >= 31536000
    for path in ("/healthz", "/nothing", "/"):
        assert "Strict-Transport-Security" in viewer.ask(path, **proxied).headers
    assert viewer.ask("/healthz", X_Forwarded_Host="evil.example").status == 400


def test_without_a_proxy_nobody_is_believed(tmp_path):
    viewer = viewer_with(tmp_path)
    answer = viewer.ask("/healthz?lang=ja", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    assert answer.status == 302
    assert "evil.example" not in str(answer.headers)
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"]


def test_behind_a_proxy_it_must_know_by_what_name_people_come(tmp_path):
    for count in (1, 2):
        with pytest.raises(UsageError, match="TRUSTED_PROXIES needs ALLOWED_HOSTS"):
            viewer_with(tmp_path, trusted_proxies=count)
    assert request(viewer_with(tmp_path, allowed_hosts=("meters.example",))).status == 200


def test_only_as_many_proxies_are_believed_as_there_are(tmp_path):
    viewer = viewer_with(tmp_path, trusted_proxies=1, allowed_hosts=("meters.example",))
    assert viewer.ask("/healthz", X_Forwarded_Host="localhost, evil.example").status == 400
    assert viewer.ask("/healthz", X_Forwarded_Host="evil.example, localhost").status == 200


def test_a_key_for_signing_is_made_once_and_kept_for_this_user_alone(tmp_path):
    keys = {viewer_with(tmp_path).app.config["SECRET_KEY"] for _ in range(2)}
    assert len(keys) == 1 and min(map(len, keys)) >= 32
    path = tmp_path / ".secret_key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(found.name for found in tmp_path.glob(".secret*")) == [".secret_key"]
    assert viewer_with(tmp_path / "other").app.config["SECRET_KEY"] not in keys
    assert viewer_with(tmp_path, secret_key=KEY).app.config["SECRET_KEY"] == KEY
    assert KEY not in repr(Config(secret_key=KEY))


def test_workers_that_start_together_agree_on_the_key(tmp_path):
    for number in range(20):
        config = Config(state_dir=tmp_path / str(number))
        with ThreadPoolExecutor(8) as workers:
            assert len(set(workers.map(secret_key.find, [config] * 8))) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\n", b"k" * 31, b"\xff" * 40])
def test_a_kept_key_that_is_none_is_refused_and_not_replaced(tmp_path, content):
    path = tmp_path / ".secret_key"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        viewer_with(tmp_path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_read_or_written_is_an_error_in_a_line(tmp_path):
    (tmp_path / ".secret_key").mkdir()
    with pytest.raises(UsageError, match=r"\.secret_key: Is a directory; put it right, or set SECRET_KEY"):
        viewer_with(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="set it to a folder that can be written"):
        secret_key.find(Config(state_dir=tmp_path / "file"))


def test_a_short_key_is_refused_everywhere(tmp_path):
    with pytest.raises(UsageError, match="SECRET_KEY: the key is too short") as refused:
        viewer_with(tmp_path, secret_key=KEY[:31])
    assert KEY[:31] not in str(refused.value)


def test_the_tests_of_addresses_know_the_same_names_as_the_viewer():
    assert [host for host in OPEN if exposure.is_loopback(host)] == []
    assert [host for host in LOOPBACK if not exposure.is_loopback(host)] == []
