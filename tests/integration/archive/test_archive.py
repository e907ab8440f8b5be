"""The job archive: a day's points from a real InfluxDB in four stores."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal

from etl import config
from etl.jobs.archive import parquet
from tests.integration.archive.invented import TOKYO, Meter, lines
from tests.integration.archive.stores import (
    DAY,
    METERS,
    archive,
    drop,
    energy,
    everything,
    in_duckdb,
    in_parquet,
)
from tests.unit.archive.rows import HOLD


def test_a_day_is_in_all_four_stores(site):
    result = archive(site)
    assert result.code == 0
    total = 2 * 1440 + 288
    assert (result.record["input_count"], result.record["inserted_count"]) == (total, total)
    assert result.record["data_source"] == ["influxdb"]
    assert result.unit("archive") == {"read": total, "inserted": total, "repeated": 0}
    assert len(in_parquet()) == total
    assert in_duckdb("SELECT count(*) FROM raw_meter_readings") == [(total,)]
    assert site.rows("SELECT energy_date, points, modelled_at IS NOT NULL FROM archive_day") == [
        (DAY, total, True)
    ]
    # The third meter's counter restarts at 0.001 with its 101st point.
    assert energy(site) == [
        (DAY, "meter1", Decimal("7.195000"), False, 149.0, 1440, 48, 48),
        (DAY, "meter2", Decimal("15.829000"), False, 149.0, 1440, 48, 48),
        (DAY, "meter3", Decimal("1.430000"), True, 149.0, 288, 48, 48),
    ]
    told = site.call("verify", "--job", "archive", "--date", str(DAY))
    assert (told.code, told.out) == (0, "the four stores agree\n")


def test_the_same_day_twice_changes_nothing_but_times(site):
    archive(site, "--no-dbt")
    rows = in_duckdb("SELECT * EXCLUDE ingested_at FROM raw_meter_readings ORDER BY ALL")
    assert archive(site, "--no-dbt").code == 0
    assert in_duckdb("SELECT * EXCLUDE ingested_at FROM raw_meter_readings ORDER BY ALL") == rows
    assert len(in_parquet()) == len(rows)


def test_points_that_come_late_are_in_the_day_again(site, influx):
    archive(site, "--no-dbt")
    influx.write(Meter("meter4").lines(DAY))
    assert archive(site, "--no-dbt").record["inserted_count"] == 3 * 1440 + 288
    assert len(in_parquet()) == in_duckdb("SELECT count(*) FROM raw_meter_readings")[0][0] == 3 * 1440 + 288


def test_yesterday_is_the_default(site, influx):
    yesterday = datetime.now(TOKYO).date() - timedelta(days=1)
    influx.write(Meter("meter1", every=1800).lines(yesterday))
    assert site.run("--job", "archive", "--no-dbt").record["inserted_count"] == 48
    assert site.rows("SELECT energy_date FROM archive_day") == [(yesterday,)]


def test_today_is_refused(site):
    result = archive(site, day=datetime.now(TOKYO).date())
    assert result.code == 2
    assert "archive needs whole days" in result.err


def test_a_day_without_points_is_a_success_without_partition(site):
    result = archive(site, day=DAY - timedelta(days=9))
    assert (result.code, result.record["inserted_count"]) == (0, 0)
    assert not parquet.path(config.load(), DAY - timedelta(days=9)).parent.exists()
    assert site.rows("SELECT points, modelled_at IS NOT NULL FROM archive_day") == [(0, True)]


def test_a_day_never_shrinks_unasked(site, influx):
    archive(site, "--no-dbt")
    before = everything(site)
    for lost in (""" WHERE "source" <> 'meter3'""", ""):
        drop(influx, lost)
        result = archive(site, "--no-dbt")
        assert result.code == 1
        assert "the archive 3,168" in result.record["error_summary"]
        assert "--allow-shrink" in result.record["error_summary"]
        assert everything(site) == before


def test_a_day_is_emptied_if_that_is_asked_for(site, influx):
    archive(site)
    drop(influx)
    assert archive(site, "--allow-shrink").code == 0
    assert not parquet.path(config.load(), DAY).parent.exists()
    assert in_duckdb("SELECT count(*) FROM raw_meter_readings") == [(0,)]
    assert in_duckdb("SELECT count(*) FROM fct_daily_energy") == [(0,)]
    assert energy(site) == []
    assert site.call("verify", "--job", "archive", "--date", str(DAY)).code == 0


def test_half_of_a_day_is_enough(site, influx):
    archive(site, "--no-dbt")
    drop(influx, """ WHERE "source" = 'meter2'""")
    assert archive(site, "--no-dbt").record["inserted_count"] == 1440 + 288


def test_a_range_is_modelled_once_after_its_last_day(site, influx):
    influx.write(lines(METERS, DAY + timedelta(days=1), DAY + timedelta(days=2)))
    archive(site, "--no-dbt", day=DAY)
    assert energy(site) == []
    result = archive(
        site, "--start-date", str(DAY + timedelta(days=1)), "--end-date", str(DAY + timedelta(days=2))
    )
    assert result.code == 0
    days = [DAY + timedelta(days=number) for number in range(3)]
    assert [row[0] for row in energy(site)] == [day for day in days for _ in METERS]
    moments = site.rows("SELECT DISTINCT modelled_at FROM archive_day")
    assert len(moments) == 1
    assert (
        site.call("verify", "--job", "archive", "--start-date", str(days[0]), "--end-date", str(days[-1])).out
        == "the four stores agree\n"
    )


def test_a_dry_run_touches_no_store(site):
    result = archive(site, "--dry-run")
    assert (result.code, result.record["inserted_count"]) == (0, 3168)
    settings = config.load()
    assert not settings.duckdb_path.exists()
    assert not [one for one in settings.parquet_base_dir.rglob("*") if one.is_file()]
    assert site.value("SELECT to_regclass('archive_day') IS NULL OR NOT EXISTS (SELECT FROM archive_day)")


def test_repeated_instants_are_counted_and_their_tags_named(site, influx):
    influx.write(Meter("meter1", tags=",phase=2").lines(DAY))
    result = archive(site, "--no-dbt")
    assert result.record["skipped_count"] == 1440
    assert result.record["skip_breakdown"]["repeated"] == 1440
    assert result.record["metadata"]["repeated"] == {"sources": ["meter1"], "tag_keys": ["phase", "source"]}
    assert len(in_parquet()) == 3168


def test_other_zones_have_other_days(site, influx):
    site.set(TZ="Australia/Lord_Howe")
    # Clocks go back by half an hour: 24.5 hours.
    day = date(2026, 4, 5)
    start = int(datetime(2026, 4, 4, 13).timestamp())
    influx.write(
        f"power,source=m instant_power_w=1,energy_import_kwh=5 {start + 1800 * n}" for n in range(60)
    )
    assert archive(site, day=day).record["inserted_count"] == 49
    assert in_duckdb("SELECT half_hours, half_hours_of_day FROM fct_daily_energy") == [(49, 49)]


def test_an_influxdb_that_is_down_touches_nothing(site):
    archive(site, "--no-dbt")
    before = everything(site)
    site.set(INFLUX_URL="http://127.0.0.1:1")
    result = archive(site)
    assert result.code == 1
    assert "http://127.0.0.1:1" in result.record["error_summary"]
    assert everything(site) == before


def test_text_in_a_number_field_touches_nothing(site, influx):
    archive(site, "--no-dbt")
    before = everything(site)
    later = int(datetime(2026, 4, 1, 9, tzinfo=TOKYO).timestamp())
    influx.write([f'power,source=odd energy_export_kwh="much" {later}'])
    result = archive(site)
    assert result.code == 1
    assert "energy_export_kwh" in result.record["error_summary"]
    assert everything(site) == before


def test_a_locked_duckdb_is_named_and_nothing_touched(site):
    archive(site, "--no-dbt")
    before = everything(site)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, config.load().duckdb_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline()
        result = archive(site)
        holder.communicate()
    assert result.code == 1
    assert f"process {holder.pid} (python" in result.record["error_summary"]
    assert everything(site) == before


def test_what_is_not_installed_is_named(site, monkeypatch):
    monkeypatch.setattr("etl.jobs.archive.job.PACKAGES", ("duckdb", "dbt-of-nobody"))
    result = archive(site)
    assert result.code == 1
    assert "dbt-of-nobody: not installed; make archive" in result.record["error_summary"]
