"""The models of dbt: `dbt build` for some days, as a process of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.errors import ModelsFailed
from etl.log import log

PROJECT = Path(__file__).resolve().parents[3] / "dbt"
PROGRAM = Path(__file__).with_name("dbt_process.py")
# What any program needs; none of our secrets, and nothing that would change what dbt does.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
SETTINGS = ("tz", "duckdb_path", "duckdb_memory_limit")
FINE = ("success", "pass", "warn", "skipped")
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1.0
SHOWN_LINES = 3
TRACEBACK = "Traceback (most recent call last):"
TIME_OF_DAY = re.compile(r"^\d\d:\d\d:\d\d\b")


def build(config: Config, days: Sequence[date], check: Callable[[], None]) -> None:
    """Build the models for these days and test them; nobody may hold the DuckDB file meanwhile.

    Parameters
    ----------
    config : Config
        DUCKDB_PATH, DUCKDB_MEMORY_LIMIT and TZ; DATA_DIR and LOG_DIR for what dbt writes.
    days : sequence of date
        Local days whose rows are made again; none: nothing is done.
    check : callable
        Raises when the run is to stop: then dbt is ended.

    Raises
    ------
    ModelsFailed
        If a model or a test fails.
    """
    if not days:
        return
    target, logs = (folder.absolute() / "dbt" for folder in (config.data_dir, config.log_dir))
    results, output = target / "run_results.json", logs / "output.txt"
    try:
        for folder in (target, logs):
            folder.mkdir(parents=True, exist_ok=True)
        results.unlink(missing_ok=True)
        with TemporaryDirectory(prefix="meterhouse-") as profiles, output.open("wb") as told:
            shutil.copyfile(PROJECT / "profiles.yml.example", Path(profiles, "profiles.yml"))
            code = _run(_command(profiles, target, logs, days), _environment(config), told, check)
    except OSError as error:
        raise ModelsFailed(sentences.DBT_NOT_STARTED, reason=error) from error
    _judge(code, results, output)


def _command(profiles: str, target: Path, logs: Path, days: Sequence[date]) -> list[str]:
    # -P: beside the program lie modules with the names of packages. The parse is never that of another night,
    # for the days differ, nor one that others may have put into DATA_DIR.
    options = {
        "--project-dir": PROJECT,
        "--profiles-dir": profiles,
        "--target-path": target,
        "--log-path": logs,
        "--exclude-resource-type": "unit_test",
        "--vars": json.dumps({"days": [day.isoformat() for day in days]}),
    }
    given = [str(part) for option in options.items() for part in option]
    return [sys.executable, "-P", str(PROGRAM), "build", "--no-partial-parse", "--no-use-colors", *given]


def _environment(config: Config) -> dict[str, str]:
    settings = {name.upper(): str(getattr(config, name)) for name in SETTINGS}
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed_on, **settings, "DUCKDB_PATH": str(config.duckdb_path.absolute()), "PYTHONUTF8": "1"}


def _run(command: list[str], environment: dict[str, str], told: Any, check: Callable[[], None]) -> int:
    """Run to the end, or until `check` raises; the exit code."""
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=told,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(POLL_SECONDS)
                check()
        except BaseException:
            _end(process)
            raise


def _end(process: subprocess.Popen) -> None:
    """End it and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)


def _judge(code: int, results: Path, output: Path) -> None:
    """Log each model; raise what went wrong."""
    found = _results(results)
    for one in found:
        kind, name = _name(one)
        if kind == "model":
            log.info("dbt", model=name, status=one["status"], seconds=round(one["execution_time"], 2))
    failed = [one for one in found if one["status"] not in FINE]
    if failed:
        kind, name = _name(failed[0])
        others = sentences.MORE_FAILED % {"count": len(failed) - 1} if len(failed) > 1 else ""
        said = _first_line(failed[0]["message"] or failed[0]["status"])
        reason = f"{kind} {name} {others}{said}" if others else f"{kind} {name}: {said}"
    elif code or not found:
        reason = _told(output.read_text(errors="replace")) or sentences.ENDED_WITH % {"code": code}
    else:
        return
    raise ModelsFailed(sentences.DBT_FAILED, reason=reason, log=output)


def _results(file: Path) -> list[dict[str, Any]]:
    """Read what became of each model and test; nothing where dbt did not come so far."""
    try:
        return json.loads(file.read_bytes())["results"]
    except (OSError, ValueError, LookupError):
        return []


def _name(result: dict[str, Any]) -> tuple[str, str]:
    """What it is and its name, of model.PROJECT.NAME or test.PROJECT.NAME.HASH."""
    kind, _, name, *_ = result["unique_id"].split(".")
    return kind, name


def _first_line(message: str) -> str:
    """Leave out the heading above it, which names the model again."""
    first, *others = [line.strip() for line in message.splitlines() if line.strip()]
    return others[0] if others and first.endswith(")") else first


def _told(output: str) -> str:
    """Find what dbt says of an error before it builds anything; else the end of the output."""
    _, _, error = output.partition("Encountered an error:")
    lines = [TIME_OF_DAY.sub("", line).strip() for line in (error or output).splitlines()]
    told = [line for line in lines if line]
    if error:
        end = told.index(TRACEBACK) if TRACEBACK in told else SHOWN_LINES
        return " ".join(told[: min(end, SHOWN_LINES)])
    return " ".join(told[-SHOWN_LINES:])
