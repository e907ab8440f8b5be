"""Settings: the environment wins over .env, bad values name the setting, secrets stay secret."""

from pathlib import Path

import pytest

from etl import config
from etl.errors import UsageError
from etl.log import mask

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
        ("LOG_FORMAT", "xml"),
        ("CONSUMPTION_UNIT", "MWh"),
        ("CSV_ENCODING", "latin-1"),
        ("COMPLETION_RETENTION_DAYS", "-1"),
        ("COMPLETION_RETENTION_DAYS", "９"),
        ("MAX_NEW_PARTITIONS", "0"),
        ("DAY_PARTITIONS_FROM_USERS", "many"),
    ],
)
def test_a_bad_value_names_the_setting(name, value):
    with pytest.raises(UsageError, match=f"{name}={value}"):
        config.load({name: value})


def test_case_does_not_matter_where_it_carries_no_meaning():
    loaded = config.load({"CONSUMPTION_UNIT": "KWH", "CSV_ENCODING": "CP932"})
    assert (loaded.consumption_unit, loaded.csv_encoding) == ("kWh", "cp932")


def test_secrets_are_not_in_repr_and_are_masked():
    loaded = config.load({"DATABASE_URL": SECRET})
    assert "s3cret" not in repr(loaded)
    assert mask(f"cannot reach {SECRET} with s3cret", loaded.secrets) == "cannot reach *** with ***"
