"""Signing in and out."""

import re

from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import LoginManager, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from werkzeug import Response as AnyResponse

from etl.log import log
from web import service
from web.access import accounts, attempts, policy, sessions
from web.access.attempts import TooOften
from web.access.policy import admin_required
from web.access.sessions import SignedIn

__all__ = ["admin_required", "csrf", "register"]

# An address on this host as browsers send it: no second slash, no backslash, nothing to be mended.
LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*", re.ASCII)

blueprint = Blueprint("sign_in", __name__)
csrf = CSRFProtect()


def register(app: Flask) -> None:
    """Let people sign in, and ask for it where it is needed.

    Parameters
    ----------
    app : Flask
        With its service.
    """
    # Not a permanent session, which would not be bound to the browser's address.
    app.config.update(PERMANENT_SESSION_LIFETIME=sessions.LASTING, WTF_CSRF_TIME_LIMIT=None)
    # Its context processor would look for the account again while the page of an error is made.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = "strong"
    manager.user_loader(_load)
    policy.register(app)
    csrf.init_app(app)
    app.register_error_handler(CSRFError, _stale)
    app.register_blueprint(blueprint)


def local(target: str) -> str:
    """Give where to go after signing in: `target` if it is on this host, else the summary.

    Examples
    --------
    >>> [local(one) for one in ("/users/5?a=b", "//evil.example", "http://evil.example", "")]
    ['/users/5?a=b', '/', '/', '/']
    """
    return target if LOCAL.fullmatch(target) else "/"


@blueprint.get("/sign-in")
def page() -> AnyResponse:
    """Show the form."""
    policy.load_reader()
    return redirect(_target()) if g.signed_in else _form(200)


@blueprint.post("/sign-in")
def enter() -> AnyResponse:
    """Sign in."""
    name, database = request.form.get("name", "").strip(), service.current().database
    attempt = attempts.begin(database, name, request.remote_addr)
    holder = accounts.by_password(database, name, request.form.get("password", ""))
    if holder is None:
        log.warning("sign-in refused", address=request.remote_addr)
        return _form(401, name)
    # Nothing of the session before is kept: it may be known to somebody else.
    session.clear()
    login_user(sessions.start(database, attempt, holder, request.remote_addr))
    generate_csrf()
    log.info("signed in", account=holder.name, address=request.remote_addr)
    return redirect(_target(), 303)


@blueprint.post("/sign-out")
def leave() -> AnyResponse:
    """Sign out: of this browser at once, and of all that hold a copy of its cookie."""
    token = session.get("_user_id")
    logout_user()
    session.clear()
    if token:
        sessions.end(service.current().database, token)
    return redirect(url_for("summary.page"), 303)


@blueprint.errorhandler(TooOften)
def _too_often(error: TooOften) -> Response:
    log.warning("sign-in refused", limit=error.limit, address=request.remote_addr)
    text = _("That was too often; try again in %(seconds)s seconds.", seconds=error.seconds)
    answer = _refusal(429, _("Too many attempts to sign in"), text)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _stale(_error: CSRFError) -> Response:
    text = _("It has expired, or your browser keeps no cookies. Open the page again and send it once more.")
    return _refusal(400, _("This form is not valid any more"), text)


def _refusal(status: int, title: str, text: str) -> Response:
    answer = make_response(render_template("error.html", title=title, text=text), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _form(status: int, name: str = "") -> Response:
    text = render_template("sign_in.html", name=name, wrong=status == 401, target=_target())
    answer = make_response(text, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _load(token: str) -> SignedIn | None:
    return sessions.find(service.current().database, token)


def _target() -> str:
    return local(request.args.get("next", ""))
