"""What the inbox holds and no job takes: named everywhere, unless somebody is still at work on it."""

import json

import pytest

from tests.web.site import Viewer
from tests.world import DAY

GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption\n", "user_id,datetime,consumption\n"
UNFINISHED = ("..csv", ".5.csv", "5.csv.tmp", "5.tmp", "5.TMP", "5.csv.part", "5.csv.gz.part", "5.Part")
OTHERS = ("5", "5.csv.bak", "5.csv.zip", "5.csv~", "5.tsv", "5.txt", "5csv")
OWN = ("completion", "rejected", "pg", "cache", "state", "dbt", "duckdb", "parquet", "README.md")


@pytest.fixture
def five(world):
    """User 5 is registered, the inbox is empty."""
    world.start("5,a1,t1")
    return world


def test_what_is_not_taken_is_named_everywhere(five):
    for name in (*UNFINISHED, *OTHERS):
        (five.data / "consumption" / name).write_text(f"{ONE}{GOOD}\n")
    (five.data / "consumption/137").mkdir()
    (five.data / "consumption/137/x.csv").write_text(f"{MANY}5,{GOOD}\n")
    for name in ("user_data.csv.part", "consumption.csv", "Area.csv", "5.csv"):
        (five.data / name).write_text("name\n")
    (five.data / "order").mkdir()
    names = ["5.csv", "Area.csv", "consumption.csv", "order/", "consumption/137/"]
    names += [f"consumption/{name}" for name in OTHERS]
    five.set(LOG_FORMAT="json")
    result = five.run("--date", DAY)
    assert (result.code, five.readings()) == (0, [])
    noted = result.record["metadata"]["not_taken"]
    assert (noted["count"], sorted(noted["names"])) == (12, sorted(names))
    warnings = [line for line in map(json.loads, result.err.splitlines()) if "not taken" in line["event"]]
    assert {line["level"] for line in warnings} == {"warning"}
    assert sorted(", ".join(line["names"] for line in warnings).split(", ")) == sorted(names)
    told = five.tell("--date", DAY).out
    assert "nothing to do" in told
    assert (
        "not taken: 5.csv, Area.csv, consumption.csv, order/, consumption/137/ and 7 more; only *.csv" in told
    )


def test_the_programs_own_and_unfinished_work_are_passed_over_in_silence(five):
    for name in OWN:
        (five.data / name).mkdir(exist_ok=True)
    (five.data / "area.csv.tmp").touch()
    for name in UNFINISHED:
        (five.data / "consumption" / name).write_text(f"{ONE}{GOOD}\n")
    result = five.tell("--date", DAY)
    assert "not taken" not in result.out + result.err
    assert "not_taken" not in five.value("SELECT metadata FROM run ORDER BY id DESC LIMIT 1")


def test_a_hundred_names_are_kept_and_all_are_counted(five):
    for number in range(250):
        (five.data / f"consumption/{number:03}.tsv").touch()
    (five.data / "a\x1b[2J.txt").touch()
    result = five.run("--date", DAY)
    noted = result.record["metadata"]["not_taken"]
    assert (noted["count"], len(noted["names"])) == (251, 100)
    assert noted["names"][0] == "a\\x1b[2J.txt"
    assert all(line.isprintable() for line in result.err.splitlines())


def test_each_job_names_what_lies_in_its_folder(five):
    (five.data / "orders").mkdir()
    (five.data / "orders/a.xlsx").touch()
    (five.data / "consumption/5.tsv").touch()
    result = five.run("--job", "daily_sales", "--date", DAY)
    assert result.record["metadata"]["not_taken"] == {"count": 1, "names": ["orders/a.xlsx"]}
    result = five.run("--date", DAY)
    assert result.record["metadata"]["not_taken"] == {"count": 1, "names": ["consumption/5.tsv"]}
    metrics = Viewer().get("/metrics").text
    assert 'meterhouse_not_taken_files{job="consumption"} 1.0' in metrics
    assert 'meterhouse_not_taken_files{job="daily_sales"} 1.0' in metrics
    (five.data / "consumption/5.tsv").unlink()
    five.run("--date", DAY)
    assert 'meterhouse_not_taken_files{job="consumption"} 0.0' in Viewer().get("/metrics").text


@pytest.mark.parametrize("name", ["5.CSV", "5.Csv", "5.csv.GZ", "5.CSV.GZ", "x.CSV"])
def test_endings_are_taken_in_any_case(five, name):
    five.put("consumption/5.csv.gz", f"{ONE}{GOOD}\n")
    packed = (five.data / "consumption/5.csv.gz").read_bytes()
    (five.data / "consumption/5.csv.gz").unlink()
    plain = f"{MANY}5,{GOOD}\n" if name.startswith("x") else f"{ONE}{GOOD}\n"
    five.put(f"consumption/{name}", packed if name.endswith("GZ") else plain)
    assert five.run("--date", DAY).code == 0
    assert [wh for *_, wh in five.readings()] == ["1.5"]
    assert f"consumption/{name}" in five.moved()


def test_two_names_that_differ_in_case_only_are_two_files(five):
    """Numbers, then the others; each without its case, capitals first: the first value stands."""
    for value, name in enumerate(("5.CSV", "5.csv", "B.CSV", "a.csv", "b.csv")):
        text = f"5,2026-03-02 00:00,{value}" if name[0] != "5" else f"2026-03-01 00:00,{value}"
        five.put(f"consumption/{name}", f"{ONE if name[0] == '5' else MANY}{text}\n")
    result = five.run("--date", DAY)
    assert result.unit("readings")["conflicting"] == 3
    assert [file for file, *_ in five.rejected()] == [
        f"consumption/{name}" for name in ("5.csv", "B.CSV", "b.csv")
    ]
    assert [wh for *_, wh in five.readings()] == ["0", "3"]
