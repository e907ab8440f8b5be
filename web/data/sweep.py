"""The bounds of the cache's files: how old, how many, how large."""

import os
from pathlib import Path
from time import time

# Files hold some 20 kB each.
MOST_FILES = 20_000
MOST_BYTES = 500 * 2**20


def sweep(folder: Path, seconds: int) -> None:
    """Remove the files that are older, and the oldest of too many.

    Parameters
    ----------
    folder : Path
        Of the cache's files; made if it is missing.
    seconds : int
        How long a file lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        files = sorted((*_age_and_size(entry), entry.path) for entry in entries)
    total = 0
    for place, (age, size, path) in enumerate(files):
        total += size
        if age > seconds or place >= MOST_FILES or total > MOST_BYTES:
            Path(path).unlink(missing_ok=True)


def _age_and_size(entry: os.DirEntry[str]) -> tuple[float, int]:
    try:
        found = entry.stat()
    except FileNotFoundError:
        # Another worker removed it, or gave it its name.
        return 0, 0
    return time() - found.st_mtime, found.st_size
