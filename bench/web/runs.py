"""The history of runs: its first hundred pages with 100,000 runs against its page with 100."""

import secrets
from contextlib import closing

from werkzeug.test import Client

from bench.web.databases import connect
from bench.web.report import Pair, Row, at_most, compare, tell, timed
from etl.config import Config
from web.access.accounts import password_hash
from web.app import create_app
from web.runs.search import PAGE

MANY, FEW = 100_000, 100
MOST = 2
PAGES = (1, 2, 10, 50, 100)
ADDRESS = "/data-collection/history"
FILTERS = ({}, {"job_name": "consumption"}, {"status": "SUCCESS"}, {"data_source": "consumption"})
RUNS = """
    INSERT INTO run (execution_uuid, job_name, data_source, started_at, finished_at, duration_seconds,
        input_count, inserted_count, status, metadata)
    SELECT gen_random_uuid(), CASE n %% 2 WHEN 0 THEN 'consumption' ELSE 'daily_sales' END,
        '["consumption"]', at, at + interval '90 s', 90, 2880, 2880,
        CASE n %% 50 WHEN 0 THEN 'FAILURE' ELSE 'SUCCESS' END, '{"triggered_by": "schedule"}'
    FROM (SELECT n, now() - n * interval '1 h' AS at FROM generate_series(1, %(runs)s) AS n) AS given
"""
ACCOUNT = "INSERT INTO account (name, role, password_hash) VALUES ('bench', 'admin', %(hash)s)"
PASSWORD = secrets.token_urlsafe()


def measure(many: Config, few: Config) -> list[Row]:
    """Fill the histories of both databases and ask for pages.

    Parameters
    ----------
    many, few : Config
        Of databases without runs.
    """
    _fill(many, MANY)
    _fill(few, FEW)
    large, small = _signed_in(many), _signed_in(few)
    pairs = [_pair(large, small, page, given) for given in FILTERS for page in PAGES]
    for pair in pairs:
        tell(f"  {pair} {pair.ratio:.2f}")
    return [at_most(f"history, pages 1 to 100 of {MANY:,} runs against {FEW} (worst)", pairs, MOST)]


def _fill(config: Config, runs: int) -> None:
    with closing(connect(config.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(RUNS, {"runs": runs})
        cursor.execute(ACCOUNT, {"hash": password_hash(PASSWORD)})
        cursor.execute("VACUUM (ANALYZE) run")


def _signed_in(config: Config) -> Client:
    app = create_app(config)
    # The form's token guards browsers, of which there is none here.
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/sign-in", data={"name": "bench", "password": PASSWORD})
    return client


def _pair(large: Client, small: Client, page: int, given: dict[str, str]) -> Pair:
    name = f"page {page}{''.join(f', {key}={value}' for key, value in given.items())}"
    asked = {**given, "page": str(page)}
    # A page of as many runs, whatever the filter leaves of the few.
    return compare(name, lambda: timed(lambda: _ask(large, asked)), lambda: timed(lambda: _ask(small, {})))


def _ask(client: Client, given: dict[str, str]) -> None:
    answer = client.get(ADDRESS, query_string=given)
    if answer.status_code != 200 or answer.text.count("<tbody") != PAGE:
        raise RuntimeError(f"{ADDRESS} {given} answers {answer.status}")
