"""The job daily_sales: a day made anew, late dates, and what a failure leaves."""

from datetime import date

import psycopg2
import pytest

from tests.integration.sales.orders import insert, marked, plain, put, run, stored, version

FALSE_TOTAL = """
CREATE FUNCTION falsify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sales_date = '2025-12-02' AND NEW.product IS NULL THEN NEW.orders := NEW.orders + %s; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER falsify BEFORE INSERT ON daily_sales FOR EACH ROW EXECUTE FUNCTION falsify();
"""
DAYS = ("--start-date", "2025-12-01", "--end-date", "2025-12-03")


def days(world) -> list[str]:
    return [str(day) for day in sorted(stored(world))]


def test_a_day_without_orders_is_a_row_of_zeros(world):
    result = run(world)
    assert (result.code, result.unit("sales")) == (0, {"products": 0, "orders": 0})
    assert stored(world) == {date(2025, 12, 1): {None: (0, 0, 0, 0, 0, 0)}}


def test_orders_of_files_and_of_others_count_together(world):
    orders = [
        version(1),
        version(2, amount="0.123456", status="cancelled"),
        version(3, product="cable", user_id=6, amount="999999999999999"),
    ]
    put(world, *orders[:2])
    insert(world, orders[2])
    record = run(world).record
    assert stored(world)[date(2025, 12, 1)] == plain(orders, date(2025, 12, 1))
    assert world.value("SELECT gross::text FROM web.daily_sales") == "1000000000000099.123456"
    assert record["data_source"] == ["orders", "raw_orders"]
    # Two lines and the three orders of the day; two orders, two products and their total.
    assert (record["input_count"], record["inserted_count"]) == (2 + 3, 2 + 3)
    assert world.moved() == ["orders/a.csv"]


def test_a_run_again_changes_nothing(world):
    put(world, version(1), version(2, at="2025-12-02 00:00"))
    assert run(world, "--late").code == 0
    before = world.dump()
    put(world, version(1), version(2, at="2025-12-02 00:00"))
    again = run(world, "--late")
    assert again.code == 0
    assert again.unit("orders")["identical"] == 2
    assert world.dump() == before


def test_the_log_goes_to_stdout_on_request(world):
    given = ("--job", "daily_sales", "--date", "2025-12-01")
    told = world.tell(*given, "--log-stdout")
    assert (told.code, told.err) == (0, "")
    (run_id,) = world.rows("SELECT execution_uuid::text FROM run")[0]
    assert f"job=daily_sales date=2025-12-01 run={run_id} sql=sql/daily_sales/insert_day.sql" in told.out
    assert f"  run {run_id}\n" in told.out
    assert run_id in (world.root / "logs" / "meterhouse.log").read_text()
    assert "event=step" not in world.tell(*given).out
    both = world.call(*given, "--log-stdout", "--json")
    assert (both.code, both.out) == (2, "")


def test_each_day_of_a_range_is_a_run(world):
    put(world, version(1), version(2, at="2025-12-02 23:59:59"), version(3, at="2025-12-03 00:00"))
    result = run(world, *DAYS)
    assert [one["metadata"]["date"] for one in result.records] == ["2025-12-01", "2025-12-02", "2025-12-03"]
    assert days(world) == ["2025-12-01", "2025-12-02", "2025-12-03"]
    assert world.rows("SELECT orders FROM daily_sales_total ORDER BY sales_date") == [(1,), (1,), (1,)]


@pytest.mark.parametrize(("keep_going", "runs"), [((), 2), (("--keep-going",), 3)])
def test_a_failure_in_a_range_leaves_finished_days_and_the_failed_day_as_it_was(world, keep_going, runs):
    insert(world, version(1, at="2025-12-02 09:00"))
    assert run(world, "--date", "2025-12-02").code == 0
    world.do(FALSE_TOTAL % 1)
    before = stored(world)[date(2025, 12, 2)]
    insert(world, *(version(n, at=f"2025-12-0{n} 09:00") for n in (2, 3)), version(4))
    result = run(world, *DAYS, *keep_going)
    assert (result.code, len(result.records)) == (1, runs)
    assert result.records[1]["error_summary"].startswith("sales of 2025-12-02: its products have 2 orders")
    found = stored(world)
    assert found[date(2025, 12, 2)] == before
    assert found[date(2025, 12, 1)] == plain([version(4)], date(2025, 12, 1))
    assert (date(2025, 12, 3) in found) == bool(keep_going)
    assert "2025-12-02" in marked(world)


