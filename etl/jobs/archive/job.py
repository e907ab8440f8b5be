"""The third job: a day's points of InfluxDB into Parquet, DuckDB, dbt's models and, last, PostgreSQL.

Each step can be repeated, and only PostgreSQL's commit says that the day is archived: the same command heals
a run that died anywhere.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import Distribution
from typing import ClassVar

from pyarrow import RecordBatch

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.database.queries import Sql
from etl.errors import MeterhouseError, ModelsFailed, UnitRefused
from etl.jobs.archive import bridge, days, dbt, duckdb, marts, parquet, verify
from etl.jobs.archive.transform import Transform, schema
from etl.language import N_
from etl.log import log
from etl.runs import dataset
from etl.runs.job import Context
from etl.sources.influx import Influx

SOURCE = "influxdb"
PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")


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
            is_new = _refuse_shrinking(context, points)
            readings = bridge.texts(context, file, influx)
            if not context.options.dry_run:
                parquet.publish(context.config, context.day, file)
                log.info("parquet written", points=points)
                _load(context, points, is_nothing=is_new and not points)
        bridge.load(context, readings)

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
    if not counts.read:
        influx.require_empty(*days.bounds(context.day, context.config.zone))
    context.record.count("archive", counts)
    balance = counts.parts(("read", "inserted", "repeated"))
    context.record.metadata.setdefault("units", {})["archive"] = balance
    log.info("points read", **balance)
    if transform.repeated:
        repeated = {"sources": sorted(transform.repeated), "tag_keys": influx.tag_keys()}
        context.record.metadata["repeated"] = repeated
        log.warning("points of one source at one instant: the first of each is kept", **repeated)
    return counts.inserted


def _refuse_shrinking(context: Context, points: int) -> bool:
    """Keep the old day if the new one has less than half of it; say whether there is no old one."""
    config, day = context.config, context.day
    archived = days.archived(context.sql, day)
    in_files = parquet.count(parquet.path(config, day)), duckdb.counts(config, [day]).get(day, 0)
    most = max(archived.points if archived else 0, *in_files)
    if points < most / 2 and not context.options.allow_shrink:
        found = {"points": f"{points:,}", "archived": f"{most:,}"}
        raise UnitRefused(sentences.WOULD_SHRINK, day=day, **found)
    if points < most:
        context.record.metadata["points_before"] = most
        log.warning("the day has fewer points than before", points=points, before=most)
    return archived is None and most == 0


def _load(context: Context, points: int, *, is_nothing: bool) -> None:
    """Bring the day into the stores behind Parquet; one that is empty and ever was has nothing to model."""
    if not is_nothing:
        file = parquet.path(context.config, context.day)
        log.info("duckdb loaded", points=duckdb.load(context.config, context.day, file))
    days.put(context.sql, context.day, points)
    if is_nothing:
        context.sql("archive/mark_modelled", days=[context.day])
    if context.is_last and not context.options.no_dbt:
        _model(context)


def _model(context: Context) -> None:
    """Let dbt make the models of all days that lack them, and copy these.

    What cannot be modelled fails the run, but the day stays archived: the next run tries all such days again.
    """
    to_model = days.to_model(context.sql)
    if not to_model:
        return
    try:
        _require_points(context, to_model)
        dbt.build(context.config, list(to_model), context.check)
    except ModelsFailed as failed:
        context.errors.append(str(failed))
        context.record.error_count += 1
        return
    rows = duckdb.daily_energy(context.config, list(to_model))
    context.figures_changed |= marts.store(context.sql, list(to_model), rows)
    log.info("models copied", days=len(to_model))


def _require_points(context: Context, to_model: Mapping[date, int]) -> None:
    """Load what DuckDB lacks of the days to model, as after its file was lost."""
    config = context.config
    found = duckdb.counts(config, list(to_model))
    for day in (day for day, points in to_model.items() if found.get(day, 0) != points):
        points = duckdb.load(config, day, parquet.path(config, day))
        log.warning("duckdb loaded again", day=str(day), points=points)
        if points != to_model[day]:
            raise ModelsFailed(
                sentences.DAY_LOST, day=day, points=f"{points:,}", archived=f"{to_model[day]:,}"
            )
