"""The command verify of the archive: it names what differs between two stores."""

from datetime import datetime

import pytest

from tests.integration.archive.invented import TOKYO
from tests.integration.archive.stores import DAY, archive, in_duckdb


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            "DELETE FROM raw_meter_readings WHERE source = 'meter2'",
            "meter2: points: Parquet 1,440, DuckDB -",
        ),
        (
            "UPDATE raw_meter_readings SET energy_import_kwh = energy_import_kwh + 0.001"
            " WHERE source = 'meter1' AND ts_jst = '2026-04-01'",
            "meter1: sum of imported kWh: Parquet",
        ),
    ],
)
def test_verify_names_what_differs_in_duckdb(site, break_it, sentence):
    archive(site, "--no-dbt")
    in_duckdb(break_it)
    told = site.call("verify", "--job", "archive", "--date", str(DAY))
    assert told.code == 1
    assert f"{DAY}: {sentence}" in told.out


def test_verify_names_what_differs_in_postgresql(site):
    archive(site)
    site.do("UPDATE daily_energy SET peak_w = 1 WHERE source = 'meter3'")
    site.do("UPDATE archive_day SET points = 3")
    told = site.call("verify", "--job", "archive", "--date", str(DAY))
    assert told.out.splitlines() == [
        f"{DAY}: points: Parquet 3,168, PostgreSQL 3",
        f"{DAY}: meter3: peak W: Parquet 149.0, PostgreSQL 1.0",
        "differences: 2",
    ]


def test_a_console_in_japanese_tells_of_the_archive(site, monkeypatch):
    verify = ("verify", "--job", "archive", "--date", str(DAY))
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    told = site.call("--job", "archive", "--date", str(DAY), "--no-dbt")
    assert "  メーターアーカイブ: 読み込み 3,168, 登録 3,168, 同一時刻の重複 0\n" in told.out
    assert site.call(*verify).out == f"{DAY}: まだ dbt でモデル化されていません\n一致しない値: 1\n"
    in_duckdb("DELETE FROM raw_meter_readings WHERE source = 'meter2'")
    assert f"{DAY}: meter2: 計測点数: Parquet 1,440、DuckDB -\n" in site.call(*verify).out
    assert archive(site).code == 0
    assert site.call(*verify).out == "4つの保存先は一致しています\n"
    today = datetime.now(TOKYO).date()
    refused = site.call("--job", "archive", "--date", str(today))
    assert (
        refused.err == f"エラー: archive は終わった日だけが対象です。{today} より前の日付を指定してください\n"
    )
    site.set(INFLUX_URL="http://127.0.0.1:9")
    summary = archive(site).record["error_summary"]
    assert "check INFLUX_URL, and that InfluxDB runs" in summary
    failed = site.call("--job", "archive", "--date", str(DAY)).out
    assert "http://127.0.0.1:9 の InfluxDB: " in failed
    assert "Connection refused; INFLUX_URL と、InfluxDB が動いていることを確認してください\n" in failed


def test_verify_says_what_is_not_modelled(site):
    archive(site, "--no-dbt")
    told = site.call("verify", "--job", "archive", "--date", str(DAY))
    assert told.out.startswith(f"{DAY}: dbt has not modelled it yet\n")


def test_before_there_is_an_archive_nothing_differs(site):
    told = site.call("verify", "--job", "archive", "--date", str(DAY))
    assert (told.code, told.out) == (0, "the four stores agree\n")
    assert not (site.data / "duckdb").exists()


def test_a_day_that_was_never_archived_does_not_differ(site):
    archive(site, "--no-dbt")
    assert site.call("verify", "--job", "archive", "--date", "2026-03-01").out == "the four stores agree\n"


def test_a_counter_that_only_falls_does_not_differ(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    influx.write(f"power,source=m energy_import_kwh={5 - n} {1775000000 + n}" for n in range(2))
    assert archive(world).code == 0
    assert in_duckdb("SELECT daily_energy_kwh::VARCHAR FROM fct_daily_energy") == [("0.000000",)]
    assert world.call("verify", "--job", "archive", "--date", str(DAY)).out == "the four stores agree\n"
