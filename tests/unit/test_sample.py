"""The sample inbox: reproducible, plausible, and nothing in it that the batch would refuse."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from etl.config import Config
from etl.errors import MeterhouseError
from etl.inbox.fields import Times, energy
from etl.inbox.listing import is_inbox_name
from etl.sample import readings as sample
from etl.sample.command import main

END = date(2026, 4, 12)  # a Sunday
SETTINGS = ("DATABASE_URL", "DATA_DIR", "LOG_DIR", "TZ", "CONSUMPTION_UNIT", "CSV_ENCODING", "DAILY_JOBS")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scrubbed environment for `main`; returns its DATA_DIR."""
    monkeypatch.chdir(tmp_path)  # away from anybody's .env
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(config: Config, name: str, users: int = 3, days: int = 2, seed: int = 1, end: date = END) -> dict:
    there = config.model_copy(update={"data_dir": config.data_dir / name})
    sample.write(there, users, days, seed, end)
    return files(there.data_dir)


def readings(config: Config) -> pd.DataFrame:
    """All readings with their user's area and tariff."""
    users = pd.read_csv(config.data_dir / "user_data.csv")
    parts = [
        pd.read_csv(config.data_dir / "consumption" / f"{user}.csv", parse_dates=["datetime"]).assign(id=user)
        for user in users["id"]
    ]
    return pd.concat(parts).merge(users, on="id")


def test_the_same_arguments_write_the_same_bytes(config: Config) -> None:
    assert written(config, "one") == written(config, "two")


def test_another_seed_makes_other_users(config: Config) -> None:
    one, two = written(config, "one", users=20), written(config, "two", users=20, seed=2)
    assert one.keys() == two.keys()
    assert one["user_data.csv"] != two["user_data.csv"]
    assert one["consumption/1.csv"] != two["consumption/1.csv"]


def test_a_reading_depends_on_user_and_time_only(config: Config) -> None:
    few = written(config, "few")
    more = written(config, "more", users=9, days=5, end=END + timedelta(days=1))
    assert few["user_data.csv"] == b"".join(more["user_data.csv"].splitlines(keepends=True)[:4])
    for user in (1, 2, 3):
        name = f"consumption/{user}.csv"
        assert set(few[name].splitlines()) < set(more[name].splitlines())


def test_the_files_are_those_of_the_hand_over_rules(config: Config) -> None:
    assert sample.write(config, users=12, days=3, seed=1, end=END) == 12 * 3 * 48
    found = files(config.data_dir)
    consumption = [f"consumption/{user}.csv" for user in range(1, 13)]
    assert sample.contents(config.data_dir) == ["area.csv", "tariff.csv", "user_data.csv", *consumption]
    assert sorted(found) == sorted(sample.contents(config.data_dir))  # nothing unfinished is left
    assert found["area.csv"] == b"name\nHokkaido\nTokyo\nKansai\n"
    assert found["tariff.csv"] == b"name\nstandard\nnight\nbusiness\n"
    header, *users = found["user_data.csv"].decode().splitlines()
    assert header == "id,area,tariff"
    assert [line.split(",")[0] for line in users] == [str(user) for user in range(1, 13)]
    assert b"\r" not in b"".join(found.values())


def test_a_user_has_every_half_hour_once_in_order(config: Config) -> None:
    sample.write(config, users=1, days=2, seed=1, end=END)
    header, *lines = (config.data_dir / "consumption" / "1.csv").read_text().splitlines()
    assert header == "datetime,consumption"
    grid = [datetime(2026, 4, 11) + slot * timedelta(minutes=30) for slot in range(96)]
    assert [line.split(",")[0] for line in lines] == [str(time) for time in grid]
    assert all(len(line.split(",")[1].partition(".")[2]) == 1 for line in lines)


