"""The time zone and unit of the first import: every later run must have the same."""

from etl import sentences
from etl.config import Config
from etl.database.queries import Sql
from etl.errors import UnitRefused


def require_same(sql: Sql, config: Config) -> None:
    """Refuse a run whose time zone or unit is not that of the first import.

    Parameters
    ----------
    sql : Sql
        Any connection to a database with the schema.
    config : Config
        The run's zone and unit.

    Raises
    ------
    UnitRefused
        Naming both.
    """
    first = sql("dataset/current")
    if first and first != (config.tz, config.consumption_unit):
        raise UnitRefused(
            sentences.OTHER_DATASET,
            first_tz=first[0],
            first_unit=first[1],
            tz=config.tz,
            unit_now=config.consumption_unit,
        )


def register(sql: Sql, config: Config) -> None:
    """Keep them, if this is the first import.

    Parameters
    ----------
    sql : Sql
        Inside the savepoint that imports: if that is rolled back, there was no first import.
    config : Config
        The run's zone and unit.
    """
    sql("dataset/register", tz=config.tz, unit=config.consumption_unit)