def test_an_order_that_counts_twice_is_found(world):
    insert(world, version(1, at="2025-12-02 09:00"))
    # Both the product and the total are wrong: they still add up.
    world.do(FALSE_TOTAL.replace("AND NEW.product IS NULL", "") % 1)
    record = run(world, "--date", "2025-12-02").record
    assert record["error_summary"] == (
        "sales of 2025-12-02: counted 2 orders, but 1 have their newest version on that day"
    )
    assert stored(world) == {}


def test_late_dates_are_told_and_run_on_demand(world):
    orders = [version(1), version(2, at="2025-11-20 10:00"), version(3, at="2025-11-21 10:00")]
    put(world, *orders)
    told = world.tell("--job", "daily_sales", "--date", "2025-12-01").out
    assert "with orders, never computed: 2025-11-20, 2025-11-21; --late runs them\n" in told
    assert "late dates" not in told
    result = run(world, "--late")
    assert [one["metadata"]["date"] for one in result.records] == ["2025-12-01", "2025-11-20", "2025-11-21"]
    assert result.records[0]["metadata"]["late_dates"] == ["2025-11-20", "2025-11-21"]
    assert [one["metadata"]["late_dates_count"] for one in result.records] == [2, 1, 0]
    assert days(world) == ["2025-11-20", "2025-11-21", "2025-12-01"]


def test_late_dates_are_told_unless_they_are_about_to_run(world):
    put(world, version(1), version(2, at="2025-11-20 10:00"))
    assert run(world, "--late").code == 0
    put(world, version(3), version(4, at="2025-11-20 10:00"))
    told = world.tell("--job", "daily_sales", "--date", "2025-12-01").out
    assert told.endswith("daily_sales: late dates: 2025-11-20; --late runs them\n")
    in_range = ("--job", "daily_sales", "--start-date", "2025-11-20", "--end-date", "2025-11-21")
    assert "late dates" not in world.tell(*in_range).out


def test_a_range_that_stops_says_which_dates_were_not_run(world):
    put(world, "x")
    told = world.tell("--job", "daily_sales", "--start-date", "2025-11-20", "--end-date", "2025-11-23")
    assert told.code == 1
    assert "error: daily_sales: not run: 2025-11-21, 2025-11-22, 2025-11-23\n" in told.err


def test_late_dates_run_by_themselves(world):
    put(world, version(1), version(2, at="2025-11-20 10:00"))
    world.monkeypatch.delenv("RUN_LATE_DATES")
    assert len(run(world).records) == 2
    assert marked(world) == []


def test_a_night_runs_so_many_late_dates_and_tells_of_the_rest(world):
    world.set(RUN_LATE_DATES="1", LATE_DATES_LIMIT="2")
    put(world, *(version(n, at=f"2025-11-0{n} 10:00") for n in range(1, 7)))
    first = world.tell("--job", "daily_sales", "--date", "2025-12-01")
    assert days(world) == ["2025-11-01", "2025-11-02", "2025-12-01"]
    assert "dates with orders, never computed: 2025-11-03, 2025-11-04, 2025-11-05, 2025-11-06;" in first.out
    assert 'event="late dates are left for the next run" dates=4 first=2025-11-03' in first.err
    assert len(run(world).records) == 3
    assert marked(world) == ["2025-11-05", "2025-11-06"]
    assert "are left" not in world.tell("--job", "daily_sales", "--date", "2025-12-01", "--late").err
    assert marked(world) == []


def test_a_late_date_that_fails_is_tried_once_and_the_others_run(world):
    world.do(FALSE_TOTAL % 1)
    insert(world, version(1, at="2025-12-02 10:00"), version(2, at="2025-12-03 10:00"))
    result = run(world, "--late")
    assert result.code == 1
    assert [(one["metadata"]["date"], one["status"]) for one in result.records] == [
        ("2025-12-01", "SUCCESS"),
        ("2025-12-02", "FAILURE"),
        ("2025-12-03", "SUCCESS"),
    ]
    assert marked(world) == ["2025-12-02"]


