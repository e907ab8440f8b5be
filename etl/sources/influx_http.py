"""Requests to InfluxDB: who asks, how long is waited, and what goes wrong in words."""

import json
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import NoReturn
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from etl import sentences_of_archive as sentences
from etl import sentences_of_sources as of_sources
from etl.config import Config
from etl.errors import SourceFailed, UsageError
from etl.log import mask

CONNECT_SECONDS = 10.0
# Between two bytes: before the first one InfluxDB may think for minutes.
READ_SECONDS = 600.0
READ_BYTES = 1 << 16
TOLD_CHARACTERS = 200

# Words in an error of InfluxDB, and what to do about it.
ADVICE = {
    "database not found": sentences.CHECK_BUCKET,
    "dbrp mapping": sentences.CHECK_MAPPING,
    "query-timeout": sentences.RAISE_TIMEOUT,
    "max-select-": sentences.RAISE_LIMIT,
    "not authorized": sentences.LET_READ,
}


class Http:
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
            raise UsageError(sentences.USER_IN_URL)
        if not is_whole:
            raise UsageError(sentences.NO_URL, url=config.influx_url)
        self._config = config

    @contextmanager
    def sending(
        self, method: str, path: str, parameters: dict[str, str], what: str, body: bytes = b""
    ) -> Generator[requests.Response]:
        """Send a request.

        Parameters
        ----------
        method, path : str
            Of the request.
        parameters : dict
            All but `db`.
        what : str
            What it is about, for messages.
        body : bytes
            Sent along.

        Yields
        ------
        Response
            One of success, of which nothing is read yet.

        Raises
        ------
        SourceFailed
            For whatever goes wrong with the connection as long as the block lasts.
        """
        try:
            with (
                requests.Session() as session,
                closing(self._send(session, method, path, parameters, body)) as given,
            ):
                if not 200 <= given.status_code < 300:
                    self._refused(what, given)
                yield given
        except requests.ConnectTimeout:
            came = of_sources.NO_CONNECTION % {"seconds": f"{CONNECT_SECONDS:g}"}
            self.fail(what, came, sentences.CHECK_URL)
        except requests.exceptions.ChunkedEncodingError:
            self.fail(what, sentences.CONNECTION_CUT, sentences.RUN_AGAIN)
        except (OSError, ValueError) as error:
            cause = _cause(error)
            if isinstance(cause, TimeoutError):
                came = sentences.SILENT % {"seconds": f"{READ_SECONDS:g}"}
                self.fail(what, came, sentences.SEE_INFLUX)
            self.fail(what, _told_by(cause), sentences.CHECK_SERVER)

    def fail(self, what: str, came: str, advice: str) -> NoReturn:
        """Say what was asked of whom, what came, and what to do.

        Parameters
        ----------
        what, came : str
            What it is about, and what went wrong.
        advice : str
            What to do, if `came` has none of the words that tell it.

        Raises
        ------
        SourceFailed
            Always.
        """
        advice = next((known for words, known in ADVICE.items() if words in came), advice)
        whom = sentences.INFLUX % {"url": self._config.influx_url}
        message = f"{whom}{what}: {' '.join(came.split())}; {advice}"
        raise SourceFailed(mask(message, self._config.secrets)) from None

    def _send(
        self, session: requests.Session, method: str, path: str, parameters: dict[str, str], body: bytes
    ) -> requests.Response:
        return session.request(
            method,
            self._config.influx_url.rstrip("/") + path,
            params={"db": self._config.influx_bucket, **parameters},
            data=body,
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
            said = told(body)
        is_stranger = response.status_code in (requests.codes.unauthorized, requests.codes.forbidden)
        came = of_sources.STATUS % {"code": response.status_code} + said
        self.fail(what, came, sentences.CHECK_LOGIN if is_stranger else sentences.CHECK_URL)


def told(raw: bytes) -> str:
    """The beginning of an answer, for messages."""
    return raw[:TOLD_CHARACTERS].decode(errors="replace").strip() or "nothing"


def _cause(error: BaseException) -> BaseException:
    """What happened first; libraries wrap it in texts with the address and the statement."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _told_by(cause: BaseException) -> str:
    """Only of the system's errors: others may quote a header, and that may be the token."""
    return (isinstance(cause, OSError) and (cause.strerror or str(cause))) or type(cause).__name__
