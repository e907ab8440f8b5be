"""Whom a source may be: every spelling of a private address, redirections, proxies, certificates."""

import socket

import pycurl
import pytest

from etl.sources.exchange import Exchange
from etl.sources.http_messages import Validators
from tests.http_source import CERTIFICATE, HttpSource
from tests.unit.sources.clients import HERE, failure, fetch

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7F.0.0.0x1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "localhost",
    "LOCALHOST.",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::1]",
    "[fe80::1%25lo]",
    "[fe80::1%251]",
    "169.254.169.254",
    "10.0.0.1",
]
SECRETS = {"Authorization": "Bearer s3cret", "X-Key": "s3cret", "Cookie": "s3cret=1", "X-Day": "1"}


def redirect(*targets):
    """Answers with these in turn, then with an answer."""
    return lambda answer, number: (
        answer.reply(302, b"moved", Location=targets[number - 1])
        if number <= len(targets)
        else answer.reply(200, b"[]")
    )


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_address_is_asked(host):
    with HttpSource(lambda answer, _: answer.reply(200)) as source:
        message = failure(f"http://{host}:{source.server_port}/", networks=())
    assert "is not a public one; if that is meant, add its network to SOURCE_ALLOWED_NETWORKS" in message
    assert source.asked == []


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1"])
def test_other_digits_lead_nowhere(host):
    with HttpSource(lambda answer, _: answer.reply(200)) as source:
        failure(f"http://{host}:{source.server_port}/", networks=())
    assert source.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "0x7f000001"])
def test_a_network_that_is_named_is_asked(host):
    with HttpSource(lambda answer, _: answer.reply(200, b"[]")) as source:
        assert fetch(f"http://{host}:{source.server_port}/", networks=("127.0.0.0/8",)).body == b"[]"


def test_a_redirection_to_a_private_address_is_refused():
    with (
        HttpSource(lambda answer, _: answer.reply(200), host="127.0.0.2") as private,
        HttpSource(redirect(f"{private.url}/key?token=s3cret")) as source,
    ):
        message = failure(source.url)
    assert message.startswith(f"GET {source.url}, redirected to {private.url}/key?...: its address 127.0.0.2")
    assert private.asked == []
    assert len(source.asked) == 1


def test_headers_stay_with_their_origin():
    with HttpSource(redirect("/b", "c?x=1")) as source:
        response = fetch(source.url, headers=SECRETS, validators=Validators('"v1"'))
    assert [one.path for one in source.asked] == ["/", "/b", "/c?x=1"]
    for asked in source.asked:
        assert asked.headers["authorization"] == "Bearer s3cret"
        assert asked.headers["if-none-match"] == '"v1"'
    assert (response.url, response.body) == (f"{source.url}/c?x=1", b"[]")


def test_no_header_goes_to_another_origin():
    with (
        HttpSource(lambda answer, _: answer.reply(302, Location=f"{home.url}/back")) as other,
        HttpSource(redirect(other.url)) as home,
    ):
        fetch(home.url, headers=SECRETS, validators=Validators('"v1"'))
    (first, back), (away,) = home.asked, other.asked
    assert {name.lower() for name in SECRETS} <= set(first.headers)
    # Whoever is away decides what is asked next: it does not borrow them.
    for asked in (away, back):
        assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_each_try_begins_at_home():
    with (
        HttpSource(lambda answer, number: answer.reply(503 if number == 1 else 200)) as other,
        HttpSource(lambda answer, _: answer.reply(307, Location=other.url)) as home,
    ):
        fetch(home.url, headers=SECRETS)
    assert [one.headers["x-key"] for one in home.asked] == ["s3cret", "s3cret"]
    assert len(other.asked) == 2


