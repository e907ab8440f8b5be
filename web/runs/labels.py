"""Names of jobs, sources and reasons in the reader's language; commands and the API keep the codes."""

from flask_babel import pgettext


def job(name: str) -> str:
    """Name a job.

    Parameters
    ----------
    name : str
        As the history has it; one that is not known here stays as it is.
    """
    known = {
        "consumption": pgettext("job", "consumption"),
        "daily_sales": pgettext("job", "daily_sales"),
        "archive": pgettext("job", "archive"),
        "acquisition": pgettext("job", "acquisition"),
    }
    return known.get(name, name)


def source(kind: str) -> str:
    """Name a kind of the inbox, or where else data came from."""
    known = {
        "area": pgettext("source", "area"),
        "tariff": pgettext("source", "tariff"),
        "user_data": pgettext("source", "user_data"),
        "consumption": pgettext("source", "consumption"),
        "orders": pgettext("source", "orders"),
        "raw_orders": pgettext("source", "raw_orders"),
        "influxdb": pgettext("source", "influxdb"),
    }
    return known.get(kind, kind)


def skipped(reason: str) -> str:
    """Name why lines were not inserted."""
    known = {
        "identical": pgettext("skipped", "identical"),
        "conflicting": pgettext("skipped", "conflicting"),
        "unchanged": pgettext("skipped", "unchanged"),
        "repeated": pgettext("skipped", "repeated"),
    }
    return known.get(reason, reason)
