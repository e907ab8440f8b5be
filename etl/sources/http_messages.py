"""What is asked over HTTP, and what is answered."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
NOT_MODIFIED = 304


class Validators(NamedTuple):
    """By what a server tells whether something is as it was; empty where there is none.

    Attributes
    ----------
    etag, last_modified : str
        As they came.
    """

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """How to ask by them."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


class Request(NamedTuple):
    """What to ask.

    Attributes
    ----------
    url : str
        Of http or https, without a user.
    headers : mapping of str
        For the origin of `url` alone: they are not sent where it redirects to.
    body : bytes or None
        With one it is a POST, which is sent once and follows no redirection.
    validators : Validators
        Those of the last answer: it is given only if it changed.
    secrets : tuple of str
        No message shows them.
    """

    url: str
    headers: Mapping[str, str] = NO_HEADERS
    body: bytes | None = None
    validators: Validators = Validators()
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Nothing of it: address, headers and body may hold secrets."""
        return "Request(...)"


class Response(NamedTuple):
    """A whole answer of success, or that nothing changed.

    Attributes
    ----------
    status : int
        2xx, or 304 if there were validators.
    headers : mapping of str
        Names in lower case; values of one name with commas between.
    body : bytes
        After decompression.
    url : str
        Where it came from in the end; relative addresses in it are meant from there.
    validators : Validators
        For the next time.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    validators: Validators

    @property
    def is_unchanged(self) -> bool:
        """Whether it is as it was, and so has no body."""
        return self.status == NOT_MODIFIED
