"""What lies in the inbox: the files that are taken, and everything else by name, so that nobody misses it."""

import os
from pathlib import Path
from typing import NamedTuple

from etl import sentences
from etl.errors import UnitRefused
from etl.inbox.fields import MAX_USER_ID
from etl.inbox.files import COMPLETION, REJECTED, InboxFile, user_id_in

FILES = ("area.csv", "tariff.csv", "user_data.csv")
FOLDERS = ("consumption", "orders")
# What the program keeps in the inbox, and what this repository does.
OWN = (COMPLETION, REJECTED, "pg", "cache", "state", "dbt", "duckdb", "parquet", "sources", "README.md")


class Listing(NamedTuple):
    """The files of a folder in the order in which they are read, and the other entries, by name."""

    files: list[InboxFile]
    not_taken: list[str]


def consumption_files(data_dir: Path) -> Listing:
    """List `consumption/`: files named like a user id first, by number, then the others by name.

    Names are compared without their case; of two that differ in nothing else, capitals come first.

    Raises
    ------
    UnitRefused
        If the folder is there but cannot be listed.
    """
    names, not_taken = _names_in(data_dir, "consumption")
    # Stable: 5.csv stays before 5.csv.gz.
    names.sort(key=lambda name: user_id_in(name) or MAX_USER_ID + 1)
    return Listing([InboxFile(data_dir, _called(name)) for name in names], not_taken)


def order_files(data_dir: Path) -> Listing:
    """List `orders/`, by name; taken like the files of `consumption/`.

    Raises
    ------
    UnitRefused
        If the folder is there but cannot be listed.
    """
    names, not_taken = _names_in(data_dir, "orders")
    return Listing([InboxFile(data_dir, f"orders/{name}") for name in names], not_taken)


def unknown_at_top(data_dir: Path) -> list[str]:
    """The entries at the top of the inbox that are no file or folder of any job.

    Raises
    ------
    UnitRefused
        If the inbox is there but cannot be listed.
    """
    known = {*FILES, *FOLDERS, *OWN}
    return [name for name in _entries(data_dir) if name not in known and not is_unfinished(name)]


def is_inbox_name(name: str) -> bool:
    """Whether a file of this name is taken from a folder of the inbox."""
    return not name.startswith(".") and name.lower().endswith((".csv", ".csv.gz"))


def is_unfinished(name: str) -> bool:
    """Whether the name says that somebody is still at work on it."""
    return name.startswith(".") or name.lower().endswith((".tmp", ".part"))


def _names_in(data_dir: Path, folder: str) -> tuple[list[str], list[str]]:
    """The names to take, sorted, and the paths of what else is there."""
    taken, others = [], []
    for name in _entries(data_dir / folder):
        if is_inbox_name(name):
            taken.append(name)
        elif not is_unfinished(name):
            others.append(f"{folder}/{name}")
    return taken, others


def _entries(folder: Path) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnitRefused(sentences.NO_FOLDER, folder=folder, reason=error.strerror) from None
    # As `reading_order`, without a tuple for each of 300,000.
    names.sort(key=str.lower)
    return names


def _called(name: str) -> str | int:
    user_id = user_id_in(name) if name.endswith(".csv") else None
    return f"consumption/{name}" if user_id is None else user_id
