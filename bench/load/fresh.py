"""Readings of days that are not there yet, against psql; the same once more; bytes on disk."""

from collections.abc import Callable, Sequence
from datetime import date

from bench.load import real as real_data
from bench.load.ground import Ground
from bench.load.inputs import Input
from bench.load.report import Line, Round, ratio
from bench.load.sides import copy, script
from bench.load.sizes import Sizes
from etl.config import Config

DAY = date(2025, 4, 1)
YEAR = date(2023, 1, 1)
SIDES = {"day": "copy", "script": "script", "again": "again", "disk": "disk"}
PSQL = {"copy": copy, "script": script}
BYTES = """
    SELECT sum(pg_total_relation_size(oid))::bigint / (SELECT count(*) FROM reading)::float8
    FROM reading_partition
"""


def day(ground: Ground, sizes: Sizes, wanted: Sequence[str]) -> list[Line]:
    """Load the day of an ordinary retailer; the lines wanted of it come from the same rounds.

    Parameters
    ----------
    ground : Ground
        Where.
    sizes : Sizes
        How much.
    wanted : sequence of str
        Keys of `SIDES`.
    """
    work = ground.days(sizes.day_files, 1, DAY)
    sizes_on_disk: list[float] = []
    rounds = _rounds(
        ground,
        work,
        (sizes.rounds, sizes.day_files),
        [SIDES[name] for name in wanted],
        lambda config: sizes_on_disk.append(ground.databases.ask(config.database_url, BYTES)[0][0]),
    )
    what = f"{work.files:,} files x 48 rows, fresh day"
    made: dict[str, Callable[[], list[Line]]] = {
        "day": lambda: _against_copy(what, rounds, work),
        "script": lambda: [
            ratio(f"{what}: against find + awk + psql", rounds, ("batch", "script"), 0.5, rows=work.rows)
        ],
        "again": lambda: [
            ratio(
                "the same files again (0 new) / the first time",
                rounds,
                ("again", "batch"),
                1.5,
                rows=work.rows,
            )
        ],
        "disk": lambda: [
            Line("bytes on disk per reading, index included", max(sizes_on_disk), 85, what, unit=" B")
        ],
    }
    return [line for name in wanted for line in made[name]()]


def nation(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load the day of a nationwide retailer."""
    work = ground.days(sizes.nation_files, 1, DAY)
    rounds = _rounds(ground, work, (sizes.rounds_of_large, sizes.nation_files), ["copy"])
    ground.forget(work)
    return _against_copy(f"{work.files:,} files x 48 rows, fresh day", rounds, work)


def year(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load whole years of a few users."""
    work = ground.days(sizes.year_files, sizes.year_days, YEAR)
    rounds = _rounds(ground, work, (sizes.rounds_of_large, sizes.year_files), ["copy"])
    ground.forget(work)
    what = f"{work.files:,} files x {work.rows // work.files:,} rows: whole process, default moves"
    return [ratio(what, rounds, ("batch", "copy"), 1.0, rows=work.rows)]


def real(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load the real data set, users included, into an empty database."""
    what = "the real data set: whole process, default moves"
    if not real_data.archive().exists():
        return [Line(what, None, None, f"skipped: there is no {real_data.archive()} (SMAP_ARCHIVE)")]
    work = real_data.write(ground.folder / "real")
    rounds = _rounds(ground, work, (sizes.rounds_of_small, 0), ["copy"])
    return [
        ratio(f"{what}, {work.files} files", rounds, ("batch", "copy"), 4.0, rows=work.rows),
    ]


def _rounds(
    ground: Ground,
    work: Input,
    size: tuple[int, int],
    sides: Sequence[str],
    look: Callable[[Config], object] = lambda config: None,
) -> list[Round]:
    """Run the sides in turn, a round after the other.

    Parameters
    ----------
    ground : Ground
        Where.
    work : Input
        What to load.
    size : (int, int)
        How many rounds; how many users are registered before each.
    sides : sequence of str
        Beside the batch, which always is one: `copy`, `script`, `again`.
    look : callable
        Is given each database after the batch.
    """
    times, users = size
    template = ground.databases.template(users)
    rounds = []
    for _ in range(times):
        outcomes = {name: ground.psql(side, work) for name, side in PSQL.items() if name in sides}
        with ground.databases.clone(template) as config:
            outcomes["batch"] = ground.batch(config, work, DAY)
            look(config)
            if "again" in sides:
                outcomes["again"] = ground.batch(config, work, DAY)
        rounds.append(outcomes)
    return rounds


def _against_copy(what: str, rounds: list[Round], work: Input) -> list[Line]:
    return [
        ratio(f"{what}: to the commit", rounds, ("commit", "copy"), 1.2, rows=work.rows, aim=0.9),
        ratio(
            f"{what}: whole process, default moves", rounds, ("batch", "copy"), 1.5, rows=work.rows, aim=1.0
        ),
    ]
