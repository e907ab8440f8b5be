"""Sessions of people who have signed in: the cookie holds a random token, the database its hash."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from flask_login import UserMixin

from web.access.accounts import Account, token_hash
from web.access.attempts import network
from web.data.database import Database

LASTING = timedelta(hours=12)
KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class SignedIn(Account, UserMixin):
    """An account, and the session by which it is here."""

    token: str = field(repr=False)

    def get_id(self) -> str:
        """What the cookie keeps."""
        return self.token


def start(database: Database, attempt: int, account: Account, address: str | None) -> SignedIn:
    """Start a session.

    Parameters
    ----------
    database : Database
        That keeps it.
    attempt : int
        That has led to it, and so was no failure.
    account : Account
        Who has signed in.
    address : str or None
        From where.
    """
    token = secrets.token_urlsafe(32)
    database.change(
        "sign_in/open_session",
        attempt=attempt,
        account_id=account.id,
        network=network(address),
        token_hash=token_hash(token),
        lasting=LASTING,
        known_for=KNOWN_FOR,
    )
    return SignedIn(account.id, account.name, account.role, token)


def find(database: Database, token: str) -> SignedIn | None:
    """Find whose session it is; None if it has ended, or the password is another now.

    Parameters
    ----------
    database : Database
        To ask.
    token : str
        Of the cookie.
    """
    row = database.query("sign_in/account_of_session", token_hash=token_hash(token))
    return SignedIn(*row, token) if row else None


def end(database: Database, token: str) -> None:
    """End a session: whoever has a copy of its cookie is refused.

    Parameters
    ----------
    database : Database
        That keeps it.
    token : str
        Of the cookie.
    """
    database.change("sign_in/close_session", token_hash=token_hash(token))
