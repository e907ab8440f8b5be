"""Pages for what went wrong: which parameter, what to do; never a traceback."""

from flask import Flask, render_template
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, SecurityError

from etl.errors import DatabaseUnavailable
from etl.log import log
from web.data.database import Busy, NoRole, NotReady
from web.http import problems
from web.http.problems import BadParameter

RETRY_SECONDS = 10


def register(app: Flask) -> None:
    """Answer errors with a page.

    Parameters
    ----------
    app : Flask
        Gets the handlers.
    """
    app.register_error_handler(BadParameter, _bad_parameter)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(SecurityError, _strange_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _internal)


def _page(status: int, title: str, text: str, detail: str = "") -> Response:
    if problems.is_wanted():
        return problems.problem(status, ": ".join(part for part in (title, text, detail) if part))
    body = render_template("error.html", title=title, text=text, detail=detail)
    return Response(body, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def _bad_parameter(error: BadParameter) -> Response:
    return _page(
        400,
        _("This address has a wrong parameter"),
        error.expected,
        f"{error.name}={error.value}",
    )


def _unavailable(error: DatabaseUnavailable) -> Response:
    page = _page(503, _("The figures are not available now"), _reason(error))
    page.headers["Retry-After"] = str(RETRY_SECONDS)
    return page


def _reason(error: DatabaseUnavailable) -> str:
    if isinstance(error, NotReady):
        return _("The database has no tables for this viewer yet: run the batch once, then come back.")
    if isinstance(error, NoRole):
        return _(
            "The viewer has no role with rights in this database: run the batch once, or see docs/viewer.md."
        )
    if isinstance(error, Busy):
        return _("The database is busy; try again in a moment.")
    return _("The database does not answer; try again in a moment.")


def _strange_host(_error: SecurityError) -> Response:
    """Without a host it trusts Flask can build no address: no page, only words."""
    text = "400: this name of the viewer is not among ALLOWED_HOSTS\n"
    return Response(text, 400, mimetype="text/plain")


def _http(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if code == 404:
        usual = error.description == NotFound.description
        return _page(code, _("There is no such page"), "" if usual else error.description or "")
    page = _page(code, _("This request cannot be answered"), error.description or "", f"{code} {error.name}")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        page.headers["Allow"] = ", ".join(error.valid_methods)
    return page


def _internal(error: Exception) -> Response:
    log.error("internal error", exc_info=error)
    return _page(500, _("Something went wrong here"), _("The log of the viewer says what."))
