"""What a run refused: lines, files and conflicting repeats, each with what to do about it."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

from flask_babel import gettext as _

from etl.inbox.rejects import Reject
from web.data.database import Database
from web.runs.search import PAGE, page_count


class RefusedRow(NamedTuple):
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


@dataclass(frozen=True)
class Faults:
    """A page of the faults of a run, and how many are kept on all."""

    count: int
    rows: list[RefusedRow]

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return page_count(self.count)


def fetch(database: Database, execution_uuid: str, page: int) -> Faults:
    """Fetch a page of a run's faults.

    Parameters
    ----------
    database : Database
        To ask.
    execution_uuid : str
        Of the run.
    page : int
        From 1 on, 100 faults each.
    """
    count = database.query("web/count_faults", execution_uuid=execution_uuid)
    return Faults(count, _rows(database, execution_uuid, (page - 1) * PAGE, PAGE))


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
    writer.writerow(RefusedRow._fields)
    writer.writerows(map(_harmless, _rows(database, execution_uuid, 0, None)))
    return text.getvalue()


def _rows(database: Database, execution_uuid: str, skip: int, most: int | None) -> list[RefusedRow]:
    rows = database.query("web/faults", execution_uuid=execution_uuid, skip=skip, most=most)
    rejects = [Reject(file, line, raw, reason, lines, kind) for kind, file, line, lines, raw, reason in rows]
    return [RefusedRow(*row, _what_to_do(one)) for row, one in zip(rows, rejects, strict=True)]


def _what_to_do(reject: Reject) -> str:
    """Say what was found and what to do; nothing of a code of a newer version."""
    return _("; ").join(_(text, **values) for text, values in reject.advice)


def _harmless(row: RefusedRow) -> list[object]:
    """Keep a spreadsheet from reading a delivered text as a formula."""
    return [f"'{one}" if isinstance(one, str) and one.startswith(tuple("=+-@\t\r")) else one for one in row]
