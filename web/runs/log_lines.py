"""The log lines of one run, out of LOG_DIR."""

from collections.abc import Iterator
from pathlib import Path

from etl.config import Config
from etl.log import mask

BYTES_LIMIT = 1 << 20
CUT = "... cut off: the log in LOG_DIR has the rest\n"


def of_run(config: Config, execution_uuid: str) -> str:
    """Give the lines that name a run, the oldest first.

    Parameters
    ----------
    config : Config
        LOG_DIR, and the secrets that no line may hold.
    execution_uuid : str
        Of the run.

    Returns
    -------
    str
        At most a megabyte; empty if the log files with it are gone.
    """
    # Rotated files have numbers: the higher, the older.
    files = sorted(config.log_dir.glob("meterhouse.log*"), key=_age, reverse=True)
    kept: list[str] = []
    size = 0
    for line in (line for file in files for line in _lines(file) if execution_uuid in line):
        size += len(line)
        if size > BYTES_LIMIT:
            kept.append(CUT)
            break
        kept.append(line)
    return mask("".join(kept), config.secrets)


def _age(file: Path) -> int:
    number = file.suffix.removeprefix(".")
    return int(number) if number.isdigit() else 0


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as source:
            yield from source
    except OSError:
        return  # rotated away or not ours to read: the others may have it
