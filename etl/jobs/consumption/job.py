"""The main job: users, contracts and readings of the inbox, in two units of work."""

from datetime import date
from typing import Any, ClassVar

from etl import sentences
from etl.config import Config
from etl.database.connection import lock_for_transaction
from etl.database.queries import Sql
from etl.errors import FaultsFound
from etl.inbox.counts import Counts
from etl.inbox.csv_records import Table
from etl.inbox.files import InboxFile, find
from etl.inbox.headers import USERS
from etl.inbox.listing import consumption_files, unknown_at_top
from etl.inbox.rejects import Rejects
from etl.jobs.consumption import contracts, master_data
from etl.language import N_
from etl.readings import aggregates
from etl.readings.load import Loader
from etl.readings.tuning import tuned_for_loading
from etl.runs import dataset, notes, units
from etl.runs.job import Context


class Consumption:
    """`area.csv`, `tariff.csv`, `user_data.csv` and `consumption/` into the database."""

    name: ClassVar[str] = "consumption"
    date_driven: ClassVar[bool] = False
    agreed: ClassVar[str] = N_("the aggregates equal the readings")
    differing: ClassVar[str] = N_("differing cells: %(count)s")

    def run(self, context: Context) -> None:
        """Load the inbox: the users unit, then the readings unit, each kept or rolled back whole."""
        sql = context.sql
        lock_for_transaction(sql.connection, "readings")
        sql("readings/work_tables")
        units.run(context, "users", _load_users)
        users_failed = bool(context.errors)
        units.run(context, "readings", _load_readings)
        if users_failed and "consumption" in context.record.data_source:
            context.errors.insert(1, sentences.CHECKED_BEFORE)

    def differences(self, sql: Sql, config: Config, span: tuple[date, date] | None) -> list[str]:
        """Compare the aggregates with the readings."""
        return aggregates.differences(sql, config.tz, span)


def _load_users(context: Context, rejects: Rejects, balance: dict[str, Any]) -> bool:
    config, sql, reads = context.config, context.sql, context.options.reads
    notes.not_taken(context, unknown_at_top(config.data_dir))
    wanted = filter(reads, master_data.MASTERS)
    files, counts = master_data.load(
        sql,
        config.data_dir,
        config.csv_encoding,
        rejects,
        check=context.check,
        unfinished=context.unfinished,
        wanted=wanted,
    )
    if files:
        masters = counts.parts(("read", "inserted", "unchanged", "rejected"))
        context.record.metadata["units"]["masters"] = masters
    names_added = counts.inserted
    file = find(config.data_dir, "user_data.csv") if reads("user_data") else None
    if file:
        files.append(file)
        table = Table(file, USERS, config.csv_encoding, rejects, context.check, unfinished=context.unfinished)
        identical = contracts.stage(sql, table)
        balance.update(read=table.read, identical=identical, rejected=table.rejected)
        counts.add(Counts(read=table.read, identical=identical, rejected=table.rejected))
    context.record.count("users", counts)
    context.record.data_source += [one.name.removesuffix(".csv") for one in files]
    if rejects.faults:
        raise FaultsFound(rejects.summary())
    if files:
        dataset.register(sql, config)
    changes = {}
    if file:
        changes = contracts.apply(sql, context.day, config.tz, context.options.allow_shrink)
        balance.update({kind: changes[kind] for kind in contracts.CHANGES})
        contracts.check_balance(balance)
        stored = changes["new"] + changes["changed"] + changes["returned"]
        counts.add(Counts(inserted=stored, unchanged=changes["unchanged"]))
        context.record.count("users", counts)
    context.moves += files
    return names_added > 0 or any(kind != "unchanged" for kind in changes)


def _load_readings(context: Context, rejects: Rejects, balance: dict[str, Any]) -> bool:
    with tuned_for_loading():
        files = _wanted_files(context)
        return units.load_files(
            context, files, _loader, rejects, balance, name="readings", source="consumption"
        )


def _wanted_files(context: Context) -> list[InboxFile]:
    if not context.options.reads("consumption", by_user=True):
        return []
    files, not_taken = consumption_files(context.config.data_dir)
    notes.not_taken(context, not_taken)
    users = set(context.options.user_ids or ())
    return [file for file in files if file.user_id in users] if users else files


def _loader(context: Context, rejects: Rejects, on_progress: units.Progress) -> Loader:
    return Loader.of(
        context.sql, context.config, rejects, on_progress, check=context.check, unfinished=context.unfinished
    )
