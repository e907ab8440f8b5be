"""The warm summary page: requests per second and p99 latency, against an empty Flask view.

The page comes whole and compressed from the cache, without conditional headers. Both sides run on the
same gunicorn settings; wrk asks them in turns over kept-alive connections, one for each thread.
"""

import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass

from bench.web.report import Row, tell
from bench.web.servers import EMPTY, VIEWER, Server, gunicorn
from etl.config import Config

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 8
LEAST_RATE, AIM_RATE, MOST_P99 = 0.3, 0.5, 8
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """What wrk says of one side in one round: requests per second, and p99 in ms."""

    rate: float
    p99: float


def measure(config: Config) -> list[Row]:
    """Measure rate and p99.

    Parameters
    ----------
    config : Config
        Of the database whose summary page is asked.
    """
    if shutil.which("wrk") is None:
        missing = "wrk is not installed: apt-get install -y wrk"
        return [Row("warm summary page", missing, None, f"at least {LEAST_RATE}", False)]
    with gunicorn(EMPTY, config) as empty, gunicorn(VIEWER, config) as viewer:
        answer = viewer.get("/", "br")
        if (answer.status, answer.encoding) != (200, "br"):
            raise RuntimeError(f"the summary page answers {answer.status} {answer.encoding!r}")
        for side in (empty, viewer):
            _wrk(side, 1)
        rounds = [(_wrk(viewer, SECONDS), _wrk(empty, SECONDS)) for _ in range(ROUNDS)]
    for page, nothing in rounds:
        tell(f"  {page.rate:.0f} / {nothing.rate:.0f} rps, p99 {page.p99:.2f} / {nothing.p99:.2f} ms")
    return _rows(rounds, len(answer.body))


def _rows(rounds: list[tuple[Load, Load]], size: int) -> list[Row]:
    rate = statistics.median(page.rate / nothing.rate for page, nothing in rounds)
    p99 = statistics.median(page.p99 / nothing.p99 for page, nothing in rounds)
    rates = [statistics.median(load.rate for load in side) for side in zip(*rounds, strict=True)]
    p99s = [statistics.median(load.p99 for load in side) for side in zip(*rounds, strict=True)]
    aim = f"at least {LEAST_RATE} (aim {AIM_RATE})"
    return [
        Row(
            "warm summary page, requests per second, against an empty view",
            f"{rates[0]:.0f} / {rates[1]:.0f} rps ({size / 1000:.1f} kB each)",
            rate,
            aim,
            rate >= LEAST_RATE,
        ),
        Row(
            "the same, p99 latency",
            f"{p99s[0]:.2f} / {p99s[1]:.2f} ms",
            p99,
            f"at most {MOST_P99}",
            p99 <= MOST_P99,
        ),
    ]


def _wrk(server: Server, seconds: int) -> Load:
    wrk = shutil.which("wrk") or "wrk"
    url = f"http://127.0.0.1:{server.port}/"
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-H", "Accept-Encoding: br"]
    text = subprocess.run([wrk, *options, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk met errors:\n{text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text)
    if not (rate and p99):
        raise RuntimeError(f"wrk says something else than expected:\n{text}")
    return Load(float(rate[1]), float(p99[1]) * UNITS_MS[p99[2]])
