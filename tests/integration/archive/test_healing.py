"""What the next run puts right, and what an empty answer must not be taken for."""

import pytest

from etl import config
from etl.jobs.archive import parquet
from tests.integration.archive.invented import Meter
from tests.integration.archive.stores import DAY, archive, drop, energy, in_duckdb

NOON = 1775012400
ALL = 2 * 1440 + 288


def modelled(world):
    return world.rows("SELECT points, modelled_at IS NOT NULL FROM archive_day ORDER BY energy_date")


def test_a_day_emptied_without_models_gets_them_later(site, influx):
    archive(site)
    drop(influx)
    assert archive(site, "--allow-shrink", "--no-dbt").code == 0
    assert len(energy(site)) == 3
    assert archive(site).code == 0
    assert modelled(site) == [(0, True)]
    assert energy(site) == []
    assert site.call("verify", "--job", "archive", "--date", str(DAY)).code == 0


def test_a_lost_duckdb_is_loaded_again_from_parquet(site, influx):
    archive(site, "--no-dbt")
    config.load().duckdb_path.unlink()
    later = DAY.replace(day=2)
    influx.write(Meter("meter1").lines(later))
    assert archive(site, day=later).code == 0
    assert modelled(site) == [(ALL, True), (1440, True)]
    assert len(energy(site)) == 4
    days = ("--start-date", str(DAY), "--end-date", str(later))
    assert site.call("verify", "--job", "archive", *days).code == 0


def test_a_day_lost_from_parquet_and_duckdb_is_named(site, influx):
    archive(site, "--no-dbt")
    config.load().duckdb_path.unlink()
    parquet.path(config.load(), DAY).unlink()
    later = DAY.replace(day=2)
    influx.write(Meter("meter1").lines(later))
    result = archive(site, day=later)
    assert result.code == 1
    assert result.record["error_summary"].startswith(f"{DAY}: Parquet has 0 points, 3,168 were archived")
    assert modelled(site) == [(ALL, False), (1440, False)]


def test_a_model_that_fails_leaves_the_day_archived(site, influx):
    archive(site)
    influx.write(
        [f"power,source=meter9 energy_import_kwh={kwh} {NOON + at}" for at, kwh in ((0, 1), (9, 1e300))]
    )
    result = archive(site)
    assert result.code == 1
    assert "fct_daily_energy" in result.record["error_summary"]
    assert result.record["error_count"] == 1
    assert modelled(site) == [(ALL + 2, False)]
    assert len(energy(site)) == 3
    influx.write([f"power,source=meter9 energy_import_kwh=2 {NOON + 9}"])
    assert archive(site).code == 0
    assert modelled(site) == [(ALL + 2, True)]
    assert len(energy(site)) == 4


def test_fewer_points_than_before_are_told(site, influx):
    archive(site, "--no-dbt")
    drop(influx, """ WHERE "source" = 'meter2'""")
    result = archive(site, "--no-dbt")
    assert result.record["metadata"]["points_before"] == ALL
    assert "fewer points" in result.err


def test_the_same_day_again_leaves_the_data_version(site):
    archive(site)
    before = site.value("SELECT data_version FROM dataset")
    archive(site)
    assert site.value("SELECT data_version FROM dataset") == before


@pytest.mark.parametrize(
    ("line", "policy", "told"),
    [
        ("power,source=m watts=5", "", "none of the fields instant_power_w, energy_import_kwh"),
        ("power,source=m instant_power_w=5", "a_year", "retention policy 'a_year' has points"),
    ],
)
def test_an_empty_answer_is_not_always_an_empty_day(world, influx, line, policy, told):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    if policy:
        made = f'CREATE RETENTION POLICY "{policy}" ON "{influx.name}" DURATION INF REPLICATION 1'
        influx.server.query(made)
    influx.server.write(influx.name, [f"{line} {NOON}"], policy=policy)
    result = archive(world, "--no-dbt")
    assert result.code == 1
    assert told in result.record["error_summary"]
    assert world.rows("SELECT * FROM archive_day") == []


def test_an_empty_day_beside_others_is_empty(site):
    assert archive(site, "--no-dbt", day=DAY.replace(day=9)).code == 0
    assert in_duckdb("SELECT 1") == [(1,)]
