"""The benchmark of the archive: `make bench-archive`, or `python -m bench.archive`.

Needs Debian's `influxdb`, `curl`, some 5 GB in the folder for temporary files, and five minutes. Prints one
table; exits 1 if a bar is missed.
"""

import logging
import sys
import tempfile
from pathlib import Path

from bench.archive import extraction, growth, pages
from bench.web.report import Row, table
from etl import log
from etl.config import Config

METERS, FEW_METERS = 58, 6
DAYS, METERS_OF_DAYS = 400, 3


def main() -> int:
    """Measure; 0 if all bars are met."""
    log.set_up(Config(), file=False)
    log.logger.setLevel(logging.ERROR)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mhbench") as folder:
        rows += extraction.rows(Path(folder) / "extraction", METERS, FEW_METERS)
        rows += growth.rows(Path(folder) / "growth", DAYS, METERS_OF_DAYS)
    rows.append(pages.energy_page())
    print(table(rows))
    return int(any(row.ok is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
