"""Settings: the environment wins over .env, bad values name the setting, secrets stay secret."""

import re
from pathlib import Path

import pytest

from etl import config
from etl.errors import UsageError
from etl.log import mask

WEBHOOK = "https://hooks.example/services/T00/B00/abc"
SECRET = "postgresql://etl:s3cret@db.example/meter"


def test_defaults():
    assert config.load({}) == config.Config()


def test_the_environment_wins_over_the_file_and_empty_means_default(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("DATA_DIR=/from/file\nTZ=Europe/Berlin\nLOG_FORMAT=json\n")
    loaded = config.load({"TZ": "UTC", "LOG_FORMAT": ""}, env_file)
    assert (loaded.data_dir, loaded.tz, loaded.log_format) == (Path("/from/file"), "UTC", "text")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TZ", "Tokyo"),
        ("TZ", "../etc/passwd"),
        ("TZ", "localtime"),
        ("LOG_FORMAT", "xml"),
        ("CONSUMPTION_UNIT", "MWh"),
        ("CSV_ENCODING", "latin-1"),
        ("COMPLETION_RETENTION_DAYS", "-1"),
        ("COMPLETION_RETENTION_DAYS", "９"),
        ("COMPLETION_RETENTION_DAYS", "1_000"),
        ("COMPLETION_RETENTION_DAYS", "2147483648"),
        ("MAX_NEW_PARTITIONS", "0"),
        ("DAY_PARTITIONS_FROM_USERS", "many"),
        ("SCHEDULE", "30 0 * *"),
        ("SCHEDULE", "0 30 0 * * *"),
        ("SCHEDULE", "60 0 * * *"),
        ("SCHEDULE", "0 0 31 2 *"),
        ("SCHEDULE", "@daily"),
        ("SCHEDULE_CONSUMPTION", "nightly"),
        ("OVERDUE_AFTER_MINUTES", "0"),
        ("TRIGGER_COOLDOWN_SECONDS", "-1"),
        ("ALERT_DROP_PERCENT", "half"),
        ("OPEN_PAGES", "perhaps"),
        ("INFLUX_URL", "influxdb:8086"),
        ("DUCKDB_MEMORY_LIMIT", "1G"),
        ("PARQUET_COMPRESSION", "zip"),
        ("ARCHIVE_USER_MAP", "meter1"),
        ("ARCHIVE_USER_MAP", "meter1=abc"),
        ("ARCHIVE_USER_MAP", "meter1=1,meter1=2"),
        ("ARCHIVE_USER_MAP", "meter1=1,meter2=1"),
        ("SOURCE_MAX_MB", "0"),
        ("SOURCE_ALLOWED_NETWORKS", "10.1.2.3/16"),
        ("SOURCE_ALLOWED_NETWORKS", "10.0.0.0/8,localhost"),
    ],
)
def test_a_bad_value_names_the_setting(name, value):
    with pytest.raises(UsageError, match=re.escape(f"{name}={value}")):
        config.load({name: value})


def test_names_of_nothing_mean_the_default():
    assert config.load({"DAILY_JOBS": " , ", "ALLOWED_HOSTS": ","}) == config.Config()


def test_an_unreadable_env_file_is_a_clear_error(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"DATA_DIR=\xff\n")
    with pytest.raises(UsageError, match=r"\.env: .*; make it a readable file in UTF-8"):
        config.load({}, env_file)


def test_a_process_given_the_settings_has_the_same(tmp_path):
    settings = {
        "SCHEDULE_CONSUMPTION": "15 2 * * *",
        "OPEN_PAGES": "0",
        "ALLOWED_HOSTS": "a.example,b.example",
        "ARCHIVE_USER_MAP": "meter1=3000,meter2=3001",
        "SOURCE_ALLOWED_NETWORKS": "10.1.0.0/16,fd00::/8",
    }
    folders = dict.fromkeys(("DATA_DIR", "STATE_DIR", "LOG_DIR"), str(tmp_path))
    loaded = config.load({**settings, **folders})
    assert config.load(config.as_environ(loaded)) == loaded


def test_case_does_not_matter_where_it_carries_no_meaning():
    loaded = config.load({"CONSUMPTION_UNIT": "KWH", "CSV_ENCODING": "CP932"})
    assert (loaded.consumption_unit, loaded.csv_encoding) == ("kWh", "cp932")


def test_secrets_are_not_in_repr_and_are_masked():
    loaded = config.load({"DATABASE_URL": SECRET})
    assert "s3cret" not in repr(loaded)
    assert mask(f"cannot reach {SECRET} with s3cret", loaded.secrets) == "cannot reach *** with ***"


@pytest.mark.parametrize("name", ["DATABASE_URL", "WEB_DATABASE_URL", "REDIS_URL", "SECRET_KEY"])
def test_every_secret_is_kept_out_of_repr_and_masked(name):
    loaded = config.load({name: "redis://:s3cret@cache.example"})
    assert "s3cret" not in repr(loaded) + str(loaded)
    assert {"redis://:s3cret@cache.example", "s3cret"} <= set(loaded.secrets)


def test_the_address_of_alerts_is_a_secret():
    loaded = config.load({"ALERT_WEBHOOK_URL": WEBHOOK})
    assert "hooks.example" not in repr(loaded)
    assert mask(f"POST {WEBHOOK}", loaded.secrets) == "POST ***"
    with pytest.raises(UsageError, match="ALERT_WEBHOOK_URL") as refused:
        config.load({"ALERT_WEBHOOK_URL": "hooks.example/services/T00/B00/abc"})
    assert "T00" not in str(refused.value)


def test_schedules_of_single_jobs():
    loaded = config.load({"SCHEDULE": "0  3 * * *", "SCHEDULE_CONSUMPTION": "15 2 * * 1-5"})
    assert loaded.schedule == "0 3 * * *"
    assert loaded.job_schedules == {"consumption": "15 2 * * 1-5"}


def test_runs_are_kept_as_long_as_their_folders():
    with pytest.raises(UsageError, match=r"RUN_RETENTION_DAYS=7.*COMPLETION_RETENTION_DAYS=8"):
        config.load({"RUN_RETENTION_DAYS": "7", "COMPLETION_RETENTION_DAYS": "8"})
    assert config.load({"RUN_RETENTION_DAYS": "8", "COMPLETION_RETENTION_DAYS": "8"}).run_retention_days == 8
    assert config.load({"COMPLETION_RETENTION_DAYS": "8"}).run_retention_days == 0
