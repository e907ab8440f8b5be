"""What most tests need: an inbox to fill, the batch to run, the database to look into."""

import gzip
import json
import sys
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2

from etl.main import main

AREAS = "name\na1\na2\n"
TARIFFS = "name\nt1\nt2\nt3\n"
DAY = "2026-04-01"
# What a rolled back unit may leave behind.
HISTORY = ("run", "rejected_row", "schema_version")


@dataclass
class Result:
    """What one call of the command line gave."""

    code: int
    out: str
    err: str
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def record(self) -> dict[str, Any]:
        """The only run."""
        (record,) = self.records
        return record

    def unit(self, name: str) -> dict[str, Any]:
        """The balance of a unit of work."""
        return self.record["metadata"]["units"][name]


class World:
    """An inbox under `root/data`, a database, and the batch between them."""

    def __init__(self, root: Path, url: str, monkeypatch) -> None:
        self.root = root
        self.data, self.state = root / "data", root / "state"
        self.monkeypatch = monkeypatch
        self.set(DATABASE_URL=url, DATA_DIR=str(self.data), LOG_DIR=str(root / "logs"))
        self.set(STATE_DIR=str(self.state))
        # Most tests are about one job and look at its one run.
        self.set(DAILY_JOBS="consumption", RUN_LATE_DATES="0")
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        (self.data / "consumption").mkdir(parents=True)

    def set(self, **settings: str) -> None:
        """Set settings for this test."""
        for name, value in settings.items():
            self.monkeypatch.setenv(name, value)

    def put(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox; `.gz` names are compressed."""
        path = self.data / name
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    def put_masters(self) -> None:
        """Put `area.csv` and `tariff.csv`: a1, a2 and t1, t2, t3."""
        self.put("area.csv", AREAS)
        self.put("tariff.csv", TARIFFS)

    def put_users(self, *rows: str) -> None:
        """Put `user_data.csv` with rows such as `5,a1,t1`."""
        self.put("user_data.csv", "\n".join(["id,area,tariff", *rows]) + "\n")

    def put_readings(self, user: int | str, *rows: str, name: str = "") -> None:
        """Put `consumption/{user}.csv` with rows such as `2016-07-15 00:00:00,39.0`."""
        text = "\n".join(["datetime,consumption", *rows]) + "\n"
        self.put(f"consumption/{name or f'{user}.csv'}", text)

    def start(self, *users: str, day: str = DAY) -> None:
        """Load masters and users, and nothing else."""
        self.put_masters()
        self.put_users(*users)
        assert self.run("--date", day).code == 0

    def run(self, *arguments: str) -> Result:
        """Run the command line as a person would; the records come from --json."""
        wanted = () if {"--verify", "--json"} & set(arguments) else ("--json",)
        result = self.call(*arguments, *wanted)
        if result.out.startswith("["):
            result.records = json.loads(result.out)
        return result

    def tell(self, *arguments: str) -> Result:
        """Run the command line and keep what it prints for people."""
        return self.call(*arguments)

    def call(self, *arguments: str) -> Result:
        """Run the command line; its exit code and its output."""
        out, err = StringIO(), StringIO()
        with self.monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            try:
                code = main(list(arguments))
            except SystemExit as stopped:
                code = int(stopped.code or 0)
        return Result(code, out.getvalue(), err.getvalue())

    def rows(self, query: str, *parameters: Any) -> list[tuple]:
        """Ask the database."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """Ask the database for one value."""
        ((value,),) = self.rows(query, *parameters)
        return value

    def do(self, statement: str, *parameters: Any) -> None:
        """Change the database behind the batch's back."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    def contracts(self, user: int) -> list[tuple[str, str, str, str | None]]:
        """A user's history: area, tariff, from, to."""
        return self.rows(
            "SELECT a.name, t.name, c.valid_from::text, c.valid_to::text FROM contract c"
            " JOIN area a ON a.id = c.area_id JOIN tariff t ON t.id = c.tariff_id"
            " WHERE c.user_id = %s ORDER BY c.valid_from",
            user,
        )

    def readings(self) -> list[tuple[int, str, str]]:
        """All readings: user, UTC time, Wh as text."""
        return self.rows(
            "SELECT user_id, to_char(measured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
            " energy_wh::text FROM reading ORDER BY 1, 2"
        )

    def rejected(self) -> list[tuple[str, int | None, str, str]]:
        """What was refused: file, line, raw text, reason."""
        return self.rows("SELECT file, line, raw, reason FROM rejected_row ORDER BY id")

    def dump(self) -> dict[str, list[tuple]]:
        """Every table but the history, whole."""
        tables = self.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s) ORDER BY 1",
            list(HISTORY),
        )
        return {name: self.rows(f'SELECT t::text FROM "{name}" t ORDER BY 1') for (name,) in tables}

    def inbox(self) -> list[str]:
        """The names of the files in the inbox."""
        found = [path for path in self.data.rglob("*") if path.is_file() or path.is_symlink()]
        names = sorted(str(path.relative_to(self.data)) for path in found)
        return [name for name in names if not name.startswith(("completion", "rejected/", "pg", "."))]

    def moved(self, folder: str = "completion") -> list[str]:
        """The names of the files in all runs' completion or rejected folders."""
        found = [path for path in (self.data / folder).rglob("*") if path.is_file() or path.is_symlink()]
        return sorted("/".join(path.relative_to(self.data / folder).parts[1:]) for path in found)

    def verify(self) -> None:
        """The aggregates must equal the readings."""
        result = self.call("--verify")
        assert result.code == 0, result.out + result.err

    def close(self) -> None:
        """Leave the database."""
        self.connection.close()


def on(text: str) -> date:
    """A date from its text."""
    return date.fromisoformat(text)
