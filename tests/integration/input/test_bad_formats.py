"""Encodings, line ends, quotes and columns: what is taken in any shape, and what is refused."""

import json

import pytest

from tests.world import DAY, World

GOOD = "2026-03-01 00:00:00,1.5"
LATER = "2026-03-01 00:30:00,2"
BOM = "\ufeff"
ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}
TOKYO_AREA, NIGHT_TARIFF = (
    "東京都　ソ連表",
    "夜間能力",
)  # with an ideographic space; ソ, 表 and 能 have a 0x5C in cp932
FOUND = [(5, "2026-02-28 15:00:00.000000", "1.5")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("bom", ["", BOM], ids=["plain", "bom"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "unended"])
def test_any_line_end_with_and_without_bom(world, end, bom, last):
    put_all(world, lambda text: bom + text.rstrip("\n" * (not last)).replace("\n", ENDS[end]))
    result = world.run("--date", DAY)
    assert result.code == 0, result.record["error_summary"]
    assert world.contracts(5) == [("a1", "t1", "-infinity", None)]
    assert world.readings() == [
        *FOUND,
        (5, "2026-02-28 15:30:00.000000", "2"),
        (6, "2026-02-28 15:00:00.000000", "3"),
    ]


@pytest.mark.parametrize(("end", "last"), [("\n", "\n"), ("\n", ""), ("\r\n", ""), ("\r", "\r"), ("\r", "")])
def test_files_are_batched_whatever_ends_their_last_line(world, end, last):
    """A file in one piece is one segment: a batch and a savepoint for each would be 16 times as slow."""
    users = range(1, 21)
    world.start(*(f"{user},a1,t1" for user in (*users, 21)))
    # Now the month is there, and its readings are inserted.
    world.put_readings(21, GOOD)
    assert world.run("--date", DAY).code == 0
    for user in users:
        world.put(f"consumption/{user}.csv", end.join(["datetime,consumption", GOOD, LATER]) + last)
    world.set(LOG_FORMAT="json")
    result = world.run("--date", DAY)
    assert result.record["inserted_count"] == 2 * len(users)
    steps = [
        line for line in map(json.loads, result.err.splitlines()) if "insert_readings" in line.get("sql", "")
    ]
    assert [step["batches"] for step in steps] == [1]


@pytest.mark.parametrize("end", ENDS)
def test_line_numbers_are_right_with_any_line_end(world, end):
    world.start("5,a1,t1")
    world.put("consumption/5.csv", ENDS[end].join(["datetime,consumption", GOOD, "", " ", "x,1", "", "y,1"]))
    world.put("user_data.csv", ENDS[end].join(["id,area,tariff", "", "5,a1,t1", " ", "x,a1,t1"]))
    world.run("--date", DAY)
    assert [(file, line) for file, line, _, _ in world.rejected()] == [
        ("user_data.csv", 5),
        ("consumption/5.csv", 5),
        ("consumption/5.csv", 7),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_japanese_names(world, encoding):
    world.set(CSV_ENCODING=encoding.removesuffix("-sig"))
    world.put("area.csv", f"name\n{TOKYO_AREA}\n".encode(encoding))
    world.put("tariff.csv", f'name\n"{NIGHT_TARIFF}"\n'.encode(encoding))
    world.put("user_data.csv", f"id,area,tariff\n5,{TOKYO_AREA},{NIGHT_TARIFF}\n".encode(encoding))
    world.put("consumption/5.csv", f"datetime,consumption\n{GOOD}\n".encode(encoding))
    result = world.run("--date", DAY)
    assert result.code == 0, result.record["error_summary"]
    assert world.contracts(5) == [(TOKYO_AREA, NIGHT_TARIFF, "-infinity", None)]
    assert world.readings() == FOUND


@pytest.mark.parametrize(("written", "read"), [("cp932", "utf-8"), ("utf-16", "utf-8"), ("utf-16", "cp932")])
def test_another_encoding_than_set_is_refused(world, written, read):
    world.set(CSV_ENCODING=read)
    world.put("area.csv", f"name\n{TOKYO_AREA}\n".encode(written))
    result = world.tell("--date", DAY)
    assert result.code == 1
    assert {reason for *_, reason in world.rejected()} in ({"undecodable"}, {"wrong_header"})
    assert world.rows("SELECT name FROM area") == []
    assert "CSV_ENCODING" in result.out or written == "utf-16"


@pytest.mark.parametrize(
    ("encoding", "bad"), [("utf-8", b"\xe6\x9d"), ("utf-8", b"\xed\xa0\x80"), ("cp932", b"\x83")]
)
def test_bytes_that_are_no_text_are_told_with_line_and_what_was_found(world, encoding, bad):
    world.set(CSV_ENCODING=encoding)
    world.start("5,a1,t1")
    world.put("area.csv", b"name\na1\nx" + bad + b"\n")
    world.put(
        "consumption/5.csv", b"datetime,consumption\n2026-03-01 00:00:00,1" + bad + b"\n" + GOOD.encode()
    )
    result = world.tell("--date", DAY)
    assert result.code == 1
    rejected = {file: (line, raw, reason) for file, line, raw, reason in world.rejected()}
    shown = "".join(f"\\x{byte:02x}" for byte in bad)
    assert rejected == {
        "area.csv": (3, f"x{shown}", "undecodable"),
        "consumption/5.csv": (2, f"2026-03-01 00:00:00,1{shown}", "undecodable"),
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("consumption/5.csv", f"consumption,datetime\n1.5,{GOOD[:19]}\n"),
        ("consumption/5.csv", f'"datetime","consumption"\n"{GOOD[:19]}","1.5"\n'),
        ("consumption/5.csv", f" datetime , consumption \n {GOOD[:19]} , 1.5 \n"),
        ("consumption/5.csv", f'"datetime" , "consumption" \n "{GOOD[:19]}" , "1.5" \n'),
        ("consumption/5.csv", f'datetime,consumption\n" {GOOD[:19]} ",1.5\n'),
        ("consumption/5.csv", f"user_id,datetime,consumption\n5,{GOOD}\n"),
        ("consumption/x.csv", f"consumption,user_id,datetime\n1.5,5,{GOOD[:19]}\n"),
        ("consumption/x.csv", f'datetime,consumption,user_id\n{GOOD},"5"\n'),
        ("consumption/6.csv.gz", f"datetime,user_id,consumption\r\n{GOOD[:19]},5,1.5\r\n"),
    ],
)
def test_columns_in_any_order_quoted_and_spaced(world, name, content):
    world.start("5,a1,t1")
    world.put(name, content)
    result = world.run("--date", DAY)
    assert world.rejected() == []
    assert result.code == 0
    assert world.readings() == FOUND


@pytest.mark.parametrize(
    "content",
    [
        "tariff,area,id\nt1,a1,5\n",
        '"id" , "area" , "tariff" \n "5" , "a1" , "t1" \n',
        " id ,area , tariff\n 5 , a1 , t1 \n",
        'id,area,tariff\n5,"a1","t1"\n5,a1,t1\n',
    ],
)
def test_user_columns_in_any_order_quoted_and_spaced(world, content):
    world.put_masters()
    world.put("user_data.csv", content)
    assert world.run("--date", DAY).code == 0
    assert world.rejected() == []
    assert world.contracts(5) == [("a1", "t1", "-infinity", None)]


def test_quotes_commas_and_line_ends_inside_names(world):
    """A quoted field may hold a comma and a doubled quote; a line end ends the record, quoted or not."""
    world.put("area.csv", 'name\n"north, ""old"""\n"two\nlines"\nsouth\n')
    result = world.run("--date", DAY)
    assert result.code == 1
    assert world.rejected() == [
        ("area.csv", 3, '"two', "wrong_fields"),
        ("area.csv", 4, 'lines"', "wrong_fields"),
    ]
    world.put("area.csv", 'name\n"north, ""old"""\nsouth\n')
    assert world.run("--date", DAY).code == 0
    assert world.rows("SELECT name FROM area ORDER BY 1") == [('north, "old"',), ("south",)]


def test_a_quote_inside_a_field_does_not_hide_the_faults_behind_it(world):
    """Only a quote at the start of a field opens one: the next lines are lines of their own."""
    world.put_masters()
    world.put_users('5,a"1,t1', "6,a9,t1", "7,a1,t9", "8,a1,t1")
    result = world.run("--date", DAY)
    assert [(line, reason) for _, line, _, reason in world.rejected()] == [
        (2, "wrong_fields"),
        (3, "unknown_area"),
        (4, "unknown_tariff"),
    ]
    assert result.unit("users")["read"] == 4


def test_odd_names_arrive_as_they_are(world):
    names = ["a\\b", "\\N", "\\.", "NULL", "a'b", "%s", "a;b", "é", "e\u0301", "🙂", "x" * 100]
    world.put("area.csv", "\n".join(["name", *names, *names]))
    world.put("tariff.csv", "name\nt1\n")
    world.put_users(*(f"{n},{name},t1" for n, name in enumerate(names, 1)))
    result = world.run("--date", DAY)
    assert result.code == 0, result.record["error_summary"]
    assert [world.contracts(n)[0][0] for n in range(1, len(names) + 1)] == names


def test_extra_columns_of_masters_and_users_are_ignored_with_one_warning(world):
    world.put("area.csv", "code,name,note\n1,a1,x\n2,a2,y\n")
    world.put("tariff.csv", "name,price\nt1,9\n")
    world.put("user_data.csv", "name,id,phone,area,tariff\nAoi,5,1,a1,t1\nRen,6,2,a2,t1\n")
    world.set(LOG_FORMAT="json")
    result = world.run("--date", DAY)
    assert result.code == 0
    warned = [line for line in map(json.loads, result.err.splitlines()) if "ignored" in line["event"]]
    assert [(line["level"], line["file"], line["columns"]) for line in warned] == [
        ("warning", "area.csv", "code,note"),
        ("warning", "tariff.csv", "price"),
        ("warning", "user_data.csv", "name,phone"),
    ]
    assert world.contracts(6) == [("a2", "t1", "-infinity", None)]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("consumption/5.csv", "datetime,consumption,note"),
        ("consumption/5.csv", "datetime,consumption,"),
        ("consumption/5.csv", "datetime,consumption,datetime"),
        ("consumption/5.csv", "datetime"),
        ("consumption/5.csv", "datetime;consumption"),
        ("consumption/5.csv", "datetime\tconsumption"),
        ("consumption/5.csv", "Datetime,Consumption"),
        ("consumption/5.csv", "datetime,consumption (Wh)"),
        ("consumption/5.csv", '"datetime,consumption'),
        ("consumption/x.csv", "user_id,datetime,consumption,quality"),
        ("consumption/x.csv", "user_id,user_id,datetime,consumption"),
        ("consumption/x.csv", "user_id,consumption"),
        ("user_data.csv", "id,area"),
        ("user_data.csv", "id,area,tariff,id"),
        ("user_data.csv", "id,area,area,tariff"),
        ("user_data.csv", "ID,AREA,TARIFF"),
        ("user_data.csv", '"id,area,tariff'),
        ("area.csv", "name,name"),
        ("tariff.csv", "tariff name"),
    ],
)
def test_missing_extra_and_double_columns(world, name, header):
    """One row for the whole file, with what its first line says and how many lines follow it."""
    world.start("5,a1,t1")
    world.put(name, f"{header}\n{GOOD}\n\n{GOOD}\n")
    assert world.run("--date", DAY).code == 1
    ((file, line, lines, raw, reason),) = world.rows(
        "SELECT file, line, line_count, raw, reason FROM rejected_row"
    )
    assert (file, line, reason) == (name, None, "wrong_header")
    assert raw.startswith(header.replace("\t", "\\t"))
    assert lines in (2, 3), "a first line that names no known column may be a reading itself"


def put_all(world: World, shape) -> None:
    """Masters, users and readings of both kinds, each text shaped."""
    texts = {
        "area.csv": "name\na1\n",
        "tariff.csv": "name\nt1\n",
        "user_data.csv": "id,area,tariff\n5,a1,t1\n6,a1,t1\n",
        "consumption/5.csv": f"datetime,consumption\n{GOOD}\n{LATER}\n",
        "consumption/x.csv": "user_id,datetime,consumption\n6,2026-03-01 00:00:00,3\n",
    }
    for name, text in texts.items():
        world.put(name, shape(text))
