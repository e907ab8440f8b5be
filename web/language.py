"""English or Japanese: what the reader chose, else what the browser prefers."""

from flask import Flask, redirect, request
from werkzeug import Response
from werkzeug.urls import iri_to_uri

from web.parameters import BadParameter

LANGUAGES = {"en": "English", "ja": "日本語"}
COOKIE = "lang"
YEAR = 365 * 24 * 60 * 60


def select() -> str:
    """Choose the language of this request."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def register(app: Flask) -> None:
    """Make `?lang=ja` on any page change the language and come back to it."""

    @app.before_request
    def switch() -> Response | None:
        asked = request.args.get("lang")
        if asked is None:
            return None
        if asked not in LANGUAGES:
            raise BadParameter("lang", asked, ", ".join(LANGUAGES))
        left = "&".join(
            part for part in request.query_string.decode("latin-1").split("&") if not part.startswith("lang=")
        )
        # Only the path: a redirect must not leave this host.
        back = redirect(iri_to_uri(f"/{request.path.lstrip('/')}{'?' if left else ''}{left}"))
        secure = app.config["SESSION_COOKIE_SECURE"]
        back.set_cookie(COOKIE, asked, YEAR, secure=secure, httponly=True, samesite="Lax")
        return back

    app.context_processor(lambda: {"languages": LANGUAGES, "language": select()})
