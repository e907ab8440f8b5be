"""The viewer: `flask --app web.app run`, `make web`, or gunicorn; see README."""

import time

from flask import Flask, g, request
from flask_babel import Babel
from flask_compress import Compress
from werkzeug import Response
from werkzeug.middleware.proxy_fix import ProxyFix

from etl import config as settings
from etl import log
from etl.config import Config
from etl.language import DOMAIN as CONSOLE
from web import service
from web.access import commands, sign_in
from web.api import runs
from web.charts import formats
from web.data.cache import Cache
from web.data.database import Database
from web.http import exposure, language, metrics, static_files
from web.pages import energy, errors, faults, health, history, sales, summary, user
from web.runs import error_summaries, labels


def create_app(config: Config | None = None) -> Flask:
    """Make the app.

    Parameters
    ----------
    config : Config, optional
        Stands for the settings of the environment and `.env`.

    Returns
    -------
    Flask
        A WSGI application. It opens no connection before the first request.

    Raises
    ------
    UsageError
        If it would listen where others can reach it, or behind a proxy for any name, without a safe
        key for sessions.
    """
    config = config or settings.load()
    exposure.refuse_open_address(config)
    exposure.refuse_any_host(config)
    # Several workers cannot share a rotating file: whoever starts them keeps their stderr.
    log.set_up(config, file=False)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=exposure.session_key(config),
        SESSION_COOKIE_SECURE=config.trusted_proxies > 0,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=[*exposure.LOOPBACK_HOSTS, *config.allowed_hosts],
        # The batch has a catalog of its own, for sentences that pages show too.
        BABEL_TRANSLATION_DIRECTORIES="translations;../etl/translations",
        BABEL_DOMAIN=f"messages;{CONSOLE}",
        MAX_CONTENT_LENGTH=exposure.MOST_BODY_BYTES,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/csv", "text/javascript", "image/svg+xml"],
    )
    app.extensions[service.EXTENSION] = service.Service(
        config, Database(config, config.web_threads), Cache(app, config)
    )
    Babel(app, locale_selector=language.select)
    Compress(app)
    app.before_request(_start_clock)
    # Before the language: the page that refuses one shows who has signed in.
    sign_in.register(app)
    language.register(app)
    static_files.register(app)
    errors.register(app)
    sign_in.csrf.exempt(runs.blueprint)
    for views in (summary, user, sales, energy, history, faults, health, runs):
        app.register_blueprint(views.blueprint)
    commands.register(app)
    app.after_request(exposure.headers(secure=config.trusted_proxies > 0))
    app.after_request(_observe)
    app.context_processor(
        lambda: {"formats": formats, "labels": labels, "in_words": error_summaries.translated}
    )
    app.jinja_env.filters["without"] = lambda given, *names: {
        name: value for name, value in given.items() if name not in names
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = exposure.LoopbackOnly(
        app.wsgi_app, others=not exposure.missing_for_others(config), proxied=config.trusted_proxies > 0
    )
    return app


def _start_clock() -> None:
    g.started = time.perf_counter()


def _observe(response: Response) -> Response:
    metrics.observe(request.endpoint or "none", response.status_code, g.get("started", time.perf_counter()))
    return response
