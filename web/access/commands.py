"""Commands for the operator: `flask --app web.app users` and `flask --app web.app tokens`."""

import secrets
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime

import click
import psycopg2
from flask import Flask
from flask.cli import AppGroup

from etl.database import migrations, viewer_role
from etl.database.connection import connect, transaction
from etl.database.queries import Sql
from etl.errors import MeterhouseError, UsageError
from etl.log import mask
from etl.runs.requests import COMMAND_LINE
from web import service
from web.access import accounts

LARGEST_ID = 2**63 - 1
MOST_DAYS = 3_650


def _checked(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    if not accounts.NAME.fullmatch(name):
        raise click.ClickException(f"{name!a}: a name has 1 to 64 letters, digits and characters of . _ - @")
    if name in COMMAND_LINE:
        raise click.ClickException(f"{name}: the history calls runs so that no account started")
    return name


users = AppGroup("users", help="Who may sign in to the viewer.")
tokens = AppGroup("tokens", help="Bearer tokens of the API; each has the role of its account.")
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
a_name = click.argument("name", callback=_checked)
role_choice = click.Choice(accounts.ROLES)


def register(app: Flask) -> None:
    """Add the commands.

    Parameters
    ----------
    app : Flask
        Whose command line gets them.
    """
    app.cli.add_command(users)
    app.cli.add_command(tokens)


@users.command("add")
@a_name
@click.option("--role", type=role_choice, required=True)
@from_stdin
def add_user(name: str, role: str, password_stdin: bool) -> None:
    """Add an account."""
    hashed = _hashed(password_stdin)
    with _writing() as sql:
        if not sql("accounts/add_account", batched=True, account_name=name, role=role, password_hash=hashed):
            raise click.ClickException(f"{name}: this name is taken; users list shows all")


@users.command("list")
def list_users() -> None:
    """List the accounts: name, role, since when."""
    with _writing() as sql:
        for name, role, created_at in sql("accounts/list_accounts", batched=True):
            click.echo(f"{name}\t{role}\t{_local(created_at)}")


@users.command("password")
@a_name
@from_stdin
def change_password(name: str, password_stdin: bool) -> None:
    """Change a password; whoever is signed in by the old one is signed out."""
    hashed = _hashed(password_stdin)
    with _writing() as sql:
        _found(sql("accounts/change_password", batched=True, account_name=name, password_hash=hashed), name)


@users.command("role")
@a_name
@click.argument("role", type=role_choice)
def change_role(name: str, role: str) -> None:
    """Change what an account and its tokens may do."""
    with _writing() as sql:
        _found(sql("accounts/change_role", batched=True, account_name=name, role=role), name)


@users.command("remove")
@a_name
def remove_user(name: str) -> None:
    """Remove an account, its sessions and its tokens."""
    with _writing() as sql:
        _found(sql("accounts/remove_account", batched=True, account_name=name), name)


@tokens.command("add")
@click.argument("account", callback=_checked)
@click.option("--name", required=True, callback=_checked, help="What the token is for.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Refuse it after so many days.")
def add_token(account: str, name: str, days: int | None) -> None:
    """Make a token and print it, this once."""
    token = secrets.token_urlsafe(32)
    hashed = accounts.token_hash(token)
    with _writing() as sql:
        added = sql(
            "accounts/add_token",
            batched=True,
            account_name=account,
            token_name=name,
            token_hash=hashed,
            days=days,
        )
        _found(added, account)
    # Not before the commit: a printed token is one that works.
    click.echo(token)
    click.echo("Keep it: it is not shown again.", err=True)


@tokens.command("list")
def list_tokens() -> None:
    """List the tokens: id, account, name, since when, until when."""
    with _writing() as sql:
        for number, account, name, created_at, *ends in sql("accounts/list_tokens", batched=True):
            click.echo(f"{number}\t{account}\t{name}\t{_local(created_at)}\t{_end(*ends)}")


@tokens.command("revoke")
@click.argument("token_id", metavar="ID", type=click.IntRange(1, LARGEST_ID))
def revoke_token(token_id: int) -> None:
    """Refuse a token from now on."""
    with _writing() as sql:
        if not sql("accounts/revoke_token", batched=True, token_id=token_id):
            raise click.ClickException(f"{token_id}: no token in force has this id; tokens list shows all")


@contextmanager
def _writing() -> Generator[Sql]:
    """Give the database as its owner, in one transaction; what goes wrong is said in a line."""
    config = service.current().config
    try:
        with closing(connect(config, "accounts")) as connection:
            migrations.apply(connection)
            viewer_role.ensure(connection, config)
            with transaction(connection):
                yield Sql(connection)
    except (MeterhouseError, psycopg2.Error, OSError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise click.ClickException(mask(line, config.secrets)) from None


def _hashed(from_standard_input: bool) -> str:
    if from_standard_input:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        return accounts.password_hash(password)
    except UsageError as error:
        raise click.ClickException(str(error)) from None


def _found(rows: int, name: str) -> None:
    if not rows:
        raise click.ClickException(f"{name!r}: no account has this name; users list shows all")


def _end(revoked_at: datetime | None, expires_at: datetime | None, has_expired: bool) -> str:
    if revoked_at:
        return f"revoked {_local(revoked_at)}"
    if expires_at is None:
        return "in force"
    return f"expired {_local(expires_at)}" if has_expired else f"in force until {_local(expires_at)}"


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(service.current().config.zone):%Y-%m-%d %H:%M}"
