"""A last line without its end is taken with a warning: a cut number looks like a whole one."""

import json

import pytest

from etl.inbox.chunks import Chunk
from etl.inbox.unfinished import Unfinished
from tests.integration.sales.orders import HEADER
from tests.world import DAY, World

GOOD = "2026-03-01 00:00:00,1.5"
ORDER = "1,1,5,Tea,1,100,ordered,2026-03-01 10:00"
TEXTS = {
    "area.csv": "name\na1",
    "tariff.csv": "name\r\nt1",
    "user_data.csv": "id,area,tariff\n5,a1,t1\n\n6,a1,t1",
    "consumption/5.csv": f"datetime,consumption\n{GOOD}",
    "consumption/6.csv": f"datetime,consumption\r{GOOD}\r2026-03-01 00:30:00,3",
    "consumption/x.csv.gz": "user_id,datetime,consumption\n5,2026-03-02 00:00,1\n5,2026-03-02 00:30,14",
}
LINES = {"area.csv": 2, "tariff.csv": 2, "user_data.csv": 4, "consumption/5.csv": 2, "consumption/6.csv": 3}


def noted(world: World, *arguments: str) -> tuple[dict, list[dict]]:
    world.set(LOG_FORMAT="json")
    result = world.run("--date", DAY, *arguments)
    assert result.code == 0
    lines = [line for line in map(json.loads, result.err.splitlines()) if "unfinished" in line["event"]]
    return result.record["metadata"].get("unfinished_files", {}), lines


def test_it_is_named_with_its_line_in_log_and_metadata(world):
    for name, text in TEXTS.items():
        world.put(name, text)
    found, warnings = noted(world)
    expected = [f"{name}:{line}" for name, line in {**LINES, "consumption/x.csv.gz": 3}.items()]
    assert found == {"count": 6, "names": expected}
    assert ", ".join(line["names"] for line in warnings) == ", ".join(expected)
    assert {line["level"] for line in warnings} == {"warning"}
    assert len(world.readings()) == 5


def test_of_orders_too(world):
    (world.data / "orders").mkdir()
    world.put("orders/a.csv", f"{HEADER}\n{ORDER}")
    found, _ = noted(world, "--job", "daily_sales")
    assert found == {"count": 1, "names": ["orders/a.csv:2"]}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_ended_line_or_a_header_alone_is_none(world, end):
    for name, text in TEXTS.items():
        world.put(name, text + end)
    world.put("consumption/7.csv", "datetime,consumption")
    world.put("consumption/y.csv", "user_id,datetime,consumption")
    world.put("user_data.csv", "id,area,tariff\n5,a1,t1\n6,a1,t1\n7,a1,t1\n")
    world.put("tariff.csv", f"name\nt1{end}")
    assert noted(world) == ({}, [])


def test_a_hundred_are_kept_and_all_are_counted():
    files = Unfinished()
    for number in range(300):
        files.look_at(f"{number}.csv", Chunk(2, b"x"))
    assert (files.count, len(files.labels)) == (300, 100)
