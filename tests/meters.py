"""The interval of a meter, found without SQL."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise

MINUTE, DAY = timedelta(minutes=1), 1440
ENOUGH, NEWEST = 24, 337


def commonest(times: Collection[datetime]) -> int | None:
    """The commonest distance in whole minutes, the shortest of equals; None if it is no rule."""
    distances = Counter((later - at + MINUTE / 2) // MINUTE for at, later in pairwise(sorted(times)))
    seen, shortest = max(((seen, -minutes) for minutes, seen in distances.items()), default=(0, 0))
    minutes = -shortest
    return minutes if seen > 1 and 0 < minutes <= DAY and DAY % minutes == 0 else None


def interval(shown: Collection[datetime], until_its_end: Collection[datetime]) -> int | None:
    """The interval of a period: of its readings, or of the newest until its end if there are few."""
    return commonest(shown if len(shown) >= ENOUGH else sorted(until_its_end)[-NEWEST:])
