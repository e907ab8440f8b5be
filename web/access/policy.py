"""Who may see what: pages by session, machines by token, and whose name stands in the header."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import quote

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug import Response as AnyResponse
from werkzeug.exceptions import SecurityError

from web import service
from web.access import accounts
from web.http import exposure, problems

Parameters = ParamSpec("Parameters")
OPEN_TO_ALL = {
    "static",
    "health.healthz",
    "health.readyz",
    "sign_in.page",
    "sign_in.enter",
    "sign_in.leave",
}


def register(app: Flask) -> None:
    """Ask for sign-in where it is needed."""
    app.before_request(_demand)
    app.after_request(_keep_private)
    app.context_processor(_shown)


def admin_required(view: Callable[Parameters, AnyResponse]) -> Callable[Parameters, AnyResponse]:
    """Let only administrators see a page; others are asked to sign in, or refused."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> AnyResponse:
        account = g.get("signed_in")
        if account is None:
            return _ask()
        if not account.is_admin:
            abort(403, _("%(name)s is no administrator; only they see this page.", name=account.name))
        return view(*args, **kwargs)

    return guarded


def without_time(page: str) -> str:
    """Write what the form's token stands for in its place: the token is signed anew each second.

    Parameters
    ----------
    page : str
        Of somebody who has signed in.
    """
    return page.replace(generate_csrf(), session["csrf_token"])


def load_reader() -> None:
    """Keep who asks in `g.signed_in`; somebody whose session holds no account costs no look-up."""
    known = "_user_id" in session and current_user.is_authenticated
    g.signed_in = current_user._get_current_object() if known else None


def _demand() -> AnyResponse | None:
    """Find out who asks, and refuse what is not for them; /api/ looks after itself."""
    if request.endpoint in OPEN_TO_ALL or problems.is_wanted():
        return None
    if isinstance(request.routing_exception, SecurityError):
        return None  # a host that is not ours: it is refused, and there is no address to lead to
    here = exposure.is_local(request.environ)
    is_open = here and service.current().config.open_pages
    if request.endpoint == "health.prometheus":
        return None if is_open or _has_token() else _no_token()
    load_reader()
    if g.signed_in or is_open:
        return None
    return _ask()


def _has_token() -> bool:
    sent = request.authorization
    token = sent.token if sent and sent.type == "bearer" else None
    return token is not None and accounts.by_token(service.current().database, token) is not None


def _no_token() -> Response:
    text = "401: send a token in force: Authorization: Bearer TOKEN\n"
    return Response(text, 401, mimetype="text/plain", headers={"WWW-Authenticate": "Bearer"})


def _ask() -> AnyResponse:
    """Lead to the form, and from there back here."""
    return redirect(_form_address())


def _form_address() -> str:
    rule = request.url_rule
    can_come_back = request.blueprint != "sign_in" and not (rule and "GET" not in (rule.methods or ()))
    address = quote(f"/{request.path.lstrip('/')}")
    if request.query_string:
        address += f"?{request.query_string.decode('latin-1')}"
    return url_for("sign_in.page", next=address if can_come_back and address != "/" else None)


def _shown() -> dict[str, object]:
    """Tell the header who has signed in."""
    return {"account": g.get("signed_in"), "sign_in_address": _form_address()}


def _keep_private(response: Response) -> Response:
    if g.get("signed_in"):
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.vary.add("Cookie")
    return response
