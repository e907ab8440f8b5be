"""Electricity use is personal data: who may reach the viewer, and what a page may do."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

import click
from werkzeug import Response

from etl.config import Config
from etl.errors import UsageError
from web.http import secret_key

LOOPBACK_HOSTS = ("localhost", "127.0.0.1")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Of a request: forms and the API need a few hundred.
MOST_BODY_BYTES = 1024 * 1024
HSTS = "max-age=31536000"
LOCAL = "meterhouse.local"
# Only a proxy writes these, and whoever comes through one is not at this machine.
FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED", "HTTP_X_REAL_IP")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_open_address(config: Config, address: str | None = None) -> None:
    """Refuse to start where other machines can reach it, unless sign-in is safe there.

    Parameters
    ----------
    config : Config
        SECRET_KEY and ALLOWED_HOSTS.
    address : str, optional
        Where it is to listen; default: what `flask run --host` names, or WEB_HOST.

    Raises
    ------
    UsageError
        Saying what is missing.
    """
    command = click.get_current_context(silent=True)
    asked = (command.params.get("host") if command else None) or config.web_host
    host = asked if address is None else address
    missing = missing_for_others(config)
    if missing and not is_loopback(host):
        raise _refusal(
            f"WEB_HOST={host}: electricity use is personal data; another address than 127.0.0.1 needs"
            f" {', '.join(missing)}"
        )


def missing_for_others(config: Config) -> list[str]:
    """List the settings without which no other machine may reach the viewer.

    Parameters
    ----------
    config : Config
        SECRET_KEY, of which a made one is not enough: somebody has to mean it; and ALLOWED_HOSTS.
    """
    missing = []
    if len(config.secret_key) < secret_key.SHORTEST:
        missing.append(f"SECRET_KEY ({secret_key.SHORTEST} characters or more)")
    if not config.allowed_hosts:
        missing.append("ALLOWED_HOSTS")
    return missing


def refuse_any_host(config: Config) -> None:
    """Refuse to start behind a proxy without knowing by what name people come.

    Parameters
    ----------
    config : Config
        TRUSTED_PROXIES and ALLOWED_HOSTS.

    Raises
    ------
    UsageError
        If the second is missing: every request would be refused.
    """
    if config.trusted_proxies and not config.allowed_hosts:
        raise _refusal("TRUSTED_PROXIES needs ALLOWED_HOSTS: the names by which people reach the proxy")


def session_key(config: Config) -> str:
    """Give the key that signs sessions; see `secret_key.find`.

    Parameters
    ----------
    config : Config
        SECRET_KEY and STATE_DIR.

    Raises
    ------
    UsageError
        If it is not safe, or cannot be kept.
    """
    try:
        return secret_key.find(config)
    except UsageError as error:
        raise _refusal(str(error)) from None


def _refusal(text: str) -> Exception:
    """Make the error; the flask command shows its own in a line, and ours with a traceback."""
    return click.ClickException(text) if click.get_current_context(silent=True) else UsageError(text)


class LoopbackOnly:
    """Refuses requests that came in at an open address, unless they may, whatever server listens there.

    Parameters
    ----------
    application : callable
        The WSGI application behind; `is_local` tells it where a request came in.
    others : bool
        Whether requests at other addresses pass.
    proxied : bool
        Whether requests come through a proxy: then they are nobody's at this machine.
    """

    def __init__(self, application: Callable, others: bool, proxied: bool) -> None:
        self._application = application
        self._others = others
        self._proxied = proxied

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        """Answer 403 or pass the request on."""
        # Kept as it is now: a proxy's headers will change SERVER_NAME.
        at_loopback = is_loopback(environ.get("SERVER_NAME", ""))
        # At a unix socket there is no address: the client says the server's name, and may say anything.
        environ[LOCAL] = (
            at_loopback
            and not self._proxied
            and bool(environ.get("REMOTE_ADDR"))
            and not any(name.startswith(FORWARDED) for name in environ)
        )
        # A header may have set it. It would stand in every link, and cached pages are for all.
        environ["SCRIPT_NAME"] = ""
        if at_loopback or self._others:
            return self._application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"The viewer answers on a loopback address only; see README.\n"]


def is_local(environ: dict[str, Any]) -> bool:
    """Whether a request that `LoopbackOnly` passed came in at a loopback address."""
    return environ.get(LOCAL, False)


def headers(secure: bool) -> Callable[[Response], Response]:
    """Make the function that adds the headers to a response.

    Parameters
    ----------
    secure : bool
        Whether browsers come by HTTPS, through a proxy.
    """
    given = list({**HEADERS, "Strict-Transport-Security": HSTS}.items() if secure else HEADERS.items())

    def add(response: Response) -> Response:
        response.headers.extend(given)
        return response

    return add
