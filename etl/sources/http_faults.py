"""What went wrong with a request over HTTP, in words, and whether it may pass by itself."""

from typing import NamedTuple

import pycurl

from etl import sentences_of_sources as sentences
from etl.sources.decoding import beginning
from etl.sources.exchange import Exchange
from etl.sources.transfers import CONNECT_SECONDS

TOLD_CHARACTERS = 200

# By status, where there is more to say than to look at the address.
ADVICE = {**dict.fromkeys((401, 403, 407), sentences.CHECK_CREDENTIALS), 429: sentences.RUN_LATER}
# The connection was lost, or there was none.
LOST = {
    pycurl.E_COULDNT_RESOLVE_HOST: sentences.CHECK_NAME,
    pycurl.E_COULDNT_CONNECT: sentences.CHECK_PORT,
    pycurl.E_PARTIAL_FILE: sentences.RUN_LATER,
    pycurl.E_SSL_CONNECT_ERROR: sentences.CHECK_TLS,
    pycurl.E_GOT_NOTHING: sentences.RUN_LATER,
    pycurl.E_SEND_ERROR: sentences.RUN_LATER,
    pycurl.E_RECV_ERROR: sentences.RUN_LATER,
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
    return Fault(sentences.TOO_LARGE % {"megabytes": limits.megabytes}, sentences.ASK_FOR_LESS)


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
        return Fault(sentences.LATE % {"seconds": f"{limits.seconds:g}"}, sentences.GIVE_TIME)
    if exchange.refused:
        return Fault(sentences.NOT_PUBLIC % {"address": exchange.refused}, sentences.ALLOW_NETWORK)
    if exchange.code:
        return _by_code(exchange.code, exchange.text or sentences.CURL_ERROR % {"code": exchange.code})
    return None if exchange.is_begun else Fault(sentences.HEADERS_CUT, sentences.RUN_LATER, may_pass=True)


def _by_status(exchange: Exchange) -> Fault:
    status = exchange.status
    body = beginning(exchange.raw, exchange.headers.get("content-encoding", ""))
    said = body.decode(errors="replace").strip()[:TOLD_CHARACTERS] or "nothing"
    is_theirs = status >= 500
    advice = ADVICE.get(status, sentences.RUN_LATER if is_theirs else sentences.CHECK_PARAMETERS)
    return Fault(sentences.STATUS % {"code": status} + said, advice, is_theirs or status == 429)


def _by_code(code: int, text: str) -> Fault:
    if code == pycurl.E_OPERATION_TIMEDOUT:
        came = sentences.NO_CONNECTION % {"seconds": f"{CONNECT_SECONDS:g}"}
        return Fault(came, sentences.CHECK_ADDRESS, may_pass=True)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return Fault(text, sentences.CORRECT_CERTIFICATE)
    if code == pycurl.E_SSL_CACERT_BADFILE:
        return Fault(text, sentences.CHECK_CA_FILE)
    return Fault(text, LOST.get(code, sentences.CHECK_HTTP), may_pass=code in LOST)
