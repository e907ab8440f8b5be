"""Who may sign in, and whose token it is; asked with the viewer's role (web/access/commands.py writes)."""

import hashlib
import re
from dataclasses import dataclass, field

from flask import has_request_context, request
from werkzeug.security import check_password_hash, generate_password_hash

from etl.errors import UsageError
from etl.log import log
from web.data.database import Database

ROLES = ("viewer", "admin")
NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}", re.ASCII)
SHORTEST_PASSWORD = 10
# As OWASP asks for where a check may take 16 MB: many threads may check at once.
METHOD = "scrypt:16384:8:5"
# No password has this hash, but checking one against it takes as long as against another.
NOBODYS_HASH = f"{METHOD}${'0' * 16}${'0' * 128}"


@dataclass(frozen=True)
class Account:
    """Somebody who may use the viewer.

    Attributes
    ----------
    id : int
        Of the row; never used again.
    name : str
        As it is typed in.
    role : str
        `viewer` or `admin`.
    """

    id: int
    name: str
    role: str

    @property
    def is_admin(self) -> bool:
        """Whether the history and triggers are this account's too."""
        return self.role == "admin"


@dataclass(frozen=True)
class Holder(Account):
    """An account, and what its password is checked against."""

    password_hash: str = field(repr=False)


def by_name(database: Database, name: str) -> Holder | None:
    """Find the account of this name."""
    row = database.query("sign_in/account_named", account_name=name) if NAME.fullmatch(name) else None
    return Holder(*row) if row else None


def by_token(database: Database, token: str) -> Account | None:
    """Find whose token this is; None if it is in force no more, or never was.

    Parameters
    ----------
    database : Database
        To ask.
    token : str
        Whatever was sent.
    """
    row = database.query("sign_in/account_of_token", token_hash=token_hash(token))
    if row is None:
        log.warning("token refused", address=request.remote_addr if has_request_context() else None)
        return None
    return Account(*row)


def by_password(database: Database, name: str, password: str) -> Holder | None:
    """Find the account that name and password prove; a wrong name takes as long as a wrong password."""
    holder = by_name(database, name)
    right = check_password_hash(holder.password_hash if holder else NOBODYS_HASH, password)
    return holder if right else None


def token_hash(token: str) -> str:
    """Give what is kept of a token: it is 32 random bytes, so that a plain hash cannot be guessed from."""
    return hashlib.sha256(token.encode()).hexdigest()


def password_hash(password: str) -> str:
    """Give what is kept of a password (scrypt, with a salt).

    Parameters
    ----------
    password : str
        In clear.

    Raises
    ------
    UsageError
        If it is too short, or no text.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password is too short: {SHORTEST_PASSWORD} characters or more")
    try:
        return generate_password_hash(password, METHOD)
    except UnicodeEncodeError:
        raise UsageError("the password is not in UTF-8") from None
