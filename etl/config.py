"""The only reader of the environment: settings from `.env` and the environment, checked once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from etl import sentences
from etl.errors import UsageError
from etl.setting_types import (
    Cron,
    Memory,
    Names,
    Networks,
    Secret,
    UserMap,
    WebAddress,
    Zone,
    at_least,
    one_of,
)

JOB_SCHEDULE = "SCHEDULE_"


class Config(BaseModel):
    """All settings, one field each; `.env.example` explains them to the operator."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Secret = ""
    data_dir: Path = Path("data")
    state_dir: Path = Path("state")
    log_dir: Path = Path("logs")
    log_format: Annotated[str, one_of("text", "json")] = "text"
    tz: Zone = "Asia/Tokyo"
    consumption_unit: Annotated[str, one_of("Wh", "kWh")] = "Wh"
    csv_encoding: Annotated[str, one_of("utf-8", "cp932")] = "utf-8"
    daily_jobs: Names = ("consumption", "daily_sales")
    run_late_dates: Annotated[bool, one_of("1", "0")] = True
    late_dates_limit: Annotated[int, at_least(1)] = 31
    schedule: Cron = "30 0 * * *"
    job_schedules: Mapping[str, Cron] = Field(default_factory=dict)
    overdue_after_minutes: Annotated[int, at_least(1)] = 60
    trigger_cooldown_seconds: Annotated[int, at_least(0)] = 0
    alert_webhook_url: Annotated[WebAddress, Field(repr=False)] = ""
    alert_drop_percent: Annotated[int, at_least(0)] = 50
    completion_retention_days: Annotated[int, at_least(0)] = 0
    run_retention_days: Annotated[int, at_least(0)] = 0
    task_retention_days: Annotated[int, at_least(0)] = 30
    raw_retention_days: Annotated[int, at_least(0)] = 0
    app_env: str = "production"
    day_partitions_from_users: Annotated[int, at_least(0)] = 10_000
    max_new_partitions: Annotated[int, at_least(1)] = 1_000
    max_expanded_mb: Annotated[int, at_least(1)] = 4_096
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, at_least(1)] = 8_000
    web_workers: Annotated[int, at_least(1)] = 2
    web_threads: Annotated[int, at_least(1)] = 4
    web_database_url: Secret = ""
    redis_url: Secret = ""
    secret_key: Secret = ""
    allowed_hosts: Names = ()
    trusted_proxies: Annotated[int, at_least(0)] = 0
    open_pages: Annotated[bool, one_of("1", "0")] = True
    influx_url: WebAddress = "http://influxdb:8086"
    influx_bucket: str = "home_energy"
    influx_token: Secret = ""
    influx_username: str = ""
    influx_password: Secret = ""
    influx_measurement: str = "power"
    source_default: str = "meter1"
    duckdb_path: Path = Field(default_factory=lambda given: given["data_dir"] / "duckdb/home_energy.duckdb")
    duckdb_memory_limit: Memory = "1GB"
    parquet_base_dir: Path = Field(default_factory=lambda given: given["data_dir"] / "parquet")
    parquet_compression: Annotated[str, one_of("zstd", "snappy", "gzip", "none")] = "zstd"
    parquet_row_group_size: Annotated[int, at_least(1)] = 122_880
    archive_user_map: UserMap = Field(default_factory=dict)
    source_file_root: Path = Field(default_factory=lambda given: given["data_dir"] / "sources")
    source_max_mb: Annotated[int, at_least(1)] = 64
    source_allowed_networks: Networks = ()
    source_ca_file: str = ""

    @field_validator("run_retention_days")
    @classmethod
    def _runs_outlive_their_folders(cls, runs: int, info: ValidationInfo) -> int:
        folders = info.data.get("completion_retention_days", 0)
        if runs and folders > runs:
            raise ValueError(sentences.RUNS_GONE_EARLY % {"days": folders})
        return runs

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which naive times, dates and hours are meant."""
        return ZoneInfo(self.tz)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no log line and no error message may contain: secrets, and the passwords in them."""
        values = [getattr(self, name) for name in SECRET]
        passwords = [url.partition("://")[2].rpartition("@")[0].partition(":")[2] for url in values]
        return tuple(secret for secret in (*values, *passwords) if secret)


SECRET = tuple(name for name, field in Config.model_fields.items() if not field.repr)
# One variable each, of the field's name; job_schedules is made of many.
SINGLE = tuple(name for name in Config.model_fields if name != "job_schedules")


def load(environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Config:
    """Read the settings; the environment wins over `.env`, an empty value means the default.

    Parameters
    ----------
    environ : mapping, optional
        Stands for `os.environ`.
    env_file : Path
        A dotenv file that may be missing.

    Raises
    ------
    UsageError
        If a value is not one the setting can take; the message names the setting.
    """
    try:
        from_file = {key: value or "" for key, value in dotenv_values(env_file).items()}
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(sentences.NO_ENV_FILE, file=env_file, reason=error) from None
    merged = {**from_file, **(os.environ if environ is None else environ)}
    given = {key: value.strip() for key, value in merged.items() if value.strip()}
    single = {name: given[name.upper()] for name in SINGLE if name.upper() in given}
    by_job = {name for name in given if name.startswith(JOB_SCHEDULE)}
    schedules = {name.removeprefix(JOB_SCHEDULE).lower(): given[name] for name in by_job}
    try:
        return Config.model_validate({**single, "job_schedules": schedules})
    except ValidationError as error:
        raise UsageError(_explain(error.errors()[0])) from None


def _explain(error: ErrorDetails) -> str:
    """Say which setting is wrong, what was found, unless it is a secret, and what to write."""
    field, *job = (str(part) for part in error["loc"])
    name = JOB_SCHEDULE + job[0].upper() if job else field.upper()
    found = f"={error['input']}" if Config.model_fields[field].repr else ""
    return f"{name}{found}: {error['ctx']['error']}"


def as_environ(config: Config) -> dict[str, str]:
    """Write settings as the environment of a process that is to have the very same, whatever its `.env` says.

    Parameters
    ----------
    config : Config
        Settings.

    Returns
    -------
    dict of str
        As `load` reads it.
    """
    schedules = {JOB_SCHEDULE + job.upper(): text for job, text in config.job_schedules.items()}
    return {**{name.upper(): _as_text(getattr(config, name)) for name in SINGLE}, **schedules}


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, Path):
        return str(value.absolute())
    return str(int(value)) if isinstance(value, bool) else str(value)
