"""Requests by curl, sent one after the other; judging what came is for others."""

from collections.abc import Callable
from threading import Thread

import certifi
import pycurl

from etl.config import Config
from etl.sources.ahead import POLL_SECONDS
from etl.sources.decoding import ACCEPTED
from etl.sources.exchange import Exchange, Sending

CONNECT_SECONDS = 10.0
# Curl counts in milliseconds.
ROUNDING_SECONDS = 0.01
BYTES_PER_MB = 1 << 20


class Transfers:
    """Requests over connections that are kept for the next one.

    Parameters
    ----------
    config : Config
        Largest answer, networks, certificates.
    check : callable
        Raises if the run is to stop; called several times a second.
    """

    def __init__(self, config: Config, check: Callable[[], None]) -> None:
        self._config = config
        self._most_bytes = config.source_max_mb * BYTES_PER_MB
        self._check = check
        self._multi = pycurl.CurlMulti()

    def close(self) -> None:
        """Let go of the connections, in a thread: curl waits there for a name server that does not answer."""
        Thread(target=self._multi.close, name="curl", daemon=True).start()

    def do(self, sending: Sending) -> Exchange:
        """Send a request, and wait until all of its answer is here or none of it can come any more.

        Parameters
        ----------
        sending : Sending
            What.

        Returns
        -------
        Exchange
            What came.
        """
        config = self._config
        exchange = Exchange(config.source_allowed_networks, self._most_bytes)
        curl = pycurl.Curl()
        try:
            _prepare(curl, sending, exchange, config.source_ca_file or certifi.where())
            self._multi.add_handle(curl)
            try:
                self._wait()
                _, _, failed = self._multi.info_read()
                if failed:
                    ((_, exchange.code, exchange.text),) = failed
                exchange.is_late = (
                    exchange.code == pycurl.E_OPERATION_TIMEDOUT
                    and curl.getinfo(pycurl.TOTAL_TIME) >= sending.seconds - ROUNDING_SECONDS
                )
                exchange.redirect = curl.getinfo(pycurl.REDIRECT_URL) or ""
            finally:
                self._multi.remove_handle(curl)
        finally:
            curl.close()
        return exchange

    def _wait(self) -> None:
        running = 1
        while running:
            self._check()
            _, running = self._multi.perform()
            if running:
                self._multi.select(POLL_SECONDS)


def _prepare(curl: pycurl.Curl, sending: Sending, exchange: Exchange, ca_file: str) -> None:
    options = {
        pycurl.URL: sending.url,
        pycurl.HTTPHEADER: [_line(*header) for header in sending.headers.items()],
        pycurl.USERAGENT: "Meterhouse",
        pycurl.TIMEOUT_MS: max(1, int(sending.seconds * 1000)),
        pycurl.CONNECTTIMEOUT_MS: int(CONNECT_SECONDS * 1000),
        pycurl.OPENSOCKETFUNCTION: exchange.open_socket,
        pycurl.HEADERFUNCTION: exchange.take_header,
        pycurl.WRITEFUNCTION: exchange.take_body,
        # Only asks for it; undoing it is for others.
        pycurl.HTTP_CONTENT_DECODING: 0,
        pycurl.ACCEPT_ENCODING: ACCEPTED,
        # None, whatever the environment says: it would not be seen whom the proxy asks.
        pycurl.PROXY: "",
        # Others need more limits, for nothing that a source would gain.
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.CAINFO: ca_file,
        pycurl.NOSIGNAL: 1,
    }
    if sending.body is not None:
        # On a kept connection that is dead curl would send it once more by itself.
        options |= {pycurl.POST: 1, pycurl.POSTFIELDS: sending.body, pycurl.FRESH_CONNECT: 1}
    for option, value in options.items():
        curl.setopt(option, value)


def _line(name: str, value: str) -> bytes:
    """Write a header as curl wants it; `name:` would mean not to send it."""
    return (f"{name}: {value}" if value else f"{name};").encode()
