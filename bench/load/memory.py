"""Flat memory: one large file of many users against one of a tenth; and the peak of all runs."""

from datetime import date

from bench.load import inputs
from bench.load.fresh import DAY
from bench.load.ground import Ground
from bench.load.report import Line, megabytes
from bench.load.sides import Outcome
from bench.load.sizes import Sizes

FIRST = date(2025, 3, 1)


def one_file(ground: Ground, sizes: Sizes) -> list[Line]:
    """Load a small and a large file of many users; all users are registered in both cases."""
    runs: list[Outcome] = []
    megs: list[float] = []
    template = ground.databases.template(sizes.one_file_users)
    for users in (sizes.one_file_fewer, sizes.one_file_users):
        work = inputs.write_one(ground.folder / f"one-file-{users}", users, sizes.one_file_slots, FIRST)
        megs.append(sum(path.stat().st_size for path in work.folder.iterdir()) / 1e6)
        with ground.databases.clone(template) as config:
            runs.append(ground.batch(config, work, DAY))
        work.remove()
    small, large = runs
    return [
        Line(
            f"one file of {megs[1]:,.0f} MB, {sizes.one_file_users:,} users, against {megs[0]:,.0f} MB",
            megabytes(large.rss - small.rss),
            20,
            f"{megabytes(large.rss):.0f} MB, {megabytes(small.rss):.0f} MB; {large.seconds:.2f} s",
            sizes.one_file_users * sizes.one_file_slots / large.seconds,
            large.rss,
            " MB more",
        )
    ]


def peak(ground: Ground) -> list[Line]:
    """Give the most memory of any run so far."""
    if not ground.peaks:
        return []
    most = max(ground.peaks)
    return [
        Line(
            f"peak RSS of the client in any of {len(ground.peaks)} runs",
            megabytes(most),
            300,
            "as wait4 tells it",
            rss=most,
            unit=" MB",
        )
    ]
