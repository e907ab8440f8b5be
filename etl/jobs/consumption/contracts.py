"""The users unit, part two: `user_data.csv` against the table, as SCD type 2 contracts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import islice

from etl.database.checks import complain
from etl.database.queries import Sql
from etl.errors import CheckFailed, UnitRefused
from etl.inbox import fields
from etl.inbox.csv_records import Row, Table
from etl.inbox.fields import BadField, printable
from etl.inbox.rejects import Reject

COPIED_AT_ONCE = 20_000
CHANGES = ("new", "changed", "departed", "returned", "unchanged")


@dataclass(frozen=True)
class UserFile:
    """The good rows of a user file, one a user, and how many lines said the same again."""

    users: dict[int, tuple[str, str]]
    identical: int


def read(table: Table, areas: set[str], tariffs: set[str]) -> UserFile:
    """Check every line of `user_data.csv`.

    Parameters
    ----------
    table : Table
        The file, with the columns `id`, `area`, `tariff`.
    areas, tariffs : set of str
        The names in the master tables.

    Returns
    -------
    UserFile
        What is good; `table.rejects` has the rest.
    """
    users: dict[int, tuple[str, str]] = {}
    # One tuple for all users who have the same: there may be millions.
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    unlisted = _Unlisted(areas, tariffs)
    identical = 0
    for row in table.rows():
        try:
            user, area, tariff = _check(row, areas, tariffs)
        except BadField as bad:
            table.refuse(row, *unlisted.take(row, bad.reasons))
            continue
        if user not in users:
            users[user] = pairs.setdefault((area, tariff), (area, tariff))
        elif users[user] == (area, tariff):
            identical += 1
        else:
            table.refuse(row, "id_twice")
    if not table.fault:
        for reject in unlisted.rejects(table.file.name):
            table.rejects.add(reject)
    return UserFile(users, identical)


class _Unlisted:
    """Names of a master table without any name: told once for the file, not once for every line."""

    def __init__(self, areas: set[str], tariffs: set[str]) -> None:
        known = {"unknown_area": areas, "unknown_tariff": tariffs}
        self._names = {reason: Counter[str]() for reason, names in known.items() if not names}

    def take(self, row: Row, reasons: tuple[str, ...]) -> list[str]:
        """Note the names of a line; return the reasons that are left to be told of it."""
        _, area, tariff = row.fields
        for reason, name in (("unknown_area", area), ("unknown_tariff", tariff)):
            if reason in reasons and reason in self._names:
                self._names[reason][name] += 1
        return [reason for reason in reasons if reason not in self._names]

    def rejects(self, file: str) -> Iterator[Reject]:
        """One fault of the file for each table without names, with the names that were found."""
        for reason, names in self._names.items():
            if names:
                yield Reject(file, None, printable(", ".join(sorted(names))), reason, names.total())


def apply(
    sql: Sql, users: dict[int, tuple[str, str]], day: date, tz: str, allow_shrink: bool
) -> Counter[str]:
    """Make the contracts say what the file says, from `day` on.

    Parameters
    ----------
    sql : Sql
        Inside the users unit's savepoint.
    users : dict of int to (area, tariff)
        All current users.
    day : date
        The date of the run, on which changes take effect.
    tz : str
        In which `day` begins.
    allow_shrink : bool
        Accept a file that departs more than half of the users.

    Returns
    -------
    Counter of str
        Users by change: new, changed, departed, returned, unchanged.

    Raises
    ------
    UnitRefused
        out_of_order, or a file that departs more than half.
    """
    newest = sql("consumption/newest_change")
    if newest and day < newest:
        raise UnitRefused(
            f"out_of_order: user_data.csv is for {day}, but users changed on {newest} already;"
            f" run it with --date {newest} or later"
        )
    _stage(sql, users)
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
        raise CheckFailed(f"users do not balance: {balance}")


def _check(row: Row, areas: set[str], tariffs: set[str]) -> tuple[int, str, str]:
    text, area, tariff = row.fields
    user, *_ = fields.every(
        (fields.user_id, text), (_known, area, "area", areas), (_known, tariff, "tariff", tariffs)
    )
    return user, area, tariff


def _known(text: str, master: str, names: set[str]) -> None:
    if fields.name(text, f"bad_{master}") not in names:
        raise BadField(f"unknown_{master}")


def _stage(sql: Sql, users: dict[int, tuple[str, str]]) -> None:
    lines = _copy_lines(users)
    with sql.connection.cursor() as cursor:
        while some := "".join(islice(lines, COPIED_AT_ONCE)):
            cursor.copy_expert("COPY staged_user FROM STDIN", StringIO(some))


def _copy_lines(users: dict[int, tuple[str, str]]) -> Iterator[str]:
    for user, names in users.items():
        area, tariff = (name.replace("\\", "\\\\") for name in names)
        yield f"{user}\t{area}\t{tariff}\n"


def _refuse_shrink(changes: Counter[str], allowed: bool) -> None:
    current = changes["unchanged"] + changes["changed"] + changes["departed"]
    if changes["departed"] * 2 > current and not allowed:
        raise UnitRefused(
            f"user_data.csv would depart {changes['departed']} of {current} users: it must list ALL"
            " current users; if this is meant, run again with --allow-shrink"
        )
