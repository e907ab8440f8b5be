"""Settings of gunicorn: `gunicorn -c web/gunicorn_conf.py 'web.app:create_app()'`."""

import os
import shutil
import tempfile
from typing import Any

from etl import config as settings
from etl.errors import MeterhouseError
from web.http import exposure

try:
    _config = settings.load()
    exposure.refuse_any_host(_config)
    exposure.session_key(_config)
except MeterhouseError as error:
    raise SystemExit(f"error: {error}") from None

_host = f"[{_config.web_host}]" if ":" in _config.web_host else _config.web_host
bind = f"{_host}:{_config.web_port}"
workers = _config.web_workers
threads = _config.web_threads
worker_class = "web.http.patient_worker.PatientWorker"
# Each worker has its connections and its renderer; a fork of a running one would share them.
preload_app = False
keepalive = 5
# What a request says of proxies is judged in web/http/exposure.py alone, and none may rename the root.
forwarder_headers = ""
forwarded_allow_ips = ""
secure_scheme_headers = {}
timeout = 60
accesslog = None
control_socket_disable = True
# Read by prometheus_client when it is imported, which is after this file.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="meterhouse-metrics-")


def on_starting(server: Any) -> None:
    """Refuse an open address, of the settings or of gunicorn's own command line."""
    # A unix socket's address is a path: whoever may open it is on this machine.
    bound = (str(address[0]) for address in server.cfg.address if isinstance(address, tuple))
    try:
        for host in (_config.web_host, *bound):
            exposure.refuse_open_address(_config, host)
    except MeterhouseError as error:
        raise SystemExit(f"error: {error}") from None


def post_fork(_server: Any, _worker: Any) -> None:
    """Let files be for this user alone; not before, as a unix socket is for the proxy too."""
    os.umask(0o077)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - needs the folder set above

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave no folder behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
