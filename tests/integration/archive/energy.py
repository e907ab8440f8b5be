"""Energy put into a world's database as the job `archive` puts it: through `marts.store`."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from etl import config
from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.jobs.archive import marts
from etl.jobs.archive.days import put as put_day
from etl.runs import dataset
from tests.world import World

Row = tuple[date, str, Decimal | None, bool, float, int, int, int]


def row(
    day: date,
    source: str = "meter1",
    kwh: str | None = "1.5",
    *,
    fell: bool = False,
    peak: float = 500.0,
    points: int = 8640,
    half_hours: int = 48,
    of: int = 48,
) -> Row:
    """A row as `fct_daily_energy` has it, ordinary but for what is given."""
    return day, source, Decimal(kwh) if kwh is not None else None, fell, peak, points, half_hours, of


def archive(world: World, *days: date, points: int = 8640) -> None:
    """Note that days were archived and are to be modelled."""
    with transaction(world.connection):
        for day in days:
            put_day(Sql(world.connection), day, points)


def model(world: World, days: Iterable[date], rows: Iterable[Row]) -> bool:
    """Put the energy of archived days, as the pipeline would; whether readers see other figures."""
    sql = Sql(world.connection)
    with transaction(world.connection):
        dataset.register(sql, config.load())
        changed = marts.store(sql, list(days), rows)
        if changed:
            sql("dataset/raise_data_version")
    return changed


def put(world: World, *rows: Row) -> None:
    """Archive and model the days of the rows."""
    days = sorted({day for day, *_ in rows})
    archive(world, *days)
    model(world, days, rows)
