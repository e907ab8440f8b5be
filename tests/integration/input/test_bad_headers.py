"""A wrong header: the program says what it sees, and names the columns of this kind of file, once."""

import gzip
import io
import zipfile

import pytest

from etl.inbox.csv_records import Table
from etl.inbox.files import InboxFile
from etl.inbox.headers import LAYOUTS
from etl.inbox.rejects import Reject, Rejects

GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption", "user_id,datetime,consumption"
USERS = "id,area,tariff"
XLS = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(64)


def packed() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("xl/workbook.xml", "x")
    return file.getvalue()


SEEN = [
    ("consumption/5.csv", "datetime;consumption\n2026-03-01 00:00;1.5", "semicolons"),
    ("consumption/5.csv", "2026-03-01 00:00;1.5", "semicolons"),
    ("user_data.csv", "id\tarea\ttariff\n5\ta\tb", "tabs"),
    ("consumption/5.csv", f"{ONE}\n{GOOD}".encode("utf-16"), "UTF-16"),
    ("consumption/5.csv", f"{ONE}\n{GOOD}".encode("utf-16-le"), "UTF-16"),
    ("user_data.csv", f"{USERS}\n5,東京,夜".encode("utf-16-be"), "UTF-16"),
    ("area.csv", "name\n東京".encode("utf-16"), "UTF-16"),
    ("consumption/5.csv", packed(), "spreadsheet (.xlsx)"),
    ("user_data.csv", packed(), "spreadsheet (.xlsx)"),
    ("consumption/5.csv", XLS, "spreadsheet (.xls)"),
    ("area.csv", XLS, "spreadsheet (.xls)"),
    ("consumption/5.csv", gzip.compress(f"{ONE}\n{GOOD}".encode()), "this is gzip"),
    ("user_data.csv", gzip.compress(f"{USERS}\n5,a,b".encode()), "this is gzip"),
    ("consumption/5.csv", f"{GOOD}\n{GOOD}", "looks like data"),
    ("consumption/x.csv", f"5,{GOOD}", "looks like data"),
    ("user_data.csv", "5,a,b\n6,a,b", "looks like data"),
    ("consumption/5.csv", f"Datetime,Consumption\n{GOOD}", "small letters"),
    ("user_data.csv", "ID,AREA,TARIFF\n5,a,b", "small letters"),
    ("consumption/5.csv", f"{ONE},note\n{GOOD},x", "not known: note"),
    ("consumption/x.csv", f"{MANY},a,b\n5,{GOOD},x,y", "not known: a, b"),
    ("consumption/5.csv", "datetime,consumption (Wh)\n", "missing: consumption; not known: consumption (Wh)"),
    ("consumption/x.csv", f"id,{ONE}\n5,{GOOD}", "not known: id"),
    ("user_data.csv", "id,area,plan\n5,a,b", "missing: tariff"),
    ("area.csv", "area\na1", "missing: name"),
    ("consumption/5.csv", f"{ONE},datetime\n{GOOD},x", "more than once: datetime"),
    ("area.csv", "name,name\na,b", "more than once: name"),
    ("consumption/5.csv", '"datetime,consumption\n', "quote in the first line"),
    ("consumption/5.csv", "", "the file is empty"),
    ("user_data.csv", f"\n{USERS}\n5,a,b", "the first line is empty"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
# The bytes would not be the same names in each worker: a zip and a gzip hold the time.
@pytest.mark.parametrize(("name", "content", "text"), SEEN, ids=map(str, range(len(SEEN))))
def test_a_wrong_header_says_what_is_seen(world, name, content, text, encoding):
    world.set(CSV_ENCODING=encoding)
    world.put(name, content)
    (line,) = [line for line in world.tell().out.splitlines() if "reject:" in line]
    assert f"{name}: wrong_header:" in line
    assert text in line
    assert line.isprintable()
    told = [",".join(columns) for columns in LAYOUTS[name.partition("/")[0]]]
    assert line.endswith("the columns are " + " or ".join(told))


@pytest.mark.parametrize("name", ["area.csv", "user_data.csv", "consumption/5.csv"])
def test_a_header_in_another_encoding_is_undecodable(world, name):
    world.put(name, "日時,使用量\n2026-03-01 00:00,1\n".encode("cp932"))
    result = world.run()
    assert [(file, line, reason) for file, line, _, reason in world.rejected()] == [
        (name, None, "undecodable")
    ]
    assert "CSV_ENCODING" in result.record["error_summary"]


def test_a_name_that_is_no_user_id_says_that_the_name_is_meant():
    message = str(Reject("consumption/x.csv", None, "x.csv", "bad_id", 3))
    assert "the name of the file is meant" in message and "column user_id" in message
    assert "the name of the file" not in str(Reject("consumption/x.csv", 3, "x", "bad_id"))


def test_a_file_of_no_known_kind_has_no_columns_to_name(tmp_path):
    (tmp_path / "visits.csv").write_text("a,b\n")
    table = Table(InboxFile(tmp_path, "visits.csv"), ("visitors",), "utf-8", Rejects())
    assert list(table.rows()) == []
    assert str(table.fault.reject()).endswith("name each column once in the first line")
