"""Alerts: one POST to ALERT_WEBHOOK_URL, which may fail without harm to whatever it is about."""

import logging
import re
import threading
from typing import Any

from etl.config import Config
from etl.inbox.rejects import REASONS
from etl.log import log, mask
from etl.runs.record import Record
from etl.runs.run import Run

SECONDS = 20.0
# An alert may not hold up somebody who pressed Ctrl-C.
SECONDS_AFTER_STOP = 1.5
ATTEMPTS = 4
TIMEOUTS = (3.0, 4.0)
# A summary shows the first refused line. What is in it is for the history, whose readers sign in.
FIRST_FAULT = re.compile(rf"(; first: .+?: (?:{'|'.join(REASONS)})):.*", re.DOTALL)
RETRIED = (429, 500, 502, 503, 504)


def send(config: Config, text: str, within: float = SECONDS, **details: object) -> None:
    """Tell whoever watches; nothing without ALERT_WEBHOOK_URL, and never an exception.

    Parameters
    ----------
    config : Config
        Where to, and the secrets that are not to be told.
    text : str
        A sentence; Slack shows it.
    within : float
        Seconds after which it is given up, retries included.
    **details
        What a machine may want to know besides; values that JSON has.
    """
    if not config.alert_webhook_url:
        return
    outcome: list[str] = []
    payload = _masked({"text": f"Meterhouse ({config.app_env}): {text}", **details}, config.secrets)
    # A server that sends a byte now and then outlasts every timeout: a thread can be left behind.
    sender = threading.Thread(target=_post, args=(config.alert_webhook_url, payload, outcome), daemon=True)
    sender.start()
    sender.join(within)
    if outcome == ["sent"]:
        log.info("alert sent")
    else:
        log.warning("the alert was not delivered", reason=outcome[0] if outcome else "no answer in time")


def alert_of(run: Run, takes_all: bool) -> None:
    """Tell whoever watches of a run that failed, or read far less than usual."""
    record, usual = run.record, run.usual_input if takes_all else None
    _alert_of_overtaken(run)
    if run.options.dry_run:
        return
    facts = _facts(record)
    if record.status == "FAILURE":
        _send(run, f"FAILURE: {facts['error_summary']}", **facts)
    elif usual and record.input_count * 100 < usual * run.config.alert_drop_percent:
        read = f"read {record.input_count:,} lines, but usually {usual:,.0f}"
        _send(run, f"{read}: is the inbox complete?", usual_input=usual, **facts)


def alert_of_task(run: Run) -> None:
    """Tell whoever watches that a source began to fail, or is fetched again."""
    assert run.task
    _alert_of_overtaken(run)
    if run.options.dry_run:
        return
    failed_before = run.task.failed_before or bool(run.abandoned)
    failed, facts = run.record.status == "FAILURE", _facts(run.record)
    if failed and not failed_before:
        _send(run, f"{run.task.source}: FAILURE: {facts['error_summary']}", source=run.task.source, **facts)
    elif failed_before and not failed:
        _send(run, f"{run.task.source}: fetched again", source=run.task.source, **facts)


def alert_of_no_start(run: Run, error: Exception) -> None:
    """Tell whoever watches of a run that could not even start."""
    if not run.options.dry_run:
        _send(run, f"did not start: {error}", error_summary=str(error))


def alert_of_abandoned(config: Config, job: str, execution_uuid: str) -> None:
    """Tell whoever watches of a run that was found dead."""
    text = f"{job}: run {execution_uuid} ended without a word and was marked abandoned"
    send(config, text, job=job, status="FAILURE", execution_uuid=execution_uuid)


def _alert_of_overtaken(run: Run) -> None:
    for gone in run.abandoned:
        _send(run, f"run {gone} before ended without a word and was marked abandoned", execution_uuid=gone)


def _facts(record: Record) -> dict[str, Any]:
    summary = record.error_summary and FIRST_FAULT.sub(r"\1; the history shows what", record.error_summary)
    return {
        "execution_uuid": record.execution_uuid,
        "status": record.status,
        "error_summary": summary,
        "input_count": record.input_count,
    }


def _send(run: Run, sentence: str, **facts: object) -> None:
    name, day = run.job.name, run.day.isoformat()
    within = SECONDS_AFTER_STOP if run.stop.requested else SECONDS
    send(run.config, f"{name} {day}: {sentence}", within, job=name, date=day, **facts)


def _post(address: str, payload: dict[str, Any], outcome: list[str]) -> None:
    """Note `sent`, or why not, without the address: who knows it can send alerts."""
    # Takes a tenth of a second to import, and most runs have nothing to alert of.
    import requests  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from urllib3.util import Retry  # noqa: PLC0415

    # It would write the address into its warnings.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    retry = Retry(
        total=ATTEMPTS - 1,
        status_forcelist=RETRIED,
        allowed_methods=None,
        backoff_factor=0.5,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    try:
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retry))
            answer = session.post(address, json=payload, timeout=TIMEOUTS, allow_redirects=False, stream=True)
            outcome.append("sent" if answer.status_code < 300 else f"status {answer.status_code}")
    except Exception as error:  # noqa: BLE001 - whatever it is, an alert must not fail what it is about
        outcome.append(type(error).__name__)


def _masked(payload: dict[str, object], secrets: tuple[str, ...]) -> dict[str, Any]:
    return {key: mask(one, secrets) if isinstance(one, str) else one for key, one in payload.items()}
