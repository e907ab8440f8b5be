"""The four stores of the archive, compared day by day: Parquet, DuckDB, dbt's model, PostgreSQL."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.database.queries import Sql
from etl.jobs.archive import duckdb, parquet
from etl.jobs.archive.days import Archived
from etl.jobs.archive.days import archived as archived_day

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IN_DUCKDB = f"raw_meter_readings WHERE {duckdb.OF_DAY}"
# Sums of decimals do not depend on the order of the rows, as those of doubles do.
POINTS = """
SELECT
    source,
    count(*),
    sum(instant_power_w::DECIMAL(38, 6)),
    sum(energy_import_kwh::DECIMAL(38, 6)),
    sum(energy_export_kwh::DECIMAL(38, 6))
FROM {rows}
GROUP BY source
"""
# What the model must come to: rises only, where the counter falls.
ENERGY = f"""
WITH counted AS (
    SELECT source, ts_utc, instant_power_w, nullif(energy_import_kwh, 0) AS kwh
    FROM {duckdb.IN_PARQUET}
),

risen AS (
    SELECT *, kwh - lag(kwh IGNORE NULLS) OVER (PARTITION BY source ORDER BY ts_utc) AS rise
    FROM counted
)

SELECT
    source,
    count(*),
    CASE
        WHEN min(rise) < 0 THEN coalesce(fsum(rise) FILTER (rise > 0), 0)
        ELSE max(kwh) - min(kwh)
    END::DECIMAL(18, 6),
    max(instant_power_w)
FROM risen
GROUP BY source
"""  # noqa: S608 - made of constants
MODELLED = "SELECT source, points, daily_energy_kwh, peak_w FROM fct_daily_energy WHERE date_jst = $day"
OF_POINTS = (
    sentences.POINTS_DIFFER,
    sentences.POWER_DIFFERS,
    sentences.IMPORT_DIFFERS,
    sentences.EXPORT_DIFFERS,
)
OF_ENERGY = (sentences.POINTS_DIFFER, sentences.ENERGY_DIFFERS, sentences.PEAK_DIFFERS)
NOWHERE = Path(":memory:")
# Of a source, by its name.
Figures = Mapping[str, tuple[Any, ...]]


def differences(config: Config, sql: Sql, days: tuple[date, date]) -> list[str]:
    """Compare what the stores say of some days.

    Parameters
    ----------
    config : Config
        Where the stores are.
    sql : Sql
        Inside a transaction.
    days : (date, date)
        The local dates [first, end).

    Returns
    -------
    list of str
        A sentence for each figure in which two stores differ.
    """
    first, end = days
    found: list[str] = []
    # Before there is an archive every store is empty, and none is made by looking.
    there = config if config.duckdb_path.exists() else config.model_copy(update={"duckdb_path": NOWHERE})
    with duckdb.opened(there) as database:
        for day in (first + timedelta(days=number) for number in range((end - first).days)):
            found += [f"{day}: {sentence}" for sentence in _of_day(config, database, sql, day)]
    return found


def _of_day(config: Config, database: "DuckDBPyConnection", sql: Sql, day: date) -> Iterator[str]:
    file = parquet.path(config, day)
    in_parquet = _read(database, POINTS.format(rows=duckdb.IN_PARQUET), file)
    in_duckdb: Figures = {}
    if duckdb.has_table(database, "raw_meter_readings"):
        in_duckdb = _figures(database, POINTS.format(rows=IN_DUCKDB), **duckdb.bounds_of(day))
    yield from _compare(OF_POINTS, in_parquet, "DuckDB", in_duckdb)
    archived = archived_day(sql, day) or Archived(0, is_modelled=True)
    total = sum(points for points, *_ in in_parquet.values())
    if archived.points != total:
        yield _differing(sentences.POINTS_DIFFER, total, "PostgreSQL", archived.points)
    if not archived.is_modelled:
        yield sentences.NOT_MODELLED
        return
    expected = _read(database, ENERGY, file)
    modelled: Figures = {}
    if duckdb.has_table(database, "fct_daily_energy"):
        modelled = _figures(database, MODELLED, day=day)
    stored = {source: tuple(rest) for source, *rest in sql("archive/energy_of_day", energy_date=day)}
    yield from _compare(OF_ENERGY, expected, "dbt", modelled)
    yield from _compare(OF_ENERGY, expected, "PostgreSQL", stored)


def _read(database: "DuckDBPyConnection", query: str, file: Path) -> Figures:
    return _figures(database, query, file=str(file)) if file.exists() else {}


def _figures(database: "DuckDBPyConnection", query: str, **values: Any) -> Figures:
    return {source: tuple(rest) for source, *rest in database.execute(query, values).fetchall()}


def _compare(what: tuple[str, ...], in_parquet: Figures, store: str, in_store: Figures) -> Iterator[str]:
    nothing = (None,) * len(what)
    for source in sorted({*in_parquet, *in_store}):
        figures = zip(what, in_parquet.get(source, nothing), in_store.get(source, nothing), strict=True)
        for sentence, first, second in figures:
            if first != second:
                yield f"{source}: {_differing(sentence, first, store, second)}"


def _differing(sentence: str, first: Any, store: str, second: Any) -> str:
    return sentence % {"first": _shown(first), "store": store, "second": _shown(second)}


def _shown(figure: Any) -> str:
    return "-" if figure is None else f"{figure:,}"
