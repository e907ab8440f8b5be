"""A realistic inbox to try Meterhouse with: three areas, three tariffs, half-hourly readings."""

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from etl.config import Config
from etl.errors import MeterhouseError
from etl.inbox.files import find
from etl.inbox.listing import consumption_files

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
