"""Why a run failed, in a sentence that says what was kept and what to do."""

import psycopg2
from psycopg2.extensions import QueryCanceledError

from etl.errors import Interrupted, MeterhouseError

INTERRUPTED_AFTER_COMMIT = (
    "interrupted after the commit: the data is in; the next run takes up files that are left, as repeats"
)
LOST = "the connection to the database was lost; nothing of this run was kept, run it again"
LOST_DURING_COMMIT = (
    "the connection was lost during the commit: whether it took effect is not known yet;"
    " run it again, nothing is loaded twice"
)
LOST_AFTER_COMMIT = (
    "the connection was lost after the commit: the data is in; the next run takes up the files, as repeats"
)
ENDED_BY_ANOTHER = "this run was marked as ended by somebody else; nothing of it was kept"


def explain(error: Exception, *, stopped: bool, lost: bool, committing: bool) -> str:
    """Say why a run was rolled back."""
    if isinstance(error, Interrupted) or (isinstance(error, QueryCanceledError) and stopped):
        return "interrupted"
    if lost:
        return LOST_DURING_COMMIT if committing else LOST
    if isinstance(error, MeterhouseError):
        return str(error)
    if isinstance(error, psycopg2.Error):
        return f"database: {first_line(error)}"
    return internal_error(error)


def internal_error(error: Exception) -> str:
    """Say in a line that this is our fault; the log file has the traceback."""
    return f"internal error, please report it: {type(error).__name__}: {first_line(error)} (see LOG_DIR)"


def first_line(error: BaseException) -> str:
    """Give the first line of an error's text, which may have none."""
    return (str(error).splitlines() or [""])[0]
