"""The log lines of one run, out of LOG_DIR."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from etl.config import Config
from etl.log import mask

BYTES_LIMIT = 1 << 20
CUT = "... cut off: the log in LOG_DIR has what was before\n"


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
    kept: deque[str] = deque()
    size, kept_all = 0, True
    for line in (line for file in files for line in _lines(file) if execution_uuid in line):
        kept.append(line)
        size += len(line)
        # Why a run failed stands at its end.
        while size > BYTES_LIMIT:
            size -= len(kept.popleft())
            kept_all = False
    cut = "" if kept_all else CUT
    return mask(cut + "".join(kept), config.secrets)


def _age(file: Path) -> int:
    number = file.suffix.removeprefix(".")
    return int(number) if number.isdigit() else 0


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as source:
            yield from source
    except OSError:
        return  # rotated away or not ours to read: the others may have it
