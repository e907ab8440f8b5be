"""The orders unit: `orders/*.csv` into `raw_orders`, in batches; what is there already is a repeat."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import NamedTuple

from etl.database.connection import savepoint
from etl.database.queries import Sql
from etl.inbox import fields
from etl.inbox.counts import Counts
from etl.inbox.csv_records import Row, Table
from etl.inbox.fields import EPOCH, BadField, Times, parse_user_id
from etl.inbox.files import InboxFile
from etl.inbox.headers import ORDERS
from etl.inbox.rejects import CONFLICTING, FileFault, Reject, Rejects
from etl.inbox.unfinished import Unfinished

STATUSES = ("ordered", "cancelled")
BATCH_ROWS = 20_000
MAX_INTEGER = 2**31 - 1
WHOLE = re.compile(r"0|[1-9][0-9]{0,9}")
AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
# More digits than this are lost in whatever reads the figures as floats: spreadsheets, charts.
MAX_DIGITS = 15


class Order(NamedTuple):
    """One version of an order as a line says it; `created_at` in microseconds since 1970 UTC."""

    order_id: int
    version: int
    user_id: int
    product: str
    quantity: int
    amount: Decimal
    status: str
    created_at: int


@dataclass
class Loader:
    """Loads order files inside the orders unit's savepoint.

    Attributes
    ----------
    sql : Sql
        The data connection.
    times : Times
        Zone and bounds of `created_at`.
    encoding : str
        `utf-8` or `cp932`.
    expanded_limit : int
        How many bytes a `.gz` may expand to.
    rejects : Rejects
        Collects faults and conflicts.
    on_progress : callable
        Called with the counts and the number of files so far.
    check : callable
        Called often; may raise to stop.
    unfinished : Unfinished
        Notes the files whose last line has no end.
    """

    sql: Sql
    times: Times
    encoding: str
    expanded_limit: int
    rejects: Rejects
    on_progress: Callable[[Counts, int], None]
    check: Callable[[], None]
    unfinished: Unfinished
    counts: Counts = field(default_factory=Counts)

    def load(self, files: list[InboxFile]) -> None:
        """Load all files, in the order that decides which of two repeats is first.

        Raises
        ------
        CheckFailed
            If the counts do not add up.
        """
        self.sql("daily_sales/work_tables")
        for file_no, file in enumerate(files):
            self._load(file_no, file)
            self.on_progress(self.counts, file_no + 1)
        self.sql.log_batched()
        self.counts.check("orders")

    def _load(self, file_no: int, file: InboxFile) -> None:
        rejects, counts = Rejects(), Counts()
        table = Table(
            file,
            ORDERS,
            self.encoding,
            rejects,
            self.check,
            expanded_limit=self.expanded_limit,
            unfinished=self.unfinished,
        )
        try:
            with savepoint(self.sql.connection, "file"):
                for batch in _batches(self._good(table)):
                    self._take(file_no, file, batch, rejects, counts)
                if table.fault:
                    raise table.fault
        except FileFault as fault:
            rejects, counts = Rejects(), Counts()
            rejects.add(fault.reject())
        counts.read, counts.rejected = table.read, table.rejected
        self.rejects.merge(rejects)
        self.counts.add(counts)

    def _good(self, table: Table) -> Iterator[tuple[Row, Order]]:
        for row in table.rows():
            try:
                yield row, parse(table.fields(row), self.times)
            except BadField as bad:
                table.refuse(row, *bad.reasons)

    def _take(
        self,
        file_no: int,
        file: InboxFile,
        batch: list[tuple[Row, Order]],
        rejects: Rejects,
        counts: Counts,
    ) -> None:
        lines = "".join(_copy_line(file_no, row.line, order) for row, order in batch)
        with self.sql.connection.cursor() as cursor:
            cursor.copy_expert("COPY staged_order FROM STDIN", StringIO(lines))
        inserted = self.sql("daily_sales/insert_orders", batched=True)
        same, different = self.sql("daily_sales/compare_with_stored", batched=True)
        counts.inserted += inserted
        counts.identical += same - inserted
        counts.conflicting += different
        if different and self.rejects.room:
            listed = self.sql("daily_sales/list_conflicts", batched=True, most=self.rejects.room)
            raw = {row.line: row.raw for row, _ in batch}
            rejects.note_conflicts(
                Reject.of_line(file.name, line, raw[line], CONFLICTING) for _, line in listed
            )
        self.sql("daily_sales/clear_batch", batched=True)


def parse(texts: Iterable[str], times: Times) -> Order:
    """Check the fields of one line.

    Parameters
    ----------
    texts : iterable of str
        In the order of `headers.ORDERS`.
    times : Times
        Zone and bounds of `created_at`.

    Raises
    ------
    BadField
        With all that are wrong: bad_order_id, bad_version, bad_id, bad_product, bad_quantity, bad_amount,
        bad_status, and what `Times.parse` raises.
    """
    order_id, version, user_id, product, quantity, amount, status, created_at = texts
    return Order(
        *fields.every(
            (_order_id, order_id),
            (_whole, version, 1, "bad_version"),
            (fields.user_id, user_id),
            (fields.name, product, "bad_product"),
            (_whole, quantity, 0, "bad_quantity"),
            (_amount, amount),
            (_status, status),
            (times.parse, created_at),
        )
    )


def _order_id(text: str) -> int:
    parsed = parse_user_id(text)
    if parsed is None:
        raise BadField("bad_order_id")
    return parsed


def _status(text: str) -> str:
    if text not in STATUSES:
        raise BadField("bad_status")
    return text


def _whole(text: str, least: int, reason: str) -> int:
    if not WHOLE.fullmatch(text) or not least <= int(text) <= MAX_INTEGER:
        raise BadField(reason)
    return int(text)


def _amount(text: str) -> Decimal:
    found = AMOUNT.fullmatch(text)
    whole, _, decimals = text.partition(".")
    if not found or len((whole + decimals.rstrip("0")).lstrip("0")) > MAX_DIGITS:
        raise BadField("bad_amount")
    return Decimal(text)


def _batches(rows: Iterator[tuple[Row, Order]]) -> Iterator[list[tuple[Row, Order]]]:
    batch: list[tuple[Row, Order]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _copy_line(file_no: int, line: int, order: Order) -> str:
    at = EPOCH + timedelta(microseconds=order.created_at)
    product = order.product.replace("\\", "\\\\")
    return (
        f"{file_no}\t{line}\t{order.order_id}\t{order.version}\t{order.user_id}\t{product}\t{order.quantity}"
        f"\t{order.amount}\t{order.status}\t{at.isoformat()}\n"
    )
