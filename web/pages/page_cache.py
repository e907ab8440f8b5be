"""The page of those who have not signed in is rendered and compressed once, for all of them.

Somebody who has signed in sees a name and a form in the header: such a page is rendered from the cached
figures for each request, and never kept here. So the cache holds no names.
"""

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import brotli
from flask import Response, g, request
from flask_babel import get_locale

from web import service
from web.access import policy
from web.data.load_profile import Stamp

TRIES = 3


@dataclass(frozen=True)
class Page:
    """A rendered page in the encodings browsers ask for."""

    etag: str
    br: bytes
    gzip: bytes


def page(render: Callable[[Stamp | None], str], shows_run: bool = False, also: Hashable = None) -> Response:
    """Answer with a page: from the cache, or for somebody who has signed in from cached figures.

    Parameters
    ----------
    render : callable
        Makes the page from the stamp.
    shows_run : bool
        Whether the page tells how the last runs went: then it also changes with that.
    also : hashable
        What else the page depends on that is neither in its address nor in the data version.

    Returns
    -------
    Response
        200, or 304 if the browser has it.
    """
    shared = service.current()
    stamp = shared.stamp()
    encoding = request.accept_encodings.best_match(("br", "gzip"))
    if g.get("signed_in"):
        text = _render_whole(stamp, render)
        return _answer(_digest(policy.without_time(text)), encoding, lambda: _encode(text, encoding))
    version = stamp if shows_run or not stamp else stamp.data
    # As it was asked for: links in the header repeat the whole address.
    address = request.script_root, request.path, request.query_string
    key = (*address, str(get_locale()), version, also)
    made = shared.cache.once("page", key, lambda: _compress(_render_whole(stamp, render)))
    return _answer(made.etag, encoding, lambda: _body(made, encoding))


def _render_whole(stamp: Stamp | None, render: Callable[[Stamp | None], str]) -> str:
    """Render again if a run committed meanwhile: no page mixes figures of before and after."""
    for _ in range(TRIES):
        text, before = render(stamp), stamp
        stamp = service.current().stamp()
        if before is stamp or (before and stamp and before.data == stamp.data):
            break
    return text


def _compress(text: str) -> Page:
    raw = text.encode()
    return Page(_digest(text), brotli.compress(raw, quality=6), gzip.compress(raw, 6))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _body(made: Page, encoding: str | None) -> bytes:
    return getattr(made, encoding) if encoding else gzip.decompress(made.gzip)


def _encode(text: str, encoding: str | None) -> bytes:
    """Compress what is sent once only: faster, and a little larger."""
    raw = text.encode()
    if encoding == "br":
        return brotli.compress(raw, quality=4)
    return gzip.compress(raw, 4) if encoding else raw


def _answer(digest: str, encoding: str | None, body: Callable[[], bytes]) -> Response:
    etag = f"{digest}-{encoding or 'plain'}"
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(body(), mimetype="text/html")
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.set_etag(etag)
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    # Kept by the browser, but asked for again each time: a run may have changed figures.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
