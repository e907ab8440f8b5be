"""Every reason code: provoked through the command line, printed with what to do, kept in rejected_row."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from etl.inbox.rejects import REASONS
from tests.world import DAY, Result, World

ROOT = Path(__file__).resolve().parents[3]
GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption\n", "user_id,datetime,consumption\n"
USERS = "id,area,tariff\n5,a1,t1\n"
LONG = "x" * 70_000
TOO_LARGE = MANY + "5,2026-03-01 00:00:00,1.5\n" * 50_000


@dataclass
class Case:
    """One file with one fault, and where and how it must be told. No line: the whole file."""

    reason: str
    file: str
    content: str | bytes
    line: int | None
    raw: str
    lines: int = 1
    settings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.reason}-{self.file.rpartition('/')[2]}-{self.raw[:12]}"


def in_users(reason: str, row: str) -> Case:
    return Case(reason, "user_data.csv", f"{USERS}{row}\n", 3, row)


def in_readings(reason: str, row: str, **settings: str) -> list[Case]:
    """The same fault on line 3 of a file with one user and of a file with many."""
    return [
        Case(reason, "consumption/5.csv", f"{ONE}{GOOD}\n{row}\n", 3, row[:200], settings=settings),
        Case(
            reason, "consumption/x.csv", f"{MANY}5,{GOOD}\n5,{row}\n", 3, f"5,{row}"[:200], settings=settings
        ),
    ]


def whole(reason: str, file: str, content: str | bytes, raw: str, lines: int, **settings: str) -> Case:
    return Case(reason, file, content, None, raw, lines, settings)


CASES = [
    in_users("unknown_area", "6,a9,t1"),
    in_users("unknown_tariff", "6,a1,t9"),
    in_users("bad_id", "06,a1,t1"),
    in_users("bad_id", ",a1,t1"),
    in_users("bad_area", "6,,t1"),
    in_users("bad_tariff", "6,a1,"),
    in_users("id_twice", "5,a2,t1"),
    in_users("wrong_fields", "6,a1"),
    in_users("wrong_fields", "6,a1,t1,"),
    in_users("wrong_fields", '6,"a1,t1'),
    in_users("wrong_fields", '6,"a"1,t1'),
    Case("line_too_long", "user_data.csv", f"{USERS}6,{LONG},t1\n", 3, "6," + LONG[:198]),
    Case("undecodable", "user_data.csv", USERS.encode() + b"6,a\xff,t1\n", 3, "6,a"),
    whole("wrong_header", "user_data.csv", "user,area,tariff\n5,a1,t1\n\n6,a1,t1\n", "user,area,tariff", 2),
    whole("wrong_header", "user_data.csv", "5,a1,t1\n6,a1,t1\n", "5,a1,t1", 2),
    whole("wrong_header", "user_data.csv", "", "", 0),
    Case("bad_area", "area.csv", f"name\n{'a' * 101}\n", 2, "a" * 101),
    Case("bad_area", "area.csv", 'name\n""\n', 2, '""'),
    Case("bad_tariff", "tariff.csv", "name\nt\x00\n", 2, "t"),
    Case("wrong_fields", "area.csv", "name\na1\na1,a2\n", 3, "a1,a2"),
    Case("undecodable", "tariff.csv", b"name\n\x83e\n", 2, "e"),
    whole("wrong_header", "area.csv", "a1\na2\n", "a1", 2),
    whole("wrong_header", "tariff.csv", "name,name\nt1,t2\n", "name,name", 1),
    *in_readings("bad_time", "04-10-2024 00:00:00,1.5"),
    *in_readings("bad_consumption", "2026-03-01 00:30:00,1e3"),
    *in_readings("time_out_of_range", "1969-12-31 23:59:59,1.5"),
    *in_readings("ambiguous_time", "2024-10-27 02:30:00,1.5", TZ="Europe/Berlin"),
    *in_readings("wrong_fields", "2026-03-01 00:30:00"),
    *in_readings("wrong_fields", "2026-03-01 00:30:00,1,5"),
    *in_readings("wrong_fields", '"2026-03-01 00:30:00,1.5'),
    *in_readings("line_too_long", LONG),
    Case("undecodable", "consumption/5.csv", f"{ONE}{GOOD}\n".encode() + b"2026,\xff\n", 3, "2026,"),
    Case("undecodable", "consumption/x.csv", f"{MANY}5,{GOOD}\n".encode() + b"5,2026,\xff\n", 3, "5,2026,"),
    Case("unknown_user", "consumption/x.csv", f"{MANY}5,{GOOD}\n6,{GOOD}\n", 3, f"6,{GOOD}"),
    Case("bad_id", "consumption/x.csv", f"{MANY}5,{GOOD}\n05,{GOOD}\n", 3, f"05,{GOOD}"),
    whole("unknown_user", "consumption/6.csv", f"{ONE}{GOOD}\n\n{GOOD}\n", "6", 2),
    whole("bad_id", "consumption/007.csv", f"{ONE}{GOOD}\n", "007.csv", 1),
    whole("bad_id", "consumption/x.csv", f"{ONE}{GOOD}\n{GOOD}\n", "x.csv", 2),
    whole("wrong_header", "consumption/5.csv", f"{ONE[:-1]},note\n{GOOD},x\n", ONE[:-1] + ",note", 1),
    whole("wrong_header", "consumption/5.csv", f"{GOOD}\n{GOOD}\n", GOOD, 2),
    whole("wrong_header", "consumption/x.csv", f"id,{ONE}5,{GOOD}\n", "id," + ONE[:-1], 1),
    whole("wrong_header", "consumption/5.csv", "", "", 0),
    whole("file_too_large", "consumption/5.csv.gz", TOO_LARGE, "", 0, MAX_EXPANDED_MB="1"),
]  # fmt: skip

FILES = [case for part in CASES for case in (part if isinstance(part, list) else [part])]
# Provoked below or in the other files: they take more than a file's text.
ELSEWHERE = {"conflicting", "bad_gzip", "not_a_file", "unreadable", "file_changed"}
# In test_sales_files.py.
OF_ORDERS = {f"bad_{what}" for what in ("order_id", "version", "product", "quantity", "amount", "status")}


# Their cases are in tests/integration/acquisition/test_files.py.
OF_SOURCES = {"bad_json", "no_records", "wrong_encoding", "body_too_large"}


def test_every_reason_has_a_case():
    assert {case.reason for case in FILES} | ELSEWHERE | OF_ORDERS | OF_SOURCES == set(REASONS)


@pytest.mark.parametrize("case", FILES, ids=str)
def test_a_fault_is_printed_with_what_to_do_and_kept(world, case):
    prepare(world, **case.settings)
    world.put(case.file, case.content)
    before = world.dump()
    result = world.tell("--date", DAY)
    assert result.code == 1
    assert "FAILURE" in result.out
    shows(result, case.reason, case.file, case.line, case.raw)
    assert len(kept(world)) == 1
    ((kind, file, line, lines, raw, reason),) = kept(world)
    assert (kind, file, line, reason) == ("reject", case.file, case.line, case.reason)
    assert case.raw in raw
    if case.reason != "file_too_large":
        assert lines == case.lines
    assert world.inbox() == [case.file]
    assert world.dump() == before


def test_bad_gzip_is_printed_and_kept(world):
    prepare(world)
    path = world.data / "consumption/5.csv.gz"
    path.write_bytes(f"{ONE}{GOOD}\n".encode())
    result = world.tell("--date", DAY)
    assert result.code == 1
    shows(result, "bad_gzip", "consumption/5.csv.gz", None, "")
    assert [(row[1], row[2], row[5]) for row in kept(world)] == [("consumption/5.csv.gz", None, "bad_gzip")]


@pytest.mark.parametrize("name", ["area.csv", "tariff.csv", "user_data.csv", "consumption/5.csv"])
def test_not_a_file_is_printed_and_kept(world, name):
    prepare(world)
    (world.root / "elsewhere").write_text("name\na1\n")
    (world.data / name).symlink_to(world.root / "elsewhere")
    result = world.tell("--date", DAY)
    assert result.code == 1
    shows(result, "not_a_file", name, None, "")
    assert [(row[1], row[2], row[5]) for row in kept(world)] == [(name, None, "not_a_file")]
    assert world.inbox() == [name]


def test_conflicts_are_printed_and_kept_but_are_no_failure(world):
    prepare(world)
    world.put_readings(5, GOOD, "2026-03-01 00:00:00,1.6")
    result = world.tell("--date", DAY)
    assert result.code == 0
    assert "SUCCESS" in result.out
    shows(result, "conflicting", "consumption/5.csv", 3, "2026-03-01 00:00:00,1.6")
    assert kept(world) == [("conflict", "consumption/5.csv", 3, 1, "2026-03-01 00:00:00,1.6", "conflicting")]


@pytest.mark.parametrize("master", ["area", "tariff"])
def test_an_unknown_name_says_which_file_to_add_it_to(world, master):
    prepare(world)
    world.put_users("5,a1,t1", "6,a9,t1" if master == "area" else "6,a1,t9")
    line = shows(world.tell("--date", DAY), f"unknown_{master}", "user_data.csv", 3, "6,a")
    assert f"{master}.csv" in line


def test_what_is_printed_stays_on_one_line_and_cannot_steer_the_terminal(world):
    prepare(world)
    world.put("consumption/5.csv", f"{ONE}\x1b[2Jwiped\x07\x00\x85,1\n")
    result = world.tell("--date", DAY)
    assert result.code == 1
    line = shows(result, "bad_time", "consumption/5.csv", 2, "wiped")
    assert line.isprintable()
    assert all(row[4].isprintable() for row in kept(world))


def test_a_terminal_without_japanese_gets_the_message_all_the_same(world):
    """Cron may have an ASCII or Latin-1 locale: the message must not end in a traceback after the commit."""
    prepare(world)
    world.put_users("5,a1,t1", "6,東京,t1")
    world.put_readings(5, f"時,{'x' * 300}")
    done = subprocess.run(
        [sys.executable, "-m", "etl.main", "--date", DAY, "--on-error", "quarantine"],
        cwd=world.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "Logging error" not in done.stderr
    assert "user_data.csv:3: unknown_area:" in done.stdout
    assert "consumption/5.csv:2: bad_time:" in done.stdout


def test_only_the_first_twenty_are_printed_and_the_rest_is_counted(world):
    prepare(world)
    world.put_readings(5, *["x,1"] * 23)
    printed = world.tell("--date", DAY).out
    assert printed.count("reject: consumption/5.csv:") == 20
    assert "3 more in table rejected_row" in printed
    assert "23 faults (bad_time 23)" in printed


def prepare(world: World, **settings: str) -> None:
    """User 5 of a1, t1 and an inbox without any file."""
    world.set(**settings)
    world.start("5,a1,t1")


def shows(result: Result, reason: str, file: str, line: int | None, raw: str) -> str:
    """The printed line about a fault: it says where, what, what was found and what to do."""
    place = f"{file}:{line}:" if line else f"{file}:"
    lines = [text for text in result.out.splitlines() if f" {place} {reason}:" in text]
    assert lines, result.out
    assert raw in lines[0]
    assert REASONS[reason] in lines[0]
    assert "Traceback" not in result.out + result.err
    return lines[0]


def kept(world: World) -> list[tuple]:
    """What rejected_row has: kind, file, line, line_count, raw, reason."""
    return world.rows("SELECT kind, file, line, line_count, raw, reason FROM rejected_row ORDER BY id")
