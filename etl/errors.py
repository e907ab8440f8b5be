"""Every error Meterhouse can explain. The docstring is the default message."""

import inspect


class MeterhouseError(Exception):
    """Something went wrong that a person can put right."""

    exit_code = 1

    def __init__(self, message: str | None = None, **values: object) -> None:
        # A sentence of `etl.sentences` and its values, or a text that may hold any percent sign.
        text = message % values if message and values else message
        super().__init__(text or inspect.getdoc(type(self)))


class UsageError(MeterhouseError):
    """The command line or a setting is wrong."""

    exit_code = 2


class DatabaseUnavailable(MeterhouseError):
    """No database answers; check DATABASE_URL and that the server runs."""


class SqlError(MeterhouseError):
    """PostgreSQL refused a statement."""


class SourceFailed(MeterhouseError):
    """A source of data did not give what it was asked for, or not all of it."""


class AlreadyRunning(MeterhouseError):
    """The job is running already; wait for it to end."""


class TaskTaken(MeterhouseError):
    """Another process took the task a moment before."""


class Interrupted(MeterhouseError):
    """The run was interrupted."""


class UnitRefused(MeterhouseError):
    """A unit of work was rolled back whole."""


class FaultsFound(UnitRefused):
    """A unit of work was rolled back whole because its files have faults."""


class CheckFailed(MeterhouseError):
    """The figures of this run do not add up; nothing of it was kept."""


class MoveFailed(MeterhouseError):
    """The data is committed, but not every file could be moved out of the inbox."""


class ModelsFailed(MeterhouseError):
    """dbt could not build its models."""
