"""Cutting files into chunks of whole lines."""

import io

from hypothesis import given
from hypothesis import strategies as st

from etl.inbox.chunks import LONGEST_LINE, chunks, count_filled, count_line_ends

TEXTS = st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", b"  "]), max_size=60).map(b"".join)


@given(TEXTS, st.integers(1, 20))
def test_chunks_lose_nothing_and_number_every_line(text, size):
    parts = list(chunks(io.BytesIO(text), size))
    assert b"".join(part.data for part in parts) == text
    lines = [(part.first_line + n, line) for part in parts for n, line in enumerate(part.data.splitlines())]
    assert lines == list(enumerate(text.splitlines(), 1))


@given(TEXTS)
def test_line_ends_and_filled_lines_are_counted(text):
    assert count_line_ends(text + b"x") == len((text + b"x").splitlines()) - 1
    assert count_filled(text) == sum(1 for line in text.splitlines() if line.strip())


@given(st.integers(1_000, 200_000), st.integers(0, 3))
def test_an_overlong_line_is_cut_and_the_next_keeps_its_number(size, extra):
    text = b"h\n" + b"x" * (3 * LONGEST_LINE) + b"\r\n" + b"y\n" * extra + b"end"
    lines = [
        (part.first_line + n, line)
        for part in chunks(io.BytesIO(text), size)
        for n, line in enumerate(part.data.splitlines())
    ]
    assert lines[0] == (1, b"h")
    number, long = lines[1]
    assert number == 2
    assert LONGEST_LINE < len(long) <= 3 * LONGEST_LINE
    assert lines[2:] == [(3 + n, b"y") for n in range(extra)] + [(3 + extra, b"end")]
