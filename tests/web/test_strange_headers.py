"""Headers that a proxy or CGI would set, sent by anybody: they reach no page, and nobody is local by them."""

import re
import socket

import pytest

from tests.web.site import Viewer
from tests.web.test_servers import GUNICORN, PATIENCE, start  # noqa: F401 - a fixture

EVIL = "evil.example"
CGI = {
    "SCRIPT_NAME": f"//{EVIL}",
    "Script-Name": f"//{EVIL}",
    "PATH_INFO": f"/{EVIL}",
    "Path-Info": f"/{EVIL}",
    "QUERY_STRING": EVIL,
    "REQUEST_URI": f"//{EVIL}/",
    "SERVER_NAME": EVIL,
    "REMOTE_USER": "ada",
    "REMOTE_ADDR": EVIL,
    "HTTPS": "on",
    "Proxy": f"http://{EVIL}",
    "X-Script-Name": f"//{EVIL}",
    "X-Original-URL": f"//{EVIL}",
    "X-Rewrite-URL": f"//{EVIL}",
    "X-HTTP-Method-Override": "DELETE",
}
PROXY = {
    "Forwarded": f"for=127.0.0.1;host={EVIL};proto=https",
    "Via": "1.1 proxy",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Port": "81",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Ssl": "on",
    "X-Real-IP": "127.0.0.1",
}
HOSTS = ("localhost:1", f"localhost@{EVIL}", f"localhost,{EVIL}", f"localhost/{EVIL}", f"localhost #{EVIL}")


def links(page: str) -> list[str]:
    """The addresses in a page."""
    return re.findall(r'(?:href|src|action)="([^"]*)"', page)


def raw(port: int, path: str, **headers: str) -> str:
    """The whole answer, headers too, to a request with headers as they stand."""
    given = {"Host": "localhost", "Connection": "close", **headers}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall("\r\n".join(lines).encode())
        return client.makefile("rb").read().decode()


def test_no_header_reaches_a_page_through_gunicorn(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    for paths in (
        ("/", "/?measure=total"),
        ("/users/5", "/users/6"),
        ("/sales", "/sales?start_date=2026-01-01"),
        ("/energy", "/energy?start_date=2026-01-01"),
    ):
        for path in paths:
            for name, value in {**CGI, **PROXY}.items():
                assert EVIL not in raw(server.port, path, **{name: value}), (path, name)
            for host in HOSTS:
                assert EVIL not in raw(server.port, path, Host=host), (path, host)
            # The root of a site, with the path to match: as gunicorn wants it before it believes it.
            raw(server.port, f"//{EVIL}{path}", SCRIPT_NAME=f"//{EVIL}")
            page = server.get(path)[1]
            assert links(page) and all(link.startswith(("/", "?", "#")) for link in links(page)), path
            assert not any(link.startswith("//") or EVIL in link for link in links(page)), path


def test_who_calls_the_root_otherwise_changes_no_link(small, viewer):
    """Not through gunicorn's headers but by another server: it is cleared before the app sees it."""
    plain = viewer.get("/users/5").text
    viewer.forget()
    poisoned = viewer.client.get("/users/5", environ_overrides={"SCRIPT_NAME": f"//{EVIL}"})
    assert poisoned.text == plain
    assert viewer.get("/users/5").text == plain


@pytest.mark.parametrize(
    "query", ("", "?", "?&", "?start_date=", "?lang=en&start_date=2026-03-03", "?%6c%61%6eg=en")
)
def test_a_page_is_kept_for_the_address_as_it_was_asked_for(small, viewer, query):
    """The links in the header repeat the address: nobody gets those of another's."""
    addresses = ["/users/5", f"/users/5{query}"]
    fresh = []
    for address in addresses:
        viewer.forget()
        fresh.append(viewer.follow(address).text)
    viewer.forget()
    assert [viewer.follow(address).text for address in addresses] == fresh


@pytest.mark.parametrize("name", PROXY)
def test_a_request_through_a_proxy_is_never_local(small, viewer, name):
    assert viewer.get("/").status == 200
    for path, status in (
        ("/", 302),
        ("/users/5", 302),
        ("/sales", 302),
        ("/energy", 302),
        ("/energy.csv", 302),
        ("/metrics", 401),
        ("/healthz", 200),
    ):
        assert viewer.client.get(path, headers={name: PROXY[name]}).status_code == status, path


def test_metrics_follow_open_pages(small):
    small.set(OPEN_PAGES="0")
    assert Viewer().get("/metrics").status == 401


def test_readyz_names_no_folder_to_strangers(small):
    small.set(DATABASE_URL="", STATE_DIR=str(small.root / ("long" * 30)))
    viewer = Viewer()
    here, stranger = viewer.get("/readyz"), viewer.ask("/readyz", Via="1.1 proxy")
    assert (here.status, stranger.status) == (503, 503)
    assert "long" in here.text
    assert "long" not in stranger.text and str(small.root) not in stranger.text
