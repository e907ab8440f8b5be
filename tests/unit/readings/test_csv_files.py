"""The short way to read a small file: whatever it takes, the long way reads the very same."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.inbox.chunks import BOM, CHUNK_BYTES
from etl.inbox.files import InboxFile
from etl.inbox.rejects import FileFault
from etl.readings.csv_files import ManyUsersFile, Reader, Segment

READER = Reader(np.array([5, 7], dtype=np.int64), "utf-8", 1 << 30)
HEADERS = [
    b"datetime,consumption",
    b"consumption,datetime",
    b"user_id,datetime,consumption",
    b"datetime,consumption ",
    b"datetime,",
    b'"datetime",consumption',
    b"",
]
PIECES = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\r",
    b"2026-03-01 00:00:00,1",
    b"x",
    b" ",
    b",",
    b"\0",
    b"\x85",
    b"\x0b",
    b"\xff",
]
NAMES = ["5.csv", "7.csv", "6.csv", "05.csv", "x.csv", "5.csv.gz"]
LINE = b"2026-03-01 00:00:00,1"
PLAIN = b"datetime,consumption"


def small(folder: Path, name: str, content: bytes) -> Segment | None:
    """What the short way makes of a file."""
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    file = InboxFile(folder, name)
    user_id = file.user_id
    found = None if user_id is None else READER.small(file, user_id, 3)
    assert found is None or file.unchanged(), "the file can be told from another that takes its place"
    return found


def long(folder: Path, name: str) -> list[Segment] | type[Exception]:
    """What the long way makes of it."""
    try:
        return list(READER.segments(InboxFile(folder, name), 3, one_user=True))
    except (FileFault, ManyUsersFile) as fault:
        return type(fault)


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(NAMES),
    mark=st.sampled_from([b"", b"", b"", BOM]),
    header=st.one_of(st.just(PLAIN), st.sampled_from(HEADERS)),
    body=st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=8),
)
@example(name="5.csv", mark=b"", header=PLAIN, body=[])
@example(name="5.csv", mark=b"", header=PLAIN, body=[b"\n"])
@example(name="5.csv", mark=b"", header=PLAIN, body=[b"\r", LINE, b"\n", LINE])
@example(name="5.csv", mark=b"", header=PLAIN, body=[b"\r\r\n", LINE])
@example(name="5.csv", mark=b"", header=b"", body=[])
def test_both_ways_give_the_same_segment(tmp_path, name, mark, header, body):
    found = small(tmp_path, name, mark + header + b"".join(body))
    if found:
        assert long(tmp_path, name) == [found]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("body", [LINE, LINE + b"\n", LINE + b"\r\n" + LINE, b"\r", b"x", b"\n\n"])
def test_the_usual_file_is_read_the_short_way(tmp_path, end, body):
    found = small(tmp_path, "5.csv", PLAIN + end + body)
    assert found
    assert (found.first_line, found.data, found.layout.user_id) == (2, body, 5)
    assert long(tmp_path, "5.csv") == [found]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("5.csv.gz", PLAIN + b"\n" + LINE),
        ("6.csv", PLAIN + b"\n" + LINE),
        ("x.csv", PLAIN + b"\n" + LINE),
        ("5.csv", b""),
        ("5.csv", PLAIN),
        ("5.csv", PLAIN + b"\n"),
        ("5.csv", BOM + PLAIN + b"\n" + LINE),
        ("5.csv", b"user_id," + PLAIN + b"\n5," + LINE),
        ("5.csv", PLAIN + b"\r" + LINE + b"\r"),
        ("5.csv", PLAIN + b"\n" + (LINE + b"\n") * (CHUNK_BYTES // 40)),
    ],
    ids=["gz", "unknown", "no id", "empty", "no line end", "no lines", "bom", "many", "lone cr", "large"],
)
def test_everything_else_goes_the_long_way(tmp_path, name, content):
    assert small(tmp_path, name, content) is None


def test_a_link_a_folder_a_pipe_and_nothing_go_the_long_way(tmp_path):
    small(tmp_path, "7.csv", PLAIN + b"\n" + LINE)
    made = {
        "link": lambda path: path.symlink_to(tmp_path / "7.csv"),
        "folder": Path.mkdir,
        "pipe": os.mkfifo,
        "nothing": lambda _: None,
    }
    for kind, make in made.items():
        (tmp_path / kind).mkdir()
        make(tmp_path / kind / "5.csv")
        file = InboxFile(tmp_path / kind, "5.csv")
        assert READER.small(file, 5, 3) is None
        assert file.signature is None
        assert long(tmp_path / kind, "5.csv") is FileFault
