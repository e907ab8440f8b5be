"""What the documents say must be what the code does."""

import ast
import importlib.util
import re
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dotenv import dotenv_values

from etl import config
from etl.cli import arguments
from etl.cli.parser import ALIASES, COMMANDS
from etl.config import SINGLE, Config
from etl.inbox.fields import BadField, Times
from etl.inbox.rejects import REASONS
from etl.jobs import JOBS, TASK_JOBS
from etl.jobs.consumption.master_data import MASTERS
from etl.readings.aggregates import AGGREGATES
from etl.sample import command
from tests.unit.documents import DOCUMENTS, README, ROOT, SQL, code, relative

SETTINGS_TABLE, OPERATIONS, DATA_MODEL = (
    (ROOT / "docs" / f"{name}.md").read_text() for name in ("settings", "operations", "data-model")
)
REPORT = (ROOT / "REPORT.md").read_text()
CRONTAB = (ROOT / "crontab.example").read_text()
SQL_FILES = sorted(SQL.rglob("*.sql"))
STEPS = [path for path in SQL_FILES if path.parent.name != "schema"]
DEFAULTS = {name: getattr(Config(), name) for name in SINGLE}
SETTINGS = {name.upper() for name in SINGLE}
EXAMPLE = dotenv_values(ROOT / ".env.example")
OTHER_VALUES = {
    "LOG_FORMAT": "json",
    "TZ": "UTC",
    "CONSUMPTION_UNIT": "kWh",
    "CSV_ENCODING": "cp932",
    "SCHEDULE": "0 2 * * *",
    "ALERT_WEBHOOK_URL": "https://hooks.example.com/x",
    "DUCKDB_MEMORY_LIMIT": "512MB",
    "INFLUX_URL": "http://influx.example.com:8086",
    "PARQUET_COMPRESSION": "none",
    "ARCHIVE_USER_MAP": "meter1=3000,meter2=3001",
    "SOURCE_ALLOWED_NETWORKS": "10.1.0.0/16,fd00::/8",
    **{name.upper(): "7" for name, default in DEFAULTS.items() if isinstance(default, int)},
    **{
        name.upper(): str(int(not default)) for name, default in DEFAULTS.items() if isinstance(default, bool)
    },
}
ENDS_OF_TRANSACTIONS = {
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
    "PREPARE",
}
EMPTY = {
    "DATABASE_URL",
    "ALERT_WEBHOOK_URL",
    "WEB_DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "INFLUX_TOKEN",
    "INFLUX_USERNAME",
    "INFLUX_PASSWORD",
    "DUCKDB_PATH",
    "PARQUET_BASE_DIR",
    "SOURCE_FILE_ROOT",
    "ARCHIVE_USER_MAP",
    "SOURCE_ALLOWED_NETWORKS",
    "SOURCE_CA_FILE",
}
# Folders that lie in another unless they are set.
WITHIN = {"DATA_DIR": ["data_dir", "duckdb_path", "parquet_base_dir", "source_file_root"]}
# What stands for a part of a step's name in etl/.
LOOPS = {"master": MASTERS, "aggregate": AGGREGATES, "task_job": TASK_JOBS}
SQL_CALL = re.compile(r"\b_?sql$|^Sql\(|database\.(query|change|prepared)$")
# All but the one that tells of options as they were.
CURRENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# Lines with options of other programs than the batch.
OTHER_PROGRAMS = re.compile(r"docker|etl\.sample|flask|gunicorn|pybabel|ruff")


def options(parse, *command, capsys) -> set[str]:
    """The options that a command's --help shows."""
    with pytest.raises(SystemExit) as stopped:
        parse([*command, "--help"])
    assert stopped.value.code == 0
    return set(OPTION.findall(capsys.readouterr().out))


# Settings


def test_env_example_has_every_setting_and_no_other():
    assert set(EXAMPLE) == SETTINGS


def test_env_example_holds_the_defaults():
    assert config.load({}, ROOT / ".env.example") == Config()


def test_env_example_writes_every_default_out():
    assert {name for name, value in EXAMPLE.items() if not value} == EMPTY


def test_env_example_explains_every_setting():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in pairwise(lines):
        if line and not line.startswith("#"):
            assert before.startswith("# "), f"{line}: no comment above"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_is_read_under_the_name_of_its_field(name, tmp_path):
    loaded = config.load({name: OTHER_VALUES.get(name, "other")}, tmp_path / "none")
    changed = [one for one, default in DEFAULTS.items() if getattr(loaded, one) != default]
    assert changed == WITHIN.get(name, [name.lower()])


def test_the_table_of_settings_has_every_one_with_its_default():
    table = dict(
        re.findall(r"^\| `([A-Z_]+)` \| (`[^`]+`|\(empty\)) \| .+ \|$", SETTINGS_TABLE, re.MULTILINE)
    )
    assert table == {name: f"`{value}`" if value else "(empty)" for name, value in EXAMPLE.items()}


# Commands


@pytest.mark.parametrize("command", COMMANDS)
def test_operations_has_the_options_of_every_command(command, capsys):
    rows = re.findall(r"^\| (`--.+?) \| ([a-z, ]+) \|", OPERATIONS, re.MULTILINE)
    listed = {
        one for names, commands in rows if command in commands.split(", ") for one in OPTION.findall(names)
    }
    assert listed == options(arguments.read, command, capsys=capsys) - set(ALIASES)


def test_operations_has_every_command():
    listed = re.findall(r"^\| `([a-z]+)`(?: \(default\))? \|", OPERATIONS, re.MULTILINE)
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("document", CURRENT, ids=relative)
def test_documents_use_options_that_the_commands_have(document, capsys):
    lines = [line for line in document.read_text().splitlines() if not OTHER_PROGRAMS.search(line)]
    shown = {option for command in COMMANDS for option in options(arguments.read, command, capsys=capsys)}
    assert set(OPTION.findall("\n".join(lines))) <= shown - set(ALIASES)


