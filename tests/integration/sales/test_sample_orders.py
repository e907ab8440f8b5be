"""Invented orders: the same arguments make the same, and there is some of everything."""

from datetime import date

import pytest

from etl import config
from etl.sample.command import main
from tests.integration.sales.orders import RESET, TOKYO, Version, insert, plain, run, stored, version

WHOLE = "SELECT md5(string_agg(raw_orders::text, '|' ORDER BY order_id, version)) FROM raw_orders"


def make(*arguments: str) -> int:
    return main(["--end-date", "2025-12-03", "--days", "3", *arguments])


@pytest.mark.parametrize("size", [1, 100, 1_000, 20_000])
def test_any_size_can_be_made_and_computed(world, size, capsys):
    assert make("--orders", str(size)) == 0
    assert world.value("SELECT count(DISTINCT order_id) FROM raw_orders") == size
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"raw_orders: {size:,} orders in ")
    command = told[1].removeprefix("python -m etl.main ").split()
    result = world.run(*command)
    assert (result.code, len(result.records)) == (0, 3)
    assert result.records[-1]["metadata"]["late_dates"] == []
    assert world.value("SELECT sum(orders) FROM daily_sales_total") == size


def test_some_are_late_corrected_moved_and_cancelled(world):
    assert make("--orders", "10000") == 0
    share = {
        name: world.value(f"SELECT count(*) FROM raw_orders AS newer {rest}") / 10_000
        for name, rest in {
            "late": "WHERE version = 1 AND arrived_at - created_at >= interval '1 day'",
            "corrected": "WHERE version = 2 AND status = 'ordered'",
            "cancelled": "WHERE version = 2 AND status = 'cancelled'",
            "moved": "JOIN raw_orders AS older USING (order_id) WHERE newer.version = 2 AND older.version = 1"
            " AND newer.created_at <> older.created_at",
        }.items()
    }
    assert share == pytest.approx(
        {"late": 0.1, "corrected": 0.1, "cancelled": 0.05, "moved": 0.05}, abs=0.015
    )
    days = "SELECT DISTINCT (created_at AT TIME ZONE 'Asia/Tokyo')::date::text FROM raw_orders ORDER BY 1"
    assert [day for (day,) in world.rows(days)] == ["2025-12-01", "2025-12-02", "2025-12-03"]


def test_the_sums_are_those_of_a_plain_computation(world):
    assert make("--orders", "500") == 0
    assert run(world, "--late").code == 0
    columns = "order_id, version, user_id, product, quantity, amount, status, created_at"
    orders = [Version(*row) for row in world.rows(f"SELECT {columns} FROM raw_orders")]
    found = stored(world)
    assert len(found) == 3
    assert found == {day: plain(orders, day, TOKYO) for day in found}


def test_the_same_arguments_make_the_same_orders_on_any_server(world):
    made = []
    for seed in ("4", "5", "4"):
        world.do(RESET)
        assert make("--orders", "300", "--seed", seed) == 0
        world.do("SET timezone = 'UTC'")
        made.append(world.value(WHOLE))
    assert made[0] == made[2] != made[1]
    assert made[0] == "30044af4d1d485d266ec21b9b6052b73"


def test_a_table_that_has_orders_is_left_alone(world, capsys):
    insert(world, version(1))
    assert make("--orders", "100") == 1
    assert "raw_orders holds orders already" in capsys.readouterr().err
    assert world.value("SELECT count(*) FROM raw_orders") == 1


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "100000001", "1; DROP TABLE raw_orders"])
def test_a_wrong_number_is_wrong_usage(world, text):
    with pytest.raises(SystemExit) as stopped:
        make("--orders", text)
    assert stopped.value.code == 2


def test_another_zone_than_that_of_the_data_is_refused(world, capsys):
    assert run(world).code == 0
    world.set(TZ="Europe/Berlin")
    assert make("--orders", "100") == 1
    assert "first loaded with TZ=Asia/Tokyo" in capsys.readouterr().err
    assert config.load().tz == "Europe/Berlin"
    assert date(2025, 12, 1) in stored(world)
