"""Why a run failed, in a sentence that says what was kept and what to do."""

import psycopg2
from psycopg2.extensions import QueryCanceledError

from etl import sentences
from etl.errors import Interrupted, MeterhouseError


def explain(error: Exception, *, stopped: bool, lost: bool, committing: bool) -> str:
    """Say why a run was rolled back."""
    if isinstance(error, Interrupted) or (isinstance(error, QueryCanceledError) and stopped):
        return "interrupted"
    if lost:
        return sentences.LOST_DURING_COMMIT if committing else sentences.LOST
    if isinstance(error, MeterhouseError):
        return str(error)
    if isinstance(error, psycopg2.Error):
        return sentences.DATABASE + first_line(error)
    return internal_error(error)


def internal_error(error: Exception) -> str:
    """Say in a line that this is our fault; the log file has the traceback."""
    return sentences.INTERNAL % {"what": f"{type(error).__name__}: {first_line(error)}"}


def first_line(error: BaseException) -> str:
    """Give the first line of an error's text, which may have none."""
    return (str(error).splitlines() or [""])[0]
