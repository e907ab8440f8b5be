"""Invented orders in `raw_orders`: late, corrected, moved and cancelled ones among them."""

from contextlib import closing
from datetime import date

import psycopg2

from etl.config import Config
from etl.database import migrations
from etl.database.connection import connect, transaction
from etl.database.queries import Sql
from etl.errors import DatabaseUnavailable, MeterhouseError
from etl.runs import dataset
from etl.runs.failures import first_line


def insert(config: Config, orders: int, days: int, seed: int, end: date) -> int:
    """Insert invented orders into a database that has none.

    Parameters
    ----------
    config : Config
        Whose database and zone hold.
    orders, days : int
        How many orders, and over how many local days.
    seed : int
        Other seeds make other orders; the same arguments make the same.
    end : date
        The last day.

    Returns
    -------
    int
        How many rows there are now: versions of orders.

    Raises
    ------
    MeterhouseError
        If there are orders already, or the database was first loaded with another time zone or unit.
    """
    with closing(connect(config, "sample")) as connection:
        sql = Sql(connection)
        try:
            migrations.apply(connection)
            with transaction(connection):
                if sql("daily_sales/has_orders"):
                    raise MeterhouseError(
                        "raw_orders holds orders already: invented ones must not mix with them"
                    )
                dataset.require_same(sql, config)
                dataset.register(sql, config)
                return sql(
                    "daily_sales/sample_orders", size=orders, seed=seed, days=days, last_day=end, tz=config.tz
                )
        except psycopg2.Error as error:
            raise DatabaseUnavailable(f"database: {first_line(error)}") from error
