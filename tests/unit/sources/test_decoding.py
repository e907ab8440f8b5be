"""Content codings: what was packed comes back, and nothing that is not whole."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources.decoding import beginning, decoded

BODY = b"time,kwh\n" * 1000


@given(st.binary(min_size=1))
def test_what_was_packed_comes_back(body):
    assert decoded(gzip.compress(body), "GZIP", len(body)) == body
    assert decoded(body, "identity", 0) == decoded(body, "", 0) == body


@given(st.data())
def test_a_gzip_that_breaks_off_is_refused(data):
    packed = gzip.compress(BODY)
    end = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(ValueError, match="gzip that breaks off"):
        decoded(packed[:end], "gzip", len(BODY))


@given(st.binary(), st.text())
def test_any_bytes_are_decoded_or_refused(raw, coding):
    for name in (coding, "gzip"):
        beginning(raw, name)
        try:
            decoded(raw, name, 100)
        except ValueError as error:
            assert "gzip" in str(error) or "Content-Encoding" in str(error)


def test_changed_bytes_and_bytes_behind_are_refused():
    packed = gzip.compress(BODY)
    for wrong, fault in (
        (packed[:-8] + b"12345678", "broken gzip"),
        (b"<html>", "broken gzip"),
        (packed + b"x", "gzip with something behind it"),
        (packed + packed, "gzip with something behind it"),
    ):
        with pytest.raises(ValueError, match=fault):
            decoded(wrong, "gzip", len(BODY))


def test_a_bomb_is_cut():
    assert len(decoded(gzip.compress(bytes(1 << 20)), "gzip", 1000)) == 1001
    assert decoded(b"", "gzip", 1000) == b""


def test_the_beginning_of_a_cut_body_can_be_read():
    assert beginning(gzip.compress(BODY)[:-9], "gzip").startswith(b"time,kwh\n")
    assert beginning(b"plain", "") == b"plain"
