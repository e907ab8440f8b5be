"""Logging: one line a step, to stderr and to a rotating file, each with job, date and run id."""

import logging
import logging.handlers
import re
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import EventDict
from tqdm import tqdm

from etl.config import Config

FILE_BYTES = 20_000_000
FILES_KEPT = 10
# C0, DEL, C1, halves of characters, and what some programs take for the end of a line.
CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")

logger = logging.getLogger("meterhouse")
log = structlog.stdlib.get_logger(logger.name)


def set_up(
    config: Config, verbose: bool = False, file: bool = True, stdout: bool = False, quiet: bool = False
) -> None:
    """Send every log line to a stream and to `LOG_DIR/meterhouse.log`.

    Parameters
    ----------
    config : Config
        `log_format` is `text` (key=value) or `json`.
    verbose : bool
        Show on the stream what else only the file gets: the steps of single batches, and tracebacks.
    file : bool
        Write the file; without it only the stream.
    stdout : bool
        The stream is stdout, and not stderr.
    quiet : bool
        Show warnings and errors only on the stream; the file has all.
    """
    shared: list[Callable] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    formatter = _Formatter(
        processors=[
            partial(_add_time, zone=config.zone),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _renderer(config),
        ]
    )
    stream = _Terminal(sys.stdout if stdout else sys.stderr)
    stream.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    for handler in [stream, *(_files(config) if file else ())]:
        handler.setFormatter(formatter)
        logger.addHandler(handler)


def bind(**values: object) -> None:
    """Add `values` to every further line of this thread's run."""
    structlog.contextvars.bind_contextvars(**values)


def unbind() -> None:
    """Forget what `bind` added."""
    structlog.contextvars.clear_contextvars()


def mask(text: str, secrets: tuple[str, ...]) -> str:
    """Replace every secret in `text` by three stars."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _printable(text: str) -> str:
    """Write control characters as JSON would: a terminal obeys them, and they could feign a line."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders a line once: the file asks for it twice, to see whether it still fits, and stderr again."""

    def format(self, record: logging.LogRecord) -> str:
        known = vars(record)
        if "rendered" not in known:
            known["rendered"] = super().format(record)
        return known["rendered"]


def _add_time(_logger: object, _name: str, event: EventDict, zone: ZoneInfo) -> EventDict:
    """Say when, on the clock of TZ with its offset, as all other times are told."""
    event["timestamp"] = datetime.fromtimestamp(event["_record"].created, zone).isoformat()
    return event


class _File(logging.handlers.RotatingFileHandler):
    """Gives up with one line when the disk is full: the batch goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        logger.removeHandler(self)
        print(f"{self.baseFilename}: {sys.exc_info()[1]}; there is no log file from here on", file=sys.stderr)


class _Terminal(logging.StreamHandler):
    """Writes above a progress bar instead of through it."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(self.format(record), file=self.stream)


def _files(config: Config) -> list[logging.Handler]:
    try:
        config.log_dir.mkdir(parents=True, exist_ok=True)
        file = _File(
            config.log_dir / "meterhouse.log",
            maxBytes=FILE_BYTES,
            backupCount=FILES_KEPT,
            encoding="utf-8",
        )
    except OSError as error:
        # A batch that can load must not fail for want of a log file.
        print(f"LOG_DIR={config.log_dir}: {error.strerror}; there is no log file", file=sys.stderr)
        return []
    return [file]


def _renderer(config: Config) -> Callable:
    if config.log_format == "json":
        render = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        render = structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event", "job", "date", "run"],
            drop_missing=True,
            bool_as_flag=False,
        )

    def render_masked(logger: object, name: str, event: dict) -> str:
        return _printable(mask(str(render(logger, name, event)), config.secrets))

    return render_masked
