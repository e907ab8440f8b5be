"""A third job, added by the lines of CONTRIBUTING.md."""

import shutil
from typing import ClassVar

import pytest

from etl.database import queries
from etl.database.checks import complain
from etl.inbox.counts import Counts
from etl.inbox.csv_records import Table
from etl.inbox.fields import BadField
from etl.inbox.files import find
from etl.jobs import JOBS, Entry
from etl.runs import units
from etl.runs.job import Context
from tests.world import DAY

STEPS = {
    "add_visit": "-- name: add_visit(day, visitors)!\n-- One row per day.\n"
    "INSERT INTO visit VALUES (:day, :visitors)"
    " ON CONFLICT (day) DO UPDATE SET visitors = excluded.visitors;",
    "checks/few": "-- name: few()\n-- Complaints: nobody has so many visitors.\n"
    "SELECT format('%%s visitors on %%s', visitors, day) FROM visit WHERE visitors > 99;",
}


class Visits:
    """`visits.csv` into `visit`."""

    name: ClassVar[str] = "visits"
    date_driven: ClassVar[bool] = True

    def run(self, context: Context) -> None:
        """Count the day's visitors."""
        units.run(context, "visits", load)


def load(context, rejects, balance):
    files = [file for file in [find(context.config.data_dir, "visits.csv")] if file]
    return units.load_files(context, files, Loader, rejects, balance, name="visits", source="visits")


class Loader:
    """Adds up the visitors of a file."""

    def __init__(self, context, rejects, on_progress):
        self.context, self.rejects, self.counts = context, rejects, Counts()

    def load(self, files):
        (file,) = files
        context, visitors = self.context, 0
        table = Table(file, ("visitors",), context.config.csv_encoding, self.rejects, context.check)
        for row in table.rows():
            try:
                visitors += whole(table.fields(row)[0])
            except BadField as bad:
                table.refuse(row, *bad.reasons)
        good = table.read - table.rejected
        self.counts = Counts(read=table.read, inserted=good, rejected=table.rejected)
        context.sql("visits/add_visit", day=context.day, visitors=visitors)
        complain(context.sql("visits/checks/few"))


def whole(text):
    if not text.isdigit():
        raise BadField("bad_quantity")
    return int(text)


@pytest.fixture
def visits(world, tmp_path, monkeypatch):
    """The job, its steps and its table."""
    folder = tmp_path / "sql"
    shutil.copytree(queries.SQL_DIR, folder)
    (folder / "visits" / "checks").mkdir(parents=True)
    for name, text in STEPS.items():
        (folder / "visits" / f"{name}.sql").write_text(text)
    monkeypatch.setattr(queries, "SQL_DIR", folder)
    monkeypatch.setitem(JOBS, Visits.name, Entry(f"{__name__}:Visits", ("visits",)))
    queries.load.cache_clear()
    world.do("CREATE TABLE visit (day date PRIMARY KEY, visitors integer NOT NULL)")
    yield world
    queries.load.cache_clear()


def put(world, *lines):
    world.put("visits.csv", "\n".join(["visitors", *lines, ""]))


def test_it_loads_its_file_and_moves_it(visits):
    put(visits, "3", "4")
    result = visits.run("--job", "visits", "--date", DAY)
    assert (result.code, result.record["job_name"], result.unit("visits")["read"]) == (0, "visits", 2)
    assert visits.rows("SELECT day::text, visitors FROM visit") == [(DAY, 7)]
    assert visits.moved() == ["visits.csv"]
    assert visits.value("SELECT data_version FROM dataset") == 1


def test_it_has_ranges_dry_runs_and_a_place_among_the_daily_jobs(visits):
    put(visits, "3")
    assert visits.run("--job", "visits", "--date", DAY, "--dry-run").code == 0
    assert visits.rows("SELECT * FROM visit") == []
    visits.set(DAILY_JOBS="daily_sales,visits")
    result = visits.run("--start-date", "2026-03-31", "--end-date", DAY)
    assert [one["job_name"] for one in result.records] == ["daily_sales", "daily_sales", "visits", "visits"]
    assert visits.rows("SELECT day::text FROM visit") == [("2026-03-31",)]


def test_its_faults_and_checks_take_back_what_it_did(visits):
    put(visits, "3", "many")
    told = visits.tell("--job", "visits", "--date", DAY)
    assert told.code == 1
    assert "visits.csv:3: bad_quantity: 'many'" in told.out
    put(visits, "100")
    record = visits.run("--job", "visits", "--date", DAY).record
    assert record["error_summary"] == f"100 visitors on {DAY}"
    assert visits.rows("SELECT * FROM visit") == []
    assert visits.inbox() == ["visits.csv"]
