"""What a run should tell although it is no fault: in the log, and in the run's metadata."""

import os
from collections.abc import Sequence

from etl.inbox.fields import LONGEST_NAME, printable
from etl.inbox.unfinished import Unfinished
from etl.language import N_
from etl.log import log
from etl.runs.job import Context

MOST_NAMES = 100
CUT_OFF = "the last line has no end, so that nobody can tell whether its value is whole"
TAKEN = N_("only *.csv and *.csv.gz are taken from a folder, and from the top the files of REPORT.md")


def not_taken(context: Context, paths: Sequence[str]) -> None:
    """Name entries of the inbox that no job takes.

    Parameters
    ----------
    context : Context
        Of the run.
    paths : sequence of str
        Below the inbox.
    """
    root = context.config.data_dir
    # `Path.is_dir` fails where the folder may be listed only.
    labels = [f"{path}/" if os.path.isdir(root / path) else path for path in paths[:MOST_NAMES]]  # noqa: PTH112
    _note(context, "not_taken", f"not taken: {TAKEN}", len(paths), labels)


def unfinished_files(context: Context, files: Unfinished) -> None:
    """Name the files whose last line has no end.

    Parameters
    ----------
    context : Context
        Of the run.
    files : Unfinished
        With file and line.
    """
    _note(context, "unfinished_files", f"unfinished: {CUT_OFF}", files.count, files.labels)


def _note(context: Context, key: str, event: str, count: int, labels: Sequence[str]) -> None:
    if not count:
        return
    names = [printable(label, length=LONGEST_NAME) for label in labels]
    log.warning(event, count=count, names=", ".join(names))
    noted = context.record.metadata.setdefault(key, {"count": 0, "names": []})
    noted["count"] += count
    noted["names"] = (noted["names"] + names)[:MOST_NAMES]
