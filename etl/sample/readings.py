"""A realistic inbox to try Meterhouse with: three areas, three tariffs, half-hourly readings."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from etl import config as settings
from etl import log
from etl.config import Config
from etl.errors import MeterhouseError, UsageError
from etl.inbox.files import find
from etl.inbox.listing import consumption_files
from etl.runs.requests import DATE
from etl.sample import orders

DESCRIPTION = """\
Write a sample inbox to DATA_DIR (default data/): area.csv, tariff.csv, user_data.csv and
consumption/{user_id}.csv with half-hourly readings that follow area, season, weekday and tariff.
An inbox that holds files already is left alone. Not for a database with real users: user_data.csv
lists ALL current users, and these are invented.
With --orders, insert invented orders into table raw_orders instead, if it has none: some of them late,
corrected or cancelled.
"""

EPILOG = """\
The same arguments write the same bytes. A user's reading at a given time depends on the seed only,
not on --users, --days or --end-date: samples of one seed that overlap in time agree.

examples:
  python -m etl.sample                               60 users, 14 days up to yesterday in TZ
  python -m etl.sample --users 5000 --days 1         many users, one day
  python -m etl.sample --end-date 2026-04-01 --days 31 --seed 7
  python -m etl.sample --orders 1000                 1,000 orders, 14 days up to yesterday in TZ

exit codes: 0 written, 1 refused or not writable, 2 wrong arguments or settings
"""

MASTERS = ("area.csv", "tariff.csv", "user_data.csv")
SLOTS = 48
TARIFFS = {"standard": 0.6, "night": 0.25, "business": 0.15}


class Climate(NamedTuple):
    """Temperature over the year (deg C), and by how much a degree too cold or too warm raises the load."""

    mean: float
    swing: float
    heating: float
    cooling: float


AREAS = {
    "Hokkaido": Climate(9.0, 13.5, 0.035, 0.02),
    "Tokyo": Climate(16.5, 10.5, 0.02, 0.05),
    "Kansai": Climate(17.5, 11.5, 0.015, 0.08),
}


def write(config: Config, users: int, days: int, seed: int, end: date) -> int:
    """Write the inbox; every file is put by rename, `user_data.csv` last.

    Parameters
    ----------
    config : Config
        Whose `data_dir`, zone and unit hold. Local times that its zone skips or repeats are left out.
    users, days : int
        How many users, ids from 1, and how many whole local days.
    seed : int
        Other seeds make other users.
    end : date
        The last day.

    Returns
    -------
    int
        How many readings were written.

    Raises
    ------
    MeterhouseError
        If the inbox holds files already or cannot be written.
    """
    found = contents(config.data_dir)
    if found:
        more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
        raise MeterhouseError(f"{config.data_dir} is not empty: it holds {', '.join(found[:3])}{more}")
    first = end - timedelta(days=days - 1)
    local = pd.date_range(first, periods=days * SLOTS, freq="30min")
    kept = local.tz_localize(config.zone, ambiguous="NaT", nonexistent="NaT").notna()
    loads = {(area, tariff): _load(area, tariff, local)[kept] for area in AREAS for tariff in TARIFFS}
    number, unit_wh = ("%.1f", 1) if config.consumption_unit == "Wh" else ("%.4f", 1000)
    times = local[kept].strftime("%Y-%m-%d %H:%M:%S")
    form = "datetime,consumption\n" + "".join(f"{time},{number}\n" for time in times)
    folder = config.data_dir / "consumption"
    user_lines = ["id,area,tariff"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(config.data_dir / "area.csv", "\n".join(["name", *AREAS, ""]))
        _put(config.data_dir / "tariff.csv", "\n".join(["name", *TARIFFS, ""]))
        for user in tqdm(range(1, users + 1), disable=None, unit="user", leave=False):
            area, tariff, factors = _user(seed, user, first, days)
            energy_wh = np.round(loads[area, tariff] * factors[kept], 1)
            _put(folder / f"{user}.csv", form % tuple((energy_wh / unit_wh).tolist()))
            user_lines.append(f"{user},{area},{tariff}")
        _put(config.data_dir / "user_data.csv", "\n".join([*user_lines, ""]))
    except OSError as error:
        raise MeterhouseError(f"{error.filename or folder}: {error.strerror}") from error
    return users * len(times)


def contents(data_dir: Path) -> list[str]:
    """The names of all files that a batch would take from the inbox."""
    masters = [name for name in MASTERS if find(data_dir, name)]
    return masters + [file.name for file in consumption_files(data_dir).files]


def _load(area: str, tariff: str, local: pd.DatetimeIndex) -> np.ndarray:
    """Wh per half-hour of a user of average size, without chance, at naive local times."""
    hour = np.asarray(local.hour + local.minute / 60)
    weekend = np.asarray(local.day_of_week >= 5)
    climate = AREAS[area]
    season = np.cos(2 * np.pi * (np.asarray(local.day_of_year) - 25) / 365.25)
    degrees = climate.mean - climate.swing * season + 3 * np.cos(2 * np.pi * (hour - 14) / 24)
    heating = climate.heating * np.clip(16 - degrees, 0, None)
    cooling = climate.cooling * np.clip(degrees - 23, 0, None)
    return _shape(tariff, hour, weekend) * (1 + heating + cooling)


def _shape(tariff: str, hour: np.ndarray, weekend: np.ndarray) -> np.ndarray:
    """Wh per half-hour in mild weather."""
    if tariff == "business":
        return 120 + np.where((hour >= 9) & (hour < 18), np.where(weekend, 40, 560), 0)
    if tariff == "night":
        return 70 + np.where((hour >= 23) | (hour < 7), 170, 0) + 110 * _peak(hour, 19.5, 2)
    workday = 70 + 150 * _peak(hour, 7.5, 1.2) + 270 * _peak(hour, 19.5, 2)
    return np.where(weekend, 90 + 110 * _peak(hour, 11.5, 3.5) + 190 * _peak(hour, 19.5, 2.5), workday)


def _peak(hour: np.ndarray, at: float, width: float) -> np.ndarray:
    away = (hour - at + 12) % 24 - 12
    return np.exp(-((away / width) ** 2) / 2)


def _user(seed: int, user: int, first: date, days: int) -> tuple[str, str, np.ndarray]:
    """Area, tariff, and what size, day and chance make of each half-hour's load."""
    bits = np.random.PCG64([seed, user])
    rng = np.random.default_rng(bits)
    area = list(AREAS)[rng.integers(len(AREAS))]
    tariff = list(TARIFFS)[rng.choice(len(TARIFFS), p=list(TARIFFS.values()))]
    scale = rng.lognormal(sigma=0.35)
    # A day has its place in the random stream, one draw a number: so any range of days finds the same.
    bits.advance(first.toordinal() * (1 + SLOTS))
    chance = rng.random((days, 1 + SLOTS))
    return area, tariff, (scale * (0.85 + 0.3 * chance[:, :1]) * (0.75 + chance[:, 1:] ** 3)).ravel()


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.tmp")
    part.write_bytes(text.encode("ascii"))
    part.rename(path)


