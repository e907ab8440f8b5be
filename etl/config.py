"""The only reader of the environment: settings from `.env` and the environment, checked once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dotenv import dotenv_values

from etl.errors import UsageError

CRON_FIELDS = 5
JOB_SCHEDULE = "SCHEDULE_"


@dataclass(frozen=True)
class Config:
    """All settings, one field each; `.env.example` explains them to the operator.

    Secrets are kept out of `repr`, so a logged config gives nothing away.
    """

    database_url: str = field(default="", repr=False)
    data_dir: Path = Path("data")
    log_dir: Path = Path("logs")
    log_format: str = "text"
    tz: str = "Asia/Tokyo"
    consumption_unit: str = "Wh"
    csv_encoding: str = "utf-8"
    daily_jobs: tuple[str, ...] = ("consumption", "daily_sales")
    run_late_dates: bool = False
    schedule: str = "30 0 * * *"
    job_schedules: Mapping[str, str] = field(default_factory=dict)
    overdue_after_minutes: int = 60
    trigger_cooldown_seconds: int = 0
    alert_webhook_url: str = field(default="", repr=False)
    alert_drop_percent: int = 50
    run_retention_days: int = 0
    app_env: str = "production"
    completion_retention_days: int = 0
    day_partitions_from_users: int = 10_000
    max_new_partitions: int = 1_000
    max_expanded_mb: int = 4_096
    web_host: str = "127.0.0.1"
    web_port: int = 8_000
    web_workers: int = 2
    web_threads: int = 4
    web_database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    open_pages: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which naive times, dates and hours are meant."""
        return ZoneInfo(self.tz)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no log line and no error message may contain."""
        urls = (self.database_url, self.web_database_url, self.redis_url)
        passwords = (url.partition("://")[2].rpartition("@")[0].partition(":")[2] for url in urls)
        others = (self.secret_key, self.alert_webhook_url)
        return tuple(secret for secret in (*urls, *passwords, *others) if secret)


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
        raise UsageError(f"{env_file}: {error}; make it a readable file in UTF-8") from None
    merged = {**from_file, **(os.environ if environ is None else environ)}
    given = {key: value.strip() for key, value in merged.items() if value.strip()}
    default = Config()
    return Config(
        database_url=given.get("DATABASE_URL", ""),
        data_dir=Path(given.get("DATA_DIR", default.data_dir)),
        log_dir=Path(given.get("LOG_DIR", default.log_dir)),
        log_format=_choice(given, "LOG_FORMAT", ("text", "json")),
        tz=_time_zone(given.get("TZ", default.tz)),
        consumption_unit=_choice(given, "CONSUMPTION_UNIT", ("Wh", "kWh")),
        csv_encoding=_choice(given, "CSV_ENCODING", ("utf-8", "cp932")),
        daily_jobs=_names(given.get("DAILY_JOBS", "")) or default.daily_jobs,
        run_late_dates=_choice(given, "RUN_LATE_DATES", ("0", "1")) == "1",
        schedule=_cron("SCHEDULE", given.get("SCHEDULE", default.schedule)),
        job_schedules=_job_schedules(given),
        overdue_after_minutes=_whole(given, "OVERDUE_AFTER_MINUTES", default, 1),
        trigger_cooldown_seconds=_whole(given, "TRIGGER_COOLDOWN_SECONDS", default, 0),
        alert_webhook_url=_web_address(given, "ALERT_WEBHOOK_URL"),
        alert_drop_percent=_whole(given, "ALERT_DROP_PERCENT", default, 0),
        run_retention_days=_retention(given, default),
        app_env=given.get("APP_ENV", default.app_env),
        completion_retention_days=_whole(given, "COMPLETION_RETENTION_DAYS", default, 0),
        day_partitions_from_users=_whole(given, "DAY_PARTITIONS_FROM_USERS", default, 0),
        max_new_partitions=_whole(given, "MAX_NEW_PARTITIONS", default, 1),
        max_expanded_mb=_whole(given, "MAX_EXPANDED_MB", default, 1),
        web_host=given.get("WEB_HOST", default.web_host),
        web_port=_whole(given, "WEB_PORT", default, 1),
        web_workers=_whole(given, "WEB_WORKERS", default, 1),
        web_threads=_whole(given, "WEB_THREADS", default, 1),
        web_database_url=given.get("WEB_DATABASE_URL", ""),
        redis_url=given.get("REDIS_URL", ""),
        secret_key=given.get("SECRET_KEY", ""),
        allowed_hosts=_names(given.get("ALLOWED_HOSTS", "")),
        trusted_proxies=_whole(given, "TRUSTED_PROXIES", default, 0),
        open_pages=_choice(given, "OPEN_PAGES", ("1", "0")) == "1",
    )


def _choice(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = given.get(name, allowed[0])
    for choice in allowed:
        if value.lower() == choice.lower():
            return choice
    raise UsageError(f"{name}={value}: write one of {', '.join(allowed)}")


def _whole(given: Mapping[str, str], name: str, default: Config, least: int) -> int:
    text = given.get(name, str(getattr(default, name.lower())))
    if not (text.isascii() and text.isdigit() and least <= int(text) < 2**31):
        raise UsageError(f"{name}={text}: write a whole number of at least {least}")
    return int(text)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"TZ={name}: write a zone name such as Asia/Tokyo") from None
    return name


def _cron(name: str, text: str) -> str:
    try:
        CronSim(text, datetime(2026, 1, 1))
    except CronSimError:
        raise UsageError(
            f"{name}={text}: write a cron expression of five fields that is due some day, such as 30 0 * * *"
        ) from None
    if len(text.split()) != CRON_FIELDS:
        raise UsageError(f"{name}={text}: write five fields, such as 30 0 * * *")
    return " ".join(text.split())


def _job_schedules(given: Mapping[str, str]) -> dict[str, str]:
    names = (name for name in given if name.startswith(JOB_SCHEDULE))
    return {name.removeprefix(JOB_SCHEDULE).lower(): _cron(name, given[name]) for name in names}


def _web_address(given: Mapping[str, str], name: str) -> str:
    address = given.get(name, "")
    if address and not address.startswith(("http://", "https://")):
        # The value may be a secret: it is not shown.
        raise UsageError(f"{name}: write an address that begins with https:// or http://")
    return address


def _retention(given: Mapping[str, str], default: Config) -> int:
    runs = _whole(given, "RUN_RETENTION_DAYS", default, 0)
    folders = _whole(given, "COMPLETION_RETENTION_DAYS", default, 0)
    if runs and folders > runs:
        raise UsageError(
            f"RUN_RETENTION_DAYS={runs}: keep runs as long as their completion folders"
            f" (COMPLETION_RETENTION_DAYS={folders}): the history says which of these may go"
        )
    return runs


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


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
    values = {one.name: getattr(config, one.name) for one in fields(config) if one.name != "job_schedules"}
    schedules = {JOB_SCHEDULE + job.upper(): text for job, text in config.job_schedules.items()}
    return {**{name.upper(): _as_text(value) for name, value in values.items()}, **schedules}


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Path):
        return str(value.absolute())
    return str(int(value)) if isinstance(value, bool) else str(value)
