"""Random inboxes for the two roads of a reading, as lines, files and stories of several runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from etl.inbox.chunks import CHUNK_BYTES
from etl.readings.batches import BATCH_BYTES

ONE, MANY = "datetime,consumption", "user_id,datetime,consumption"
ONE_USER_FILES = ("1.csv", "1.csv.gz", "3.csv", "4.csv.gz", "5.csv", "5.csv.gz")
# A number that is no id, an id with the header of many users, and two others.
MANY_USERS_FILES = ("0.csv", "2.csv", "many.csv", "z.csv.gz")
USERS = (1, 2, 3, 4, 5)
# The clocks go back on October 28th in Berlin, and on November 4th at midnight forward or back elsewhere.
ZONES = ("Asia/Tokyo", "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Asia/Kathmandu")
FIRST_DAY, DAYS = datetime(2018, 10, 27), 10
# Who has which tariff from when on; all have t1 before.
CHANGES = {"2018-10-28": {3: "t2"}, "2018-11-01": {4: "t2", 3: "t2"}, "2018-11-04": {4: "t3", 5: "t2"}}
HUGE = ("999999999999", "999999999999.999999")
# Where a batch has too many huge ones all of it is staged: they are rare.
ENERGIES = ("1", "1.0", "2.5", "0", "0.000001", "07") * 4 + HUGE
BAD = {
    "x": "wrong_fields",
    "2018-02-30 00:00:00,1": "bad_time",
    "2018-10-30 00:00:00,-1": "bad_consumption",
    "": "",
}
FAULTS = {
    "header": ("wrong_header", "when,what"),
    "cut": ("bad_gzip", "cut off"),
}
COLUMNS = "user_id, to_char(measured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), energy_wh::text"
TABLES = {
    "reading": f"SELECT tableoid::regclass::text, {COLUMNS} FROM reading",
    "partitions": "SELECT name, starts_at, ends_at FROM reading_partition",
    "load_by_date": "SELECT * FROM load_by_date",
    "load_profile": "SELECT * FROM load_profile",
    "user_total": "SELECT * FROM user_total",
    "user_segment": "SELECT * FROM user_segment",
    "dataset": "SELECT tz, consumption_unit, data_version FROM dataset",
}
COUNTS = ("input_count", "inserted_count", "skipped_count", "error_count", "skip_breakdown", "status")

Reading = tuple[int, datetime, Decimal]


class Line(NamedTuple):
    """A line, and what it must become: a reading, a fault, or neither if it is blank."""

    text: str
    reading: Reading | None = None
    reason: str = ""


class File(NamedTuple):
    """Its lines behind the header, and what is wrong with the whole of it."""

    lines: list[Line]
    fault: str = ""


class Inbox(NamedTuple):
    """What one run finds; `days`: whether new partitions are days, not months."""

    files: dict[str, File]
    days: bool = False


class Story(NamedTuple):
    """Some runs in a row, and the sizes in which files are read and batches are made."""

    inboxes: list[Inbox]
    zone: str = "Asia/Tokyo"
    unit: str = "Wh"
    batch: int = BATCH_BYTES
    chunk: int = CHUNK_BYTES


class Stretch(NamedTuple):
    """Some readings of a user: forward in time, again and again the same, or backward."""

    user: int
    start: int
    count: int
    step: int
    energy: str
    is_utc: bool


def moments(zone: ZoneInfo) -> list[datetime]:
    """Instants at and around local midnights, on both sides of a month's end."""
    steps = (timedelta(microseconds=-1), timedelta(), timedelta(minutes=30), timedelta(hours=8))
    midnights = [(FIRST_DAY + timedelta(days=n)).replace(tzinfo=zone).astimezone(UTC) for n in range(DAYS)]
    return sorted(midnight + step for midnight in midnights for step in steps)


def written(at: datetime, zone: ZoneInfo) -> str:
    """The instant as local time, or with Z where that is no single instant."""
    local = at.astimezone(zone).replace(tzinfo=None)
    if any(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) != at for fold in (0, 1)):
        return f"{at.replace(tzinfo=None)}Z"
    return str(local)


def file_of(
    name: str, zone_name: str, stretches: list[Stretch], bad: list[tuple[int, str]], fault=""
) -> File:
    """Write the stretches, with bad lines in between."""
    zone, found = ZoneInfo(zone_name), []
    times = moments(zone)
    for stretch in stretches:
        for n in range(stretch.count):
            at = times[(stretch.start + n * stretch.step) % len(times)]
            text = f"{at.replace(tzinfo=None)}Z" if stretch.is_utc else written(at, zone)
            user = user_of(name) or stretch.user
            energy = Decimal(stretch.energy)
            found.append(Line(prefix(name, user) + f"{text},{stretch.energy}", (user, at, energy)))
    for place, text in bad:
        found.insert(place, Line(prefix(name, 1) + text if text else "", None, BAD[text]))
    return File(found, "" if fault == "cut" and not name.endswith(".gz") else fault)


def user_of(name: str) -> int | None:
    return int(name.partition(".")[0]) if name in ONE_USER_FILES else None


def prefix(name: str, user: int) -> str:
    return "" if user_of(name) else f"{user},"


STRETCHES = st.builds(
    Stretch,
    st.sampled_from(USERS),
    st.integers(0, 4 * DAYS - 1),
    st.integers(1, 12),
    st.sampled_from([1, 1, 1, 0, -1]),
    st.sampled_from(ENERGIES),
    st.booleans(),
)
SOME_BAD = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(sorted(BAD))), max_size=2)


@st.composite
def stories(draw) -> Story:
    """One run or two; the second finds readings that are stored."""
    zone = draw(st.sampled_from(ZONES))
    names = st.sampled_from(ONE_USER_FILES + MANY_USERS_FILES)
    faults = st.sampled_from([*[""] * 8, *FAULTS])
    stretches = st.lists(STRETCHES, min_size=1, max_size=5)
    # In order of user and time, as files usually are, all goes one road; else much is late.
    contents = st.tuples(st.one_of(stretches.map(sorted), stretches), SOME_BAD, faults)
    inboxes = []
    for _ in range(draw(st.integers(1, 2))):
        chosen = draw(st.dictionaries(names, contents, min_size=2, max_size=7))
        files = {name: file_of(name, zone, *content) for name, content in chosen.items()}
        inboxes.append(Inbox(files, draw(st.booleans())))
    batch = draw(st.sampled_from([60, 300, 2_000, BATCH_BYTES]))
    chunk = draw(st.sampled_from([60, 300, CHUNK_BYTES]))
    return Story(inboxes, zone, draw(st.sampled_from(["Wh", "kWh"])), batch, chunk)
