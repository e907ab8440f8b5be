"""How much the benchmark of the batch loads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of files, users and repetitions; the defaults are what the bars are set for.

    Attributes
    ----------
    rounds, rounds_of_large, rounds_of_small : int
        Each ratio is the median of so many.
    day_files, nation_files : int
        Of 48 rows.
    year_files, year_days : int
        Files of so many days each.
    history_days, history_users : int
        Partitions that are there before, and the users with readings in each.
    late_files : int
        Late readings on each side, one at a time.
    one_file_users, one_file_fewer, one_file_slots : int
        Users in the large and in the small single file, and readings of each of them.
    """

    rounds: int = 5
    rounds_of_large: int = 3
    rounds_of_small: int = 5
    day_files: int = 50_000
    nation_files: int = 300_000
    year_files: int = 1_000
    year_days: int = 365
    history_days: int = 400
    history_users: int = 1_000
    late_files: int = 50
    one_file_users: int = 50_000
    one_file_fewer: int = 5_000
    one_file_slots: int = 640


SIZES = {
    "full": Sizes(),
    "quick": Sizes(
        rounds=1,
        rounds_of_large=1,
        rounds_of_small=3,
        day_files=20_000,
        nation_files=80_000,
        year_files=200,
        history_users=200,
        late_files=25,
        one_file_users=15_000,
        one_file_fewer=1_500,
    ),
    "tiny": Sizes(
        rounds=1,
        rounds_of_large=1,
        rounds_of_small=1,
        day_files=20,
        nation_files=30,
        year_files=2,
        year_days=3,
        history_days=4,
        history_users=3,
        late_files=2,
        one_file_users=20,
        one_file_fewer=5,
        one_file_slots=50,
    ),
}
