"""Answers over HTTP from sources that nobody has to trust: whole ones, in time, or an error that says why."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from etl import sentences_of_sources as sentences
from etl.config import Config
from etl.sources.ahead import POLL_SECONDS
from etl.sources.asking import Asking
from etl.sources.decoding import decoded
from etl.sources.exchange import Exchange
from etl.sources.http_faults import Fault, Limits, explain, too_large
from etl.sources.http_messages import NOT_MODIFIED, Request, Response, Validators
from etl.sources.retries import RETRIES, pause_seconds
from etl.sources.transfers import BYTES_PER_MB, Transfers

REDIRECTING = (301, 302, 303, 307, 308)


class HttpClient:
    """Asks with one deadline over all that it asks; use it in a `with`.

    Parameters
    ----------
    config : Config
        Largest answer, networks, certificates.
    check : callable
        Raises if the run is to stop; called several times a second.
    seconds : float
        From now on, for all requests, redirections, retries and waits.
    """

    def __init__(self, config: Config, check: Callable[[], None], seconds: float) -> None:
        self._limits = Limits(config.source_max_mb, seconds)
        self._check = check
        self._until = time.monotonic() + seconds
        self._transfers = Transfers(config, check)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transfers.close()

    def fetch(self, request: Request) -> Response:
        """Ask, and ask again where that may help.

        Parameters
        ----------
        request : Request
            What.

        Returns
        -------
        Response
            A whole one.

        Raises
        ------
        SourceFailed
            If there is none; it says of whom what was asked, what came, and what to do.
        """
        asking = Asking(request)
        for retry in range(RETRIES):
            exchange = self._follow(asking)
            answer = self._judge(asking, request, exchange)
            if isinstance(answer, Response):
                return answer
            if not answer.may_pass or request.body is not None:
                asking.fail(answer, retry + 1)
            self._pause(asking, answer, retry, exchange.headers.get("retry-after", ""))
            asking.start()
        answer = self._judge(asking, request, self._follow(asking))
        return answer if isinstance(answer, Response) else asking.fail(answer, RETRIES + 1)

    @property
    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _follow(self, asking: Asking) -> Exchange:
        """Ask until an answer does not redirect."""
        while True:
            exchange = self._transfers.do(asking.sending(self._left))
            if not (exchange.status in REDIRECTING and exchange.redirect):
                return exchange
            asking.redirect(exchange.redirect)

    def _judge(self, asking: Asking, request: Request, exchange: Exchange) -> Response | Fault:
        headers = exchange.headers
        newest = Validators(headers.get("etag", ""), headers.get("last-modified", ""))
        if exchange.status == NOT_MODIFIED and asking.is_conditional:
            # It need not repeat them.
            kept = Validators(*(new or old for new, old in zip(newest, request.validators, strict=True)))
            return Response(NOT_MODIFIED, headers, b"", asking.url, kept)
        if fault := explain(exchange, self._limits):
            return fault
        most_bytes = self._limits.megabytes * BYTES_PER_MB
        try:
            body = decoded(exchange.raw, headers.get("content-encoding", ""), most_bytes)
        except ValueError as error:
            return Fault(str(error), sentences.ASK_OWNER)
        if len(body) > most_bytes:
            return too_large(self._limits)
        return Response(exchange.status, headers, body, asking.url, newest)

    def _pause(self, asking: Asking, fault: Fault, retry: int, retry_after: str) -> None:
        seconds = pause_seconds(retry, retry_after, datetime.now(UTC))
        if seconds >= self._left:
            too_late = sentences.NO_TIME_TO_TRY % {"seconds": f"{seconds:.0f}"}
            asking.fail(fault._replace(came=f"{fault.came} {too_late}"), retry + 1)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(min(POLL_SECONDS, left))