def test_documents_use_options_that_the_sample_generator_has(capsys):
    lines = [line for path in CURRENT for line in path.read_text().splitlines() if "etl.sample" in line]
    used = set(OPTION.findall("\n".join(lines)))
    assert used
    assert used <= options(command.main, capsys=capsys)


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "crontab.example"], ids=relative)
def test_documents_name_modules_that_exist(document):
    for module in re.findall(r"python3? -m (etl[\w.]*)", document.read_text()):
        assert importlib.util.find_spec(module), module


def test_crontab_has_one_line_that_calls_the_batch():
    lines = [line for line in CRONTAB.splitlines() if line and not line.startswith("#")]
    assignments = [line for line in lines if re.match(r"[A-Z_]+=", line)]
    assert assignments == [f"CRON_TZ={Config().tz}"]
    (job,) = [line for line in lines if line not in assignments]
    assert re.match(r"30 0 \* \* \* cd /path/to/meterhouse && ", job)
    assert "-m etl.main " in job
    assert "%" not in job, "cron ends the line at a percent sign"
    assert job in OPERATIONS


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_make_targets_exist(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = code(document.read_text())
    named = {target for text in texts for target in re.findall(r"\bmake ([a-z-]+)", text)}
    assert named <= targets


def test_readme_leads_with_the_two_commands():
    assert {"run", "test"} <= set(
        re.findall(r"^make ([a-z]+)", README.partition("## A day")[0], re.MULTILINE)
    )


def test_settings_name_jobs_that_exist():
    assert set(Config().daily_jobs) <= set(JOBS)


# Reason codes and tables


@pytest.mark.parametrize("language", ["## 日本語", "## English"])
def test_report_has_every_reason_code(language):
    section = re.split(r"^## ", REPORT.partition(language)[2], maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    codes = [one for cell in cells for one in re.findall(r"`([a-z]+(?:_[a-z]+)*)`", cell)]
    assert sorted(codes) == sorted(REASONS)


@pytest.mark.parametrize("start", ["- **時刻**", "- **Time**"])
def test_report_and_parser_agree_on_offsets_and_fractions(start):
    """What the hand-over rules show is taken, and what they show as refused is."""
    (line,) = [one for one in re.split(r"\n(?=[-*] |\n)", REPORT) if one.startswith(start)]
    offsets = re.findall(r"`(\+[0-9:]+|Z)`", line)
    assert offsets == ["+09:00", "+0900", "+09", "Z"]
    times = Times.until_now(ZoneInfo("Asia/Tokyo"))
    taken = {times.parse(f"2026-03-01T09:00:00.1234560{one}") for one in offsets[:3]}
    assert taken == {times.parse("2026-03-01 00:00:00.123456Z"), times.parse("2026-03-01 09:00:00.1234560")}
    refused = re.findall(r"`(24:00|04-10-2024)`", line)
    for text in (f"2026-03-01 {refused[0]}", f"{refused[1]} 00:00", "2026-03-01 09:00:00.1234567"):
        with pytest.raises(BadField):
            times.parse(text)


def test_the_data_model_names_every_table_and_view():
    schema = "".join(path.read_text() for path in SQL_FILES if path.parent.name == "schema")
    names = set(re.findall(r"^CREATE (?:TABLE|VIEW) ([\w.]+)", schema, re.MULTILINE))
    moved = dict(re.findall(r"^ALTER TABLE (\w+) SET SCHEMA (\w+)", schema, re.MULTILINE))
    names -= {*re.findall(r"^DROP VIEW ([\w.]+)", schema, re.MULTILINE), *moved}
    names |= {f"{folder}.{name}" for name, folder in moved.items()}
    assert {"run", "access.account", "web.run"} <= names
    assert [name for name in names if f"`{name}`" not in DATA_MODEL] == []


# SQL files


@pytest.mark.parametrize("path", STEPS, ids=relative)
def test_a_step_says_its_name_and_what_it_does(path):
    name, comment, *_ = path.read_text().splitlines()
    assert re.fullmatch(rf"-- name: {path.stem}\([\w, ]*\)[!^$#]?", name)
    assert re.fullmatch(r"-- [A-Z].{15,}", comment)


@pytest.mark.parametrize("path", SQL_FILES, ids=relative)
def test_no_sql_file_ends_a_transaction(path):
    text = re.sub(
        r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", " ", path.read_text(), flags=re.DOTALL
    )
    first_words = {statement.split()[0].upper() for statement in text.split(";") if statement.strip()}
    assert not first_words & ENDS_OF_TRANSACTIONS


def called_steps() -> set[str]:
    """The steps that all `sql(...)` and `database.query(...)` calls name."""
    found = set()
    for path in [*(ROOT / "etl").rglob("*.py"), *(ROOT / "web").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and SQL_CALL.search(ast.unparse(node.func)):
                found |= values(node.args[0])
    return found


def values(argument: ast.expr) -> set[str]:
    """What a literal, or an f-string over one of `LOOPS`, can be."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return {argument.value}
    if not isinstance(argument, ast.JoinedStr):
        return set()
    text = ast.unparse(argument)[2:-1]
    (variable,) = re.findall(r"{(\w+)}", text)
    return {text.replace(f"{{{variable}}}", value) for value in LOOPS[variable]}


def test_every_step_is_used_and_every_call_has_its_file():
    assert called_steps() == {str(path.relative_to(ROOT / "sql").with_suffix("")) for path in STEPS}
