"""Special things in the inbox: none, empty, of another kind, oddly named, damaged, changing."""

import os
import shutil
import socket
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from etl.inbox.files import REJECTED
from etl.inbox.rejects import REASONS
from tests.world import DAY

GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption\n", "user_id,datetime,consumption\n"
NAMES = ("area.csv", "tariff.csv", "user_data.csv", "consumption/5.csv", "consumption/many.csv.gz")
POLICIES = ("abort", "quarantine")
NUL = "\0"
NO_IDS = ["007", "0", "-5", "+5", "5 ", " 5", "5.0", "５", "5.csv", "5,", "%2e%2e%2f5", "x;rm 5", f"{2**63}"]


@pytest.fixture
def five(world):
    """User 5 is registered, the inbox is empty."""
    world.start("5,a1,t1")
    return world


@pytest.mark.parametrize("missing", ["inbox", "consumption", "nothing"])
def test_without_files_there_is_nothing_to_do(world, missing):
    shutil.rmtree(
        {"inbox": world.data, "consumption": world.data / "consumption"}.get(missing, "/nonexistent"), True
    )
    before = world.dump()
    result = world.tell("--date", DAY)
    assert result.code == 0
    assert "SUCCESS" in result.out
    assert "nothing to do" in result.out
    assert world.dump() == before


@pytest.mark.parametrize("name", ["consumption/5.csv", "consumption/x.csv", "consumption/x.csv.gz"])
def test_a_header_alone_is_fine(five, name):
    five.put(name, MANY if "x" in name else ONE.rstrip())
    result = five.run("--date", DAY)
    assert result.code == 0
    assert result.unit("readings")["read"] == 0
    assert name in five.moved()


def test_header_only_masters_and_users_are_fine_at_first(world):
    world.put("area.csv", "name\n")
    world.put("tariff.csv", "name")
    world.put("user_data.csv", "id,area,tariff\r\n")
    result = world.run("--date", DAY)
    assert result.code == 0
    assert result.unit("users")["read"] == 0
    assert world.inbox() == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\n\n" + ONE.encode()])
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_has_a_wrong_header(five, name, content):
    five.put(name, content)
    assert five.run("--date", DAY).code == 1
    assert [(file, line, reason) for file, line, _, reason in five.rejected()] == [
        (name, None, "wrong_header")
    ]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", ["directory", "link", "dangling", "fifo", "socket"])
def test_what_is_no_file_is_refused_and_not_followed(five, kind, policy):
    outside = five.root / "outside.csv"
    outside.write_text(f"{ONE}{GOOD}\n")
    with something(kind, five.data / "consumption/5.csv", outside):
        five.put("consumption/many.csv", f"{MANY}5,{GOOD}\n")
        result = five.tell("--date", DAY, "--on-error", policy)
    assert result.code == 1
    assert "consumption/5.csv: not_a_file:" in result.out
    assert REASONS["not_a_file"] in result.out
    assert five.rejected() == [("consumption/5.csv", None, "", "not_a_file")]
    assert outside.exists()
    stays = os.path.lexists(five.data / "consumption/5.csv")
    assert stays == (policy == "abort")
    assert len(five.readings()) == (policy == "quarantine")


@pytest.mark.parametrize("kind", ["directory", "link", "dangling", "fifo"])
@pytest.mark.parametrize("name", ["area.csv", "tariff.csv", "user_data.csv"])
def test_masters_and_users_that_are_no_files(five, name, kind):
    outside = five.root / "outside.csv"
    outside.write_text("name\na9\n")
    before = five.dump()
    with something(kind, five.data / name, outside):
        result = five.run("--date", DAY, "--on-error", "quarantine")
    assert result.code == 1
    assert five.rejected() == [(name, None, "", "not_a_file")]
    assert five.dump() == before


def test_a_consumption_that_is_no_folder_says_what_to_do(five):
    shutil.rmtree(five.data / "consumption")
    (five.data / "consumption").write_text(GOOD)
    five.put_users("5,a2,t1")
    result = five.tell("--date", DAY)
    assert result.code == 1
    assert "make it a readable folder" in result.out
    assert five.inbox() == ["consumption"], "the users are kept and their file moves"


@pytest.mark.parametrize("name", NO_IDS)
def test_names_that_are_no_user_id_are_refused_for_one_user(five, name):
    five.put_readings(0, GOOD, name=f"{name}.csv")
    five.put("consumption/5.csv.csv.gz", f"{MANY}5,{GOOD}\n")
    result = five.run("--date", DAY, "--on-error", "quarantine")
    assert result.code == 1
    assert [(file, line, reason) for file, line, _, reason in five.rejected()] == [
        (f"consumption/{name}.csv", None, "bad_id")
    ]
    assert five.moved(REJECTED) == [f"consumption/{name}.csv"]
    assert len(five.readings()) == 1


@pytest.mark.parametrize("raw", [b"\xff\xfe5.csv", b"a\nb.csv", b"a\x1b[2Jb.csv", "\u202e5.csv".encode()])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_name_no_terminal_can_show_is_told_escaped(five, raw, policy):
    path = Path(os.fsdecode(os.fsencode(five.data / "consumption") + b"/" + raw))
    path.write_text(f"{ONE}{GOOD}\n")
    result = five.tell("--date", DAY, "--on-error", policy)
    assert result.code == 1
    told = [line for line in result.out.splitlines() if "reject:" in line and "bad_id" in line]
    assert len(told) == 1
    assert REASONS["bad_id"] in told[0], "one line, whatever the name is"
    assert all(line.isprintable() for line in (result.out + result.err).split("\n"))
    assert [reason for *_, reason in five.rejected()] == ["bad_id"]
    assert five.value("SELECT status FROM run ORDER BY id DESC LIMIT 1") == "FAILURE"
    assert path.exists() == (policy == "abort")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("area.csv", f"name\na{NUL}1\n", "bad_area"),
        ("area.csv", f"na{NUL}me\na1\n", "wrong_header"),
        ("user_data.csv", f"id,area,tariff\n5,a1{NUL},t1\n", "bad_area"),
        ("user_data.csv", f"id,area,tariff\n{NUL}5,a1,t1\n", "bad_id"),
        ("consumption/5.csv", f"{ONE}2026-03-01 00:00:00,{NUL}1.5\n", "bad_consumption"),
        ("consumption/5.csv", f'{ONE}"2026-03-01 00:00:00{NUL}",1.5\n', "bad_time"),
        ("consumption/5.csv", f"{NUL}{ONE}{GOOD}\n", "wrong_header"),
        ("consumption/x.csv.gz", f"{MANY}5{NUL},{GOOD}\n", "bad_id"),
    ],
)
def test_a_nul_byte_is_refused_and_kept_escaped(five, name, content, reason):
    five.put(name, content)
    result = five.tell("--date", DAY)
    assert result.code == 1
    assert NUL not in result.out + result.err
    ((file, _, raw, found),) = five.rejected()
    assert (file, found) == (name, reason)
    assert "\\x00" in raw
    assert "\\x00" in result.out


@contextmanager
def something(kind: str, path: Path, outside: Path) -> Generator[None]:
    """Put something that is no file at `path`."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        if kind == "directory":
            path.mkdir()
            (path / "inside.csv").write_text(GOOD)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "socket":
            os.chdir(path.parent)
            server.bind(path.name)
        else:
            path.symlink_to(outside if kind == "link" else outside.with_name("nowhere"))
        yield
