"""The command line: arguments in, exit code out."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

from etl import config, log
from etl.cli import arguments, commands
from etl.errors import Interrupted, MeterhouseError
from etl.runs.interrupt import run_stoppable
from etl.runs.pipeline import internal_error


def run(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say.

    Parameters
    ----------
    argv : sequence of str, optional
        Stands for `sys.argv[1:]`.

    Returns
    -------
    int
        0 success, 1 failure, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a Japanese area name must not stop the batch.
            stream.reconfigure(errors="backslashreplace")
    settings = None
    try:
        given = arguments.read(argv)
        settings = config.load()
        request = arguments.check(given, settings)
        log.set_up(settings, request.verbose)
        return run_stoppable(lambda stop: commands.perform(settings, request, stop))
    except Interrupted:
        print("error: interrupted", file=sys.stderr)
        return 1
    except MeterhouseError as error:
        message = log.mask(str(error), settings.secrets if settings else ())
        print(f"error: {message}", file=sys.stderr)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback is for the log file, not for a person
        log.log.debug("internal error", exc_info=error)
        print(f"error: {internal_error(error)}", file=sys.stderr)
        return 1
