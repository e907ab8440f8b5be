"""Invented points of meters, and what the stores must say of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass
class Meter:
    """A meter whose counter grows by `rise` thousandths of a kWh a point, from `counter` kWh on."""

    source: str
    every: int = 60
    counter: Decimal = Decimal(1000)
    rise: int = 5
    # Numbers of points at which the counter starts again at nothing.
    restarts: tuple[int, ...] = ()
    # Seconds of the day between which nothing is sent.
    gap: tuple[int, int] = (0, 0)
    tags: str = field(default="")

    def points(self, day: date, zone: ZoneInfo = TOKYO) -> Iterator[tuple[int, int, Decimal]]:
        """Seconds since 1970, W, kWh imported; for a day that is 24 hours long."""
        start = int(datetime.combine(day, time(), zone).timestamp())
        counter = self.counter
        for number, second in enumerate(range(0, 86_400, self.every)):
            counter = Decimal("0.001") if number in self.restarts else counter + Decimal(self.rise) / 1000
            if not self.gap[0] <= second < self.gap[1]:
                yield start + second, 100 + number % 50, counter

    def lines(self, day: date, zone: ZoneInfo = TOKYO) -> list[str]:
        """The same in line protocol."""
        tags = f",source={self.source}" if self.source else ""
        return [
            f"power{tags}{self.tags} instant_power_w={watts},energy_import_kwh={kwh} {at}"
            for at, watts, kwh in self.points(day, zone)
        ]


def lines(meters: Iterable[Meter], *days: date) -> list[str]:
    """All points of some days."""
    return [line for day in days for meter in meters for line in meter.lines(day)]


def readings(meter: Meter, *days: date, zone: ZoneInfo = TOKYO) -> list[tuple[str, str]]:
    """The half-hourly readings of a meter, as UTC time and Wh: what a person would work out by hand."""
    points = [point for day in days for point in meter.points(day, zone)]
    start = datetime.combine(days[0], time(), zone).astimezone(UTC)
    found = []
    for number in range(48 * len(days)):
        begun = start + timedelta(minutes=30 * number)
        edges = [_at(points, (begun + timedelta(minutes=30 * step)).timestamp()) for step in (0, 1)]
        if None in edges:
            continue
        counters = [kwh for *_, kwh in points[edges[0] : edges[1] + 1]]
        if counters == sorted(counters):
            energy = (counters[-1] - counters[0]) * 1000
            found.append((begun.strftime("%Y-%m-%d %H:%M:%S.%f"), f"{energy:.6f}"))
    return found


def _at(points: list[tuple[int, int, Decimal]], boundary: float) -> int | None:
    """The number of the last point at a boundary or up to 5 minutes before it."""
    known = [number for number, (second, *_) in enumerate(points) if second <= boundary]
    return known[-1] if known and boundary - points[known[-1]][0] <= 300 else None
