"""The records of a document: staged as text, judged by PostgreSQL, stored as a version if they differ."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

from psycopg2.extras import Json

from etl.database.queries import Sql
from etl.inbox.counts import Counts
from etl.inbox.rejects import FileFault, Reject, Rejects
from etl.sources.files import Document
from etl.sources.formats import Format, read
from etl.sources.records import BadBody, BadRecord, Record

BATCH_CHARACTERS = 1 << 20
COPY = "COPY staged_record (n, line, body) FROM STDIN"


def validate(sql: Sql, document: Document, form: Format, rejects: Rejects) -> Counts:
    """Stage the good records of a document.

    Parameters
    ----------
    sql : Sql
        The data connection; the staging table is empty.
    document : Document
        As it was fetched.
    form : Format
        How it is read.
    rejects : Rejects
        Where bad records go.

    Returns
    -------
    Counts
        What was read, and what of it was rejected.

    Raises
    ------
    FileFault
        If the document cannot be read at all.
    """
    counts = Counts()
    try:
        for batch in _batches(read(document.body, form), document.name, counts, rejects):
            with sql.connection.cursor() as cursor:
                cursor.copy_expert(COPY, batch)
    except BadBody as bad:
        raise FileFault(document.name, bad.reason, bad.found) from None
    # What JSON allows and jsonb does not: \u0000, half a surrogate pair, a number without end.
    for _n, line, raw in sorted(sql("acquisition/take_faulty", batched=True)):
        counts.rejected += 1
        rejects.add(Reject.of_line(document.name, line, raw, "bad_json"))
    return counts


def store_raw_data(sql: Sql, source_id: int, run_id: int, document: str, metadata: dict[str, Any]) -> bool:
    """Store what is staged as a new version of a document, unless the newest one is the same.

    Parameters
    ----------
    sql : Sql
        The data connection.
    source_id, run_id : int
        Whose version it is, and its number.
    document : str
        Which of the source's.
    metadata : dict
        Kept with each row.

    Returns
    -------
    bool
        Whether it is a new version.
    """
    stored = sql(
        "acquisition/store_version",
        batched=True,
        source_id=source_id,
        run_id=run_id,
        document=document,
        metadata=Json(metadata),
    )
    return stored > 0


def _batches(
    records: Iterator[Record | BadRecord], document: str, counts: Counts, rejects: Rejects
) -> Iterator[StringIO]:
    """Write the good records as lines for COPY; a batch has a megabyte or one record."""
    lines = StringIO()
    for record in records:
        counts.read += 1
        if isinstance(record, BadRecord):
            counts.rejected += 1
            rejects.add(Reject.of_line(document, record.line, record.text, record.reason))
            continue
        lines.write(f"{counts.read}\t{record.line}\t{_escaped(record.text)}\n")
        if lines.tell() > BATCH_CHARACTERS:
            lines.seek(0)
            yield lines
            lines = StringIO()
    lines.seek(0)
    yield lines


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
