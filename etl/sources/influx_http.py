"""InfluxDB over HTTP: a statement goes out, lines of JSON come back, each of them checked."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from etl.config import Config
from etl.errors import SourceFailed, UsageError
from etl.log import mask

CONNECT_SECONDS = 10.0
# Between two bytes: before the first one InfluxDB may think for minutes.
READ_SECONDS = 600.0
# Points in a line of the answer, and so in memory: InfluxDB's own default.
LINE_POINTS = 10_000
READ_BYTES = 1 << 16
TOLD_CHARACTERS = 200

Series = dict[str, Any]
Loads = Callable[[bytes], dict[str, Any]]

# Words in an error of InfluxDB, and what to do about it.
ADVICE = {
    "database not found": "check INFLUX_BUCKET",
    "dbrp mapping": "check INFLUX_BUCKET: InfluxDB 2 needs a DBRP mapping of that name",
    "query-timeout": "raise query-timeout in InfluxDB's configuration",
    "max-select-": "raise that limit in InfluxDB's configuration",
    "not authorized": "give that user READ on the database of INFLUX_BUCKET",
}


class Server:
    """The InfluxDB of the settings.

    Parameters
    ----------
    config : Config
        Address, database, and token or user.

    Raises
    ------
    UsageError
        If the address is none, or holds a user: it is shown in messages.
    """

    def __init__(self, config: Config) -> None:
        try:
            address = urlsplit(config.influx_url)
            is_whole = bool(address.hostname) and address.port != 0
        except ValueError:
            is_whole = False
        if "@" in config.influx_url:
            raise UsageError(
                "INFLUX_URL: leave out the user, INFLUX_USERNAME and INFLUX_PASSWORD are for that"
            )
        if not is_whole:
            raise UsageError(f"INFLUX_URL={config.influx_url}: write an address such as http://influxdb:8086")
        self._config = config

    def series(self, statement: str, what: str, loads: Loads = json.loads) -> Generator[Series]:
        """Ask one statement.

        Parameters
        ----------
        statement : str
            In InfluxQL.
        what : str
            What is asked for, for messages.
        loads : callable
            Reads a line; raises ValueError where it cannot.

        Yields
        ------
        dict
            A series, or a part of one: `tags`, `columns`, `values`.

        Raises
        ------
        SourceFailed
            If the answer does not come, is an error, breaks off, or is none of InfluxDB's. What was yielded
            before is then not whole.
        """
        is_whole = False
        for line in self._lines(statement, what):
            try:
                answer = loads(line)
                results = [answer, *answer.get("results", ())]
                error = next((one["error"] for one in results if "error" in one), None)
                found = [series for one in results for series in one.get("series", ())]
                is_whole = not any(one.get("partial") for one in results)
            except (ValueError, TypeError, AttributeError):
                self.fail(what, f"this is no answer of InfluxDB: {_told(line)}", "check INFLUX_URL")
            if error is not None:
                self.fail(what, str(error), _advice(str(error)))
            yield from found
        if not is_whole:
            self.fail(what, "the answer broke off", "run again")

    def fail(self, what: str, came: str, advice: str) -> NoReturn:
        """Say what was asked of whom, what came, and what to do.

        Raises
        ------
        SourceFailed
            Always.
        """
        message = f"InfluxDB at {self._config.influx_url}, asked for {what}: {came}"
        message = f"{message}; {advice}" if advice else message
        raise SourceFailed(mask(message, self._config.secrets)) from None

    def _lines(self, statement: str, what: str) -> Iterator[bytes]:
        try:
            with requests.Session() as session, closing(self._get(session, statement)) as response:
                if response.status_code != requests.codes.ok:
                    self._refused(what, response)
                yield from _split(response.iter_content(READ_BYTES))
        except requests.ConnectTimeout:
            self.fail(what, f"no connection within {CONNECT_SECONDS:g} s", "check INFLUX_URL")
        except requests.exceptions.ChunkedEncodingError:
            self.fail(what, "the connection broke off in the middle of the answer", "run again")
        except (requests.RequestException, ValueError) as error:
            cause = _cause(error)
            if isinstance(cause, TimeoutError):
                came = f"nothing came for {READ_SECONDS:g} s"
                self.fail(what, came, "look at what InfluxDB is doing, and run again")
            self.fail(what, _told_by(cause), "check INFLUX_URL, and that InfluxDB runs")

    def _get(self, session: requests.Session, statement: str) -> requests.Response:
        config = self._config
        return session.get(
            config.influx_url.rstrip("/") + "/query",
            params={
                "db": config.influx_bucket,
                "q": statement,
                "epoch": "ns",
                "chunked": "true",
                "chunk_size": str(LINE_POINTS),
            },
            # A compressed answer takes InfluxDB more time than the network saves.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            auth=self._sign,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True,
            # Whoever is not named in the settings gets no credentials: no other host, and no proxy of the
            # environment (which would not know `influxdb`, a name of the compose network, either).
            allow_redirects=False,
            proxies={"no_proxy": "*"},
        )

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add token or user; without either it is still this, and not ~/.netrc, that decides."""
        config = self._config
        if config.influx_token:
            request.headers["Authorization"] = f"Token {config.influx_token}".encode()
        elif config.influx_username:
            HTTPBasicAuth(config.influx_username.encode(), config.influx_password.encode())(request)
        return request

    def _refused(self, what: str, response: requests.Response) -> NoReturn:
        body = next(response.iter_content(READ_BYTES), b"")
        try:
            answer = json.loads(body)
            said = str(answer.get("error") or answer["message"])
        except (ValueError, LookupError, AttributeError):
            said = _told(body)
        advice = _advice(said)
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden) and not advice:
            advice = "check INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD"
        self.fail(what, f"status {response.status_code}: {said}", advice or "check INFLUX_URL")


def _split(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Put lines together; `iter_lines` copies what it has of a long one again with each part."""
    begun: list[bytes] = []
    for part in parts:
        first, *others = part.split(b"\n")
        begun.append(first)
        for other in others:
            yield from filter(None, [b"".join(begun)])
            begun = [other]
    yield from filter(None, [b"".join(begun)])


def _advice(error: str) -> str:
    return next((advice for words, advice in ADVICE.items() if words in error), "")


def _told(raw: bytes) -> str:
    return " ".join(raw[:TOLD_CHARACTERS].decode(errors="replace").split()) or "nothing"


def _cause(error: BaseException) -> BaseException:
    """What happened first; libraries wrap it in texts with the address and the statement."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _told_by(cause: BaseException) -> str:
    """Only of the system's errors: others may quote a header, and that may be the token."""
    return (isinstance(cause, OSError) and (cause.strerror or str(cause))) or type(cause).__name__
