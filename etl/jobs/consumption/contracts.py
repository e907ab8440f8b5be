"""The users unit, part two: `user_data.csv` against the table, as SCD type 2 contracts."""

from collections import Counter
from datetime import date
from io import StringIO
from itertools import islice
from typing import Any

from etl import sentences
from etl.database.checks import complain
from etl.database.queries import Sql
from etl.errors import CheckFailed, UnitRefused
from etl.inbox.csv_records import Row, Table
from etl.inbox.fields import BadField, is_name, parse_user_id, printable
from etl.inbox.rejects import KEPT_PER_RUN, Reject

COPIED_AT_ONCE = 20_000
CHANGES = ("new", "changed", "departed", "returned", "unchanged")


def stage(sql: Sql, table: Table) -> int:
    """Stage the users of `user_data.csv`, tell its faults; give how many lines say the same again."""
    lines = (_copy_line(row, table) for row in table.rows())
    with sql.connection.cursor() as cursor:
        while some := "".join(islice(lines, COPIED_AT_ONCE)):
            cursor.copy_expert("COPY user_line FROM STDIN", StringIO(some))
    if table.fault:
        return 0
    users = sql("consumption/stage_users")
    table.rejected = sql("consumption/find_user_faults")
    for line, raw, reason, lines, faults, _ in sql("consumption/list_user_faults", most=KEPT_PER_RUN):
        table.rejects.add(Reject(table.file.name, line, printable(raw), reason, lines), faults)
    return table.read - table.rejected - users


def apply(sql: Sql, day: date, tz: str, allow_shrink: bool) -> Counter[str]:
    """Make the contracts say what the staged users say, from `day` on; give users by change.

    Raises
    ------
    UnitRefused
        out_of_order, or a file that departs more than half.
    """
    newest = sql("consumption/newest_change")
    if newest and day < newest:
        raise UnitRefused(sentences.OUT_OF_ORDER, day=day, newest=newest)
    sql("consumption/classify_users", day=day)
    changes = Counter(dict(sql("consumption/count_changes")))
    _refuse_shrink(changes, allow_shrink)
    if changes["unchanged"] == changes.total():
        return changes
    sql("consumption/add_users")
    sql("consumption/list_moving_users", tz=tz)
    sql("consumption/gather_moving_readings")
    sql("readings/book_cells", tz=tz, sign=-1)
    sql("consumption/close_contracts", day=day)
    sql("consumption/open_contracts", day=day)
    sql("consumption/join_adjoining", day=day)
    sql("consumption/add_segments")
    sql("consumption/place_users")
    sql("readings/count_segments")
    sql("consumption/keep_change_date", day=day)
    sql("readings/book_cells", tz=tz, sign=1)
    complain(sql("consumption/checks/users_match_file"))
    complain(sql("consumption/checks/moved_evenly"))
    sql("readings/apply_load_by_date")
    sql("readings/apply_load_profile")
    sql("readings/clear_deltas")
    return changes


def check_balance(balance: dict[str, int]) -> None:
    """Fail if a line of the user file is unaccounted for."""
    accounted = ("new", "changed", "returned", "unchanged", "identical", "rejected")
    if balance["read"] != sum(balance[kind] for kind in accounted):
        raise CheckFailed(sentences.NO_BALANCE % {"unit": "users"} + str(balance))


def _copy_line(row: Row, table: Table) -> str:
    values: tuple[Any, ...]
    try:
        user, area, tariff = table.fields(row)
        values = (
            parse_user_id(user),
            area if is_name(area) else None,
            tariff if is_name(tariff) else None,
            None,
        )
    except BadField as bad:
        values = None, None, None, *bad.reasons
    texts = (row.line, printable(row.raw), *values)
    return "\t".join("\\N" if one is None else str(one).replace("\\", "\\\\") for one in texts) + "\n"


def _refuse_shrink(changes: Counter[str], allowed: bool) -> None:
    current = changes["unchanged"] + changes["changed"] + changes["departed"]
    if changes["departed"] * 2 > current and not allowed:
        raise UnitRefused(sentences.WOULD_SHRINK, departed=changes["departed"], current=current)
