"""What went wrong with a request over HTTP, in words, and whether it may pass by itself."""

from typing import NamedTuple

import pycurl

from etl.sources.decoding import beginning
from etl.sources.exchange import Exchange
from etl.sources.transfers import CONNECT_SECONDS

TOLD_CHARACTERS = 200
LATER = "run again later, or ask who runs it"
CREDENTIALS = "check its credentials"
ALLOW = "if that is meant, add its network to SOURCE_ALLOWED_NETWORKS"
CERTIFICATE = "have its certificate put right; SOURCE_CA_FILE names certificates of your own"

# By status, where there is more to say than to look at the address.
ADVICE = {401: CREDENTIALS, 403: CREDENTIALS, 407: CREDENTIALS, 429: LATER}
# The connection was lost, or there was none.
LOST = {
    pycurl.E_COULDNT_RESOLVE_HOST: "check the name",
    pycurl.E_COULDNT_CONNECT: "check that it runs, and its port",
    pycurl.E_PARTIAL_FILE: LATER,
    pycurl.E_SSL_CONNECT_ERROR: "check that it speaks TLS at that port",
    pycurl.E_GOT_NOTHING: LATER,
    pycurl.E_SEND_ERROR: LATER,
    pycurl.E_RECV_ERROR: LATER,
}


class Fault(NamedTuple):
    """Why there is no answer.

    Attributes
    ----------
    came, advice : str
        What happened, and what to do.
    may_pass : bool
        Whether to ask again.
    """

    came: str
    advice: str
    may_pass: bool = False


class Limits(NamedTuple):
    """How much, and how long.

    Attributes
    ----------
    megabytes : int
        Of a body.
    seconds : float
        Of everything.
    """

    megabytes: int
    seconds: float


def too_large(limits: Limits) -> Fault:
    """The body is longer than it may be."""
    return Fault(f"more than {limits.megabytes} MB", "ask for less at a time, or raise SOURCE_MAX_MB")


def explain(exchange: Exchange, limits: Limits) -> Fault | None:
    """Judge what came of a request.

    Parameters
    ----------
    exchange : Exchange
        As it ended.
    limits : Limits
        That it had.

    Returns
    -------
    Fault or None
        None for a success.
    """
    if exchange.status and not exchange.is_success:
        return _by_status(exchange)
    if exchange.is_too_large:
        return too_large(limits)
    if exchange.is_late:
        return Fault(
            f"no whole answer within {limits.seconds:g} s", "give it more time, or ask for less at a time"
        )
    if exchange.refused:
        return Fault(f"its address {exchange.refused} is not a public one", ALLOW)
    if exchange.code:
        return _by_code(exchange.code, exchange.text or f"error {exchange.code} of curl")
    return None if exchange.is_begun else Fault("the headers break off", LATER, may_pass=True)


def _by_status(exchange: Exchange) -> Fault:
    status = exchange.status
    body = beginning(exchange.raw, exchange.headers.get("content-encoding", ""))
    said = body.decode(errors="replace").strip()[:TOLD_CHARACTERS] or "nothing"
    is_theirs = status >= 500
    advice = ADVICE.get(status, LATER if is_theirs else "check the address and its parameters")
    return Fault(f"status {status}: {said}", advice, is_theirs or status == 429)


def _by_code(code: int, text: str) -> Fault:
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return Fault(f"no connection within {CONNECT_SECONDS:g} s", "check the address", may_pass=True)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return Fault(text, CERTIFICATE)
    if code == pycurl.E_SSL_CACERT_BADFILE:
        return Fault(text, "check SOURCE_CA_FILE")
    return Fault(text, LOST.get(code, "check that it speaks HTTP"), may_pass=code in LOST)
