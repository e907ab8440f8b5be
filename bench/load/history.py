"""What a long history costs: a full day after many days against one, and a single late reading."""

import statistics
from contextlib import ExitStack, closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from psycopg2 import sql

from bench.load import sides
from bench.load.databases import Databases
from bench.load.fresh import DAY
from bench.load.ground import Ground, Stored, require
from bench.load.inputs import Input
from bench.load.report import Line
from bench.load.sides import Outcome
from bench.load.sizes import Sizes
from bench.web.databases import TZ, connect
from bench.web.report import tell
from etl.config import Config
from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.readings.partitions import Partitions

FIRST_DAY = """
    INSERT INTO {} (user_id, measured_at, energy_wh)
    SELECT id, %s + slot * interval '30 minutes', (500 + (id * 7919 + slot * 104729) %% 6007) * 0.1
    FROM generate_series(1::bigint, %s) AS id CROSS JOIN generate_series(0, 47) AS slot
"""
ANOTHER_DAY = """
    INSERT INTO {} (user_id, measured_at, energy_wh)
    SELECT user_id, measured_at + %s * interval '1 day', energy_wh FROM {}
"""
STORED = "SELECT count(*), coalesce(sum(energy_wh), 0) FROM reading"
STORED_THEN = f"{STORED} WHERE measured_at >= %s AND measured_at < %s"
FEW = 2


def history(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load a full day after one day, and after many."""
    work = ground.days(sizes.day_files, 1, DAY)
    many, few = _template(ground.databases, sizes, sizes.history_days), _template(ground.databases, sizes, 1)
    ratios, seconds, peaks = [], [], []
    for _ in range(sizes.rounds):
        runs: list[Outcome] = []
        relative = []
        for template in (few, many):
            copied = ground.psql(sides.copy, work)
            with ground.databases.clone(template, large=True) as config:
                before = Stored(*ground.databases.ask(config.database_url, STORED)[0])
                runs.append(ground.batch(config, work, DAY, before))
            relative.append(runs[-1].seconds / copied.seconds)
        ratios.append(relative[1] / relative[0])
        seconds.append(runs[1].seconds)
        peaks.append(max(run.rss for run in runs))
    return [
        Line(
            f"{work.files:,} files x 48 rows after {sizes.history_days} days / after 1, each against \\copy",
            statistics.median(ratios),
            1.15,
            f"{statistics.median(seconds):.2f} s after {sizes.history_days}",
            work.rows / statistics.median(seconds),
            max(peaks),
        )
    ]


def late(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load one late reading at a time beside many partitions and beside two, in turns."""
    seconds: dict[int, list[float]] = {FEW: [], sizes.history_days: []}
    peaks = []
    with ExitStack() as clones:
        configs = {}
        for days in seconds:
            template = _template(ground.databases, sizes, days)
            configs[days] = clones.enter_context(ground.databases.clone(template, f"late_{days}", large=True))
        for number in range(sizes.late_files):
            for days, config in configs.items():
                outcome = _late(ground, config, sizes.history_users + 1 + number)
                seconds[days].append(outcome.events["committed"] - outcome.events["run started"])
                peaks.append(outcome.rss)
        for days, config in configs.items():
            _check_late(ground, config, _template(ground.databases, sizes, days), sizes)
    few, many = (statistics.median(seconds[days]) for days in seconds)
    return [
        Line(
            f"one late reading beside {sizes.history_days} partitions / beside {FEW}: the transaction",
            many / few,
            1.5,
            f"{many * 1000:.1f} ms, {few * 1000:.1f} ms (medians of {sizes.late_files})",
            1 / many,
            max(peaks),
        )
    ]


def _late(ground: Ground, config: Config, user: int) -> Outcome:
    """Load one reading of a user who has none on that day, the day before `DAY`."""
    yesterday = DAY - timedelta(days=1)
    begin = datetime.combine(yesterday, time(), ZoneInfo(TZ))
    bounds = (begin, begin + timedelta(days=1))
    before = Stored(*ground.databases.ask(config.database_url, STORED_THEN, bounds)[0])
    work = Input(config.data_dir.parent, 1, 1, Decimal("123.4"))
    work.folder.mkdir(parents=True, exist_ok=True)
    text = f"datetime,consumption\n{yesterday} 12:30:00,{work.total}\n"
    (work.folder / f"{user}.csv").write_text(text)
    ground.calm()
    outcome = sides.batch(config, "--date", DAY.isoformat())
    ground.peaks.append(outcome.rss)
    found = Stored(*ground.databases.ask(config.database_url, STORED_THEN, bounds)[0])
    require("python -m etl.main of a late reading", found, before.plus(work))
    return outcome


def _check_late(ground: Ground, config: Config, template: str, sizes: Sizes) -> None:
    """Look at all partitions once."""
    before = Stored(*ground.databases.ask(ground.databases.url(template), STORED)[0])
    added = Input(ground.folder, 0, sizes.late_files, sizes.late_files * Decimal("123.4"))
    require(
        "late readings", Stored(*ground.databases.ask(config.database_url, STORED)[0]), before.plus(added)
    )


def _template(databases: Databases, sizes: Sizes, days: int) -> str:
    """Make the database with readings of so many days before `DAY`, unless it is there."""
    name = f"history_{days}"
    if not databases.has(name):
        tell(f"  {days} days of {sizes.history_users:,} users for {name}")
        config = databases.copy(databases.template(sizes.day_files), name)
        _fill(config, [DAY - timedelta(days=back) for back in range(1, days + 1)][::-1], sizes.history_users)
        sides.batch(config, "--rebuild")
        databases.keep(name)
    return name


def _fill(config: Config, dates: list[date], users: int) -> None:
    """Add whole days, all with the same energies, by the project's own partitions."""
    with closing(connect(config.database_url)) as connection, transaction(connection):
        by_day = config.model_copy(update={"tz": TZ, "day_partitions_from_users": 0})
        partitions = Partitions(Sql(connection), by_day)
        partitions.cover(set(dates))
        with connection.cursor() as cursor:
            names = []
            for fresh in sorted(partitions.detached, key=lambda one: one.begin):
                names.append(sql.Identifier(fresh.name))
                if len(names) == 1:
                    midnight = datetime.combine(dates[0], time(), ZoneInfo(TZ))
                    cursor.execute(sql.SQL(FIRST_DAY).format(names[0]), (midnight, users))
                else:
                    another = sql.SQL(ANOTHER_DAY).format(names[-1], names[0])
                    cursor.execute(another, (len(names) - 1,))
                partitions.attach(fresh)
