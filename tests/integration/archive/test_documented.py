"""The commands of docs/archive.md, as a new user types them."""

import os
import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from tests.integration.archive.invented import TOKYO
from tests.unit.documents import ROOT, blocks
from tests.web.site import Viewer

FIRST, RANGE, *_ = (one for one in blocks((ROOT / "docs/archive.md").read_text()) if "etl." in one)
RECIPE = re.search(r"^archive:.*\n\t@\$\(BIN\)/python (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


def typed(block, folder):
    """Run the lines that a person types, but for the server of the last one; the exports hold for all."""
    lines = block.splitlines()
    assert not block.count("make web") or lines[-1] == "make web"
    script = "\n".join(line for line in lines if line != "make web" and not line.startswith("export"))
    script = script.replace("make archive", f".venv/bin/python {RECIPE[1]}").replace(
        ".venv/bin/python", sys.executable
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-ec", script], check=False, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_sample_is_archived_and_shown_as_the_document_says(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    assert "export INFLUX_URL=http://127.0.0.1:8086\n" in FIRST
    told = typed(FIRST, world.root)
    yesterday = datetime.now(TOKYO).date() - timedelta(days=1)
    assert f"archive {yesterday}: SUCCESS" in told
    page = Viewer().get("/energy")
    for meter in ("meter1", "meter2", "meter3"):
        assert meter in page.text
    before = [str(yesterday - timedelta(days=ago)) for ago in (2, 1)]
    typed(RANGE.replace("2026-04-01", before[0]).replace("2026-04-03", before[1]), world.root)
    assert [
        str(day) for (day,) in world.rows("SELECT DISTINCT energy_date FROM daily_energy ORDER BY 1")
    ] == [
        *before,
        str(yesterday),
    ]


# In a network of its own, where no other host can be reached.
ALONE = """
import os, subprocess, sys, tempfile
from pathlib import Path

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
from etl.main import main
from tests.influx import Influxd
from tests.integration.archive.invented import Meter
from datetime import date

server = Influxd(Path(tempfile.mkdtemp(dir=sys.argv[1])))
try:
    os.environ["INFLUX_URL"] = server.url
    server.write("home_energy", Meter("meter1").lines(date(2026, 4, 1)))
    sys.exit(main(["--job", "archive", "--date", "2026-04-01"]))
finally:
    server.stop()
"""


def test_the_job_needs_no_other_host(world, tmp_path):
    if subprocess.run(["unshare", "--net", "ip", "link"], check=False, capture_output=True).returncode:
        pytest.skip("not tested without other hosts: no rights to make a network of its own")
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", ALONE, tmp_path],
        check=False,
        cwd=world.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.rows("SELECT source, points FROM daily_energy") == [("meter1", 1440)]
