"""The third job: a day's points of InfluxDB into Parquet, DuckDB, dbt's models and, last, PostgreSQL.

Each step can be repeated, and only PostgreSQL's commit says that the day is archived: the same command heals
a run that died anywhere.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import Distribution
from pathlib import Path
from typing import ClassVar

from pyarrow import RecordBatch

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.database.queries import Sql
from etl.errors import MeterhouseError, UnitRefused
from etl.jobs.archive import bridge, days, dbt, duckdb, marts, parquet, verify
from etl.jobs.archive.transform import Transform, schema
from etl.language import N_
from etl.log import log
from etl.runs import dataset
from etl.runs.job import Context
from etl.sources.influx import Influx, Points

SOURCE = "influxdb"
PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")
AN_INSTANT = timedelta(microseconds=1)


class Archive:
    """The points of one local day, kept when InfluxDB drops them."""

    name: ClassVar[str] = "archive"
    date_driven: ClassVar[bool] = True
    agreed: ClassVar[str] = N_("the four stores agree")
    differing: ClassVar[str] = N_("differences: %(count)s")

    def run(self, context: Context) -> None:
        """Read the day whole, then replace it in one store after the other."""
        _require_packages()
        context.record.data_source.append(SOURCE)
        bridge.require_known_users(context)
        dataset.register(context.sql, context.config)
        influx = Influx(context.config, context.check)
        transform = Transform(context.config.zone, context.config.source_default, datetime.now(UTC))
        with parquet.written(
            context.config, context.day, schema(context.config.zone), _rows(context, influx, transform)
        ) as file:
            points = _note(context, influx, transform)
            at_end = _points_at_end(context, influx)
            was_archived = _refuse_shrinking(context, points)
            if context.options.dry_run:
                bridge.load(context, file, at_end)
                return
            parquet.publish(context.config, context.day, file)
        place = parquet.path(context.config, context.day)
        log.info("parquet written", points=points, file=str(place))
        _load(context, points, place, is_known=was_archived or points > 0)
        bridge.load(context, place, at_end)

    def differences(self, sql: Sql, config: Config, span: tuple[date, date] | None) -> list[str]:
        """Compare the stores; without dates of yesterday."""
        _require_packages()
        today = datetime.now(config.zone).date()
        return verify.differences(config, sql, span or (today - timedelta(days=1), today))


def _require_packages() -> None:
    """Refuse to begin what could not be ended."""
    missing = [name for name in PACKAGES if not any(Distribution.discover(name=name))]
    if missing:
        raise MeterhouseError(sentences.NOT_INSTALLED, names=" and ".join(missing))


def _rows(context: Context, influx: Influx, transform: Transform) -> Iterator[RecordBatch]:
    pieces = influx.points(*days.bounds(context.day, context.config.zone))
    for number, points in enumerate(pieces, 1):
        yield transform.rows(points)
        context.record.count("archive", transform.counts)
        context.on_progress(number, 0)
        context.check()


def _note(context: Context, influx: Influx, transform: Transform) -> int:
    """Keep the balance, and name what distinguishes points of one source at one instant; give the rows."""
    counts = transform.counts
    counts.check("points")
    context.record.count("archive", counts)
    kinds = ("read", "inserted", "repeated")
    balance = {kind: asdict(counts)[kind] for kind in kinds}
    context.record.metadata.setdefault("units", {})["archive"] = balance
    log.info("points read", **balance)
    if transform.repeated:
        repeated = {"sources": sorted(transform.repeated), "tag_keys": influx.tag_keys()}
        context.record.metadata["repeated"] = repeated
        log.warning("points of one source at one instant: the first of each is kept", **repeated)
    return counts.inserted


def _points_at_end(context: Context, influx: Influx) -> list[Points]:
    """Read the next day's first instant: the counter there is that of the day's last boundary."""
    if not context.config.archive_user_map:
        return []
    _, end = days.bounds(context.day, context.config.zone)
    return list(influx.points(end, end + AN_INSTANT))


def _refuse_shrinking(context: Context, points: int) -> bool:
    """Keep the old day if the new one has less than half of it; say whether there is an old one."""
    config, day = context.config, context.day
    archived = days.archived(context.sql, day)
    in_files = parquet.count(parquet.path(config, day)), duckdb.count(config, day)
    most = max(archived.points if archived else 0, *in_files)
    if points < most / 2 and not context.options.allow_shrink:
        found = {"points": f"{points:,}", "archived": f"{most:,}"}
        raise UnitRefused(sentences.WOULD_SHRINK, day=day, **found)
    return most > 0


def _load(context: Context, points: int, file: Path, *, is_known: bool) -> None:
    """Bring the day into the stores behind Parquet; one that is empty and ever was has nothing to model."""
    if is_known:
        log.info("duckdb loaded", points=duckdb.load(context.config, context.day, file))
    days.put(context.sql, context.day, points)
    context.figures_changed = True
    if not is_known:
        context.sql("archive/mark_modelled", days=[context.day])
    _model(context)


def _model(context: Context) -> None:
    """Let dbt make the models of all days that lack them, and copy these; in a range with its last day."""
    to_model = days.to_model(context.sql)
    if context.options.no_dbt or not context.is_last or not to_model:
        return
    dbt.build(context.config, to_model, context.check)
    rows = duckdb.daily_energy(context.config, to_model)
    log.info("models copied", days=len(to_model), rows=len(rows))
    marts.store(context.sql, to_model, rows)