def test_five_redirections_are_followed_and_no_more():
    with HttpSource(redirect(*"abcde")) as source:
        assert fetch(source.url).body == b"[]"
    with HttpSource(redirect(*"abcdef")) as source:
        assert "more than 5 redirections" in failure(source.url)
    assert len(source.asked) == 6


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/"])
def test_a_redirection_to_no_address_is_refused(target):
    with HttpSource(redirect(target)) as source:
        message = failure(source.url)
    assert "redirects to no address that can be asked" in message
    assert len(source.asked) == 1


def test_the_user_of_a_redirection_is_not_sent():
    def answer(answer, number):
        there = f"http://me:s3cret@127.0.0.1:{answer.server.server_port}/there"
        answer.reply(302, Location=there) if number == 1 else answer.reply(404)

    with HttpSource(answer) as source:
        message = failure(source.url)
    assert f"redirected to {source.url}/there: status 404" in message
    assert "authorization" not in source.asked[1].headers


def test_a_redirection_to_nowhere_is_told():
    with HttpSource(lambda answer, _: answer.reply(302, b"moved")) as source:
        assert "status 302: moved" in failure(source.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_not_sent_on(status):
    with HttpSource(lambda answer, _: answer.reply(status, Location="/b?key=1")) as source:
        message = failure(source.url, body=b"{}")
    assert f"redirects to {source.url}/b?...; give that address" in message
    assert len(source.asked) == 1


def test_the_proxies_of_the_environment_are_not_used(monkeypatch):
    with HttpSource(lambda answer, _: answer.reply(200)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with HttpSource(lambda answer, _: answer.reply(200, b"[]")) as source:
            assert fetch(source.url).body == b"[]"
        failure("http://nobody.invalid/")
    assert proxy.asked == []


def test_only_a_name_without_any_allowed_address_is_refused():
    here, there = (
        pycurl.CurlSockAddr(socket.AF_INET, socket.SOCK_STREAM, 0, (host, 80))
        for host in ("127.0.0.1", "127.0.0.2")
    )
    for order in ((here, there), (there, here)):
        exchange = Exchange(HERE, 0)
        for address in order:
            given = exchange.open_socket(0, address)
            assert (given == pycurl.SOCKET_BAD) == (address is there)
            if isinstance(given, socket.socket):
                given.close()
        assert exchange.refused == ""


# Certificates


def test_a_certificate_of_nobody_is_refused():
    with HttpSource(lambda answer, _: answer.reply(200), tls=True) as source:
        message = failure(source.url)
    assert "certificate" in message
    assert message.endswith("SOURCE_CA_FILE names certificates of your own")
    assert source.asked == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_of_our_own_is_trusted(host):
    with HttpSource(lambda answer, _: answer.reply(200, b"[]"), tls=True) as source:
        url = f"https://{host}:{source.server_port}/"
        assert fetch(url, ca_file=str(CERTIFICATE)).body == b"[]"


def test_a_certificate_of_another_name_is_refused():
    with HttpSource(lambda answer, _: answer.reply(200), tls=True, host="127.0.0.2") as source:
        message = failure(source.url, ca_file=str(CERTIFICATE), networks=("127.0.0.0/8",))
    assert "certificate" in message
    assert source.asked == []


def test_a_file_of_certificates_that_is_missing_is_named(tmp_path):
    with HttpSource(lambda answer, _: answer.reply(200), tls=True) as source:
        assert "check SOURCE_CA_FILE" in failure(source.url, ca_file=str(tmp_path / "none.pem"))


def test_https_does_not_become_http():
    with (
        HttpSource(lambda answer, _: answer.reply(200)) as plain,
        HttpSource(redirect(f"{plain.url}/?key=1"), tls=True) as source,
    ):
        message = failure(source.url, ca_file=str(CERTIFICATE))
    assert f"redirects from https to {plain.url}/?..." in message
    assert plain.asked == []


def test_a_port_without_tls_is_told():
    with HttpSource(lambda answer, _: answer.reply(200)) as source:
        message = failure(source.url.replace("http:", "https:"))
    assert message.endswith("check that it speaks TLS at that port")
