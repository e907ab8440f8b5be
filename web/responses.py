"""A page is rendered and compressed once, then served from the cache, or not at all (304)."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli
from flask import Response, request
from flask_babel import get_locale

from web import figures, service
from web.figures import Stamp

TRIES = 3


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
    stamp = figures.stamp(shared.database)
    version = stamp if shows_run or not stamp else stamp.data
    key = (request.path, parameters, str(get_locale()), version)
    made = shared.cache.once("page", key, lambda: _compress(_render_whole(stamp, render)))
    return _answer(made)


def _render_whole(stamp: Stamp | None, render: Callable[[Stamp | None], str]) -> str:
    """Render again if a run committed meanwhile: no page mixes figures of before and after."""
    for _ in range(TRIES):
        text, before = render(stamp), stamp
        stamp = figures.stamp(service.current().database)
        if before is stamp or (before and stamp and before.data == stamp.data):
            break
    return text


def _compress(text: str) -> Page:
    raw = text.encode()
    digest = hashlib.sha256(raw).hexdigest()[:32]
    return Page(digest, brotli.compress(raw, quality=6), gzip.compress(raw, 6))


def _answer(made: Page) -> Response:
    encoding = request.accept_encodings.best_match(("br", "gzip"))
    body = getattr(made, encoding) if encoding else gzip.decompress(made.gzip)
    etag = f"{made.etag}-{encoding or 'plain'}"
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(body, mimetype="text/html")
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.set_etag(etag)
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    # Kept by the browser, but asked for again each time: a run may have changed figures.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
