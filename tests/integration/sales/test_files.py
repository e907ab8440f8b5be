"""The files of `orders/`: what is refused and why, repeats, quarantine, and text that tries to be SQL."""

import gzip
from datetime import date

import pytest

from etl.inbox.rejects import REASONS
from tests.integration.sales.orders import COLUMNS, HEADER, insert, plain, put, run, stored, version

DAY = date(2025, 12, 1)
GOOD = {
    "order_id": "7",
    "version": "1",
    "user_id": "5",
    "product": "meter",
    "quantity": "2",
    "amount": "100.5",
    "status": "ordered",
    "created_at": "2025-12-01 10:00",
}
BAD = [
    *(
        ("order_id", text, "bad_order_id")
        for text in ("", "0", "07", "-1", "1.0", "9223372036854775808", "x")
    ),
    *(("version", text, "bad_version") for text in ("", "0", "01", "-1", "2147483648", "99999999999", "v2")),
    *(("user_id", text, "bad_id") for text in ("", "0", "05", "9223372036854775808")),
    *(("product", text, "bad_product") for text in ("", "a\tb", "x" * 101, "a\u202eb")),
    *(("quantity", text, "bad_quantity") for text in ("", "-1", "1.5", "02", "2147483648", "１")),
    *(
        ("amount", text, "bad_amount")
        for text in ("", "-1", "1e3", "NaN", ".5", "1.", "1.1234567", "1234567890123456", "123456789012345.6")
    ),
    *(("status", text, "bad_status") for text in ("", "Ordered", "paid")),
    *(
        ("created_at", text, "bad_time")
        for text in ("", "2025-12-01", "01-12-2025 10:00", "2025-13-01 10:00")
    ),
    ("created_at", "1969-12-31 23:59", "time_out_of_range"),
    ("created_at", "2999-01-01 00:00", "time_out_of_range"),
]
INJECTIONS = [
    "'; DROP TABLE raw_orders; --",
    "1); DELETE FROM daily_sales; --",
    "%s %(x)s :day %% \\\\.",
    "\\N",
    "' OR '1'='1",
    "$$; SELECT pg_sleep(10); $$",
]


def line(**changed: str) -> str:
    return ",".join({**GOOD, **changed}.values())


@pytest.mark.parametrize(("column", "text", "reason"), BAD)
def test_every_fault_is_told_with_file_line_and_reason(world, column, text, reason):
    put(world, line(), line(**{column: text}))
    result = run(world)
    assert result.code == 1
    ((file, number, _, found),) = world.rejected()
    assert (file, number, found) == ("orders/a.csv", 3, reason)
    assert REASONS[reason] in result.record["error_summary"]
    assert result.unit("orders") == {
        "read": 2,
        "inserted": 1,
        "identical": 0,
        "conflicting": 0,
        "rejected": 1,
        "rolled_back": True,
    }
    assert world.rows("SELECT * FROM raw_orders") == []
    assert world.inbox() == ["orders/a.csv"]


def test_a_time_that_occurs_twice_is_refused(world):
    world.set(TZ="Europe/Berlin")
    put(world, line(created_at="2025-10-26 02:30"), line(order_id="8", created_at="2025-10-26 02:30+01:00"))
    run(world, "--on-error", "quarantine")
    assert [reason for *_, reason in world.rejected()] == ["ambiguous_time"]
    assert world.value("SELECT count(*) FROM raw_orders") == 1


@pytest.mark.parametrize(
    ("content", "reason", "lines"),
    [
        (b"", "wrong_header", 0),
        (b"order_id,version\n1,1\n", "wrong_header", 1),
        (f"{HEADER},status\n{line()},x\n".encode(), "wrong_header", 1),
        (f"{HEADER}\n{line()},more\n".encode(), "wrong_fields", 1),
        (f"{HEADER}\n{line(product='caf')}".encode() + b"\xe9\n", "undecodable", 1),
        (f"{HEADER}\n{line(product='x' * 70_000)}\n".encode(), "line_too_long", 1),
    ],
)
def test_a_file_that_is_no_order_file_is_refused(world, content, reason, lines):
    put(world)
    world.put("orders/a.csv", content)
    result = run(world)
    assert [reason for *_, reason in world.rejected()] == [reason]
    assert (result.code, result.unit("orders")["read"]) == (1, lines)


@pytest.mark.parametrize("header", [HEADER, ",".join(reversed(COLUMNS)), f"note,{HEADER}"])
def test_columns_are_found_by_name(world, header):
    values = {**GOOD, "note": "hello"}
    put(world, ",".join(values[name] for name in header.split(",")), header=header)
    assert run(world).code == 0
    assert world.value("SELECT (order_id, product, quantity)::text FROM raw_orders") == "(7,meter,2)"


def test_a_header_only_is_fine_and_other_names_are_left_alone(world):
    put(world)
    for name in (".hidden.csv", "b.csv.tmp", "c.part", "notes.txt"):
        world.put(f"orders/{name}", "x")
    assert run(world).code == 0
    assert world.moved() == ["orders/a.csv"]


def test_no_orders_folder_is_nothing_to_read(world):
    assert run(world).record["data_source"] == ["raw_orders"]


def test_quarantine_keeps_the_good_lines_and_moves_the_file_aside(world):
    put(world, line(), line(order_id="x"), name="a.csv")
    put(world, line(order_id="8"), name="b.csv.gz")
    result = run(world, "--on-error", "quarantine")
    assert (result.code, result.record["status"]) == (1, "FAILURE")
    assert result.record["error_summary"].startswith("orders loaded but for 1 fault (bad_order_id 1)")
    assert (world.moved(), world.moved("rejected")) == (["orders/b.csv.gz"], ["orders/a.csv"])
    assert stored(world)[DAY][None][0] == 2


