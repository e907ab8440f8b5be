"""The operator's commands: flask users ... and flask tokens ...; what is wrong is said in a line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.processes import ROOT
from tests.web.people import PASSWORD, Person, add, add_token, command
from tests.web.site import Viewer

ADD = ("users", "add", "ada", "--role", "admin", "--password-stdin")


def refused(viewer: Viewer, *arguments: str, given: str = f"{PASSWORD}\n") -> str:
    """The line with which a command refuses."""
    result = command(viewer, *arguments, given=given)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_an_account_is_added_listed_changed_and_removed(world, viewer):
    assert command(viewer, "users", "list").stdout == ""
    add(viewer, "vera", "viewer")
    add(viewer, "ada@example.jp", "admin")
    rows = [line.split("\t") for line in command(viewer, "users", "list").stdout.splitlines()]
    assert [row[:2] for row in rows] == [["ada@example.jp", "admin"], ["vera", "viewer"]]
    assert command(viewer, "users", "role", "vera", "admin").exit_code == 0
    assert command(viewer, "users", "remove", "ada@example.jp").exit_code == 0
    assert world.rows("SELECT name, role FROM access.account") == [("vera", "admin")]


def test_only_a_hash_of_the_password_is_kept_and_nothing_is_shown(world, viewer):
    result = command(viewer, *ADD, given=f"{PASSWORD}\n")
    assert (result.exit_code, PASSWORD in result.output) == (0, False)
    assert world.value("SELECT password_hash FROM access.account").startswith("scrypt:16384:8:5$")


def test_the_password_is_asked_for_twice(world, viewer):
    arguments = ("users", "add", "ada", "--role", "admin")
    result = command(viewer, *arguments, given=f"{PASSWORD}\nanother one\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert "do not match" in result.output and PASSWORD not in result.output
    assert Person(viewer).sign_in("ada").status == 303
    assert command(viewer, "users", "password", "ada", given="a" * 10 + "\n" + "a" * 10 + "\n").exit_code == 0
    assert Person(viewer).sign_in("ada", "a" * 10).status == 303


def test_spaces_belong_to_the_password_and_the_end_of_the_line_does_not(world, viewer):
    assert command(viewer, *ADD, given=" open sesame \r\nmore").exit_code == 0
    assert Person(viewer).sign_in("ada", " open sesame ").status == 303


@pytest.mark.parametrize("password", ["", "\n", "123456789\n", "123456789"])
def test_a_short_password_is_refused(world, viewer, password):
    assert "too short: 10 characters or more" in refused(viewer, *ADD, given=password)
    assert world.rows("SELECT 1 FROM access.account") == []
    add(viewer, "vera", "viewer")
    assert "too short" in refused(viewer, "users", "password", "vera", "--password-stdin", given=password)


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 65, "é", "a/b", "a\nb", "a;b", "<b>", "\udce9"])
def test_a_name_that_cannot_be_is_refused(world, viewer, name):
    for arguments in (
        ("users", "add", name, "--role", "admin", "--password-stdin"),
        ("users", "remove", name),
        ("tokens", "add", name, "--name", "ci"),
        ("tokens", "add", "ada", "--name", name),
    ):
        assert "1 to 64 letters" in refused(viewer, *arguments)


def test_a_name_that_is_taken_is_refused(world, viewer):
    add(viewer, "ada", "viewer")
    assert "ada: this name is taken" in refused(viewer, *ADD)
    assert world.value("SELECT role FROM access.account") == "viewer"


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "remove", "nobody"),
        ("users", "role", "nobody", "admin"),
        ("users", "password", "nobody", "--password-stdin"),
        ("tokens", "add", "nobody", "--name", "ci"),
    ],
)
def test_a_name_that_nobody_has_is_refused(world, viewer, arguments):
    assert "no account has this name" in refused(viewer, *arguments)
    assert world.rows("SELECT 1 FROM access.api_token") == []


@pytest.mark.parametrize(
    "arguments",
    [("users", "add", "ada", "--role", "root"), ("users", "role", "ada", "root"), ("tokens", "revoke", "x")],
)
def test_wrong_usage_exits_2(world, viewer, arguments):
    result = command(viewer, *arguments)
    assert (result.exit_code, "Usage: " in result.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [ADD, ("users", "list"), ("tokens", "list"), ("tokens", "revoke", "1")])
def test_without_a_database_it_says_so(bare, arguments):
    line = refused(bare, *arguments)
    assert "no database answers at DATABASE_URL" in line


def test_a_fresh_database_gets_its_schema(empty_database_url, world):
    world.set(DATABASE_URL=empty_database_url)
    viewer = Viewer()
    add(viewer, "ada", "admin")
    assert Person(viewer).sign_in("ada").status == 303


def test_as_a_process_it_prints_a_line_and_no_traceback(small, tmp_path):
    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess:
        flask = [str(Path(sys.executable).parent / "flask"), "--app", "web.app"]
        return subprocess.run(
            [*flask, *arguments],
            check=False,
            cwd=ROOT,
            env=os.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert run(*ADD, given=f"{PASSWORD}\n").returncode == 0
    again = run(*ADD, given=f"{PASSWORD}\n")
    assert (again.returncode, again.stdout, again.stderr) == (
        1,
        "",
        "Error: ada: this name is taken; users list shows all\n",
    )
    token = run("tokens", "add", "ada", "--name", "ci")
    assert len(token.stdout.strip()) == 43 and token.stdout.count("\n") == 1
    assert token.stderr == "Keep it: it is not shown again.\n"


def test_a_token_is_shown_once(world, viewer):
    add(viewer, "ada", "admin")
    token = add_token(viewer, "ada")
    listed = command(viewer, "tokens", "list").stdout
    assert listed.split("\t")[1:3] == ["ada", "ci"] and "in force" in listed
    assert token not in listed and token not in str(world.rows("SELECT * FROM access.api_token"))
