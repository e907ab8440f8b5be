"""The real data set as an input of the benchmark; it is not part of the project."""

import csv
import os
import tarfile
from decimal import Decimal
from pathlib import Path

from bench.load.inputs import Input, write_names
from bench.web.servers import ROOT

BESIDE = ROOT.parent / "shared" / "data" / "smap-challenge.tar.gz"


def archive() -> Path:
    """Where the data set is, or would be: SMAP_ARCHIVE, or beside the checkout."""
    return Path(os.environ.get("SMAP_ARCHIVE") or BESIDE)


def write(home: Path) -> Input:
    """Unpack the data set; of two readings of a user and time the joined file has the first.

    Parameters
    ----------
    home : Path
        Does not exist yet.
    """
    inbox = Input(home)
    home.mkdir(parents=True)
    with tarfile.open(archive()) as packed:
        packed.extractall(home, filter="data")
    with (inbox.data_dir / "user_data.csv").open(newline="") as file:
        users = list(csv.DictReader(file))
    names = [tuple(sorted({user[column] for user in users})) for column in ("area", "tariff")]
    write_names(inbox.data_dir, *names)
    files = sorted(inbox.folder.iterdir(), key=lambda path: int(path.stem))
    rows, total = 0, Decimal(0)
    with inbox.joined.open("w") as joined:
        for path in files:
            first = _first_wins(path)
            joined.writelines(f"{path.stem},{clock},{energy}\n" for clock, energy in first.items())
            rows += len(first)
            total += sum(map(Decimal, first.values()))
    return Input(home, len(files), rows, total)


def _first_wins(path: Path) -> dict[str, str]:
    readings: dict[str, str] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            readings.setdefault(row["datetime"], row["consumption"])
    return readings
