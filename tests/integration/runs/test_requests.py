"""A request means the same at the command line, in the form and over the API."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from etl.cli import arguments
from etl.config import Config
from etl.errors import UsageError
from etl.jobs import JOBS, checked_request
from web.pages.history import as_body

TODAY = date.today()
DAYS = st.dates(date(1970, 1, 1), TODAY - timedelta(days=2)).map(str)
BAD = st.sampled_from(["2026-02-30", "1969-12-31", "2999-01-01", "20260401", "05", "5,x", "tokyo", "area,"])


@st.composite
def written(draw):
    """Texts of a form: job, dates, users, sources; some of them wrong."""
    job = draw(st.sampled_from([*JOBS]))
    texts = {
        "date": DAYS,
        "start_date": DAYS,
        "end_date": DAYS,
        "user_ids": st.lists(st.integers(1, 9), min_size=1, max_size=3).map(
            lambda ids: ",".join(map(str, ids))
        ),
        "source_keys": st.lists(st.sampled_from(["area", "consumption", "orders"]), min_size=1).map(",".join),
        "on_error": st.sampled_from(["abort", "quarantine"]),
    }
    names = draw(st.sets(st.sampled_from([*texts]), max_size=3))
    wrong = draw(st.sampled_from([None, None, None, *names])) if names else None
    return job, {name: draw(BAD if name == wrong and name != "on_error" else texts[name]) for name in names}


def by_command_line(job, texts):
    flags = {"user_ids": "--users", "source_keys": "--sources"}
    argv = [f"{flags.get(name, '--' + name.replace('_', '-'))}={text}" for name, text in texts.items()]
    (request,) = arguments.check(arguments.read(["--job", job, *argv]), Config()).requests
    return request


def by_form(job, texts):
    form = {name: text for name, text in texts.items() if name != "source_keys"}
    keys = texts["source_keys"].split(",") if "source_keys" in texts else []
    return checked_request(as_body({"job_name": job, **form}, keys), TODAY)


def by_api(job, texts):
    options = {name: text.split(",") if name in arguments.LISTS else text for name, text in texts.items()}
    return checked_request({"job_name": job, "options": options}, TODAY)


@given(written())
def test_one_road_for_a_request(asked):
    made = []
    for road in (by_command_line, by_form, by_api):
        try:
            made.append(road(*asked))
        except (UsageError, ValidationError):
            made.append(None)
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--date", "20260401"], "--date '20260401': write a date like 2026-04-01"),
        (["--start-date", "2026-04-01"], "--start-date and --end-date go together; both ends are included"),
        (["--job", "daily_sales", "--users", "5"], "--users: only consumption reads the files of users"),
        (["--users", "5", "--sources", "area"], "--sources: with --users only consumption is read"),
        (["verify", "--rebuild"], "rebuild and verify are commands; run one after the other"),
    ],
)
def test_the_command_line_names_its_options(world, argv, message):
    result = world.call(*argv)
    assert (result.code, result.err) == (2, f"error: {message}\n")


@pytest.mark.parametrize(("command", "alias"), [("verify", "--verify"), ("rebuild", "--rebuild")])
def test_commands_have_older_names(world, command, alias):
    world.start("5,a1,t1")
    assert world.call(command).code == world.call(alias).code == 0
    assert world.call("run", alias).code == 2


def test_a_limit_leaves_out_jobs_that_read_nothing_of_it(world):
    world.set(DAILY_JOBS="consumption,daily_sales")
    for limit in (["--sources", "area"], ["--users", "5"]):
        assert world.run(*limit).record["job_name"] == "consumption"
    assert world.run("--sources", "orders").record["job_name"] == "daily_sales"
    both = world.run("--sources", "area,orders").records
    assert [(one["job_name"], one["metadata"]["sources"]) for one in both] == [
        ("consumption", ["area"]),
        ("daily_sales", ["orders"]),
    ]
