"""What a run refused: lines, files and conflicting repeats, each with what to do about it."""

import csv
from io import StringIO

from flask_babel import gettext as _
from pydantic import BaseModel

from etl.inbox.rejects import Reject
from web.data.database import Database
from web.runs.search import PAGE, Listed


class RefusedRow(BaseModel):
    """A refused line or file, or a repeat with another value.

    Attributes
    ----------
    kind : str
        `reject` or `conflict`.
    file : str
        As the inbox names it.
    line : int or None
        In the file, the header being 1; None: the whole file.
    line_count : int
        Lines that this fault refused.
    raw : str
        The line, cut to 200 characters.
    reason : str
        A stable code.
    what_to_do : str
        In the reader's language.
    """

    kind: str
    file: str
    line: int | None
    line_count: int
    raw: str
    reason: str
    what_to_do: str


def fetch(database: Database, execution_uuid: str, page: int) -> Listed:
    """Fetch a page of a run's faults.

    Parameters
    ----------
    database : Database
        To ask.
    execution_uuid : str
        Of the run.
    page : int
        From 1 on, 100 faults each.

    Raises
    ------
    NotFound
        If there is no such page.
    """
    count = database.query("web/count_faults", execution_uuid=execution_uuid)
    return Listed(page, count, _rows(database, execution_uuid, (page - 1) * PAGE, PAGE))


def as_csv(database: Database, execution_uuid: str) -> str:
    """Write all faults of a run that are kept as CSV.

    Parameters
    ----------
    database : Database
        To ask.
    execution_uuid : str
        Of the run.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RefusedRow.model_fields)
    writer.writerows(map(_harmless, _rows(database, execution_uuid, 0, None)))
    return text.getvalue()


def _rows(database: Database, execution_uuid: str, skip: int, most: int | None) -> list[RefusedRow]:
    rows = database.query("web/faults", execution_uuid=execution_uuid, skip=skip, most=most)
    return [
        _refused(Reject(file, line, raw, reason, lines, kind))
        for kind, file, line, lines, raw, reason in rows
    ]


def _refused(one: Reject) -> RefusedRow:
    return RefusedRow(
        kind=one.kind,
        file=one.file,
        line=one.line,
        line_count=one.lines,
        raw=one.raw,
        reason=one.reason,
        what_to_do=_what_to_do(one),
    )


def _what_to_do(reject: Reject) -> str:
    """Say what was found and what to do; nothing of a code of a newer version."""
    return _("; ").join(_(text, **values) for text, values in reject.advice)


def _harmless(row: RefusedRow) -> list[object]:
    """Keep a spreadsheet from reading a delivered text as a formula."""
    return [
        f"'{one}" if isinstance(one, str) and one.startswith(tuple("=+-@\t\r")) else one for _name, one in row
    ]