def _insert_orders(config: Config, given: argparse.Namespace, end: date) -> int:
    log.set_up(config)
    rows = orders.insert(config, given.orders, given.days, given.seed, end)
    first = end - timedelta(days=given.days - 1)
    print(f"raw_orders: {given.orders:,} orders in {rows:,} versions, from {first} to {end}; next:")
    print(f"python -m etl.main --job daily_sales --start-date {first} --end-date {end}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m etl.sample",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--users", type=_whole(1, 300_000), default=60, metavar="N", help="1 to 300000 (default: 60)")
    add(
        "--orders",
        type=_whole(1, 100_000_000),
        metavar="N",
        help="invent N orders in the database instead, 1 to 100000000",
    )
    add("--days", type=_whole(1, 3650), default=14, metavar="N", help="1 to 3650 (default: 14)")
    add("--seed", type=_whole(0, 2**32 - 1), default=1, metavar="N", help="0 to 4294967295 (default: 1)")
    add("--end-date", type=_day, metavar="D", help="last day, YYYY-MM-DD (default: yesterday in TZ)")
    return parser


def _day(text: str) -> date:
    if DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: write a whole number from {least} to {most}")
        return int(text)

    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Write a sample inbox; 0 written, 1 refused, 2 wrong usage."""
    given = _parser().parse_args(argv)
    try:
        config = settings.load()
        today = datetime.now(config.zone).date()
        end = given.end_date or today - timedelta(days=1)
        if end > today or end.toordinal() - given.days < date(1969, 12, 31).toordinal():
            raise UsageError(f"{given.days} days up to {end}: readings are from 1970-01-01 to {today}")
        if given.orders:
            return _insert_orders(config, given, end)
        readings = write(config, given.users, given.days, given.seed, end)
    except MeterhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: interrupted; the inbox holds a part of the sample, remove it", file=sys.stderr)
        return 1
    print(f"{config.data_dir}: {given.users:,} users and {readings:,} readings up to {end}; next: make batch")
    return 0
