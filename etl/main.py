"""The batch: `python -m etl.main --help`."""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; see `etl.cli.entry.run`."""
    from etl.cli import entry  # noqa: PLC0415 - takes a second to import, and Ctrl-C may come meanwhile

    return entry.run(argv)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: nothing has been opened yet."""
    os.write(sys.stderr.fileno(), b"error: interrupted\n")
    os._exit(1)


if __name__ == "__main__":
    # 300,000 files are millions of objects and no rings; looking for rings takes a tenth of the time.
    gc.set_threshold(100_000)
    # Three threads with short turns: the usual 5 ms would let a batch wait as long as it takes to load.
    sys.setswitchinterval(0.001)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    sys.exit(main())
