"""The batch: `python -m etl.main --help`. Signals, arguments in, exit code out."""

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for.

    Parameters
    ----------
    argv : sequence of str, optional
        Stands for `sys.argv[1:]`.

    Returns
    -------
    int
        0 success, 1 failure, 2 wrong usage.
    """
    # All this takes a while to import, and Ctrl-C may come meanwhile.
    from etl import config, log  # noqa: PLC0415
    from etl.cli import arguments, commands, report  # noqa: PLC0415
    from etl.errors import Interrupted, MeterhouseError  # noqa: PLC0415
    from etl.runs.failures import internal_error  # noqa: PLC0415
    from etl.runs.interrupt import run_stoppable  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a Japanese area name must not stop the batch.
            stream.reconfigure(errors="backslashreplace")
    # Readings are personal data: what is written is for this user alone.
    os.umask(0o077)
    settings = None
    try:
        command = arguments.read(sys.argv[1:] if argv is None else argv)
        settings = config.load()
        command = arguments.check(command, settings)
        given = command.given
        log.set_up(settings, given.verbose, stdout=given.log_stdout, quiet=given.quiet)
        return run_stoppable(lambda stop: commands.COMMANDS[command.name](settings, command, stop))
    except Interrupted:
        report.complain("interrupted")
        return 1
    except MeterhouseError as error:
        message = log.mask(str(error), settings.secrets if settings else ())
        report.complain(message)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback is for the log file, not for a person
        log.log.debug("internal error", exc_info=error)
        report.complain(internal_error(error))
        return 1


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: nothing has been opened yet."""
    os.write(sys.stderr.fileno(), b"error: interrupted\n")
    os._exit(1)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    sys.exit(main())
