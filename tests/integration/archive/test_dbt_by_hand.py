"""dbt called by hand as docs/archive.md says, with the unit tests of the models."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from etl.jobs.archive import dbt
from tests.integration.archive import meters
from tests.integration.archive.meters import Point
from tests.unit.documents import ROOT, blocks


def test_the_documented_commands_build_and_test_all(tmp_path):
    (commands,) = [block for block in blocks((ROOT / "docs/archive.md").read_text()) if "dbt build" in block]
    store = meters.make(tmp_path)
    points = [Point(datetime(2026, 4, day, tzinfo=UTC), "m", 5.0, 7.5) for day in (1, 2)]
    store.add(points)
    shutil.copytree(
        dbt.PROJECT, tmp_path / "dbt", ignore=shutil.ignore_patterns("target", "logs", "profiles.yml")
    )
    (tmp_path / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(["sh", "-ec", commands], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout
    assert store.energy() == meters.energy(points, store.config.zone)
    results = json.loads((tmp_path / "dbt/target/run_results.json").read_text())["results"]
    run = {one["unique_id"].split(".")[-1] for one in results if one["unique_id"].startswith("unit_test.")}
    assert run == written(dbt.PROJECT)


def written(project: Path) -> set[str]:
    """The names of all unit tests."""
    texts = [path.read_text().partition("unit_tests:")[2] for path in project.rglob("*.yml")]
    return {name for text in texts for name in re.findall(r"^  - name: (\w+)", text, re.MULTILINE)}
