"""The run row: what it says of a run, and the folders that follow it."""

import re
import uuid

import pytest

from etl.database.connection import LOCK_SPACE
from tests.integration.processes import holding
from tests.world import DAY

COLUMNS = [
    "id",
    "execution_uuid",
    "job_name",
    "data_source",
    "started_at",
    "finished_at",
    "duration_seconds",
    "input_count",
    "inserted_count",
    "skipped_count",
    "error_count",
    "skip_breakdown",
    "status",
    "error_summary",
    "metadata",
    "next_scheduled_for",
    "created_at",
    "updated_at",
]


def test_the_row_is_what_the_json_shows(world):
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1", "2026-03-01 00:00,1.0", "2026-03-01 00:00,2")
    record = world.run("--date", DAY).record
    ((row,),) = world.rows("SELECT to_jsonb(run) FROM run")
    assert list(COLUMNS) == [
        name
        for (name,) in world.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'run'"
            " AND table_schema = 'web' ORDER BY ordinal_position"
        )
    ]
    same = set(record) - {"started_at", "finished_at", "next_scheduled_for"}
    assert {key: row[key] for key in same} == {key: record[key] for key in same}
    assert record["data_source"] == ["area", "tariff", "user_data", "consumption"]
    assert (record["input_count"], record["inserted_count"], record["skipped_count"]) == (9, 7, 2)
    assert record["skip_breakdown"] == {"identical": 1, "conflicting": 1}
    assert {
        name: (unit["read"], unit.get("inserted")) for name, unit in record["metadata"]["units"].items()
    } == {
        "masters": (5, 5),
        "users": (1, None),
        "readings": (3, 1),
    }
    assert (record["error_count"], record["error_summary"], record["status"]) == (0, None, "SUCCESS")
    assert record["metadata"]["date"] == DAY
    assert record["metadata"]["rows_per_second"] > 0
    assert record["metadata"]["peak_rss_bytes"] > 10_000_000
    assert isinstance(record["duration_seconds"], int)
    uuid.UUID(record["execution_uuid"])


def test_a_failure_says_why_in_at_most_512_characters(world):
    world.put("area.csv", "name\n" + "\x01\n" * 300)
    record = world.run("--date", DAY).record
    assert record["status"] == "FAILURE"
    assert record["error_count"] == 300
    assert len(record["error_summary"]) <= 512
    assert "area.csv:2: bad_area" in record["error_summary"]


def test_every_log_line_of_a_run_has_its_uuid_and_each_step_its_file_rows_and_seconds(world):
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1")
    result = world.run("--date", DAY)
    lines = result.err.splitlines()
    assert all(f"run={result.record['execution_uuid']}" in line for line in lines)
    assert all(f"job=consumption date={DAY}" in line for line in lines)
    steps = [line for line in lines if "event=step" in line]
    assert len(steps) > 20
    assert all(re.search(r"sql=sql/\S+\.sql rows=\d+ seconds=[\d.]+", step) for step in steps)
    written = (world.root / "logs" / "meterhouse.log").read_text()
    assert all(line in written for line in lines)


def test_indexes_and_rules_of_the_history(world):
    definitions = " ".join(text for (text,) in world.rows("SELECT indexdef FROM pg_indexes"))
    assert "ON public.run USING btree (job_name, started_at DESC)" in definitions
    insert = (
        "INSERT INTO run (execution_uuid, job_name, started_at, status) VALUES (%s, 'j', now(), 'RUNNING')"
    )
    world.do(insert, str(uuid.uuid4()))
    with pytest.raises(Exception, match="run_one_running_per_subject"):
        world.do(insert, str(uuid.uuid4()))


def test_old_completion_folders_of_successful_runs_go_as_a_whole(world):
    world.start("5,a1,t1")
    first = world.rows("SELECT execution_uuid::text FROM run")[0][0]
    world.do("UPDATE run SET finished_at = now() - interval '31 days'")
    world.put_readings(5, "2026-03-01 00:00,1")
    world.run("--date", DAY)
    failed = world.data / "completion" / str(uuid.uuid4())
    failed.mkdir()
    world.do(
        "INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status)"
        " VALUES (%s, 'consumption', now() - interval '40 days', now() - interval '40 days', 'FAILURE')",
        failed.name,
    )
    foreign = world.data / "completion" / "kept-by-hand"
    foreign.mkdir()
    world.run("--date", DAY)
    assert (world.data / "completion" / first).exists()
    world.set(COMPLETION_RETENTION_DAYS="30")
    assert world.run("--date", DAY).code == 0
    assert not (world.data / "completion" / first).exists()
    assert failed.exists()
    assert foreign.exists()
    assert world.moved() == ["consumption/5.csv"]


def test_a_row_is_never_updated_before_it_ended(world):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,x")
    assert world.run("--date", DAY).code == 1
    assert world.value("SELECT bool_and(updated_at >= finished_at) FROM run")


def test_every_time_that_is_told_has_the_offset_of_the_zone(world):
    world.set(TZ="Asia/Kolkata", CONSUMPTION_UNIT="Wh")
    result = world.run("--date", DAY)
    times = [result.record[name] for name in ("started_at", "finished_at", "next_scheduled_for")]
    lines = (world.root / "logs" / "meterhouse.log").read_text().splitlines()
    times += [line.split()[0] for line in lines + result.err.splitlines()]
    assert [time for time in times if not time.endswith("+05:30")] == []
    with holding(world, "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", LOCK_SPACE, "job consumption"):
        assert re.search(r"since \S+ \S+\+05:30;", world.run("--date", DAY).err)
    assert re.search(r"started \S+ \S+\+05:30", world.call("overdue").out)


def test_a_run_of_masters_only_says_what_it_did(world):
    world.put_masters()
    told = world.tell("--date", DAY).out
    assert "  masters: read 5, inserted 5, unchanged 0, rejected 0\n" in told
    assert world.rows("SELECT input_count, inserted_count, data_source FROM run") == [
        (5, 5, ["area", "tariff"])
    ]
    world.put("area.csv", "name\na1\na\x01\n")
    refused = world.tell("--date", DAY).out
    assert "  masters: read 2, inserted 0, unchanged 1, rejected 1 - rolled back\n" in refused
    assert "  users:" not in refused
    assert world.rows("SELECT input_count, inserted_count FROM run ORDER BY id DESC LIMIT 1") == [(2, 0)]


def test_a_day_of_sales_counts_its_orders_and_rows(world):
    world.do("INSERT INTO raw_orders VALUES (1, 1, 5, 'meter', 1, 1, 'ordered', '2026-03-31 15:00Z', now())")
    record = world.run("--job", "daily_sales", "--date", DAY).record
    assert (record["input_count"], record["inserted_count"]) == (1, 2)
    assert record["data_source"] == ["raw_orders"]
