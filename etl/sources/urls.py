"""Addresses of the web as curl reads them: with another parser, two origins could look like one."""

import re
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import pycurl

from etl import sentences_of_sources as sentences
from etl.log import mask

QUERY = re.compile(r"\?.*")
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Origin(NamedTuple):
    """Whom a request is for."""

    scheme: str
    host: str
    port: str


def ascii_url(url: str) -> str:
    """Write what is not ASCII, and spaces, as %XX; %XX itself stays."""
    return quote(url, safe=PRINTABLE)


def origin(url: str) -> Origin:
    """Read whom an address names.

    Parameters
    ----------
    url : str
        In ASCII.

    Returns
    -------
    Origin
        With the scheme's own port where the address has none.

    Raises
    ------
    ValueError
        If it is no address of http or https, or holds a user; the message says which.
    """
    try:
        parts = pycurl.CurlUrl(url, pycurl.U_DISALLOW_USER)
        port = parts.getpart(pycurl.UPART_PORT, pycurl.U_DEFAULT_PORT)
    except pycurl.error as error:
        raise ValueError(str(error.args[-1]).lower()) from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(sentences.NEITHER_SCHEME % {"scheme": parts.scheme})
    return Origin(parts.scheme, parts.host.lower(), port)


def shown(text: str, secrets: tuple[str, ...]) -> str:
    """Mask secrets, as they are and as they stand in an address."""
    # The longest first: one may be a part of another.
    written = {
        form for secret in secrets if secret for form in (secret, quote(secret, ""), quote_plus(secret))
    }
    return mask(text, tuple(sorted(written, key=len, reverse=True)))


def without_query(url: str) -> str:
    """Leave out the query: whoever wrote it there may have put a key into it."""
    return QUERY.sub("?...", url)