def test_a_bad_line_does_not_keep_late_days_waiting(world):
    insert(world, version(1), version(2, at="2025-11-20 10:00"))
    put(world, "this,is,no,order")
    result = run(world, "--late")
    assert result.code == 1
    assert [one["metadata"]["date"] for one in result.records] == ["2025-12-01", "2025-11-20"]
    assert days(world) == ["2025-11-20", "2025-12-01"]


def test_late_dry_runs_end_and_keep_nothing(world):
    put(world, version(1), version(2, at="2025-11-20 10:00"))
    before = world.dump()
    result = run(world, "--late", "--dry-run")
    assert (result.code, len(result.records)) == (0, 2)
    assert world.dump() == before
    assert world.inbox() == ["orders/a.csv"]


def test_a_moved_order_makes_both_days_late(world):
    insert(world, version(1, at="2025-11-20 10:00"))
    assert run(world, "--date", "2025-11-20").code == 0
    insert(world, version(1, 2, at="2025-11-25 10:00"))
    assert marked(world) == ["2025-11-20", "2025-11-25"]
    assert run(world, "--late").code == 0
    assert [stored(world)[date(2025, 11, day)][None][0] for day in (20, 25)] == [0, 1]


def test_a_day_that_is_not_over_is_not_late(world):
    world.do("INSERT INTO dataset (tz, consumption_unit) VALUES ('Asia/Tokyo', 'Wh')")
    world.do("INSERT INTO raw_orders VALUES (1, 1, 5, 'meter', 1, 1, 'ordered', now(), now())")
    assert run(world).record["metadata"]["late_dates"] == []
    assert len(marked(world)) == 1


def test_orders_from_before_the_first_run_are_late(world):
    insert(world, version(1, at="2025-11-20 10:00"))
    assert marked(world) == []
    assert run(world).record["metadata"]["late_dates"] == ["2025-11-20"]


def test_another_zone_is_refused(world):
    assert run(world).code == 0
    world.set(TZ="Europe/Berlin")
    assert "first loaded with TZ=Asia/Tokyo" in run(world).record["error_summary"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE raw_orders SET amount = 1",
        "DELETE FROM raw_orders",
        "TRUNCATE raw_orders",
        "INSERT INTO raw_orders SELECT * FROM raw_orders ON CONFLICT (order_id, version)"
        " DO UPDATE SET amount = 1",
    ],
)
def test_raw_orders_is_append_only(world, statement):
    insert(world, version(1))
    with pytest.raises(psycopg2.Error, match="raw_orders is append-only: insert a corrected or cancelled"):
        world.do(statement)
    assert world.value("SELECT amount FROM raw_orders") == 100


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1"])
def test_an_amount_is_a_number(world, amount):
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.do("INSERT INTO raw_orders VALUES (1, 1, 5, 'a', 1, %s, 'ordered', now())", amount)


@pytest.mark.parametrize("at", ["0001-01-01 00:00+00 BC", "1969-12-30 00:00+00", "infinity", "-infinity"])
def test_an_order_is_of_a_day_that_files_may_name(world, at):
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.do("INSERT INTO raw_orders VALUES (1, 1, 5, 'a', 1, 1, 'ordered', %s::timestamptz)", at)


def test_a_transaction_that_cannot_see_other_versions_is_refused(world):
    with pytest.raises(psycopg2.Error, match="in a READ COMMITTED transaction"):
        world.do(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
            "SET default_transaction_isolation = 'repeatable read'"
        )
        insert(world, version(1))


def test_the_commands_of_the_seed_run_both_jobs(world):
    world.monkeypatch.delenv("DAILY_JOBS")
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2025-12-01 00:00,1")
    put(world, version(1))
    result = world.run("--date", "2025-12-01")
    assert [(one["job_name"], one["status"]) for one in result.records] == [
        ("consumption", "SUCCESS"),
        ("daily_sales", "SUCCESS"),
    ]
    result = world.run("--start-date", "2025-12-01", "--end-date", "2025-12-03")
    assert [one["job_name"] for one in result.records] == ["consumption", *["daily_sales"] * 3]
    assert world.value("SELECT count(*) FROM run") == 6
