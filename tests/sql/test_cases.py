"""Every folder beside this file is a case: inboxes by date, and the views they must give."""

import csv
import shutil
from pathlib import Path

import pytest
from dotenv import dotenv_values

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/expected"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(world, case):
    world.set(**{name: value or "" for name, value in dotenv_values(case / "settings.env").items()})
    for day in sorted(path for path in case.iterdir() if path.name[:1].isdigit()):
        shutil.copytree(day, world.data, dirs_exist_ok=True)
        result = world.run("--date", day.name)
        assert result.code == 0, result.err
    world.do("SET TIME ZONE 'UTC'")
    for path in sorted((case / "expected").iterdir()):
        header, *expected = csv.reader(path.open())
        columns = ", ".join(f"coalesce({column}::text, '')" for column in header)
        found = world.rows(f"SELECT {columns} FROM {path.stem}")
        assert sorted(found) == sorted(map(tuple, expected)), path.name
    world.verify()


def test_there_are_cases():
    assert len(CASES) >= 5