def test_user_data_is_put_last_and_every_file_by_rename(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, put = Path.rename, []

    def recorded(self: Path, target: Path) -> Path:
        assert not is_inbox_name(self.name)
        put.append(target.name)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", recorded)
    sample.write(config, users=2, days=1, seed=1, end=END)
    assert put == ["area.csv", "tariff.csv", "1.csv", "2.csv", "user_data.csv"]


def test_sixty_users_show_all_areas_and_tariffs(config: Config) -> None:
    sample.write(config, users=60, days=1, seed=1, end=END)
    users = pd.read_csv(config.data_dir / "user_data.csv")
    assert set(users["area"]) == set(sample.AREAS)
    assert set(users["tariff"]) == set(sample.TARIFFS)


def test_tariffs_have_their_own_shapes(config: Config) -> None:
    sample.write(config, users=60, days=14, seed=1, end=END)
    frame = readings(config)
    hour, weekend = frame["datetime"].dt.hour, frame["datetime"].dt.day_of_week >= 5

    def ratio(tariff: str, some: pd.Series, others: pd.Series) -> float:
        of_tariff = frame["tariff"] == tariff
        mean = frame["consumption"]
        return mean[of_tariff & some].mean() / mean[of_tariff & others].mean()

    night = (hour >= 23) | (hour < 7)
    assert ratio("night", night, ~night) > 1.5
    assert ratio("standard", night, ~night) < 0.8
    assert ratio("business", weekend, ~weekend) < 0.6
    office = hour.between(9, 17)
    assert ratio("business", office & ~weekend, ~office & ~weekend) > 3
    assert ratio("standard", hour.between(18, 20) & ~weekend, hour.between(11, 15) & ~weekend) > 2
    assert ratio("standard", hour.between(11, 15) & weekend, hour.between(11, 15) & ~weekend) > 1.5


def test_areas_differ_by_season() -> None:
    def mean(area: str, day: str) -> float:
        return sample._load(area, "standard", pd.date_range(day, periods=48, freq="30min")).mean()

    assert mean("Hokkaido", "2026-01-20") > 1.2 * mean("Kansai", "2026-01-20")
    assert mean("Kansai", "2026-08-04") > 1.2 * mean("Hokkaido", "2026-08-04")
    assert mean("Tokyo", "2026-08-04") > 1.1 * mean("Tokyo", "2026-05-12")


def test_users_differ_in_size(config: Config) -> None:
    sample.write(config, users=60, days=1, seed=1, end=END)
    standard = readings(config).query("tariff == 'standard'").groupby("id")["consumption"].mean()
    assert standard.max() > 2 * standard.min()
    assert standard.min() > 0


@pytest.mark.parametrize(
    ("zone", "end", "missing"),
    [
        ("Asia/Tokyo", date(2026, 3, 30), []),
        ("Europe/Berlin", date(2026, 3, 30), ["2026-03-29 02:00:00", "2026-03-29 02:30:00"]),
        ("Europe/Berlin", date(2026, 10, 26), ["2026-10-25 02:00:00", "2026-10-25 02:30:00"]),
        ("America/Santiago", date(2026, 9, 7), ["2026-09-06 00:00:00", "2026-09-06 00:30:00"]),
    ],
)
def test_times_that_the_zone_skips_or_repeats_are_left_out(
    config: Config, zone: str, end: date, missing: list[str]
) -> None:
    there = config.model_copy(update={"tz": zone})
    assert sample.write(there, users=1, days=3, seed=1, end=end) == 3 * 48 - len(missing)
    lines = (there.data_dir / "consumption" / "1.csv").read_text().splitlines()[1:]
    times = [line.split(",")[0] for line in lines]
    start = datetime.combine(end - timedelta(days=2), datetime.min.time())
    grid = [str(start + slot * timedelta(minutes=30)) for slot in range(3 * 48)]
    assert times == [time for time in grid if time not in missing]
    taken = Times.until(end, there.zone)
    assert len({taken.parse(time) for time in times}) == len(times)


def test_kwh_is_the_same_energy_in_another_unit(config: Config) -> None:
    wh = written(config, "Wh")["consumption/2.csv"].decode().splitlines()[1:]
    in_kwh = config.model_copy(update={"consumption_unit": "kWh"})
    kwh = written(in_kwh, "kWh")["consumption/2.csv"].decode().splitlines()[1:]
    assert all(len(line.rpartition(".")[2]) == 4 for line in kwh)
    for small, large in zip(wh, kwh, strict=True):
        assert small.split(",")[0] == large.split(",")[0]
        assert energy(small.split(",")[1]) == energy(large.split(",")[1]) * 1000 > Decimal(0)


@pytest.mark.parametrize("name", ["area.csv", "tariff.csv", "user_data.csv", "consumption/x.csv.gz"])
def test_a_filled_inbox_is_left_alone(
    command_line: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (command_line / name).parent.mkdir(parents=True)
    (command_line / name).write_bytes(b"mine")
    assert main(["--users", "2", "--days", "1"]) == 1
    assert files(command_line) == {name: b"mine"}
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"error: {command_line} is not empty: it holds {name}\n"


def test_unfinished_and_foreign_files_do_not_fill_an_inbox(config: Config) -> None:
    (config.data_dir / "consumption").mkdir(parents=True)
    for name in ("README.md", "consumption/.1.csv", "consumption/1.csv.tmp"):
        (config.data_dir / name).touch()
    assert sample.write(config, users=1, days=1, seed=1, end=END) == 48


def test_an_inbox_that_cannot_be_written_is_one_sentence(config: Config) -> None:
    config.data_dir.write_text("a file where the folder should be")
    with pytest.raises(MeterhouseError, match=r"Not a directory|File exists"):
        sample.write(config, users=1, days=1, seed=1, end=END)


def test_without_arguments_it_ends_yesterday(command_line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--users", "2"]) == 0
    yesterday = datetime.now(Config().zone).date() - timedelta(days=1)
    assert capsys.readouterr().out.endswith(
        f"2 users and {2 * 14 * 48:,} readings up to {yesterday}; next: make batch\n"
    )
    days = pd.to_datetime(pd.read_csv(command_line / "consumption" / "1.csv")["datetime"]).dt.date
    assert (days.min(), days.max()) == (yesterday - timedelta(days=13), yesterday)
    assert np.unique(days).size == 14


@pytest.mark.parametrize(
    "arguments",
    [
        ["--users", "0"],
        ["--users", "300001"],
        ["--users", "1e3"],
        ["--users", "-1"],
        ["--days", "0"],
        ["--days", "3651"],
        ["--days", "٣"],
        ["--seed", "-1"],
        ["--seed", "x"],
        ["--end-date", "20260401"],
        ["--end-date", "2026-02-30"],
        ["--end-date", "01-04-2026"],
        ["--user", "3"],
        ["surplus"],
    ],
)
def test_arguments_that_cannot_be_read_exit_2(
    command_line: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
    assert not command_line.exists()


@pytest.mark.parametrize("end", ["1970-01-13", "9999-12-31"])
def test_days_that_the_batch_would_refuse_exit_2(
    command_line: Path, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    assert main(["--end-date", end]) == 2
    assert capsys.readouterr().err.startswith(f"error: 14 days up to {end}: ")
    assert not command_line.exists()


def test_the_first_days_of_1970_are_possible(command_line: Path) -> None:
    assert main(["--end-date", "1970-01-14", "--users", "1"]) == 0


def test_a_wrong_setting_exits_2(
    command_line: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSUMPTION_UNIT", "MWh")
    assert main([]) == 2
    assert "CONSUMPTION_UNIT=MWh" in capsys.readouterr().err
