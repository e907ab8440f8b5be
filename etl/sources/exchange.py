"""One request and what came of it, as curl tells it, however it ended."""

import re
import socket
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import NamedTuple

import pycurl

from etl.sources.addresses import is_allowed

# Of an answer that is no success: enough to quote it.
TOLD_BYTES = 4096
STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")


class Sending(NamedTuple):
    """What is sent.

    Attributes
    ----------
    url : str
        In ASCII.
    headers : mapping
        One value each.
    body : bytes or None
        With one it is a POST.
    seconds : float
        All of it may take; more than 0.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes | None
    seconds: float

    def __repr__(self) -> str:
        """Nothing of it: address and headers may hold secrets."""
        return "Sending(...)"


class Exchange:
    """What came of a request.

    Parameters
    ----------
    networks : iterable of str
        Asked though they are not public.
    most_bytes : int
        Of a body.

    Attributes
    ----------
    status : int
        0 if none came, or only those of 1xx.
    is_begun : bool
        Whether all headers came: curl takes their end and that of the connection for the same.
    headers : dict of str
        Names in lower case; values of one name with commas between.
    refused : str
        The last address that is not allowed, if none of its name is.
    is_too_large : bool
        Whether the body of a success was cut.
    is_late : bool
        Whether its seconds were over.
    code : int
        Of curl; 0 if all came.
    text : str
        In curl's words.
    redirect : str
        Where it says that the answer is.
    """

    def __init__(self, networks: Iterable[str], most_bytes: int) -> None:
        self._networks = tuple(networks)
        self._most_bytes = most_bytes
        self._raw = BytesIO()
        self.status = 0
        self.is_begun = False
        self.headers: dict[str, str] = {}
        self.refused = ""
        self._is_opened = False
        self.is_too_large = self.is_late = False
        self.code, self.text, self.redirect = 0, "", ""

    @property
    def is_success(self) -> bool:
        """2xx, but for a part that nobody asked for."""
        return 200 <= self.status < 300 and self.status != 206

    @property
    def raw(self) -> bytes:
        """The body as it came; of an answer that is no success its beginning."""
        return self._raw.getvalue()

    # curl prints what a callback raises and goes on: none of these may raise.

    def open_socket(self, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        """Open it only where the address is allowed: curl is to connect to this one and no other."""
        if address.family not in (socket.AF_INET, socket.AF_INET6):
            return pycurl.SOCKET_BAD
        if not is_allowed(address.addr[0], self._networks):
            self.refused = "" if self._is_opened else address.addr[0]
            return pycurl.SOCKET_BAD
        try:
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError:  # no IPv6 here, or too many files
            return pycurl.SOCKET_BAD
        self._is_opened, self.refused = True, ""
        return opened

    def take_header(self, line: bytes) -> None:
        """Keep those of the last answer; others of 1xx may come before."""
        if found := STATUS.match(line):
            status = int(found[1])
            self.status = status if status >= 200 else 0
            self.headers.clear()
            return
        self.is_begun = self.is_begun or (self.status > 0 and not line.strip())
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            name, value = name.lower(), value.strip()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def take_body(self, chunk: bytes) -> int | None:
        """Keep what may be kept; 0 tells curl to stop."""
        room = (self._most_bytes if self.is_success else TOLD_BYTES) - self._raw.tell()
        self._raw.write(chunk[:room])
        if len(chunk) <= room:
            return None
        self.is_too_large = self.is_success
        return 0
