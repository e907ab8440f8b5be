"""One request on its way: where it is now, what may be sent there, and what to say when it fails."""

import re
from typing import NoReturn

from etl import sentences_of_sources as sentences
from etl.errors import SourceFailed
from etl.sources.exchange import Sending
from etl.sources.http_faults import Fault
from etl.sources.http_messages import Request
from etl.sources.urls import ascii_url, origin, shown, without_query

REDIRECTS = 5
TOLD_CHARACTERS = 500
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What is written here and by curl. A range would be taken for the whole.
OURS = frozenset(
    [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


class Asking:
    """A request and where it has got to.

    Parameters
    ----------
    request : Request
        Of anybody.

    Attributes
    ----------
    url : str
        Where it is now, in ASCII.

    Raises
    ------
    SourceFailed
        If its address or its headers are none that can be sent.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        # Only what follows the last @ until it is known that there is no password before it.
        self._shown = request.url.rpartition("@")[2]
        self.start()
        self._shown = request.url
        for name, value in request.headers.items():
            if not HEADER_NAME.fullmatch(name) or CONTROL.search(value):
                self.fail(Fault(sentences.NO_HEADER % {"header": repr(name)}, sentences.WRITE_HEADER))
            if name.lower() in OURS:
                self.fail(Fault(sentences.HEADER_OF_OURS % {"header": repr(name)}, sentences.LEAVE_OUT))

    def start(self) -> None:
        """Go to where it begins."""
        self._redirects = 0
        self._is_home = True
        try:
            self.url = ascii_url(self._request.url)
            self._home = self._here = origin(self.url)
        except ValueError as error:
            self.fail(Fault(f"{sentences.NO_ADDRESS}{error}", sentences.WRITE_ADDRESS))

    def redirect(self, target: str) -> None:
        """Go to where the answer is said to be; once away, nothing of the source's is sent any more."""
        request = self._request
        if request.body is not None:
            came = sentences.POST_REDIRECTS % {"target": without_query(target)}
            self.fail(Fault(came, sentences.GIVE_TARGET))
        self._redirects += 1
        if self._redirects > REDIRECTS:
            self.fail(Fault(sentences.TOO_MANY_REDIRECTIONS % {"count": REDIRECTS}, sentences.GIVE_LAST))
        try:
            there = origin(target)
        except ValueError as error:
            self.fail(Fault(f"{sentences.REDIRECTS_NOWHERE}{error}", sentences.ASK_OWNER))
        if there.scheme == "http" and self._here.scheme == "https":
            came = sentences.REDIRECTS_TO_PLAIN % {"target": without_query(target)}
            self.fail(Fault(came, sentences.ASK_OWNER))
        self.url, self._here = target, there
        self._is_home = self._is_home and there == self._home

    @property
    def is_conditional(self) -> bool:
        """Whether it may be answered that nothing changed."""
        return self._is_home and bool(self._request.validators.headers)

    def sending(self, seconds: float) -> Sending:
        """Say what is to be sent now."""
        request = self._request
        headers = {**request.headers, **request.validators.headers} if self._is_home else {}
        return Sending(self.url, headers, request.body, seconds)

    def fail(self, fault: Fault, tries: int = 1) -> NoReturn:
        """Say what was asked of whom, what came, and what to do.

        Parameters
        ----------
        fault : Fault
            The last one.
        tries : int
            How often it was asked.

        Raises
        ------
        SourceFailed
            Always.
        """
        request = self._request
        asked = f"{'GET' if request.body is None else 'POST'} {_cut(shown(self._shown, request.secrets))}"
        if self._redirects:
            target = _cut(shown(without_query(self.url), request.secrets))
            asked += f", {sentences.REDIRECTED % {'target': target}}"
        came = f"{fault.came} {sentences.TRIED % {'count': tries}}" if tries > 1 else fault.came
        message = shown(f"{asked}: {came}; {fault.advice}", request.secrets)
        # A terminal obeys control characters, and PostgreSQL takes no NUL.
        printable = "".join(one if one.isprintable() else " " for one in message)
        raise SourceFailed(" ".join(printable.split())) from None


def _cut(url: str) -> str:
    return url if len(url) <= TOLD_CHARACTERS else f"{url[:TOLD_CHARACTERS]}..."
