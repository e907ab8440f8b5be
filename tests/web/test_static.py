"""Static files: kept for a year under their hash, compressed, and nothing beside them."""

import hashlib

import pytest


def test_static_files_have_their_hash_and_are_kept_for_a_year(bare):
    html = bare.get().html  # the error page has them too
    addresses = {
        node.attributes.get("src") or node.attributes["href"] for node in html.all("link", "script", "img")
    }
    assert len(addresses) == 3
    for address in addresses:
        file = bare.follow(address)
        assert file.status == 200
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert hashlib.sha256(file.response.data).hexdigest().startswith(address.partition("?v=")[2])


@pytest.mark.parametrize("file", ["style.css", "nothing.css"])
def test_another_hash_is_not_kept(bare, file):
    for version in ("?v=000000000000", "?v=", "", "?v=d43c&v=000000000000", "?w=1"):
        page = bare.follow(f"/static/{file}{version}")
        assert page.status == (200 if file == "style.css" else 404)
        assert "immutable" not in page.headers["Cache-Control"], version
        assert "max-age=31536000" not in page.headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_an_unchanged_static_file_is_not_sent_again(bare, encoding):
    tag = bare.ask("/static/style.css", Accept_Encoding=encoding).headers["ETag"]
    again = bare.ask("/static/style.css", Accept_Encoding=encoding, If_None_Match=tag)
    assert (again.status, again.response.data) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"]
)
def test_nothing_but_static_files_is_served(bare, path):
    assert bare.follow(path).status in (404, 308)


@pytest.mark.parametrize("accepted", ["br", "gzip", "gzip, deflate, br, zstd"])
def test_static_files_are_compressed_for_every_client_that_can_expand_it(bare, accepted):
    plain = bare.ask("/static/style.css", Accept_Encoding="identity")
    page = bare.ask("/static/style.css", Accept_Encoding=accepted)
    assert page.headers.get("Content-Encoding") in accepted.split(", ")
    assert page.body == plain.response.data
