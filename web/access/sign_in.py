"""Signing in and out."""

import re
import time
from datetime import timedelta

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
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from werkzeug import Response as AnyResponse

from etl.log import log
from web import service
from web.access import accounts, policy
from web.access.accounts import Holder
from web.access.policy import admin_required

__all__ = ["admin_required", "csrf", "limiter", "register"]

HOURS = 12
TRIES = "10 per minute"
# A Redis that hangs must not hang the sign-in.
STORE_SECONDS = 0.5
# An address on this host as browsers send it: no second slash, no backslash, nothing to be mended.
LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*", re.ASCII)

blueprint = Blueprint("sign_in", __name__)
csrf = CSRFProtect()
limiter = Limiter(
    get_remote_address,
    key_prefix="meterhouse",
    # Without its store it counts by itself, and in the worst case not at all.
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)


def register(app: Flask) -> None:
    """Let people sign in, and ask for it where it is needed.

    Parameters
    ----------
    app : Flask
        With its service.
    """
    config = app.extensions[service.EXTENSION].config
    app.config.update(
        # Not a permanent session, which would not be bound to the browser's address.
        PERMANENT_SESSION_LIFETIME=timedelta(hours=HOURS),
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=config.redis_url or "memory://",
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": STORE_SECONDS, "socket_connect_timeout": STORE_SECONDS}
        if config.redis_url
        else {},
    )
    # Its context processor would look for the account again while the page of an error is made.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = "strong"
    manager.user_loader(_load)
    policy.register(app)
    csrf.init_app(app)
    limiter.init_app(app)
    app.register_error_handler(CSRFError, _stale)
    app.register_blueprint(blueprint)


def local(target: str) -> str:
    """Give where to go after signing in: `target` if it is on this host, else the summary.

    Parameters
    ----------
    target : str
        Whatever the address said.

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
@limiter.limit(TRIES)
def enter() -> AnyResponse:
    """Sign in."""
    name = request.form.get("name", "").strip()
    holder = accounts.by_password(service.current().database, name, request.form.get("password", ""))
    if holder is None:
        log.warning("sign-in refused", address=request.remote_addr)
        return _form(401, name)
    # Nothing of the session before is kept: it may be known to somebody else.
    session.clear()
    login_user(holder)
    generate_csrf()
    log.info("signed in", account=holder.name, address=request.remote_addr)
    return redirect(_target(), 303)


@blueprint.post("/sign-out")
def leave() -> AnyResponse:
    """Sign out."""
    logout_user()
    session.clear()
    return redirect(url_for("summary.page"), 303)


@blueprint.errorhandler(RateLimitExceeded)
def _too_often(_error: RateLimitExceeded) -> Response:
    limit = limiter.current_limit
    wait = max(1, round(limit.reset_at - time.time())) if limit else 60
    text = _("That was too often; try again in %(seconds)s seconds.", seconds=wait)
    answer = _refusal(429, _("Too many attempts to sign in"), text)
    answer.headers["Retry-After"] = str(wait)
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


def _load(session_id: str) -> Holder | None:
    """Find whose session it is; not if the account is gone or the password is another now."""
    number = session_id.partition(".")[0]
    holder = accounts.by_id(service.current().database, int(number))
    return holder if holder and holder.get_id() == session_id else None


def _target() -> str:
    return local(request.args.get("next", ""))
