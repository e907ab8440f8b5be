"""A page is rendered and compressed once, then served from the cache, or not at all (304).

What is kept is the page for somebody who has not signed in. Who has gets it with a header of their own,
put in when it is sent: so the cache holds no names, and everybody shares it.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import brotli
from flask import Response, g, request
from flask_babel import get_locale

from web import service
from web.access import policy
from web.data import load_profile
from web.data.load_profile import Stamp

TRIES = 3
HEADER = re.compile(r"<header .*?</header>\n?", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A rendered page in the encodings browsers ask for."""

    etag: str
    br: bytes
    gzip: bytes


def page(parameters: tuple, render: Callable[[Stamp | None], str], shows_run: bool = False) -> Response:
    """Answer with a cached page.

    Parameters
    ----------
    parameters : tuple
        All of the request that the page depends on, besides path and language.
    render : callable
        Makes the page from the stamp, when nobody has yet.
    shows_run : bool
        Whether the page tells how the newest run stands: then it also changes with that.

    Returns
    -------
    Response
        200, or 304 if the browser has it.
    """
    shared = service.current()
    stamp = load_profile.stamp(shared.database)
    version = stamp if shows_run or not stamp else stamp.data
    key = (request.path, parameters, str(get_locale()), version)
    made = shared.cache.once("page", key, lambda: _compress(_render_whole(stamp, render)))
    return _answer(made)


def _render_whole(stamp: Stamp | None, render: Callable[[Stamp | None], str]) -> str:
    """Render again if a run committed meanwhile: no page mixes figures of before and after."""
    for _ in range(TRIES):
        text, before = _render_for_all(stamp, render), stamp
        stamp = load_profile.stamp(service.current().database)
        if before is stamp or (before and stamp and before.data == stamp.data):
            break
    return text


def _render_for_all(stamp: Stamp | None, render: Callable[[Stamp | None], str]) -> str:
    g.for_all = True
    try:
        return render(stamp)
    finally:
        g.for_all = False


def _compress(text: str) -> Page:
    raw = text.encode()
    digest = hashlib.sha256(raw).hexdigest()[:32]
    return Page(digest, brotli.compress(raw, quality=6), gzip.compress(raw, 6))


def _body(made: Page, header: str, encoding: str | None) -> bytes:
    if header:
        return _with_header(made, header, encoding)
    return getattr(made, encoding) if encoding else gzip.decompress(made.gzip)


def _with_header(made: Page, header: str, encoding: str | None) -> bytes:
    text = gzip.decompress(made.gzip).decode()
    raw = HEADER.sub(lambda _: header, text, count=1).encode()
    if encoding == "br":
        return brotli.compress(raw, quality=4)
    return gzip.compress(raw, 4) if encoding else raw


def _answer(made: Page) -> Response:
    encoding = request.accept_encodings.best_match(("br", "gzip"))
    header, tag = policy.header() or ("", "")
    etag = f"{made.etag}{tag}-{encoding or 'plain'}"
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(_body(made, header, encoding), mimetype="text/html")
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.set_etag(etag)
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    # Kept by the browser, but asked for again each time: a run may have changed figures.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
