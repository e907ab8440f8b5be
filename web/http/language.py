"""English or Japanese: what the reader chose, else what the browser prefers."""

from urllib.parse import quote, urlencode

from flask import Flask, redirect, request
from werkzeug import Response

from web.http.problems import BadParameter

LANGUAGES = {"en": "English", "ja": "日本語"}
COOKIE = "lang"
YEAR = 365 * 24 * 60 * 60


def select() -> str:
    """Choose the language of this request."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def register(app: Flask) -> None:
    """Make `?lang=ja` on any page change the language and come back to it.

    Parameters
    ----------
    app : Flask
        Gets the handler.
    """

    @app.before_request
    def switch() -> Response | None:
        asked = request.args.get("lang")
        # Asking for the host refuses one that is not allowed.
        if not asked or not request.host:
            return None
        if asked not in LANGUAGES:
            raise BadParameter("lang", asked, ", ".join(LANGUAGES))
        left = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        # Only the path, with odd characters escaped: a redirect must not leave this host.
        path = quote(f"/{request.path.lstrip('/')}")
        back = redirect(f"{path}?{urlencode(left)}" if left else path)
        secure = app.config["SESSION_COOKIE_SECURE"]
        back.set_cookie(COOKIE, asked, YEAR, secure=secure, httponly=True, samesite="Lax")
        return back

    app.context_processor(lambda: {"languages": LANGUAGES, "language": select()})
