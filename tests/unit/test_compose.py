"""The containers: the seed's services, mounts and variables, and nothing that is not there."""

import re

import pytest
import yaml

from etl.config import SINGLE, Config
from tests.unit.documents import ROOT

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
BATCH = SERVICES["batch"]["environment"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_services_have_the_names_of_the_seed():
    assert sorted(SERVICES) == ["batch", "influxdb"]
    assert SERVICES["influxdb"]["image"] == "influxdb:1.8"


def test_the_archive_is_mounted_where_the_settings_say():
    mounts = dict(volume.split(":") for volume in SERVICES["batch"]["volumes"])
    assert (mounts["./data/duckdb"], mounts["./data/parquet"]) == ("/data/duckdb", "/data/parquet")
    assert BATCH["DUCKDB_PATH"] == "/data/duckdb/home_energy.duckdb"
    assert BATCH["PARQUET_BASE_DIR"] == "/data/parquet"


@pytest.mark.parametrize("name", sorted(BATCH))
def test_a_variable_is_a_setting_with_its_default(name):
    assert name.lower() in SINGLE
    given = re.fullmatch(r"\$\{(\w+):-(.*)\}", BATCH[name])
    if given:
        assert given[1] == name
        assert given[2] == str(getattr(Config(), name.lower()) or "")


def test_every_setting_of_the_archive_reaches_the_container():
    wanted = re.compile("influx|duckdb|parquet|source_default|archive|tz")
    assert {name.upper() for name in SINGLE if wanted.match(name)} <= set(BATCH)


def test_the_image_gets_what_is_there_and_no_secrets():
    copied = [
        name for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    ]
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines()}
    assert copied
    assert all((ROOT / name).exists() and name in allowed for name in copied)
    assert "--require-hashes -r requirements-archive.txt" in DOCKERFILE
