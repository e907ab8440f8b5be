"""Invented households in InfluxDB: power and counters every 10 seconds, with what happens to meters."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
from tqdm import tqdm

from etl.config import Config
from etl.sources.influx import FIELDS, TAG
from etl.sources.influx_http import Http
from etl.sources.influxql import quoted, series

STEP_SECONDS = 10
BATCH = 5_000
HOUR = 3600
# What is special about a meter, in turn.
SUN, SILENCE, RESTART = range(3)
# Seconds of the last day: when the second meter says nothing, and when the third one's counter restarts.
SILENT = (9 * HOUR, 13 * HOUR)
RESTARTED = 15 * HOUR


def write(config: Config, meters: int, days: int, seed: int, end: date) -> int:
    """Write points into the database of the settings; it is made if it is missing.

    Parameters
    ----------
    config : Config
        Whose InfluxDB, names and zone hold.
    meters, days : int
        How many meters, `meter1` onwards, and how many whole local days.
    seed : int
        Other seeds make other households.
    end : date
        The last day.

    Returns
    -------
    int
        How many points were written.

    Raises
    ------
    SourceFailed
        If InfluxDB is not there or does not take them.
    """
    http = Http(config)
    what = "making the database of the sample"
    list(series(http, f"CREATE DATABASE {quoted(config.influx_bucket)}", what, method="POST"))
    work = [(meter, end - timedelta(days=ago)) for meter in range(1, meters + 1) for ago in range(days)[::-1]]
    points = 0
    for meter, day in tqdm(work, disable=None, unit="day", leave=False):
        lines = list(_lines(config, meter, seed, day, day == end))
        for begin in range(0, len(lines), BATCH):
            body = "\n".join(lines[begin : begin + BATCH]).encode()
            with http.sending("POST", "/write", {"precision": "s"}, "writing the sample", body):
                points += len(lines[begin : begin + BATCH])
    return points


def _lines(config: Config, meter: int, seed: int, day: date, is_last: bool) -> Iterator[str]:
    """A meter's day in line protocol."""
    start, stop = (
        int(datetime.combine(one, time(), config.zone).timestamp()) for one in (day, day + timedelta(days=1))
    )
    times = np.arange(start, stop, STEP_SECONDS)
    since, kind = times - start, (meter - 1) % 3
    rng = np.random.default_rng([seed, meter, day.toordinal()])
    load = _load(rng, since)
    sun = _sun(rng, since) if kind == SUN else np.zeros(len(since))
    taken, given = np.maximum(load - sun, 0), np.maximum(sun - load, 0)
    watts, kwh = _counted(taken, 9, seed + meter, day)
    if kind == RESTART and is_last:
        kwh = np.where(since < RESTARTED, kwh, kwh - kwh[since >= RESTARTED][0])
    columns = [_texts(watts, ".1f"), _texts(kwh, ".3f")]
    if kind == SUN:
        columns.append(_texts(_counted(given, 6, seed - meter, day)[1], ".3f"))
    name = config.influx_measurement.replace(",", "\\,").replace(" ", "\\ ")
    for at, moment, *values in zip(since.tolist(), times.tolist(), *columns, strict=True):
        if not (kind == SILENCE and is_last and SILENT[0] <= at < SILENT[1]):
            fields = ",".join(map("=".join, zip(FIELDS, values, strict=False)))
            yield f"{name},{TAG}=meter{meter} {fields} {moment}"


def _load(rng: np.random.Generator, since: np.ndarray) -> np.ndarray:
    """Watts of a household: what always runs, a fridge, mornings and evenings, and what is switched on."""
    hour = since / HOUR
    fridge = 80 * (np.sin(since / 400 + rng.uniform(0, 6)) > 0.3)
    watts = 120 + fridge + 250 * _hump(hour, 7.5, 1.0) + 450 * _hump(hour, 20, 2.0)
    for begin, minutes, power in zip(
        rng.uniform(6, 23.5, 14), rng.uniform(3, 40, 14), rng.uniform(400, 1500, 14), strict=True
    ):
        watts = watts + np.where((hour >= begin) & (hour < begin + minutes / 60), power, 0)
    return watts * rng.normal(1, 0.02, len(since))


def _sun(rng: np.random.Generator, since: np.ndarray) -> np.ndarray:
    """Watts of a roof of 4 kW: nothing at night, and clouds."""
    hour = since / HOUR
    clouds = np.interp(hour, np.arange(27), rng.uniform(0.5, 1, 27))
    return 4000 * np.clip(np.sin(np.pi * (hour - 6) / 12), 0, None) ** 1.5 * (hour < 18) * clouds


def _hump(hour: np.ndarray, at: float, width: float) -> np.ndarray:
    return np.exp(-(((hour - at) / width) ** 2) / 2)


def _counted(watts: np.ndarray, mean_kwh: float, phase: int, day: date) -> tuple[np.ndarray, np.ndarray]:
    """Scale watts to the energy of the day, and count it.

    The counter at midnight is a formula of the day: so it goes on where the day before ends, whichever
    days are made.
    """
    first, last = (
        mean_kwh * number + mean_kwh / 6 * np.sin(1.7 * number + phase)
        for number in (day.toordinal() - date(1970, 1, 1).toordinal() + one for one in (0, 1))
    )
    kwh = np.concatenate([[0], watts.cumsum()]) * STEP_SECONDS / HOUR / 1000
    scale = (last - first) / kwh[-1]
    return watts * scale, first + kwh[:-1] * scale


def _texts(numbers: np.ndarray, form: str) -> list[str]:
    return [format(number, form) for number in numbers.tolist()]