def test_abort_leaves_the_files_and_computes_the_day_of_what_is_stored(world):
    insert(world, version(1))
    put(world, line(), line(order_id="x"))
    result = run(world)
    assert result.record["error_summary"].startswith("orders rolled back: 1 fault (bad_order_id 1)")
    assert stored(world)[DAY] == plain([version(1)], DAY)
    assert world.inbox() == ["orders/a.csv"]


def test_repeats_are_skipped_and_conflicts_are_listed(world):
    insert(world, version(1))
    put(world, version(1, amount="100.000"), version(2), version(2), version(2, amount="3"), name="a.csv")
    put(world, version(1, status="cancelled"), version(2, at="2025-12-02 10:00"), name="b.csv")
    result = run(world)
    assert (result.code, result.unit("orders")) == (
        0,
        {"read": 6, "inserted": 1, "identical": 2, "conflicting": 3, "rejected": 0},
    )
    assert result.record["skip_breakdown"] == {"identical": 2, "conflicting": 3}
    assert [(file, number, reason) for file, number, _, reason in world.rejected()] == [
        ("orders/a.csv", 5, "conflicting"),
        ("orders/b.csv", 2, "conflicting"),
        ("orders/b.csv", 3, "conflicting"),
    ]
    assert stored(world)[DAY][None][3] == 200


def test_a_file_that_is_damaged_at_its_end_counts_as_a_whole(world):
    text = "\n".join([HEADER, *(line(order_id=str(n)) for n in range(1, 45_000)), "bad", ""])
    put(world, line(order_id="99999"), name="b.csv")
    (world.data / "orders" / "a.csv.gz").write_bytes(gzip.compress(text.encode())[:-4])
    result = run(world, "--on-error", "quarantine")
    assert [(file, number, reason) for file, number, _, reason in world.rejected()] == [
        ("orders/a.csv.gz", None, "bad_gzip")
    ]
    balance = result.unit("orders")
    assert balance["inserted"] == world.value("SELECT count(*) FROM raw_orders") == 1
    assert balance["read"] == balance["rejected"] + 1 > 20_000


def test_a_file_of_several_batches_is_loaded_whole(world):
    put(world, *(line(order_id=str(n)) for n in range(1, 45_001)), line(order_id="1", amount="3"))
    result = run(world)
    assert result.unit("orders")["inserted"] == 45_000
    assert [number for _, number, _, _ in world.rejected()] == [45_002]


def test_a_gzip_may_not_expand_without_end(world):
    world.set(MAX_EXPANDED_MB="1")
    put(world, *(line(order_id=str(n)) for n in range(1, 40_000)), name="a.csv.gz")
    assert "file_too_large" in run(world).record["error_summary"]


def test_links_are_no_files(world):
    put(world)
    (world.data / "orders" / "b.csv").symlink_to(world.data / "orders" / "a.csv")
    assert "not_a_file" in run(world).record["error_summary"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_product_stays_a_product(world, text):
    put(world, version(1, product=text))
    assert run(world).code == 0
    assert stored(world)[DAY] == plain([version(1, product=text)], DAY)
    assert world.value("SELECT product FROM raw_orders") == text


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "product"])
def test_sql_in_any_other_field_is_a_fault(world, column, text):
    put(world, line(), line(order_id="8", **{column: text}) if column != "order_id" else line(order_id=text))
    run(world, "--on-error", "quarantine")
    assert [kept for (kept,) in world.rows("SELECT order_id FROM raw_orders")] == [7]
    assert len(world.rejected()) == 1


@pytest.mark.parametrize("option", ["--date", "--start-date", "--job", "--sources", "--users", "--on-error"])
@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_an_argument_is_wrong_usage(world, option, text):
    before = world.dump()
    assert world.run("--job", "daily_sales", option, text).code == 2
    assert world.dump() == before


def test_sources_limit_what_is_read(world):
    put(world, line())
    refused = run(world, "--sources", "area")
    assert (refused.code, "daily_sales reads orders" in refused.err) == (2, True)
    assert run(world, "--sources", "orders").record["data_source"] == ["orders", "raw_orders"]


def test_users_leaves_orders_unread(world):
    put(world, line())
    assert run(world, "--users", "5").code == 2
    world.set(DAILY_JOBS="consumption,daily_sales")
    result = world.run("--date", str(DAY), "--users", "5")
    assert (result.record["job_name"], world.inbox()) == ("consumption", ["orders/a.csv"])


def test_an_unclosed_quote_hides_no_other_order(world):
    rows = [line(order_id=str(number)) for number in range(1, 3_001)]
    rows[4] = line(order_id="5", product='"Tea')
    put(world, *rows)
    result = run(world, "--on-error", "quarantine")
    balance = result.unit("orders")
    assert (balance["read"], balance["inserted"], balance["rejected"]) == (3_000, 2_999, 1)
    assert [(number, reason) for _, number, _, reason in world.rejected()] == [(6, "wrong_fields")]


def test_all_faults_of_an_order_are_told_and_the_line_is_counted_once(world):
    put(world, line(order_id="x", quantity="-1", created_at="today"), line())
    result = run(world, "--on-error", "quarantine")
    assert [(number, reason) for _, number, _, reason in world.rejected()] == [
        (2, "bad_order_id"),
        (2, "bad_quantity"),
        (2, "bad_time"),
    ]
    assert (result.unit("orders")["read"], result.unit("orders")["rejected"]) == (2, 1)
