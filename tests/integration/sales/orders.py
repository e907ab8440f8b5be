"""Orders for the tests, and the sales of a day computed plainly, without the database."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.world import World

COLUMNS = ("order_id", "version", "user_id", "product", "quantity", "amount", "status", "created_at")
HEADER = ",".join(COLUMNS)
TOKYO = ZoneInfo("Asia/Tokyo")
INSERT = f"INSERT INTO raw_orders ({HEADER}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
RESET = """
ALTER TABLE raw_orders DISABLE TRIGGER raw_orders_append_only;
TRUNCATE raw_orders, touched_sales_date, daily_sales, run CASCADE;
ALTER TABLE raw_orders ENABLE TRIGGER raw_orders_append_only;
"""


class Version(NamedTuple):
    """One version of an order; `created_at` is local."""

    order_id: int
    version: int
    user_id: int
    product: str
    quantity: int
    amount: Decimal
    status: str
    created_at: datetime

    @property
    def line(self) -> str:
        """The line of a file; quotes in the product are doubled."""
        product = self.product.replace('"', '""')
        head = f"{self.order_id},{self.version},{self.user_id},"
        tail = f"{self.quantity},{self.amount},{self.status},{self.created_at.isoformat()}"
        return f'{head}"{product}",{tail}'


def version(
    order_id: int = 1,
    number: int = 1,
    at: str = "2025-12-01 10:00",
    amount: str = "100",
    status: str = "ordered",
    product: str = "meter",
    user_id: int = 5,
    zone: ZoneInfo = TOKYO,
) -> Version:
    """One version, ordinary but for what is given."""
    created_at = datetime.fromisoformat(at).replace(tzinfo=zone)
    return Version(order_id, number, user_id, product, 2, Decimal(amount), status, created_at)


def put(world: World, *lines: str | Version, name: str = "a.csv", header: str = HEADER) -> None:
    """Put `orders/{name}`."""
    (world.data / "orders").mkdir(exist_ok=True)
    texts = [one.line if isinstance(one, Version) else one for one in lines]
    world.put(f"orders/{name}", "\n".join([header, *texts]) + "\n")


def insert(world: World, *versions: Version) -> None:
    """Insert as whoever has a connection may."""
    for one in versions:
        world.do(INSERT, *one)


def plain(versions: Iterable[Version], day: date, zone: ZoneInfo = TOKYO) -> dict[str | None, tuple]:
    """What `daily_sales` must hold of a day; of two that repeat one another the first counts."""
    kept: dict[tuple[int, int], Version] = {}
    for one in versions:
        kept.setdefault((one.order_id, one.version), one)
    newest = {order: kept[order, number] for order, number in sorted(kept)}
    found = [one for one in newest.values() if one.created_at.astimezone(zone).date() == day]
    groups: dict[str | None, list[Version]] = {None: found}
    for one in found:
        groups.setdefault(one.product, []).append(one)
    return {product: _figures(group) for product, group in groups.items()}


def _figures(group: list[Version]) -> tuple:
    gross = sum((one.amount for one in group), Decimal(0))
    cancelled = sum((one.amount for one in group if one.status == "cancelled"), Decimal(0))
    customers = len({one.user_id for one in group})
    quantity = sum(one.quantity for one in group)
    return len(group), customers, quantity, gross, cancelled, gross - cancelled


def stored(world: World) -> dict[date, dict[str | None, tuple]]:
    """All of `daily_sales`."""
    found: dict[date, dict[str | None, tuple]] = {}
    for day, product, *figures in world.rows(
        "SELECT sales_date, product, orders, customers, quantity, gross, cancelled, net FROM daily_sales"
    ):
        found.setdefault(day, {})[product] = tuple(figures)
    return found


def run(world: World, *arguments: str):
    """Run the job; `--date` is 2025-12-01 unless dates are given."""
    dated = {"--date", "--start-date"} & set(arguments)
    return world.run("--job", "daily_sales", *arguments, *(() if dated else ("--date", "2025-12-01")))


def marked(world: World) -> list[str]:
    """The dates that got orders since they were computed."""
    found = world.rows("SELECT DISTINCT sales_date::text FROM touched_sales_date ORDER BY 1")
    return [day for (day,) in found]
